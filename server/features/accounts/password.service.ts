import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';

/** argon2id with OWASP's second recommended set: 19 MiB, two passes, one lane (S-15). */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/**
 * At most this many hashes at once, half of a small machine's processors: a flood of sign-ins must not starve everything
 * else of processor and threads.
 */
const CONCURRENT = Math.max(1, Math.min(2, Math.floor(availableParallelism() / 2)));

export interface Passwords {
  hash(password: string): Promise<string>;
  /** Takes as long for a missing account as for a wrong password (S-16). */
  verify(stored: string | null, password: string): Promise<boolean>;
  /** Whether the stored hash was made with weaker parameters than today's. */
  isOutdated(stored: string): boolean;
}

export function createPasswords(): Passwords {
  let running = 0;
  const waiting: (() => void)[] = [];
  const limited = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= CONCURRENT) await new Promise<void>((resolve) => waiting.push(resolve));
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
  let decoy: Promise<string> | null = null;
  const decoyHash = (): Promise<string> => (decoy ??= hash('a password that nobody has', PARAMETERS));
  return {
    hash: (password) => limited(() => hash(password.normalize('NFC'), PARAMETERS)),
    async verify(stored, password) {
      const target = stored ?? (await decoyHash());
      const matches = await limited(() => verify(target, password.normalize('NFC')));
      return matches && stored !== null;
    },
    isOutdated: (stored) =>
      !stored.startsWith(
        `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$`,
      ),
  };
}
