import { Types } from 'mongoose';
import { tenantFind } from '../../db/builders.ts';
import { MembershipModel } from './membership.model.ts';
import type { MembershipRow } from './membership.model.ts';
import { LIVE } from './fitting.rules.ts';

/** What fitting and plans need to know of a member. */
export type MemberToPlan = Pick<MembershipRow, '_id' | 'personId' | 'state' | 'kind' | 'verifiedSkills'>;
const FIELDS = { personId: 1, state: 1, kind: 1, verifiedSkills: 1 } as const;
/** Rows that the database sends in its first answer; it would send 101 and be asked again. */
const IN_ONE_GO = 5_000;

/** The living memberships of these people in the current tenant, approved or not. */
export const membersToFit = async (
  personIds: readonly (string | Types.ObjectId)[],
): Promise<MemberToPlan[]> =>
  tenantFind<MembershipRow>(
    MembershipModel,
    {
      personId: { $in: personIds.map((id) => new Types.ObjectId(String(id))) },
      state: { $in: LIVE },
    },
    FIELDS,
    IN_ONE_GO,
  );

/** Approved members of the current tenant, at most so many, in the order in which they came. */
export const approvedToFit = async (limit: number): Promise<MemberToPlan[]> =>
  MembershipModel.find({ state: 'approved' })
    .sort({ _id: 1 })
    .limit(limit)
    .select(FIELDS)
    .batchSize(IN_ONE_GO)
    .lean();

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
      .select(FIELDS)
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
