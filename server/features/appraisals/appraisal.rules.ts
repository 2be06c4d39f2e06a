import type { FieldIssue } from '../../core/errors.ts';

/**
 * What is said of a service after it was given (服务评价, R-1.12): its quality, and the day on which that was said; beside it
 * how far the task was completed and what the recipient said. Pure: no clock, no database. It is the person's and the desk's:
 * nothing ranks people by it, and matching never asks it.
 */

/** A small scale with words, best first; there is no number behind it. */
export const QUALITIES = ['outstanding', 'good', 'adequate', 'to-improve'] as const;
export type Quality = (typeof QUALITIES)[number];

export const COMPLETIONS = ['all', 'mostly', 'partly', 'not'] as const;
export type Completion = (typeof COMPLETIONS)[number];

/** What the recipient of the service said of it, as the coordinator took it down. */
export const FEEDBACKS = ['satisfied', 'partly', 'unsatisfied'] as const;
export type Feedback = (typeof FEEDBACKS)[number];

/** What is said of one person's service. */
export interface Said {
  readonly quality: Quality;
  readonly completion: Completion | null;
  readonly note: string;
  readonly feedback: Feedback | null;
  readonly feedbackText: string;
}

/** What is said of everybody of a shift, before single people differ. */
export interface ForAll {
  readonly quality: Quality | null;
  readonly completion: Completion | null;
  readonly feedback: Feedback | null;
  readonly feedbackText: string;
}

/** One line of a shift's sheet: empty is as for all, `later` leaves the person for another time. */
export interface SheetLine {
  readonly id: string;
  readonly quality: Quality | 'later' | null;
  readonly completion: Completion | null;
  readonly note: string;
}

/** What the sheet says of each person, those that are left for later not at all; faults beside the fields. */
export function readSheet(
  all: ForAll,
  lines: readonly SheetLine[],
): { readonly said: readonly (Said & { readonly id: string })[]; readonly faults: readonly FieldIssue[] } {
  const said: (Said & { id: string })[] = [];
  const faults: FieldIssue[] = [];
  const seen = new Set<string>();
  for (const [at, line] of lines.entries()) {
    if (line.quality === 'later') continue;
    const quality = line.quality ?? all.quality;
    if (quality === null) faults.push({ path: `rows.${at}.quality`, code: 'required' });
    if (seen.has(line.id)) faults.push({ path: `rows.${at}.id`, code: 'not-an-option' });
    seen.add(line.id);
    if (quality === null) continue;
    const { feedback, feedbackText } = all;
    const completion = line.completion ?? all.completion;
    said.push({ id: line.id, quality, completion, note: line.note, feedback, feedbackText });
  }
  faults.push(...saidFaults(all));
  if (said.length === 0 && faults.length === 0) faults.push({ path: 'quality', code: 'appraise-somebody' });
  return { said, faults };
}

/** Words of the recipient belong to what they said. */
export const saidFaults = ({
  feedback,
  feedbackText,
}: Pick<Said, 'feedback' | 'feedbackText'>): FieldIssue[] =>
  feedback === null && feedbackText !== '' ? [{ path: 'feedback', code: 'required' }] : [];
