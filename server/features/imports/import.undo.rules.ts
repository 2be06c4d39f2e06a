/** Whether what a line made may be taken back; pure, so that each reason can be looked at by itself. */

export interface UndoFacts {
  readonly importId: string;
  /** What was remembered when the line was applied; null for imports older than that. */
  readonly trace: {
    readonly requestMark: string;
    readonly before: object | null;
    readonly shift: {
      readonly how: 'created' | 'moved';
      readonly shiftId: unknown;
      readonly mark: string;
    } | null;
  } | null;
  readonly request:
    { readonly mark: string; readonly state: string; readonly importId: string | null } | undefined;
  readonly shifts: readonly {
    readonly id: string;
    readonly state: string;
    readonly mark: string;
    /** Places that are taken or were ever waited for. */
    readonly taken: number;
  }[];
}

/** Why a thing is left alone; null when it can be taken back. The weightiest reason first: people before words. */
export function whyLeft({ importId, trace, request, shifts }: UndoFacts): string | null {
  if (!trace) return 'no-trace';
  if (!request) return 'gone';
  const own = shifts.find(({ id }) => id === String(trace.shift?.shiftId));
  const made = trace.before === null;
  const concerned = made ? shifts : own ? [own] : [];
  if (concerned.some(({ taken }) => taken > 0)) return 'people';
  if (concerned.some(({ state }) => state !== 'draft')) return 'published';
  if (request.importId !== importId) return 'later-import';
  if (request.mark !== trace.requestMark) return 'edited';
  if (trace.shift && !own) return 'shift-gone';
  if (trace.shift && own?.mark !== trace.shift.mark) return 'shift-edited';
  // A request that the import made goes with all its shifts, so there may be none that somebody added.
  if (made && shifts.length > (trace.shift ? 1 : 0)) return 'more-shifts';
  return null;
}
