/** The last of each queue; a name disappears when nobody waits under it any more. */
const tails = new Map<string, Promise<unknown>>();

/**
 * Runs the work after everything queued under the same name before it, in this process; at once when the name is null.
 * Spares the database a storm of write conflicts on one row. Correctness never rests on it: other processes do not wait.
 */
export async function inQueue<T>(name: string | null, work: () => Promise<T>): Promise<T> {
  if (name === null) return work();
  const before = tails.get(name);
  const own = (before ?? Promise.resolve()).then(work, work);
  // What the next one waits for must not fail for our reasons.
  const settled = own.then(
    () => undefined,
    () => undefined,
  );
  tails.set(name, settled);
  try {
    return await own;
  } finally {
    if (tails.get(name) === settled) tails.delete(name);
  }
}
