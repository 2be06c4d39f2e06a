import { pointsOf, SOFT_RULES, weightOf } from '../matching.rules.ts';
import { LONG_IDLE_DAYS, PRIOR } from '../soft.rules.ts';
import type { PersonFacts, SoftRule } from '../matching.types.ts';
import { NOBODY_SPECIAL } from './asked.ts';
import type { Asked } from './asked.ts';
import { dayOf, FEW, TRACKS } from './pool.columns.ts';

/** The points that a rule gives a row; the same for all rows where it is a number. */
export type Points = ((row: number) => number) | number;
type SoftColumn = (asked: Asked, rule: SoftRule, weight: number) => Points;

/** What the rule itself gives somebody like this. */
const given = (
  rule: SoftRule,
  weight: number,
  { facts, settings }: Asked,
  person: Partial<PersonFacts> = {},
): number => pointsOf(weight, rule.judge(facts, { ...NOBODY_SPECIAL, ...person }, settings));

const alike: SoftColumn = (asked, rule, weight) => given(rule, weight, asked);

const fewAsked =
  (what: number): SoftColumn =>
  (asked, rule, weight) => {
    const others = given(rule, weight, asked);
    const { few } = asked.pool;
    return (row) => (((few[row] ?? 0) & what) === 0 ? others : given(rule, weight, asked, asked.person(row)));
  };

const skillLevel: SoftColumn = (asked, rule, weight) => {
  const { facts, pool } = asked;
  if (facts.skills.length === 0) return given(rule, weight, asked);
  const from = 6 * facts.skills.length;
  const points = Array.from({ length: from + 1 }, (_, of) => pointsOf(weight, { of, from }));
  const wanted = facts.skills.map(({ code }) => pool.skills.number.get(code));
  return (row) => {
    if (((pool.few[row] ?? 0) & FEW.gives) !== 0) return given(rule, weight, asked, asked.person(row));
    let of = 0;
    for (const number of wanted) {
      const at = number === undefined ? -1 : pool.skills.find(row, number);
      if (at >= 0) of += Math.min(3, pool.skills.level[at] ?? 0) + (pool.skills.seen[at] === 1 ? 3 : 0);
    }
    return points[of] ?? 0;
  };
};

const distance: SoftColumn = (asked, rule, weight) => {
  const unknown = given(rule, weight, asked);
  const { reachMetres } = asked.settings;
  return (row) => {
    const metres = asked.metres(row);
    return metres < 0
      ? unknown
      : pointsOf(weight, { of: Math.max(0, reachMetres - metres), from: reachMetres });
  };
};

const freeThen: SoftColumn = (asked, rule, weight) => {
  const { weekday, startMinute, lengthMinutes } = asked.facts;
  const { free, few } = asked.pool;
  const unknown = given(rule, weight, asked);
  const always = [1, 2, 3, 4, 5, 6, 7].map((day) => ({ weekday: day, startMinute: 0, endMinute: 1_440 }));
  const said = given(rule, weight, asked, { availability: always });
  return (row) => {
    if (((few[row] ?? 0) & FEW.odd) !== 0) return given(rule, weight, asked, asked.person(row));
    return !free.unstated(row) && free.covers(row, weekday, startMinute, lengthMinutes) ? said : unknown;
  };
};

const preference: SoftColumn = (asked, rule, weight) => {
  const { category } = asked.facts;
  const [none, likes, other] = [[], [category], [`not ${category}`]].map((interests) =>
    given(rule, weight, asked, { interests }),
  );
  const { interests } = asked.pool;
  const has = interests.all([category]);
  return (row) => (interests.none(row) ? none : has && has(row) ? likes : other) ?? 0;
};

const reliability: SoftColumn =
  ({ pool: { kept, missed } }, _rule, weight) =>
  (row) => {
    const own = kept[row] ?? 0;
    return pointsOf(weight, { of: own + PRIOR.kept, from: own + (missed[row] ?? 0) + PRIOR.places });
  };

const idle: SoftColumn = (asked, _rule, weight) => {
  const start = dayOf(asked.facts.startDate);
  const points = Array.from({ length: LONG_IDLE_DAYS + 1 }, (_, of) =>
    pointsOf(weight, { of, from: LONG_IDLE_DAYS }),
  );
  return (row) => points[Math.min(LONG_IDLE_DAYS, Math.max(0, asked.daysSince(row, start)))] ?? 0;
};

const mix: SoftColumn = (asked, rule, weight) => {
  const points = TRACKS.map((track) => given(rule, weight, asked, { track }));
  const { track } = asked.pool;
  return (row) => points[track[row] ?? 0] ?? 0;
};

/** Each soft rule of the one list among columns: the points that the rule gives, to the unit. */
const SOFT_COLUMNS: Readonly<Record<string, SoftColumn>> = {
  'skill-level': skillLevel,
  distance,
  'free-then': freeThen,
  preference,
  reliability,
  continuity: fewAsked(FEW.served),
  load: fewAsked(FEW.booked),
  idle,
  'first-slot': alike,
  mix,
};

/** The points of a soft rule as columns give them. @throws Error for a rule that has no column form yet */
export function softColumn(name: string, asked: Asked): Points {
  const rule = SOFT_RULES.find((one) => one.name === name);
  const column = SOFT_COLUMNS[name];
  if (!rule || !column) throw new Error(`The rule ${name} has no column form`);
  const weight = weightOf(rule, asked.settings);
  return weight > 0 ? column(asked, rule, weight) : 0;
}

/** The score of a row: the sum of the points of all rules. */
export function scoring(asked: Asked): (row: number) => number {
  const columns = SOFT_RULES.map(({ name }) => softColumn(name, asked));
  const alikes = columns.reduce<number>((sum, one) => sum + (typeof one === 'number' ? one : 0), 0);
  const own = columns.filter((one) => typeof one !== 'number');
  return (row) => {
    let sum = alikes;
    for (const points of own) sum += points(row);
    return sum;
  };
}
