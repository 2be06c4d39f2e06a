import { ACTIVITIES } from './demo.activities.ts';
import type { Activity } from './demo.activities.ts';
import { wallTime } from './demo.calendar.ts';
import { scattered } from './demo.people.ts';
import { requestLifecycle } from '../../core/states.ts';
import { titleKeysOf } from '../requests/index.ts';
import type { DemoGround, DemoTenant, DemoUnit } from './demo.types.ts';

/** Requests of the demo place with their shifts and positions. People are put onto them by demo.staffing.ts. */
export interface DemoShift {
  readonly id: string;
  readonly tenant: string;
  readonly requestId: string;
  readonly unitId: string;
  readonly activity: Activity;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly day: number;
  readonly state: string;
  readonly row: object;
  readonly positionId: string;
  /** Filled in by the staffing. */
  taken: number;
  waiting: number;
  readonly positionRow: object;
}

/** States of the requests: every state once, then the living ones, most of all those under way. */
function statesOf(count: number): string[] {
  const more = Math.max(0, count - requestLifecycle.states.length);
  const living = Array.from({ length: more }, (_unused, index) =>
    index % 22 < 16 ? 'in_progress' : index % 22 < 19 ? 'closed' : 'verified',
  );
  return [...requestLifecycle.states, ...living].slice(0, Math.max(count, requestLifecycle.states.length));
}
const WITH_PAST = ['in_progress', 'extended', 'done', 'verified', 'rated', 'reopened', 'closed'];
const WITH_FUTURE = ['accepted', 'in_progress', 'extended', 'reopened'];

export interface DemoNeeds {
  readonly requests: { tenant: string; row: object }[];
  readonly shifts: DemoShift[];
}

export function buildNeeds(
  ground: DemoGround,
  tenants: readonly DemoTenant[],
  leaderOf: (tenant: string) => { personId: string; name: string; accountId: string },
  count = 40,
): DemoNeeds {
  const requests: DemoNeeds['requests'] = [];
  const shifts: DemoShift[] = [];
  statesOf(count).forEach((state, n) => {
    const activity = ACTIVITIES[n % ACTIVITIES.length] as Activity;
    const tenant = (n % 5 < 3 ? tenants[0] : tenants[1 + (n % 2)]) as DemoTenant;
    const unit = ground.chance.pick(tenant.places.filter((place) => place.kind !== 'township'));
    const leader = leaderOf(tenant.slug);
    const createdAt = wallTime(
      ground.today,
      -ground.chance.between(WITH_PAST.includes(state) ? 330 : 3, WITH_PAST.includes(state) ? 360 : 25),
      600,
    );
    const id = ground.id('request', n, createdAt);
    const place = placeOf(ground, unit);
    const way = wayTo(state);
    requests.push({
      tenant: tenant.slug,
      row: {
        _id: id,
        state,
        version: way.length,
        history: way.map((to, index) => ({
          at: new Date(createdAt.getTime() + index * 3_600_000),
          from: way[index - 1] ?? null,
          to,
          actor: 'operator:seed',
          reason: null,
        })),
        unitId: unit.id,
        title: activity.title,
        titleKeys: titleKeysOf(activity.title),
        description: activity.description,
        category: activity.category,
        place,
        county: ground.county.code,
        conditions: activity.needsSocialWorker ? '须持社工证' : '身体健康，热心公益',
        risks: activity.risks,
        support: activity.support,
        contactName: leader.name,
        contactPhone: '19900000001',
        createdBy: leader.accountId,
        createdAt,
      },
    });
    const days = daysOf(ground, state, n);
    for (const day of days)
      shifts.push(
        oneShift(ground, { tenant, unit, place, activity, requestId: id, day, leader, n, createdAt }),
      );
  });
  return { requests, shifts };
}

const placeOf = (ground: DemoGround, unit: DemoUnit): object => ({
  label: `${unit.name['zh-CN']}${ground.chance.pick(['服务站', '文化礼堂', '党群服务中心', '居家养老中心'])}`,
  address: `${unit.name['zh-CN']}${ground.chance.between(1, 180)}号（示意）`,
  point: scattered(ground.chance, unit.point, 0.8),
});

