import { now } from '../core/clock.ts';
import { requireContext } from '../core/context.ts';
import { commitsSoFar } from './transaction.ts';

/**
 * How long what everybody of an organisation is told the same may be told again. Pages without a session are shown again for
 * as long (http/shared-pages.ts), and what they are made of is read again for as long for everybody else.
 */
export const SHARED_SECONDS = 3;
const MOST_KEPT = 300;

interface Kept {
  readonly value: Promise<unknown>;
  readonly readAt: number;
  /** How many changes this process had committed when it began to read: one more, and it may be outdated. */
  readonly commits: number;
}

const kept = new Map<string, Kept>();

/** Whether something read then may still be told: not for long, and never past a change that this process knows of. */
export function isStillTold({ readAt, commits }: Pick<Kept, 'readAt' | 'commits'>): boolean {
  const age = now().getTime() - readAt;
  return commits === commitsSoFar() && age >= 0 && age < SHARED_SECONDS * 1_000;
}

/**
 * Reads of the current tenant what all its people are told the same, once for all requests of the next moment. Nothing
 * that depends on who asks, on rights least of all (S-8), and nothing that decides: what changes something reads anew, and so
 * does work outside a request. Whoever gets it must leave it as it is.
 * @param name of what is read and everything it depends on; the tenant is added here
 */
export function readShared<T>(name: string, read: () => Promise<T>): Promise<T> {
  const { read: page, tenantId } = requireContext();
  if (!page || !tenantId) return read();
  const key = `${tenantId}:${name}`;
  const known = kept.get(key);
  if (known && isStillTold(known)) return known.value as Promise<T>;
  const fresh: Kept = { value: read(), readAt: now().getTime(), commits: commitsSoFar() };
  // Kept at once: requests that come while it is read wait for the same answer. A failure is nobody else's.
  fresh.value.catch(() => {
    if (kept.get(key) === fresh) kept.delete(key);
  });
  kept.delete(key);
  kept.set(key, fresh);
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST_KEPT) break;
    kept.delete(oldest);
  }
  return fresh.value as Promise<T>;
}
