import type { Humans } from '../../core/humans.ts';
import type { PeopleService } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import type { CredentialTypeService } from '../credentials/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import { createPoolMemberQueries } from './member.queries.ts';
import { createPoolMemberService } from './member.service.ts';
import { createPoolTime } from './member.time.ts';
import { createPoolService } from './pool.service.ts';
import { createPoolSources } from './pool.sources.ts';
import type { PoolRecords } from './pool.sources.ts';

export { certifiedIn, knownPools, poolsMark, poolsOf } from './pool.facts.ts';
export { GOOD_POOLS } from './fitting.rules.ts';
export type { PoolFact } from './fitting.rules.ts';
export { RECHECKED, poolMemberRoutes } from './member.routes.ts';
export { poolInvariants } from './pool.verify.ts';
export { poolMessages } from './pool.mail.ts';
export { poolRoutes } from './pool.routes.ts';
export type { PoolRecords } from './pool.sources.ts';
export type { PoolTimeService } from './member.time.ts';

export type PoolMemberQueries = ReturnType<typeof createPoolMemberQueries>;

/** Everything of talent pools, put together: pools, their people, lists, and what time does. */
export function createTalentPools(parts: {
  readonly memberships: MembershipService;
  readonly people: PeopleService;
  readonly tenants: TenantService;
  readonly units: UnitService;
  readonly types: CredentialTypeService;
  readonly records: PoolRecords;
  readonly humans: Humans;
}) {
  const { memberships, people, tenants, units, types, records, humans } = parts;
  const sources = createPoolSources({ people, units, records });
  const pools = createPoolService({ memberships, tenants, units, types, sources });
  const members = createPoolMemberService({ pools, memberships, humans });
  const time = createPoolTime({ pools, members, memberships, tenants });
  return { pools, members, time, queries: createPoolMemberQueries({ tenants }) };
}
