/**
 * The machine's own time in milliseconds, whatever offset Linli's clock has: ids of stored rows are made by it, and the age
 * of an answer is measured by it.
 */
export const wall = (): number => Math.round(performance.timeOrigin + performance.now());
