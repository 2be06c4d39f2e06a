/**
 * The day itself: when one may check in and out, and which rotating code counts. The server's clock decides (S-62).
 */
export const CODE_STEP_SECONDS = 60;
/** Six characters without look-alikes: read from a screen, typed on a phone. */
export const CODE_ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ';
export const CODE_LENGTH = 6;
/** After the planned end a code still checks people out for this long. */
export const CHECK_OUT_LATE_MINUTES = 120;
/** So long after the end, whoever never came is a no-show and forgotten check-outs are closed. */
export const CLOSE_AFTER_MINUTES = 120;

/** The step of the rotating code at the instant. */
export const codeStep = (at: Date): number => Math.floor(at.getTime() / 1000 / CODE_STEP_SECONDS);

/** Steps whose code counts now: the present one and the one before, which somebody may still be typing. */
export const acceptedSteps = (at: Date): readonly number[] => [codeStep(at), codeStep(at) - 1];

/** Bytes of a MAC as a code of the alphabet. */
export function codeFrom(mac: Uint8Array): string {
  return Array.from(
    { length: CODE_LENGTH },
    (_unused, index) => CODE_ALPHABET[(mac[index] ?? 0) % CODE_ALPHABET.length],
  ).join('');
}

/** What people type: any case, spaces and dashes between. */
export const normaliseCheckInCode = (typed: string): string =>
  typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s-]+/g, '');

export interface WindowFacts {
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly now: Date;
  readonly earlyMinutes: number;
}

const MINUTE = 60_000;

/** Why nobody can check in now, or null. */
export function whyNotCheckIn({ startsAt, endsAt, now, earlyMinutes }: WindowFacts): string | null {
  if (now.getTime() < startsAt.getTime() - earlyMinutes * MINUTE) return 'check-in-too-early';
  return now >= endsAt ? 'check-in-too-late' : null;
}

/** Why nobody can check out now, or null. */
export const whyNotCheckOut = ({ endsAt, now }: Pick<WindowFacts, 'endsAt' | 'now'>): string | null =>
  now.getTime() > endsAt.getTime() + CHECK_OUT_LATE_MINUTES * MINUTE ? 'check-out-too-late' : null;

/** When a step of the code begins and ends. */
export const stepStart = (step: number): Date => new Date(step * CODE_STEP_SECONDS * 1000);
export const stepEnd = (step: number): Date => new Date((step + 1) * CODE_STEP_SECONDS * 1000 - 1);

/** A code that was kept on a phone without network still says when it was read, for so long after the shift's end. */
export const KEPT_CODE_MINUTES = CLOSE_AFTER_MINUTES;

/**
 * Steps whose code may have been read at this shift until now, newest first: the code itself says when it was read, so the
 * phone's clock is never asked (S-62).
 */
export function keptSteps({ startsAt, endsAt, now, earlyMinutes }: WindowFacts): number[] {
  const first = codeStep(new Date(startsAt.getTime() - earlyMinutes * MINUTE));
  const last = Math.min(
    codeStep(now),
    codeStep(new Date(endsAt.getTime() + CHECK_OUT_LATE_MINUTES * MINUTE)),
  );
  if (now.getTime() > endsAt.getTime() + KEPT_CODE_MINUTES * MINUTE) return [];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_unused, index) => last - index);
}

/** The instant that a code proves: of a kept one the end of its minute when coming, the beginning when going, so that no minute is won. */
export function instantOf(step: number, now: Date, going: boolean): Date {
  if (acceptedSteps(now).includes(step)) return now;
  return going ? stepStart(step) : stepEnd(step);
}

/**
 * How a code stands to the one that let the person in: of the same coming when at most a minute lies between (typed again, or on a
 * second phone), else later or earlier. A coming that no code noted is before every code.
 */
export function orderOfCodes(first: number | null, step: number): 'same' | 'later' | 'earlier' {
  if (first === null) return 'later';
  if (Math.abs(step - first) <= 1) return 'same';
  return step > first ? 'later' : 'earlier';
}
