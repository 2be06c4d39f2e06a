import { MembershipModel } from './membership.model.ts';
import type { MembershipRow } from './membership.model.ts';

/** What a plan needs to know of a member. */
export type MemberToPlan = Pick<MembershipRow, '_id' | 'personId' | 'state' | 'kind' | 'verifiedSkills'>;

/** All approved members of the current tenant, a part at a time, in the order in which they came. */
export async function* membersToPlan(atOnce = 5_000): AsyncGenerator<MemberToPlan[]> {
  let after: MemberToPlan['_id'] | null = null;
  for (;;) {
    const rows: MemberToPlan[] = await MembershipModel.find({
      state: 'approved',
      ...(after ? { _id: { $gt: after } } : {}),
    } as never)
      .sort({ _id: 1 })
      .limit(atOnce)
      .batchSize(atOnce)
      .select({ personId: 1, state: 1, kind: 1, verifiedSkills: 1 })
      .lean();
    if (rows.length > 0) yield rows;
    if (rows.length < atOnce) return;
    after = rows.at(-1)?._id ?? null;
  }
}

/** Changes when somebody becomes or ceases to be an approved member of the current tenant: how many there are, and who came last. */
export async function membersMark(): Promise<string> {
  const last = await MembershipModel.findOne({ state: 'approved' })
    .sort({ _id: -1 })
    .select({ _id: 1 })
    .lean();
  return `${await MembershipModel.countDocuments({ state: 'approved' })}:${String(last?._id)}`;
}
