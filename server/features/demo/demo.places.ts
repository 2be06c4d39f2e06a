import { DEFAULT_NEEDS } from '../tenants/index.ts';
import { scattered } from './demo.people.ts';
import type { DemoGround, DemoTenant, DemoUnit } from './demo.types.ts';

interface Organisation {
  readonly slug: string;
  readonly name: { 'zh-CN': string; en: string };
  readonly kind: 'department' | 'organisation';
  readonly colour: string;
  readonly serviceCounties: readonly string[];
  readonly teams: readonly { 'zh-CN': string; en: string }[];
}

/** The county's department, one organisation that also serves the next district, one that works in the county only. */
export const ORGANISATIONS: readonly Organisation[] = [
  {
    slug: 'tonglu',
    name: { 'zh-CN': '桐庐县委社会工作部', en: 'Tonglu Social Work Department' },
    kind: 'department',
    colour: 'teal',
    serviceCounties: ['330122'],
    teams: [],
  },
  {
    slug: 'fuchun',
    name: { 'zh-CN': '富春公益服务中心', en: 'Fuchun Public Benefit Centre' },
    kind: 'organisation',
    colour: 'blue',
    serviceCounties: ['330122', '330111'],
    teams: [
      { 'zh-CN': '银龄陪伴队', en: 'Silver Age Company' },
      { 'zh-CN': '护水队', en: 'River Guardians' },
      { 'zh-CN': '富阳分队', en: 'Fuyang Branch' },
    ],
  },
  {
    slug: 'tonghe',
    name: { 'zh-CN': '同和社工服务社', en: 'Tonghe Social Work Service' },
    kind: 'organisation',
    colour: 'orange',
    serviceCounties: ['330122'],
    teams: [
      { 'zh-CN': '调解工作室', en: 'Mediation Studio' },
      { 'zh-CN': '四点半课堂队', en: 'After-School Team' },
    ],
  },
];

const COUNTY_SEAT: [number, number] = [119.69, 29.797];

export function buildTenants(ground: DemoGround): {
  tenants: DemoTenant[];
  rows: object[];
  units: Map<string, DemoUnit[]>;
} {
  const units = new Map<string, DemoUnit[]>();
  const rows: object[] = [];
  const tenants = ORGANISATIONS.map((organisation, index): DemoTenant => {
    const id = ground.id('tenant', organisation.slug);
    const own =
      organisation.kind === 'department'
        ? departmentUnits(ground, organisation)
        : organisationUnits(ground, organisation);
    units.set(organisation.slug, own);
    const root = own[0] as DemoUnit;
    rows.push({
      _id: id,
      slug: organisation.slug,
      name: organisation.name,
      kind: organisation.kind,
      parentId: index === 0 ? null : ground.id('tenant', 'tonglu'),
      rootUnitId: root.id,
      zone: 'Asia/Shanghai',
      locale: 'zh-CN',
      colour: organisation.colour,
      serviceCounties: organisation.serviceCounties,
      settings: {
        minAge: 14,
        reviewersDiffer: true,
        dailyCapMinutes: 600,
        roundToMinutes: 1,
        minimumMinutes: 0,
        lateGraceMinutes: 15,
        recordedCapMinutes: 0,
        offerMinutes: 24 * 60,
        checkInEarlyMinutes: 30,
        yearlyHours: 20,
        yearlyActivities: 1,
        // The department tries the time bank; what others decide is theirs.
        timeBank: organisation.kind === 'department',
        bankCapHours: 1_500,
        bankRedeemFromAge: 0,
      },
      credentialNeeds: DEFAULT_NEEDS,
      createdAt: ground.today,
    });
    return { slug: organisation.slug, id, rootUnitId: root.id, places: own.slice(1) };
  });
  return { tenants, rows, units };
}

function unit(
  ground: DemoGround,
  key: string,
  parent: DemoUnit | null,
  kind: string,
  name: { 'zh-CN': string; en: string },
  point: [number, number],
  code: string | null,
): DemoUnit {
  const id = ground.id('unit', key);
  const path = [...(parent?.path ?? []), id];
  const codes = code ? [{ system: 'cn-division', code, from: '2023-06-30', to: null }] : [];
  const row = {
    _id: id,
    parentId: parent?.id ?? null,
    path,
    kind,
    name,
    codes,
    centre: { type: 'Point', coordinates: point },
  };
  return { id, parentId: parent?.id ?? null, path, kind, name, point, row };
}

/** Root, then each township followed by its communities. */
function departmentUnits(ground: DemoGround, { slug, name }: Organisation): DemoUnit[] {
  const root = unit(ground, slug, null, 'root', name, COUNTY_SEAT, ground.county.code);
  const below = ground.county.townships.flatMap((township) => {
    const own = unit(ground, township.code, root, 'township', township.name, township.seat, township.code);
    const communities = township.communities.map((community) =>
      unit(
        ground,
        community.code,
        own,
        'community',
        community.name,
        scattered(ground.chance, township.seat, 3.5).coordinates,
        community.code,
      ),
    );
    return [own, ...communities];
  });
  return [root, ...below];
}

function organisationUnits(ground: DemoGround, { slug, name, teams }: Organisation): DemoUnit[] {
  const root = unit(ground, slug, null, 'root', name, COUNTY_SEAT, null);
  const fuyang = ground.county.neighbours[0]?.centre ?? COUNTY_SEAT;
  const below = teams.map((team, index) => {
    const seat = team.en.startsWith('Fuyang')
      ? fuyang
      : (ground.county.townships[index * 3]?.seat ?? COUNTY_SEAT);
    return unit(ground, `${slug}-${index}`, root, 'team', team, seat, null);
  });
  return [root, ...below];
}
