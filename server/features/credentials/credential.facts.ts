import { Types } from 'mongoose';
import type { Beside } from '../../db/builders.ts';
import { CredentialModel } from './credential.model.ts';

/** What fitting needs to know of a credential; dates are local and inclusive. */
export interface CredentialFact {
  readonly type: string;
  readonly level: string;
  readonly validFrom: string;
  readonly validTo: string;
  readonly state: string;
}

/** Verified credentials of a person in the current tenant, to be read beside the person. */
export const GOOD_CREDENTIALS: Beside = {
  from: 'credentials',
  foreignField: 'personId',
  as: 'credentials',
  match: { state: { $in: ['valid', 'expiring'] } },
  fields: { type: 1, level: 1, validFrom: 1, validTo: 1, state: 1 },
};

/** Verified credentials of these people in the current tenant, in one query. People without any are left out. */
export async function factsOf(
  personIds: readonly (string | Types.ObjectId)[],
): Promise<Map<string, CredentialFact[]>> {
  const rows = await CredentialModel.find({
    personId: { $in: personIds.map((id) => new Types.ObjectId(String(id))) },
    state: { $in: ['valid', 'expiring'] },
  })
    .select({ personId: 1, type: 1, level: 1, validFrom: 1, validTo: 1, state: 1 })
    .lean();
  const facts = new Map<string, CredentialFact[]>();
  for (const { personId, type, level, validFrom, validTo, state } of rows) {
    const key = String(personId);
    facts.set(key, [...(facts.get(key) ?? []), { type, level, validFrom, validTo, state }]);
  }
  return facts;
}

/**
 * A person's registrations as a social worker in the current tenant, newest first: those that are verified, and those that
 * ran out since. Credit hours are owed from each one's first day.
 */
export async function registrationsOf(
  personId: string,
): Promise<{ level: string; validFrom: string; validTo: string }[]> {
  return CredentialModel.find({
    personId: new Types.ObjectId(personId),
    type: 'social-worker',
    state: { $in: ['valid', 'expiring', 'expired', 'suspended'] },
  })
    .sort({ validFrom: -1 })
    .limit(10)
    .select({ level: 1, validFrom: 1, validTo: 1 })
    .lean();
}
