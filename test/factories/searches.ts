import { Types } from 'mongoose';
import { SavedSearchModel } from '../../server/features/saved-searches/saved-search.model.ts';
import type { SavedSearchRow } from '../../server/features/saved-searches/saved-search.model.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { inTenant } from './people.ts';

/** A daily search of a person for whatever is in the neighbourhood, looked at tomorrow. @returns its id */
export async function createSearch(
  tenant: Tenant,
  personId: string,
  overrides: Partial<Omit<SavedSearchRow, '_id' | 'tenantId' | 'personId'>> = {},
): Promise<string> {
  const _id = new Types.ObjectId();
  await inTenant(tenant.id, () =>
    SavedSearchModel.create([
      {
        _id,
        personId: new Types.ObjectId(personId),
        slot: 0,
        name: '附近的',
        category: 'neighbourhood',
        often: 'daily',
        lookAt: new Date(Date.now() + 86_400_000),
        createdAt: new Date(),
        ...overrides,
      } as never,
    ]),
  );
  return String(_id);
}
