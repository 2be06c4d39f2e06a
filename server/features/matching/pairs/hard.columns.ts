import { isOn } from '../matching.rules.ts';
import { HARD_RULES } from '../hard.rules.ts';
import type { HardRule } from '../matching.types.ts';
import { dateNumber } from '../search/codes.ts';
import { NOBODY_SPECIAL } from './asked.ts';
import type { Asked } from './asked.ts';
import { FEW, STANDINGS } from './pool.columns.ts';

/** Whether a rule keeps a row out; the same for all rows where it is no function. */
export type KeepsOut = ((row: number) => boolean) | boolean;
type HardColumn = (asked: Asked, rule: HardRule) => KeepsOut;

const says = (rule: HardRule, { facts, settings }: Asked, person = NOBODY_SPECIAL): boolean =>
  rule.judge(facts, person, settings).length > 0;

/** A rule that looks at the position alone. */
const alike: HardColumn = (asked, rule) => says(rule, asked);

/** A rule that few need be asked about: of all others it says what it says of somebody who has none of it. */
const fewAsked =
  (what: number, concerns: (asked: Asked) => boolean = () => true): HardColumn =>
  (asked, rule) => {
    const others = says(rule, asked);
    if (!concerns(asked)) return others;
    const { few } = asked.pool;
    return (row) => (((few[row] ?? 0) & what) === 0 ? others : says(rule, asked, asked.person(row)));
  };

const byStanding: HardColumn = (asked, rule) => {
  const out = STANDINGS.map((standing) => says(rule, asked, { ...NOBODY_SPECIAL, standing }));
  const { standing } = asked.pool;
  return out.includes(true) ? (row) => out[standing[row] ?? 0] ?? true : false;
};

const tooFar: HardColumn = (asked) => {
  const { facts, pool, settings } = asked;
  if (!facts.point) return false;
  return (row) => {
    const own = pool.radius[row] ?? NaN;
    return asked.metres(row) > (Number.isNaN(own) ? settings.reachMetres : own);
  };
};

const unskilled: HardColumn = (asked, rule) => {
  const { facts, pool } = asked;
  if (facts.skills.length === 0) return false;
  const wanted = facts.skills.map(({ code, minLevel }) => ({
    number: pool.skills.number.get(code),
    minLevel,
  }));
  const lacks = (row: number): boolean => {
    for (const { number, minLevel } of wanted) {
      const at = number === undefined ? -1 : pool.skills.find(row, number);
      if (at < 0 || (pool.skills.level[at] ?? 0) < minLevel) return true;
    }
    return false;
  };
  // Who has some of them for a time only lacks them at other times: nobody who lacks them always need be asked about.
  return (row) =>
    lacks(row) || (((pool.few[row] ?? 0) & FEW.gives) !== 0 && says(rule, asked, asked.person(row)));
};

const speechless: HardColumn = ({ facts, pool }) => {
  if (facts.languages.length === 0) return false;
  const all = pool.languages.all(facts.languages);
  return all === false ? true : (row) => !all(row);
};

const wrongAge: HardColumn = ({ facts, pool, settings }) => {
  const lowest = Math.max(settings.minAge, facts.minAge ?? 0);
  const highest = facts.maxAge ?? Infinity;
  const unknown = lowest > 0 || facts.maxAge !== null;
  const start = dateNumber(facts.startDate);
  return (row) => {
    const born = pool.born[row] ?? 0;
    if (born === 0) return unknown;
    const years = Math.floor((start - born) / 10_000);
    if (years < lowest || years > highest) return true;
    return years < 18 && (facts.bodilyRisk || pool.guardian[row] === 0);
  };
};

const notFree: HardColumn = (asked, rule) => {
  const { weekday, startMinute, lengthMinutes } = asked.facts;
  const { free, few } = asked.pool;
  return (row) => {
    if (((few[row] ?? 0) & FEW.odd) !== 0) return says(rule, asked, asked.person(row));
    return !free.unstated(row) && !free.covers(row, weekday, startMinute, lengthMinutes);
  };
};

/**
 * Each hard rule of the one list among columns: it keeps out whom the rule keeps out, no more and no fewer (the tests ask both
 * about everybody they can think of). What costs least is asked first.
 */
const HARD_COLUMNS: Readonly<Record<string, HardColumn>> = {
  'shift-open': alike,
  insured: alike,
  standing: byStanding,
  consent: byStanding,
  languages: speechless,
  availability: notFree,
  skills: unskilled,
  age: wrongAge,
  'service-area': tooFar,
  exclusion: fewAsked(FEW.kept),
  overlap: fewAsked(FEW.booked),
  'daily-cap': fewAsked(FEW.booked),
  'weekly-cap': fewAsked(FEW.booked),
  rest: fewAsked(FEW.booked),
  trainings: fewAsked(FEW.trained, ({ facts }) => facts.trainings.length > 0),
  credentials: fewAsked(FEW.credentials, ({ facts }) => facts.credentials.length > 0),
  pools: fewAsked(FEW.pools, ({ facts }) => facts.pools.length > 0),
};

/** A hard rule as columns answer it. @throws Error for a rule that has no column form yet */
export function hardColumn(name: string, asked: Asked): KeepsOut {
  const rule = HARD_RULES.find((one) => one.name === name);
  const column = HARD_COLUMNS[name];
  if (!rule || !column) throw new Error(`The rule ${name} has no column form`);
  return column(asked, rule);
}

const IN_ORDER = [
  ...Object.keys(HARD_COLUMNS),
  // One that is new in the list is told of when it is first asked about.
  ...HARD_RULES.map(({ name }) => name).filter((name) => !(name in HARD_COLUMNS)),
];

/** All rules that are on, those left out that keep nobody out; null where one keeps everybody out. */
export function keepingOut(asked: Asked): ((row: number) => boolean)[] | null {
  const found: ((row: number) => boolean)[] = [];
  for (const name of IN_ORDER) {
    const rule = HARD_RULES.find((one) => one.name === name);
    if (!rule || !isOn(rule, asked.settings)) continue;
    const column = hardColumn(name, asked);
    if (column === true) return null;
    if (column !== false) found.push(column);
  }
  return found;
}
