import type { Db, ObjectId } from 'mongodb';
import { now } from '../core/clock.ts';
import { invariantTally } from '../core/invariant.ts';
import type { InvariantCheck } from '../core/invariant.ts';

const AHEAD = ['offered', 'requested', 'waitlisted', 'accepted', 'confirmed'];
const ENROLLED_AHEAD = ['applied', 'invited', 'approved', 'waitlisted', 'enrolled'];
const HOUR_MS = 3_600_000;
/** Rows looked at together. */
const BATCH = 1_000;

interface AheadRow {
  _id: ObjectId;
  tenantId: ObjectId;
  personId: ObjectId;
  state: string;
}
const keyOf = ({ tenantId, personId }: Pick<AheadRow, 'tenantId' | 'personId'>): string =>
  `${String(tenantId)} ${String(personId)}`;

/**
 * Nothing is ahead of somebody whose membership has stopped: a place, a wish for one or a place in line needs an approved
 * member, a seat in training one who has not left. Whom others ask has said that they may, or is a member by now. What is
 * still to be freed by the sweep counts once it is late.
 */
export const nothingAheadAfterTheEnd = (db: Db): InvariantCheck => ({
  name: 'memberships/nothing-ahead-after-the-end',
  async run() {
    const tally = invariantTally();
    const at = now();

    /** States of the memberships of these people where they have something ahead. */
    async function standings(rows: readonly AheadRow[]): Promise<Map<string, string[]>> {
      const found = new Map<string, string[]>();
      const memberships = db
        .collection<{ tenantId: ObjectId; personId: ObjectId; state: string; releaseAt?: Date | null }>(
          'memberships',
        )
        .find(
          {
            tenantId: { $in: [...new Set(rows.map(({ tenantId }) => tenantId))] },
            personId: { $in: rows.map(({ personId }) => personId) },
          },
          { projection: { tenantId: 1, personId: 1, state: 1, releaseAt: 1 } },
        );
      for await (const row of memberships) {
        const waits = row.releaseAt && at.getTime() - row.releaseAt.getTime() < HOUR_MS;
        found.set(keyOf(row), [...(found.get(keyOf(row)) ?? []), waits ? 'being-released' : row.state]);
      }
      return found;
    }
    async function look(
      collection: string,
      filter: Record<string, unknown>,
      judge: (rows: readonly AheadRow[], states: (row: AheadRow) => readonly string[]) => Promise<void>,
    ): Promise<void> {
      const cursor = db
        .collection<AheadRow>(collection)
        .find(filter as never, { projection: { tenantId: 1, personId: 1, state: 1 } });
      for (let rows: AheadRow[] = []; ; rows = []) {
        while (rows.length < BATCH && (await cursor.hasNext())) rows.push((await cursor.next()) as AheadRow);
        if (rows.length === 0) return;
        tally.examine(rows.length);
        const known = await standings(rows);
        await judge(rows, (row) => known.get(keyOf(row)) ?? []);
      }
    }
    /** Which of these people agreed to be asked by organisations they do not belong to, to whatever text. */
    async function willing(personIds: readonly ObjectId[]): Promise<Set<string>> {
      const people = db.collection('people').find(
        {
          _id: { $in: [...personIds] },
          consents: { $elemMatch: { purpose: 'asked-by-others', withdrawnAt: null } },
        },
        { projection: { _id: 1 } },
      );
      return new Set((await people.toArray()).map(({ _id }) => String(_id)));
    }

    await look('assignments', { state: { $in: AHEAD }, startsAt: { $gt: at } }, async (rows, states) => {
      const outside = rows.filter(
        (row) => !states(row).some((one) => one === 'approved' || one === 'being-released'),
      );
      const asked = await willing(outside.map(({ personId }) => personId));
      for (const row of outside) {
        const left = states(row).some((one) => one === 'suspended' || one === 'ended');
        if (row.state === 'offered' && !left && asked.has(String(row.personId))) continue;
        tally.violate(`assignment ${String(row._id)} is ${row.state}, its person is no member`);
      }
    });
    await look(
      'enrolments',
      { state: { $in: ENROLLED_AHEAD }, endsAt: { $gt: at } },
      async (rows, states) => {
        for (const row of rows)
          if (!states(row).some((one) => ['approved', 'suspended', 'being-released'].includes(one)))
            tally.violate(`enrolment ${String(row._id)} is ${row.state}, its person is no member`);
        return Promise.resolve();
      },
    );
    return tally.result();
  },
});
