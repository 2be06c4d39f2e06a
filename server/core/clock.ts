/**
 * The only "now" of Linli. `LINLI_CLOCK_OFFSET` shifts it for a whole process, tests move it by hand; nothing else in
 * the code may call `Date.now()` or `new Date()` without an argument (lint).
 */
let offsetMs = 0;

/** The current instant, shifted by the configured offset. */
export function now(): Date {
  return new Date(Date.now() + offsetMs);
}

/** Sets the shift in milliseconds; called once by main, and by tests. */
export function setClockOffset(milliseconds: number): void {
  offsetMs = milliseconds;
}

export function clockOffset(): number {
  return offsetMs;
}

/** Milliseconds of a monotonic clock, for durations and timeouts only. */
export const monotonic = (): number => performance.now();
