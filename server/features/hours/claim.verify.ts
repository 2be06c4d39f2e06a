import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck } from '../../core/invariant.ts';
import { twins } from '../identity-documents/index.ts';
import { HoursClaimModel } from './claim.model.ts';
import type { HoursClaimRow } from './claim.model.ts';
import { HoursModel } from './hours.model.ts';

const BATCH = 1_000;

/** answered by a human who is neither whom it is about nor who had a part in the hours or the claim. */
const answeredByAnother: InvariantCheck = {
  name: 'hours/claims-answered-by-another',
  async run() {
    const tally = invariantTally();
    const known = await twins();
    for await (const row of HoursClaimModel.find({ state: { $in: ['founded', 'refused'] } } as never)
      .select({ personId: 1, parties: 1, answeredByPersonId: 1, answeredAt: 1, answer: 1, hoursId: 1 })
      .lean()
      .cursor({ batchSize: BATCH })) {
      tally.examine();
      const [id, answerer] = [String(row._id), String(row.answeredByPersonId)];
      if (row.answeredByPersonId === null || row.answeredAt === null || row.answer === '') {
        tally.violate(`${id} was answered by nobody, or without a reason`);
        continue;
      }
      const sameThen = (other: string): boolean => {
        const [one, two] = [known.get(answerer), known.get(other)];
        const at = row.answeredAt as Date;
        return (
          other === answerer ||
          (one !== undefined && one.human === two?.human && one.since <= at && two.since <= at)
        );
      };
      if ([row.personId, ...row.parties].map(String).some(sameThen))
        tally.violate(`${id} was answered by somebody who had a part in it`);
    }
    return tally.result();
  },
};

/** What a founded claim says was done to the records was done, and nothing else. */
function faultsOf(
  row: Pick<HoursClaimRow, '_id' | 'state' | 'hoursId' | 'found'>,
  records: ReadonlyMap<string, string>,
): string[] {
  const made = records.get(String(row._id));
  const founded = row.state === 'founded';
  return [
    ...(founded && row.hoursId && records.get(String(row.hoursId)) !== 'reversed'
      ? ['leaves the wrong record standing']
      : []),
    ...(founded && row.found && (made === undefined || !['posted', 'moved', 'reversed'].includes(made))
      ? ['posted nothing']
      : []),
    ...(made !== undefined && (!founded || !row.found) ? ['made a record without being founded'] : []),
  ];
}

/** a founded claim took the wrong record back and posted the right one; others changed nothing. */
const claimsHold: InvariantCheck = {
  name: 'hours/claims-follow-records',
  async run() {
    const tally = invariantTally();
    let some: HoursClaimRow[] = [];
    const judge = async (): Promise<void> => {
      const ids = some.flatMap(({ _id, hoursId }) => (hoursId ? [_id, hoursId] : [_id]));
      const rows = await HoursModel.find({ _id: { $in: ids } } as never)
        .select({ state: 1 })
        .lean();
      const states = new Map(rows.map(({ _id, state }) => [String(_id), state]));
      for (const row of some)
        for (const fault of faultsOf(row, states)) tally.violate(`${String(row._id)} ${fault}`);
      some = [];
    };
    for await (const row of HoursClaimModel.find({})
      .select({ state: 1, hoursId: 1, found: 1 })
      .lean()
      .cursor({ batchSize: BATCH })) {
      tally.examine();
      some.push(row as HoursClaimRow);
      if (some.length >= BATCH) await judge();
    }
    await judge();
    return tally.result();
  },
};

export const claimInvariants: readonly InvariantCheck[] = [answeredByAnother, claimsHold];
