/** How a lane treats those who come; times in milliseconds. */
export interface LaneLimits {
  /** Worked on at once. */
  readonly atOnce: number;
  /** Waiting for their turn; whoever comes to a full line is refused at once. */
  readonly waiting: number;
  /** Longest wait for a turn while the line empties again and again. */
  readonly patienceMs: number;
  /** Longest wait once the line has not been empty for as long as `patienceMs`: then it only makes everybody late. */
  readonly impatienceMs: number;
}

/** A place in a lane. */
export interface Turn {
  /** Gives the place to the next in line; the second time nothing happens. */
  leave(): void;
}

export interface Lane {
  /** Whether whoever comes now would be refused at once. */
  isFull(): boolean;
  /** A turn at once, or null when one has to wait. */
  enterNow(): Turn | null;
  /** Waits for a turn, unless the signal says that nobody wants it any more. @returns null when refused */
  enter(signal?: AbortSignal): Promise<Turn | null>;
  /** Fewer at once while the processor lags behind; null for as many as the limits say. */
  narrow(atOnce: number | null): void;
  figures(): { working: number; waiting: number };
}

interface Waiter {
  readonly since: number;
  settle(turn: Turn | null): void;
}

const CHECK_MS = 25;

/**
 * Bounded work with a bounded line in front of it (F-26): a burst waits its turn, a lasting flood is refused early, so
 * that whoever is let in is served in time. The rule is that of "controlled delay": patience as long as the line still
 * empties, hardly any once it does not.
 * @param now monotonic milliseconds
 */
export function createLane(limits: LaneLimits, now: () => number = () => performance.now()): Lane {
  const line: Waiter[] = [];
  let working = 0;
  let atOnce = limits.atOnce;
  let emptyAt = now();
  let timer: NodeJS.Timeout | null = null;

  const patience = (): number =>
    now() - emptyAt > limits.patienceMs ? limits.impatienceMs : limits.patienceMs;

  const turn = (): Turn => {
    let left = false;
    working += 1;
    return {
      leave() {
        if (left) return;
        left = true;
        working -= 1;
        advance();
      },
    };
  };

  function advance(): void {
    dismissLate();
    while (working < atOnce) {
      const next = line.shift();
      if (!next) break;
      next.settle(turn());
    }
    if (line.length === 0) emptyAt = now();
  }

  /** The line is in order of arrival, so the late ones stand in front. */
  function dismissLate(): void {
    const latest = now() - patience();
    while (line[0] && line[0].since < latest) line.shift()?.settle(null);
  }

  function watch(): void {
    timer ??= setInterval(() => {
      advance();
      if (line.length > 0 || !timer) return;
      clearInterval(timer);
      timer = null;
    }, CHECK_MS).unref();
  }

  function enterNow(): Turn | null {
    if (working >= atOnce || line.length > 0) return null;
    emptyAt = now();
    return turn();
  }

  return {
    isFull: () => working >= atOnce && line.length >= limits.waiting,
    enterNow,
    enter(signal) {
      const at = enterNow();
      if (at) return Promise.resolve(at);
      if (line.length >= limits.waiting || signal?.aborted) return Promise.resolve(null);
      return new Promise((resolve) => {
        const waiter: Waiter = { since: now(), settle: resolve };
        line.push(waiter);
        signal?.addEventListener(
          'abort',
          () => {
            const at = line.indexOf(waiter);
            if (at !== -1) line.splice(at, 1);
            resolve(null);
          },
          { once: true },
        );
        watch();
      });
    },
    narrow(to) {
      const before = atOnce;
      atOnce = Math.max(1, Math.min(to ?? limits.atOnce, limits.atOnce));
      if (atOnce > before) advance();
    },
    figures: () => ({ working, waiting: line.length }),
  };
}
