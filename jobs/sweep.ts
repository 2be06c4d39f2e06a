import { acrossTenants, asTenant, runInContext } from '../server/core/context.ts';
import { now } from '../server/core/clock.ts';
import { randomToken } from '../server/core/ids.ts';
import { logger } from '../server/core/logger.ts';
import { countSweep } from '../server/core/metrics.ts';
import { claim, fail, release, unavailableIds } from '../server/db/claims.ts';

/** A row that wants work: which tenant it belongs to, and its id. */
export interface DueRow {
  readonly tenantId: string;
  readonly id: string;
}

export interface DueQuery {
  readonly now: Date;
  readonly limit: number;
  /** Rows to leave out: leased, backing off or dead. */
  readonly except: readonly string[];
}

/**
 * Background work as agenda knows it: a name and an interval. The work itself is rows with due dates; running a sweep
 * twice, or in two processes at once, has one effect (F-16).
 */
export interface Sweep {
  /** `feature/verb`. */
  readonly name: string;
  readonly everyMs: number;
  /** Longest a row may take before another worker may have it. */
  readonly leaseMs: number;
  readonly batch: number;
  /** Due rows of all tenants, oldest first. */
  due(query: DueQuery): Promise<DueRow[]>;
  /** Works on one row inside its tenant; must be idempotent. */
  run(row: DueRow): Promise<void>;
  /** Told once when a row is given up. */
  onDead?(row: DueRow, error: string): Promise<void>;
}

export const defineSweep = (sweep: Sweep): Sweep => sweep;

export interface SweepResult {
  done: number;
  failed: number;
  dead: number;
}

/** Runs one pass: claims what is due, works row by row, settles each. Stops early when the signal aborts. */
export async function runSweep(sweep: Sweep, options: { signal?: AbortSignal } = {}): Promise<SweepResult> {
  const result: SweepResult = { done: 0, failed: 0, dead: 0 };
  const actor = { kind: 'sweep', name: sweep.name } as const;
  await runInContext(
    { requestId: `sweep-${randomToken(6)}`, actor, tenantId: null, crossTenant: null },
    async () => {
      const rows = await acrossTenants(`sweep ${sweep.name}: find what is due`, async () =>
        sweep.due({ now: now(), limit: sweep.batch, except: await unavailableIds(sweep.name) }),
      );
      for (const row of rows) {
        if (options.signal?.aborted) return;
        await workOn(sweep, row, result);
      }
    },
  );
  countSweep(sweep.name, result);
  if (result.done + result.failed > 0) logger.info({ sweep: sweep.name, ...result }, 'sweep');
  return result;
}

async function workOn(sweep: Sweep, row: DueRow, result: SweepResult): Promise<void> {
  const held = await claim(sweep.name, row.id, row.tenantId, sweep.leaseMs);
  if (!held) return;
  try {
    await asTenant(row.tenantId, () => sweep.run(row));
  } catch (err) {
    const dead = await fail(held, err instanceof Error ? err.message : String(err));
    result.failed += 1;
    if (!dead) {
      logger.warn(
        { err, sweep: sweep.name, rowId: row.id, attempts: held.attempts },
        'sweep row failed, will be tried again',
      );
      return;
    }
    result.dead += 1;
    logger.error({ err, sweep: sweep.name, rowId: row.id }, 'sweep row given up');
    return asTenant(row.tenantId, async () => sweep.onDead?.(row, String(err)));
  }
  result.done += 1;
  // The row is done and due no more; a claim that could not be given back runs out by itself (F-18).
  await release(held).catch((err: unknown) => logger.warn({ err, sweep: sweep.name }, 'claim not released'));
}

/** Runs passes until nothing is due any more; for tests, scripts and `npm run jobs -- run`. */
export async function drainSweep(sweep: Sweep, maxPasses = 100): Promise<SweepResult> {
  const total: SweepResult = { done: 0, failed: 0, dead: 0 };
  for (let pass = 0; pass < maxPasses; pass += 1) {
    const result = await runSweep(sweep);
    total.done += result.done;
    total.failed += result.failed;
    total.dead += result.dead;
    if (result.done === 0) break;
  }
  return total;
}
