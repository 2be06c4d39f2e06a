import { Types } from 'mongoose';
import { FIELDS } from './fitting.rules.ts';
import type { CredentialFact } from './fitting.rules.ts';
import { CredentialModel } from './credential.model.ts';
import { NEVER } from './credential.rules.ts';

/** States of what was once verified and may still owe credit hours. */
const REGISTERED = ['valid', 'expiring', 'expired', 'suspended', 'renewed'];

/** Verified credentials of these people in the current tenant, in one query. People without any are left out. */
export async function factsOf(
  personIds: readonly (string | Types.ObjectId)[],
): Promise<Map<string, (CredentialFact & { readonly id: string })[]>> {
  const rows = await CredentialModel.find({
    personId: { $in: personIds.map((id) => new Types.ObjectId(String(id))) },
    state: { $in: ['valid', 'expiring'] },
  })
    .select({ personId: 1, ...FIELDS })
    .lean();
  const facts = new Map<string, (CredentialFact & { readonly id: string })[]>();
  for (const { personId, _id, ...fact } of rows) {
    const key = String(personId);
    facts.set(key, [...(facts.get(key) ?? []), { ...fact, id: String(_id) }]);
  }
  return facts;
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

/**
 * A person's registrations as a social worker in the current tenant, newest first: those that are verified, and those that
 * ran out since. Credit hours are owed from each one's first day.
 */
export async function registrationsOf(
  personId: string,
): Promise<{ level: string; validFrom: string; validTo: string }[]> {
  const rows = await CredentialModel.find({
    personId: new Types.ObjectId(personId),
    type: 'social-worker',
    state: { $in: REGISTERED },
  })
    .sort({ validFrom: -1 })
    .limit(10)
    .select({ level: 1, validFrom: 1, validTo: 1 })
    .lean();
  return rows.map(({ level, validFrom, validTo }) => ({ level, validFrom, validTo: validTo ?? NEVER }));
}
