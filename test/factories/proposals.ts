import type { Tenant } from '../../server/features/tenants/index.ts';
import { ApiAgent } from '../support/agent.ts';
import type { Answer } from '../support/agent.ts';
import { createMember } from './people.ts';

/** Somebody of the organisation who may confirm whatever needs a second person. */
export const createSecond = async (tenant: Tenant): Promise<ApiAgent> =>
  (await createMember(tenant, { roles: ['coordinator', 'reviewer', 'auditor'] })).api();

/**
 * What needs two persons: proposed by the first, confirmed by a second, or by a newcomer of the organisation.
 * @returns the answer of whichever step came last
 */
export async function byTwo(
  other: Tenant | ApiAgent,
  first: ApiAgent,
  path: string,
  body: object,
): Promise<Answer> {
  // Before it is proposed: where nobody could confirm nothing is proposed.
  const second = other instanceof ApiAgent ? other : await createSecond(other);
  const proposed = await first.post(path, body);
  if (proposed.status !== 201) return proposed;
  const { id } = proposed.json<{ id: string }>();
  return second.post(`/proposals/${id}/confirmation`);
}
