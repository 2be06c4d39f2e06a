import { readFileSync } from 'node:fs';
import { SKILL_CODES } from '../skills/index.ts';
import type { AvailabilitySlot } from '../people/index.ts';
import { localDay } from './demo.calendar.ts';
import type { Chance } from './demo.random.ts';

/** Generated people: names put together from common parts, addresses below example.org, phone numbers nobody has. */
export interface County {
  readonly code: string;
  readonly name: { 'zh-CN': string; en: string };
  readonly neighbours: readonly {
    code: string;
    name: { 'zh-CN': string; en: string };
    centre: [number, number];
  }[];
  readonly townships: readonly Township[];
}
export interface Township {
  readonly code: string;
  readonly name: { 'zh-CN': string; en: string };
  readonly seat: [number, number];
  readonly communities: readonly { code: string; name: { 'zh-CN': string; en: string } }[];
}

export const readCounty = (): County =>
  JSON.parse(readFileSync(new URL('./county/tonglu.json', import.meta.url), 'utf8')) as County;

const SURNAMES = [
  ...'王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段钱汤尹黎易常武乔贺赖龚文',
];
const GIVEN = [
  ...'伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华文辉玲红玉梅兰竹菊春夏秋冬晨晓雨雪云霖岚峰山海江河溪月星辰光宇轩浩然子涵欣怡佳琪思远志诚信义礼智仁和安康宁乐天一诺可心如意思琪梓睿嘉怡瑞',
];

export function generatedName(chance: Chance): string {
  const given = chance.happens(0.8) ? chance.pick(GIVEN) + chance.pick(GIVEN) : chance.pick(GIVEN);
  return chance.pick(SURNAMES) + given;
}

/** Passes and belongs to nobody we know of: all of one unused-looking block. */
export const generatedPhone = (n: number): string => `1990000${String(n % 10_000).padStart(4, '0')}`;

/** Age by the shares of a county's volunteers: many elders, few of the young, some minors. */
export function generatedBirthDate(chance: Chance, today: Date): string {
  const roll = chance.fraction();
  const age =
    roll < 0.05
      ? chance.between(14, 17)
      : roll < 0.25
        ? chance.between(18, 34)
        : roll < 0.6
          ? chance.between(35, 54)
          : chance.between(55, 76);
  return localDay(today, -Math.round(age * 365.25) - chance.between(1, 364));
}

const STRETCHES: readonly [number, number][] = [
  [8 * 60, 12 * 60],
  [13 * 60, 17 * 60],
  [18 * 60, 21 * 60],
];

export function generatedAvailability(chance: Chance): AvailabilitySlot[] {
  if (chance.happens(0.1)) return [];
  const slots: AvailabilitySlot[] = [];
  for (let weekday = 1; weekday <= 7; weekday += 1) {
    for (const [startMinute, endMinute] of STRETCHES) {
      if (chance.happens(weekday >= 6 ? 0.6 : 0.35)) slots.push({ weekday, startMinute, endMinute });
    }
  }
  return slots;
}

/** One to five skills, the common ones more often. */
export function generatedSkills(chance: Chance): { code: string; level: number }[] {
  const codes = new Set<string>();
  const wanted = chance.between(1, 5);
  while (codes.size < wanted)
    codes.add(SKILL_CODES[Math.floor(chance.fraction() ** 1.6 * SKILL_CODES.length)] as string);
  return [...codes].map((code) => ({ code, level: chance.between(1, 3) }));
}

export function generatedLanguages(chance: Chance): string[] {
  const languages = ['zh'];
  if (chance.happens(0.55)) languages.push('zh-wuu');
  if (chance.happens(0.12)) languages.push('en');
  if (chance.happens(0.03)) languages.push('she');
  if (chance.happens(0.02)) languages.push('sgn');
  return languages;
}

/** A point scattered round the seat, a few kilometres at most. */
export function scattered(
  chance: Chance,
  [longitude, latitude]: readonly [number, number],
  kilometres: number,
): { type: 'Point'; coordinates: [number, number] } {
  const angle = chance.fraction() * 2 * Math.PI;
  const distance = Math.sqrt(chance.fraction()) * kilometres;
  const round = (degrees: number): number => Math.round(degrees * 1e5) / 1e5;
  return {
    type: 'Point',
    coordinates: [
      round(longitude + (distance * Math.cos(angle)) / 96.6),
      round(latitude + (distance * Math.sin(angle)) / 110.9),
    ],
  };
}
