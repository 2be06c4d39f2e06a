import { Types } from 'mongoose';
import { CredentialModel } from './credential.model.ts';

/** What fitting needs to know of a credential; dates are local and inclusive. */
export interface CredentialFact {
  readonly type: string;
  readonly level: string;
  readonly validFrom: string;
  readonly validTo: string;
  readonly state: string;
}

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
