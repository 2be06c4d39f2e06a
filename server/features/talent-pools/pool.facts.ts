import { Types } from 'mongoose';
import { tenantFind } from '../../db/builders.ts';
import type { LocalText } from '../../db/fields.ts';
import { CERTIFIED } from './fitting.rules.ts';
import type { PoolFact } from './fitting.rules.ts';
import { PoolMemberModel, TalentPoolModel } from './pool.model.ts';
import type { PoolMemberRow } from './pool.model.ts';

/** Rows that the database sends in its first answer; it would send 101 and be asked again. */
const IN_ONE_GO = 5_000;

/** Pools that these people are certified in, in one query; null for everybody of the tenant. People in none are left out. */
export async function poolsOf(
  personIds: readonly (string | Types.ObjectId)[] | null,
): Promise<Map<string, PoolFact[]>> {
  const rows = await tenantFind<PoolMemberRow>(
    PoolMemberModel,
    {
      ...(personIds && { personId: { $in: personIds.map((id) => new Types.ObjectId(String(id))) } }),
      state: { $in: CERTIFIED },
    },
    { personId: 1, poolId: 1, validTo: 1 },
    IN_ONE_GO,
  );
  const facts = new Map<string, PoolFact[]>();
  for (const { personId, poolId, validTo } of rows) {
    const key = String(personId);
    facts.set(key, [...(facts.get(key) ?? []), { poolId: String(poolId), validTo }]);
  }
  return facts;
}

/** Changes when somebody becomes a certified member of a pool of the current tenant or ceases to be: how many, and the latest. */
export async function poolsMark(): Promise<string> {
  const good = { state: { $in: CERTIFIED } };
  const last = await PoolMemberModel.findOne(good).sort({ createdAt: -1 }).select({ _id: 1 }).lean();
  return `${await PoolMemberModel.countDocuments(good)}:${String(last?._id)}`;
}

/** Everybody who is certified in the pool, for what is meant for its members. */
export async function certifiedIn(poolIds: readonly string[], limit: number): Promise<string[]> {
  const rows = await PoolMemberModel.find({
    poolId: { $in: poolIds.map((id) => new Types.ObjectId(id)) },
    state: { $in: CERTIFIED },
  })
    .limit(limit)
    .select({ personId: 1 })
    .lean();
  return [...new Set(rows.map((row) => String(row.personId)))];
}

/** The tenant's pools that are in use, by id, for choosing some in a form. */
export async function knownPools(): Promise<Map<string, LocalText>> {
  const rows = await TalentPoolModel.find({ active: true })
    .sort({ _id: 1 })
    .limit(200)
    .select({ name: 1 })
    .lean();
  return new Map(rows.map((row) => [String(row._id), row.name]));
}
