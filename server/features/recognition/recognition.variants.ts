import type { Scheme } from './recognition.rules.ts';

/** What places ask for, to begin with: a tenant takes one over as its own data and changes it as it likes. */
export type Preset = Pick<
  Scheme,
  'code' | 'kind' | 'level' | 'minutes' | 'months' | 'areas' | 'areaMinutes'
> & {
  readonly name: { readonly 'zh-CN': string; readonly en: string };
};
export const VARIANTS = ['usual', 'beijing', 'longgang', 'boluo'] as const;
export type Variant = (typeof VARIANTS)[number];

const MINUTES_PER_HOUR = 60;
const DIGITS = ['一', '二', '三', '四', '五'];
const WORDS = ['One', 'Two', 'Three', 'Four', 'Five'];

const stars = (hours: readonly number[], months: readonly number[] = []): Preset[] =>
  hours.map((least, at) => ({
    code: `star-${at + 1}`,
    kind: 'star',
    level: at + 1,
    minutes: least * MINUTES_PER_HOUR,
    months: months[at] ?? 0,
    name: { 'zh-CN': `${DIGITS[at]}星级志愿者`, en: `${WORDS[at]}-star volunteer` },
  }));

const medals = (
  steps: readonly (readonly [code: string, zh: string, en: string, hours: number, ofKind: number])[],
  areas: readonly string[],
): Preset[] =>
  steps.map(([code, zh, en, hours, ofKind]) => ({
    code,
    kind: 'medal',
    level: 0,
    minutes: hours * MINUTES_PER_HOUR,
    months: 0,
    ...(ofKind > 0 ? { areas, areaMinutes: ofKind * MINUTES_PER_HOUR } : {}),
    name: { 'zh-CN': zh, en },
  }));

/** For children and for teams, in every variant. */
const OTHERS: readonly Preset[] = [
  {
    code: 'red-flower',
    kind: 'children',
    level: 0,
    minutes: 20 * MINUTES_PER_HOUR,
    months: 0,
    name: { 'zh-CN': '红花少年', en: 'Red flower for young volunteers' },
  },
  {
    code: 'team',
    kind: 'team',
    level: 0,
    minutes: 1_000 * MINUTES_PER_HOUR,
    months: 0,
    name: { 'zh-CN': '优秀志愿服务队', en: 'Outstanding team' },
  },
];

/** Thresholds of and the variants of; service in the neighbourhood is what Boluo counts as community hours. */
export const PRESETS: Readonly<Record<Variant, readonly Preset[]>> = {
  usual: [...stars([100, 300, 600, 1_000, 1_500]), ...OTHERS],
  beijing: [
    ...stars([100, 200, 500, 800, 1_000]),
    ...medals(
      [
        ['medal-2000', '志愿服务铜奖章', 'Bronze medal', 2_000, 0],
        ['medal-3000', '志愿服务银奖章', 'Silver medal', 3_000, 0],
        ['medal-5000', '志愿服务金奖章', 'Gold medal', 5_000, 0],
      ],
      [],
    ),
    ...OTHERS,
  ],
  longgang: [...stars([100, 300, 600, 1_000, 1_500], [6, 6, 12, 12, 0]), ...OTHERS],
  boluo: [
    ...stars([100, 300, 600, 1_000, 1_500]),
    ...medals(
      [
        ['five-star-bronze', '五星级铜奖', 'Five-star bronze', 2_000, 120],
        ['five-star-silver', '五星级银奖', 'Five-star silver', 3_000, 150],
        ['five-star-gold', '五星级金奖', 'Five-star gold', 4_000, 200],
      ],
      ['neighbourhood'],
    ),
    ...OTHERS,
  ],
};
