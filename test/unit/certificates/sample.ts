import { buildStatement } from '../../../server/features/certificates/certificate.rules.ts';
import type {
  ServiceEntry,
  StatementDraft,
  StatementFacts,
} from '../../../server/features/certificates/certificate.types.ts';

/** Invented facts for certificates; every field can be overridden. */
const ACTIVITIES = [
  ['社区独居老人探访', '陪同就诊、测量血压、整理居室', '桐君街道春江社区', '春江社区居民委员会', '王秀英'],
  ['富春江江岸清洁', '清理岸线垃圾并分类', '江南镇窄溪村江滩', '江南镇新时代文明实践所', '李国强'],
  ['儿童阅读角值守', '', '县图书馆少儿阅览室', '桐庐县图书馆', '陈晓'],
  ['矛盾纠纷调解劝导', '邻里停车纠纷现场劝导', '城南街道', '城南街道综治中心', '赵敏'],
] as const;

export function sampleEntry(index: number, overrides: Partial<ServiceEntry> = {}): ServiceEntry {
  const [activity, content, place, unit, leader] = ACTIVITIES[index % ACTIVITIES.length] ?? ACTIVITIES[0];
  const day = new Date(Date.UTC(2026, 0, 3) + index * 5 * 86_400_000).toISOString().slice(0, 10);
  return {
    tenantId: 'tenant-1',
    hoursId: `hours-${index}`,
    sequence: index + 1,
    hash: (index + 1).toString(16).padStart(64, 'a5'),
    minutes: 90 + (index % 5) * 25,
    serviceDate: day,
    ruleVersion: 'hours/1',
    activity,
    content,
    place,
    unit,
    leader,
    ...overrides,
  };
}

export function sampleFacts(overrides: Partial<StatementFacts> = {}): StatementFacts {
  return {
    tenant: {
      id: 'tenant-1',
      slug: 'tonglu',
      name: { 'zh-CN': '中共桐庐县委社会工作部', en: 'Tonglu County Department of Social Work' },
      zone: 'Asia/Shanghai',
    },
    person: { displayName: '张晓明', volunteerNumber: 'TL-2026-000318' },
    period: { from: '2026-01-01', to: '2026-06-30' },
    entries: Array.from({ length: 7 }, (_, index) => sampleEntry(index)),
    issuer: { unit: '桐君街道春江社区居民委员会', handler: '周文', contact: '0571-00000000' },
    number: 'TONGLU-2026-000042',
    verificationCode: '7K3QXA9M2TZ0V5W8R1C4D6E7FG',
    publicUrl: 'https://linli.example.org',
    locale: 'zh-CN',
    demo: false,
    issuedAt: new Date('2026-07-02T03:04:05Z'),
    keyId: '0123456789abcdef',
    ...overrides,
  };
}

export const sampleDraft = (overrides: Partial<StatementFacts> = {}): StatementDraft =>
  buildStatement(sampleFacts(overrides));
