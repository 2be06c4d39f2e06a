/** Says when to stop: time has run out, or somebody wishes so. */
export interface Budget {
  /** Whether to stop now; cheap enough to ask every few hundred steps. */
  isOver(): boolean;
}

/** No end but the optimum. */
export const UNLIMITED: Budget = { isOver: () => false };

/**
 * Ends after so many milliseconds, or as soon as the first number of `cancel` (on shared memory, set by another thread
 * with Atomics) is not 0.
 */
export function budgetOf(milliseconds: number, cancel: Int32Array | null = null): Budget {
  const end = performance.now() + milliseconds;
  let over = false;
  return {
    isOver() {
      over ||= performance.now() >= end || (cancel !== null && Atomics.load(cancel, 0) !== 0);
      return over;
    },
  };
}
