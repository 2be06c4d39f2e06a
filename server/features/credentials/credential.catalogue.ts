import { z } from 'zod';
import { isServiceArea, isSkillCode } from '../skills/index.ts';

/**
 * What kinds of certificates there are: data, never code. What comes with Linli stands here; a tenant adds its own types and
 * keeps its own version of these. Values that a law or an order sets name their source.
 */
const words = z.strictObject({ 'zh-CN': z.string().min(1).max(60), en: z.string().min(1).max(60) });
export const typeCode = z.string().regex(/^[a-z][a-z0-9-]{1,39}$/, 'invalid-format');

export const KINDS = ['qualification', 'check'] as const;

export const typeRules = z.strictObject({
  code: typeCode,
  /** A check keeps its result, day and end only: no number, no pictures, no reasons. */
  kind: z.enum(KINDS),
  name: words,
  /** Lowest first; empty when there are none. */
  levels: z.array(z.strictObject({ code: typeCode, name: words })).max(8),
  /** Months from the first day to the end; null when it never ends. */
  validMonths: z.number().int().min(1).max(600).nullable(),
  /** So many months before the end a renewal may be handed in. */
  windowMonths: z.number().int().min(0).max(60),
  /** Skills that a holder has by it; `from` is the lowest level that gives them, empty for any. */
  gives: z
    .array(
      z.strictObject({
        skill: z.string().refine(isSkillCode, 'not-a-choice'),
        level: z.number().int().min(1).max(3),
        from: z.string().max(40).default(''),
      }),
    )
    .max(20),
  /** Kinds of service that nobody may give without it. */
  neededFor: z.array(z.string().refine(isServiceArea, 'not-a-choice')).max(30),
  /** Where the holder stands in the national register is noted beside it. */
  register: z.boolean().default(false),
  source: z.string().max(120).default(''),
  /** Nobody states one of these any more; those that are held stay. */
  retired: z.boolean().default(false),
});
export type CredentialType = z.output<typeof typeRules>;

const SOCIAL_WORKER_LEVELS = [
  { code: 'assistant', name: { 'zh-CN': '助理社会工作师', en: 'Assistant social worker' } },
  { code: 'intermediate', name: { 'zh-CN': '社会工作师', en: 'Social worker' } },
  { code: 'senior', name: { 'zh-CN': '高级社会工作师', en: 'Senior social worker' } },
];

const PLATFORM: readonly z.input<typeof typeRules>[] = [
  {
    code: 'social-worker',
    kind: 'qualification',
    name: { 'zh-CN': '社会工作者职业水平证书', en: 'Social worker certificate' },
    levels: SOCIAL_WORKER_LEVELS,
    validMonths: 36,
    windowMonths: 3,
    gives: [
      { skill: 'casework', level: 1 },
      { skill: 'group-work', level: 1 },
      { skill: 'casework', level: 2, from: 'intermediate' },
      { skill: 'group-work', level: 2, from: 'intermediate' },
      { skill: 'community-organising', level: 2, from: 'intermediate' },
      { skill: 'casework', level: 3, from: 'senior' },
      { skill: 'community-organising', level: 3, from: 'senior' },
    ],
    neededFor: [],
    register: true,
    source: '人社部规〔2018〕2号；民发〔2009〕44号第四条',
  },
  {
    code: 'background-check',
    kind: 'check',
    name: { 'zh-CN': '无违法犯罪记录查询', en: 'Background check' },
    levels: [],
    validMonths: 12,
    windowMonths: 1,
    gives: [],
    neededFor: ['children'],
    source: '未成年人保护法第六十二条',
  },
  {
    code: 'psychological-counsellor',
    kind: 'qualification',
    name: { 'zh-CN': '心理咨询师证书', en: 'Psychological counsellor certificate' },
    levels: [
      { code: 'level-3', name: { 'zh-CN': '三级', en: 'Level 3' } },
      { code: 'level-2', name: { 'zh-CN': '二级', en: 'Level 2' } },
    ],
    validMonths: null,
    windowMonths: 0,
    gives: [
      { skill: 'psychological-support', level: 2 },
      { skill: 'psychological-support', level: 3, from: 'level-2' },
      { skill: 'crisis-counselling', level: 2, from: 'level-2' },
    ],
    neededFor: [],
  },
  {
    code: 'mediator',
    kind: 'qualification',
    name: { 'zh-CN': '人民调解员证', en: "People's mediator card" },
    levels: [],
    validMonths: 36,
    windowMonths: 3,
    gives: [{ skill: 'dispute-mediation', level: 2 }],
    neededFor: [],
  },
  {
    code: 'legal-professional',
    kind: 'qualification',
    name: { 'zh-CN': '法律职业资格证书', en: 'Legal professional certificate' },
    levels: [],
    validMonths: null,
    windowMonths: 0,
    gives: [
      { skill: 'legal-advice', level: 2 },
      { skill: 'legal-outreach', level: 2 },
    ],
    neededFor: [],
  },
  {
    code: 'first-aider',
    kind: 'qualification',
    name: { 'zh-CN': '救护员证', en: 'First aider certificate' },
    levels: [],
    validMonths: 36,
    windowMonths: 3,
    gives: [{ skill: 'first-aid', level: 2 }],
    neededFor: [],
  },
  {
    code: 'nurse',
    kind: 'qualification',
    name: { 'zh-CN': '护士执业证书', en: 'Nurse registration' },
    levels: [],
    validMonths: 60,
    windowMonths: 1,
    gives: [
      { skill: 'nursing', level: 3 },
      { skill: 'blood-pressure', level: 3 },
      { skill: 'first-aid', level: 2 },
    ],
    neededFor: [],
    source: '护士条例（国务院令第517号）',
  },
  {
    code: 'elderly-care-worker',
    kind: 'qualification',
    name: { 'zh-CN': '养老护理员证书', en: 'Elderly care worker certificate' },
    levels: [
      { code: 'level-5', name: { 'zh-CN': '五级/初级工', en: 'Level 5' } },
      { code: 'level-4', name: { 'zh-CN': '四级/中级工', en: 'Level 4' } },
      { code: 'level-3', name: { 'zh-CN': '三级/高级工', en: 'Level 3' } },
      { code: 'level-2', name: { 'zh-CN': '二级/技师', en: 'Level 2' } },
      { code: 'level-1', name: { 'zh-CN': '一级/高级技师', en: 'Level 1' } },
    ],
    validMonths: null,
    windowMonths: 0,
    gives: [
      { skill: 'elderly-care', level: 2 },
      { skill: 'elderly-care', level: 3, from: 'level-3' },
      { skill: 'dementia-care', level: 2, from: 'level-3' },
    ],
    neededFor: [],
  },
  {
    code: 'teacher',
    kind: 'qualification',
    name: { 'zh-CN': '教师资格证', en: 'Teacher certificate' },
    levels: [],
    validMonths: 60,
    windowMonths: 6,
    gives: [{ skill: 'tutoring', level: 3 }],
    neededFor: [],
  },
];

/** Types that come with Linli, by code, in the order of the catalogue. */
export const PLATFORM_TYPES: ReadonlyMap<string, CredentialType> = new Map(
  PLATFORM.map((one) => {
    const type = typeRules.parse(one);
    return [type.code, type];
  }),
);

/** Service areas that need something by what comes with Linli: what a new tenant begins with. */
export const PLATFORM_NEEDS: readonly { area: string; type: string }[] = [...PLATFORM_TYPES.values()].flatMap(
  ({ code, neededFor }) => neededFor.map((area) => ({ area, type: code })),
);
