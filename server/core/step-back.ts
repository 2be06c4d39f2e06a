import { existsSync, readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

const SELF = '/proc/thread-self';
const LOW = 10;

/**
 * Lets every other thread go before this one when there are more of them than processors: called first by threads that
 * reckon for minutes beside one that answers people. Threads that this one starts step back with it. Linux counts priority
 * by thread; where it does not, nothing happens.
 */
export function stepBack(): void {
  if (!existsSync(SELF)) return;
  setPriority(Number(readlinkSync(SELF).split('/').at(-1)), LOW);
}
