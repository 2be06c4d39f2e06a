import { Unavailable } from '../../core/errors.ts';

/** Longer than this nobody waits in line, with a file in memory each: whoever comes then is told to come again. */
const MOST_WAITING = 12;
let last: Promise<unknown> = Promise.resolve();
let waiting = 0;

/**
 * Unpacks one file from outside at a time in a process: several at once could take the memory and the threads of everything else.
 * @throws Unavailable when too many wait already
 */
export async function inLine<T>(unpack: () => Promise<T>): Promise<T> {
  if (waiting >= MOST_WAITING) throw new Unavailable();
  waiting += 1;
  const turn = last.then(unpack);
  last = turn.catch(() => undefined).finally(() => (waiting -= 1));
  return turn;
}