/** Days from today on which the request is served. */
function daysOf(ground: DemoGround, state: string, n: number): number[] {
  const { chance } = ground;
  const past = WITH_PAST.includes(state)
    ? Array.from({ length: 6 }, (_unused, index) => -(3 + (n % 7) + index * 52 + chance.between(0, 12)))
    : [];
  const future = WITH_FUTURE.includes(state) ? [1 + (n % 6), 7 + (n % 8), 14 + (n % 7)] : [];
  const today = state === 'in_progress' && n % 4 === 0 ? [0] : [];
  const yesterday = state === 'in_progress' && n % 3 === 0 ? [-1] : [];
  return [...new Set([...past, ...yesterday, ...today, ...future])];
}

/** The shortest legal way from the first state to this one. */
export function wayTo(state: string): string[] {
  const queue: string[][] = [['draft']];
  for (const way of queue) {
    const last = way.at(-1) as string;
    if (last === state) return way;
    const next = (requestLifecycle.edges as Record<string, readonly string[]>)[last] ?? [];
    for (const to of next) if (!way.includes(to)) queue.push([...way, to]);
  }
  throw new Error(`No way to ${state}`);
}

interface ShiftParts {
  readonly tenant: DemoTenant;
  readonly unit: DemoUnit;
  readonly place: object;
  readonly activity: Activity;
  readonly requestId: string;
  readonly day: number;
  readonly leader: { personId: string; name: string; accountId: string };
  readonly n: number;
  readonly createdAt: Date;
}

function oneShift(ground: DemoGround, parts: ShiftParts): DemoShift {
  const { tenant, unit, activity, requestId, day, leader, n } = parts;
  const startsAt = wallTime(ground.today, day, activity.start);
  const endsAt = wallTime(ground.today, day, activity.end);
  const over = endsAt <= ground.today;
  const running = !over && startsAt <= ground.today;
  const state = over ? 'ended' : running ? 'running' : 'published';
  const way = ['draft', 'published', ...(over || running ? ['running'] : []), ...(over ? ['ended'] : [])];
  const id = ground.id('shift', `${n}:${day}`, parts.createdAt);
  const createdAt = new Date(
    Math.min(parts.createdAt.getTime() + 86_400_000, startsAt.getTime() - 86_400_000),
  );
  const skills = activity.skill ? [{ code: activity.skill, minLevel: activity.minLevel }] : [];
  const positionId = ground.id('position', `${n}:${day}`, parts.createdAt);
  return {
    id,
    tenant: tenant.slug,
    requestId,
    unitId: unit.id,
    activity,
    startsAt,
    endsAt,
    day,
    state,
    positionId,
    taken: 0,
    waiting: 0,
    row: {
      _id: id,
      state,
      version: way.length,
      history: way.map((to, index) => ({
        at: index === 0 ? createdAt : index === 1 ? createdAt : index === 2 ? startsAt : endsAt,
        from: way[index - 1] ?? null,
        to,
        actor: 'operator:seed',
        reason: null,
      })),
      requestId,
      unitId: unit.id,
      title: activity.title,
      category: activity.category,
      county: ground.county.code,
      place: parts.place,
      startsAt,
      endsAt,
      breakMinutes: 0,
      leaderName: leader.name,
      leaderPersonId: leader.personId,
      riskLevel: activity.bodily ? 'bodily' : 'none',
      nature: over || running ? 'volunteer' : (activity.ahead ?? 'volunteer'),
      policyNumber: activity.bodily ? `DEMO-POLICY-${String(n).padStart(4, '0')}` : '',
      skillCodes: skills.map((skill) => skill.code),
      createdBy: leader.accountId,
      createdAt,
    },
    positionRow: {
      _id: positionId,
      requestId,
      shiftId: id,
      unitId: unit.id,
      name: activity.position,
      skills,
      credentials: activity.needsSocialWorker ? [{ type: 'social-worker', level: '' }] : [],
      languages: activity.language ? [activity.language] : [],
      minAge: activity.bodily ? 18 : null,
      maxAge: null,
      required: activity.required,
      maximum: activity.maximum,
      admission: activity.approval ? 'approval' : 'direct',
    },
  };
}
