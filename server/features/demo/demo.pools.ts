import { LIVE_POOLS } from './demo.pools.data.ts';
import { wallTime } from './demo.calendar.ts';
import type { DemoGround, DemoMembership, DemoPerson, DemoTenant } from './demo.types.ts';

interface Holder {
  readonly personId: string;
  readonly level: string;
  readonly valid: boolean;
  readonly tenant: string;
  readonly row: object;
}

/**
 * Talent pools of the department, with people in every stage: made of those who hold what the rules ask for, so that each
 * decision names the certificate that it rests on.
 */
export function buildPools(
  ground: DemoGround,
  tenant: DemoTenant,
  people: readonly DemoPerson[],
  memberships: readonly DemoMembership[],
  credentials: readonly Holder[],
  [officerId, reviewerId]: readonly [string, string],
): { pools: object[]; members: object[] } {
  const nameOf = new Map(people.map((person) => [person.id, person.name]));
  const own = new Map(
    memberships
      .filter((one) => one.tenant === tenant.slug && one.state === 'approved')
      .map((one) => [one.personId, one]),
  );
  const createdAt = wallTime(ground.today, -120, 600);
  const pools = LIVE_POOLS.map((pool) => ({
    _id: ground.id('pool', pool.key, createdAt),
    name: pool.name,
    purpose: pool.purpose,
    rules: JSON.stringify(pool.rules),
    validMonths: 24,
    windowMonths: 2,
    proposes: pool.key === 'casework',
    open: true,
    proposeAt: null,
    active: true,
    version: 1,
    createdBy: officerId,
    createdAt,
  }));
  const holders = credentials.filter(({ valid, tenant: slug }) => valid && slug === tenant.slug);
  const pool = pools[0];
  if (!pool) return { pools, members: [] };
  const members = holders.slice(0, 18).flatMap((holder, n) => {
    const membership = own.get(holder.personId);
    if (!membership) return [];
    const state = n < 12 ? 'certified' : (['first_pass', 'applied', 'proposed'][n % 3] ?? 'applied');
    return [
      memberRow(ground, {
        n,
        state,
        poolId: pool._id,
        holder,
        membership,
        name: nameOf.get(holder.personId) ?? '',
        reviewers: [officerId, reviewerId],
      }),
    ];
  });
  return { pools, members };
}

interface Placed {
  readonly n: number;
  readonly state: string;
  readonly poolId: string;
  readonly holder: Holder;
  readonly membership: DemoMembership;
  readonly name: string;
  readonly reviewers: readonly [string, string];
}

const WAYS: Readonly<Record<string, readonly string[]>> = {
  proposed: ['proposed'],
  applied: ['applied'],
  first_pass: ['applied', 'first_pass'],
  certified: ['applied', 'first_pass', 'certified'],
};

function memberRow(ground: DemoGround, placed: Placed): object {
  const { n, state, poolId, holder, membership, name, reviewers } = placed;
  const way = WAYS[state] ?? [];
  const at = (step: number): Date => wallTime(ground.today, -90 + n + step, 600);
  const { _id, validTo } = holder.row as { _id: string; validTo: string };
  const findings = JSON.stringify([
    {
      kind: 'credential',
      passed: true,
      fact: { credential: 'social-worker', credentialId: _id, credentialLevel: holder.level, until: validTo },
    },
    { kind: 'membership', passed: true, fact: { membership: 'social-worker' } },
  ]);
  const certified = state === 'certified';
  const validFrom = at(2).toISOString().slice(0, 10);
  return {
    _id: ground.id('poolMember', n, at(0)),
    state,
    version: way.length,
    history: way.map((to, step) => ({
      at: at(step),
      from: way[step - 1] ?? null,
      to,
      actor: 'operator:seed',
      reason: null,
    })),
    poolId,
    personId: holder.personId,
    membershipId: membership.id,
    unitId: membership.unitId,
    personName: name,
    validFrom: certified ? validFrom : null,
    validTo: certified ? validTo : null,
    dueOn: certified ? expiryOf(validTo) : null,
    firstReviewerId: way.includes('first_pass') ? reviewers[0] : null,
    finalReviewerId: certified ? reviewers[1] : null,
    shared: certified && n % 4 === 0,
    decisions: way.map((step, index) => ({ at: at(index), step, accountId: null, passed: true, findings })),
    createdAt: at(0),
  };
}

/** Two months before the end, to the day after it. */
function expiryOf(validTo: string): string {
  const [year = 0, month = 1, day = 1] = validTo.split('-').map(Number);
  const end = new Date(Date.UTC(year, month - 1, day + 1));
  return new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth() - 2, Math.min(end.getUTCDate(), 28)))
    .toISOString()
    .slice(0, 10);
}
