import { Types } from 'mongoose';
import { tenantFind } from '../../db/builders.ts';
import { FIELDS } from './fitting.rules.ts';
import type { CredentialFact } from './fitting.rules.ts';
import { CredentialModel } from './credential.model.ts';
import type { CredentialRow } from './credential.model.ts';
import { NEVER } from './credential.rules.ts';

/** States of what was once verified and may still owe credit hours. */
const REGISTERED = ['valid', 'expiring', 'expired', 'suspended', 'renewed'];

/** Rows that the database sends in its first answer; it would send 101 and be asked again. */
const IN_ONE_GO = 10_000;

/** Verified credentials of these people in the current tenant, in one query; null for everybody's. People without any are left out. */
export async function factsOf(
  personIds: readonly (string | Types.ObjectId)[] | null,
): Promise<Map<string, (CredentialFact & { readonly id: string })[]>> {
  const rows = await tenantFind<CredentialRow>(
    CredentialModel,
    {
      ...(personIds && { personId: { $in: personIds.map((id) => new Types.ObjectId(String(id))) } }),
      state: { $in: ['valid', 'expiring'] },
    },
    { personId: 1, ...FIELDS },
    IN_ONE_GO,
  );
  const facts = new Map<string, (CredentialFact & { readonly id: string })[]>();
  for (const { personId, _id, ...fact } of rows) {
    const key = String(personId);
    facts.set(key, [...(facts.get(key) ?? []), { ...fact, id: String(_id) }]);
  }
  return facts;
}

/** Changes when a verified credential of the current tenant comes, ends or is taken away: how many there are, and the latest. */
export async function credentialsMark(): Promise<string> {
  const good = { state: { $in: ['valid', 'expiring'] } };
  const last = await CredentialModel.findOne(good).sort({ createdAt: -1 }).select({ _id: 1 }).lean();
  return `${await CredentialModel.countDocuments(good)}:${String(last?._id)}`;
}

/** Everybody in the current tenant who holds a verified one of the type. */
export async function holdersOfType(type: string, limit: number): Promise<string[]> {
  const rows = await CredentialModel.find({ type, state: { $in: ['valid', 'expiring'] } })
    .limit(limit)
    .select({ personId: 1 })
    .lean();
  return [...new Set(rows.map((row) => String(row.personId)))];
}

/** Everybody in the current tenant who holds a verified one of the type, with its level; the highest where there are several. */
export async function holdersByLevel(type: string): Promise<Map<string, string>> {
  const rows = await CredentialModel.find({ type, state: { $in: ['valid', 'expiring'] } })
    .select({ personId: 1, level: 1, covers: 1 })
    .batchSize(10_000)
    .lean();
  const best = new Map<string, { level: string; covers: number }>();
  for (const { personId, level, covers } of rows) {
    const known = best.get(String(personId));
    if (!known || covers.length > known.covers) best.set(String(personId), { level, covers: covers.length });
  }
  return new Map([...best].map(([id, one]) => [id, one.level]));
}

/** A registration as a social worker, from its first day to its last. */
interface Registration {
  readonly level: string;
  readonly validFrom: string;
  readonly validTo: string;
}

/**
 * A person's registrations as a social worker in the current tenant, newest first: those that are verified, and those that
 * ran out since. Credit hours are owed from each one's first day.
 */
export const registrationsOf = async (personId: string): Promise<Registration[]> =>
  (await registrationsOfAll([personId])).get(personId)?.slice(0, 10) ?? [];

/** The same of many people, in one read; people without any are left out. */
export async function registrationsOfAll(personIds: readonly string[]): Promise<Map<string, Registration[]>> {
  const rows = await CredentialModel.find({
    personId: { $in: personIds.map((id) => new Types.ObjectId(id)) },
    type: 'social-worker',
    state: { $in: REGISTERED },
  })
    .select({ personId: 1, level: 1, validFrom: 1, validTo: 1 })
    .lean();
  const found = Map.groupBy(rows, ({ personId }) => String(personId));
  const newestFirst = (a: Registration, b: Registration): number => (a.validFrom < b.validFrom ? 1 : -1);
  return new Map(
    [...found].map(([personId, own]) => [
      personId,
      own
        .map(({ level, validFrom, validTo }) => ({ level, validFrom, validTo: validTo ?? NEVER }))
        .sort(newestFirst),
    ]),
  );
}
