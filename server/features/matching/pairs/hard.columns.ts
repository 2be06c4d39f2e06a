import { isOn } from '../matching.rules.ts';
import { HARD_RULES } from '../hard.rules.ts';
import type { HardRule, PersonFacts } from '../matching.types.ts';
import { dateNumber } from '../search/codes.ts';
import { NOBODY_SPECIAL } from './asked.ts';
import type { Asked } from './asked.ts';
import { FEW, STANDINGS } from './pool.columns.ts';

/** Leaves, of the first `size` rows, those whom a rule does not keep out, in their order. @returns how many */
export type Sieve = (rows: Int32Array, size: number) => number;
/** What a rule does to rows; the same to all of them where it is no function: true keeps everybody out. */
export type KeepsOut = Sieve | boolean;
type HardColumn = (asked: Asked, rule: HardRule) => KeepsOut;

const says = (rule: HardRule, { facts, settings }: Asked, person = NOBODY_SPECIAL): boolean =>
  rule.judge(facts, person, settings).length > 0;

/** A rule that looks at the position alone. */
const alike: HardColumn = (asked, rule) => says(rule, asked);

/** A rule that few need be asked about: of all others it says what it says of somebody who has none of it. */
const fewAsked =
  (
    what: number,
    whoIs: (asked: Asked, row: number) => PersonFacts,
    concerns: (asked: Asked) => boolean = () => true,
  ): HardColumn =>
  (asked, rule) => {
    const others = says(rule, asked);
    const { few, anyFew } = asked.pool;
    if ((anyFew & what) === 0 || !concerns(asked)) return others;
    return (rows, size) => {
      let left = 0;
      for (let i = 0; i < size; i++) {
        const row = rows[i]!;
        const out = (few[row]! & what) === 0 ? others : says(rule, asked, whoIs(asked, row));
        if (!out) rows[left++] = row;
      }
      return left;
    };
  };
const fully = (asked: Asked, row: number): PersonFacts => asked.person(row);
/** These rules look at what is booked and at nothing else. */
const byBookings = fewAsked(FEW.booked, (asked, row) => asked.booked(row));

const byStanding: HardColumn = (asked, rule) => {
  const out = Uint8Array.from(STANDINGS, (standing) =>
    says(rule, asked, { ...NOBODY_SPECIAL, standing }) ? 1 : 0,
  );
  const { standing, standings } = asked.pool;
  if (!standings.some((one) => out[one] === 1)) return false;
  return (rows, size) => {
    let left = 0;
    for (let i = 0; i < size; i++) {
      const row = rows[i]!;
      if (out[standing[row]!] === 0) rows[left++] = row;
    }
    return left;
  };
};

const tooFar: HardColumn = (asked) => {
  const { facts, pool, settings } = asked;
  if (!facts.point) return false;
  const { radius } = pool;
  const { reachMetres } = settings;
  return (rows, size) => {
    let left = 0;
    for (let i = 0; i < size; i++) {
      const row = rows[i]!;
      const own = radius[row]!;
      // Not a number where the person leaves it to the organisation.
      if (asked.reach(row) <= (own === own ? own : reachMetres)) rows[left++] = row;
    }
    return left;
  };
};

const unskilled: HardColumn = (asked, rule) => {
  const { facts, pool } = asked;
  if (facts.skills.length === 0) return false;
  const { few, skills } = pool;
  const numbers = facts.skills.map(({ code }) => skills.number.get(code) ?? -1);
  const levels = facts.skills.map(({ minLevel }) => minLevel);
  // Nobody has a code that no row has, and a certificate's skills are among those of its rows.
  if (numbers.includes(-1)) return true;
  return (rows, size) => {
    let left = 0;
    for (let i = 0; i < size; i++) {
      const row = rows[i]!;
      let lacks = false;
      for (let n = 0; n < numbers.length && !lacks; n++) {
        const at = skills.find(row, numbers[n]!);
        lacks = at < 0 || skills.level[at]! < levels[n]!;
      }
      // Who has some of them for a time only lacks them at other times: nobody who lacks them always need be asked about.
      if (!lacks && (few[row]! & FEW.gives) !== 0) lacks = says(rule, asked, asked.person(row));
      if (!lacks) rows[left++] = row;
    }
    return left;
  };
};

const speechless: HardColumn = ({ facts, pool }) => {
  const words = facts.languages.map((language) => pool.languages.word(language));
  if (words.includes(null)) return true;
  if (words.length === 0) return false;
  return (rows, size) => {
    let left = size;
    for (const word of words) if (word) left = word.sieve(rows, left);
    return left;
  };
};

const wrongAge: HardColumn = ({ facts, pool, settings }) => {
  const lowest = Math.max(settings.minAge, facts.minAge ?? 0);
  const highest = facts.maxAge ?? Infinity;
  const unknown = lowest > 0 || facts.maxAge !== null;
  const start = dateNumber(facts.startDate);
  const { born, guardian } = pool;
  const isOut = (row: number): boolean => {
    const own = born[row]!;
    if (own === 0) return unknown;
    const years = Math.floor((start - own) / 10_000);
    if (years < lowest || years > highest) return true;
    return years < 18 && (facts.bodilyRisk || guardian[row] === 0);
  };
  return (rows, size) => {
    let left = 0;
    for (let i = 0; i < size; i++) {
      const row = rows[i]!;
      if (!isOut(row)) rows[left++] = row;
    }
    return left;
  };
};

const notFree: HardColumn = (asked, rule) => {
  const { few, anyFew, free } = asked.pool;
  const often = (anyFew & FEW.odd) === 0 ? free.often(asked.facts) : null;
  if (often)
    return (rows, size) => {
      let left = 0;
      for (let i = 0; i < size; i++) {
        const row = rows[i]!;
        if (often[row] === 1) rows[left++] = row;
      }
      return left;
    };
  const isFree = free.during(asked.facts);
  return (rows, size) => {
    let left = 0;
    for (let i = 0; i < size; i++) {
      const row = rows[i]!;
      const out = (few[row]! & FEW.odd) === 0 ? !isFree(row) : says(rule, asked, asked.person(row));
      if (!out) rows[left++] = row;
    }
    return left;
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
  availability: notFree,
  languages: speechless,
  age: wrongAge,
  skills: unskilled,
  'service-area': tooFar,
  exclusion: fewAsked(FEW.kept, fully),
  overlap: byBookings,
  'daily-cap': byBookings,
  'weekly-cap': byBookings,
  rest: byBookings,
  trainings: fewAsked(FEW.trained, fully, ({ facts }) => facts.trainings.length > 0),
  credentials: fewAsked(FEW.credentials, fully, ({ facts }) => facts.credentials.length > 0),
  pools: fewAsked(FEW.pools, fully, ({ facts }) => facts.pools.length > 0),
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
export function keepingOut(asked: Asked): Sieve[] | null {
  const found: Sieve[] = [];
  for (const name of IN_ORDER) {
    const rule = HARD_RULES.find((one) => one.name === name);
    if (!rule || !isOn(rule, asked.settings)) continue;
    const column = hardColumn(name, asked);
    if (column === true) return null;
    if (column !== false) found.push(column);
  }
  return found;
}
