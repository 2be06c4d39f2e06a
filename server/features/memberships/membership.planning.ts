import { Types } from 'mongoose';
import { requireTenantId } from '../../core/context.ts';
import { AlikeRows } from '../../db/alike-rows.ts';
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

/**
 * All approved members of the current tenant, a part at a time, in the order in which they came; what many of them have alike is
 * one object for all. While a part is taken in, the database works on the next.
 */
export async function* membersToPlan(atOnce = 5_000): AsyncGenerator<MemberToPlan[]> {
  const rows = new AlikeRows<MemberToPlan>({ whole: ['state', 'kind', 'verifiedSkills'] });
  const tenantId = new Types.ObjectId(requireTenantId());
  const read = async (after: MemberToPlan['_id'] | null): Promise<MemberToPlan[]> => {
    const sent = await MembershipModel.collection
      .find<Uint8Array>(
        { tenantId, state: 'approved', ...(after ? { _id: { $gt: after } } : {}) },
        { sort: { _id: 1 }, limit: atOnce, batchSize: atOnce + 1, projection: FIELDS, raw: true },
      )
      .toArray();
    return sent.map((one) => rows.of(one));
  };
  let next: Promise<MemberToPlan[]> | null = read(null);
  while (next) {
    const some: MemberToPlan[] = await next;
    const last = some.at(-1);
    next = last && some.length === atOnce ? read(last._id) : null;
    // Whoever takes no more parts hears nothing of it.
    next?.catch(() => undefined);
    if (some.length > 0) yield some;
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
