import type { Db } from 'mongodb';
import { now } from '../core/clock.ts';
import { invariantTally } from '../core/invariant.ts';
import type { InvariantCheck } from '../core/invariant.ts';

const HOUR_MS = 3_600_000;

/** F-36: no message waits much longer than it should, nothing is dead without anybody knowing. */
export const backgroundHolds = (db: Db): InvariantCheck => ({
  name: 'background/nothing-stuck',
  async run() {
    const tally = invariantTally();
    const late = new Date(now().getTime() - HOUR_MS);
    tally.examine(await db.collection('outboxmessages').countDocuments());
    for await (const row of db
      .collection('outboxmessages')
      .find({ state: 'waiting', dueAt: { $lt: late } })
      .limit(1_000)) {
      tally.violate(`message ${String(row._id)} (${String(row['kind'])}) is due for more than an hour`);
    }
    tally.examine(await db.collection('workclaims').countDocuments());
    for await (const row of db.collection('workclaims').find({ dead: true }).limit(1_000))
      tally.violate(`${String(row._id)} was given up`);
    return tally.result();
  },
});

/** Every row with a life cycle got where it is along its history. */
export const historiesHold = (
  db: Db,
  lifecycles: readonly (readonly [string, { canMove(from: string, to: string): boolean }])[],
): InvariantCheck => ({
  name: 'states/legal-histories',
  async run() {
    const tally = invariantTally();
    for (const [name, lifecycle] of lifecycles) {
      const rows = db
        .collection<{ state: string; history: { from: string | null; to: string }[] }>(name)
        .find({}, { projection: { state: 1, history: 1 } });
      for await (const row of rows) {
        tally.examine();
        const last = row.history.at(-1);
        if (last?.to !== row.state)
          tally.violate(
            `${name} ${String(row._id)}: state ${row.state}, history ends in ${last?.to ?? 'nothing'}`,
          );
        for (const { from, to } of row.history.slice(1)) {
          if (from === null || !lifecycle.canMove(from, to))
            tally.violate(`${name} ${String(row._id)}: ${from ?? 'nothing'} → ${to} is no edge`);
        }
      }
    }
    return tally.result();
  },
});
