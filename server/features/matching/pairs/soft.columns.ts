import { pointsOf, SOFT_RULES, weightOf } from '../matching.rules.ts';
import { LONG_IDLE_DAYS, PRIOR } from '../soft.rules.ts';
import type { PersonFacts, SoftRule } from '../matching.types.ts';
import { NOBODY_SPECIAL } from './asked.ts';
import type { Asked } from './asked.ts';
import { dayOf, FEW, NEVER, TRACKS } from './pool.columns.ts';

/** Adds, for each of the first `size` rows, what a rule gives it to its points. */
export type Giving = (rows: Int32Array, size: number, points: Int32Array) => void;
/** The points that a rule gives rows; the same to all of them where it is a number. */
export type Points = Giving | number;
type SoftColumn = (asked: Asked, rule: SoftRule, weight: number) => Points;

/** What the rule itself gives somebody like this. */
const given = (
  rule: SoftRule,
  weight: number,
  { facts, settings }: Asked,
  person: Partial<PersonFacts> = {},
): number => pointsOf(weight, rule.judge(facts, { ...NOBODY_SPECIAL, ...person }, settings));

const known = new Map<string, Int32Array>();
/** Tables that are remembered: tenants weigh in many ways, but a run asks for the same few again and again. */
const MOST_TABLES = 256;

/** The points of every whole share of so many. */
function worths(weight: number, from: number): Int32Array {
  const key = `${weight}/${from}`;
  const found = known.get(key);
  if (found) return found;
  const made = Int32Array.from({ length: from + 1 }, (_, of) => pointsOf(weight, { of, from }));
  if (known.size >= MOST_TABLES) known.clear();
  known.set(key, made);
  return made;
}

const alike: SoftColumn = (asked, rule, weight) => given(rule, weight, asked);

const skillLevel: SoftColumn = (asked, rule, weight) => {
  const { facts, pool } = asked;
  if (facts.skills.length === 0) return given(rule, weight, asked);
  const { few, skills } = pool;
  const worth = worths(weight, 6 * facts.skills.length);
  const numbers = facts.skills.flatMap(({ code }) => skills.number.get(code) ?? []);
  return (rows, size, points) => {
    for (let i = 0; i < size; i++) {
      const row = rows[i]!;
      if ((few[row]! & FEW.gives) !== 0) {
        points[i]! += given(rule, weight, asked, asked.person(row));
        continue;
      }
      let of = 0;
      for (let n = 0; n < numbers.length; n++) {
        const at = skills.find(row, numbers[n]!);
        if (at >= 0) of += Math.min(3, skills.level[at]!) + (skills.seen[at] === 1 ? 3 : 0);
      }
      points[i]! += worth[of]!;
    }
  };
};

const distance: SoftColumn = (asked, rule, weight) => {
  const unknown = given(rule, weight, asked);
  const { reachMetres } = asked.settings;
  return (rows, size, points) => {
    for (let i = 0; i < size; i++) {
      const metres = asked.metres(rows[i]!);
      points[i]! +=
        metres < 0 ? unknown : pointsOf(weight, { of: Math.max(0, reachMetres - metres), from: reachMetres });
    }
  };
};

const freeThen: SoftColumn = (asked, rule, weight) => {
  const { free, few } = asked.pool;
  const unknown = given(rule, weight, asked);
  const always = [1, 2, 3, 4, 5, 6, 7].map((day) => ({ weekday: day, startMinute: 0, endMinute: 1_440 }));
  const said = given(rule, weight, asked, { availability: always });
  const isFree = free.during(asked.facts);
  return (rows, size, points) => {
    for (let i = 0; i < size; i++) {
      const row = rows[i]!;
      if ((few[row]! & FEW.odd) !== 0) points[i]! += given(rule, weight, asked, asked.person(row));
      else points[i]! += !free.unstated(row) && isFree(row) ? said : unknown;
    }
  };
};

const preference: SoftColumn = (asked, rule, weight) => {
  const { category } = asked.facts;
  const worth = (interests: readonly string[]): number => given(rule, weight, asked, { interests });
  const [none, likes, other] = [worth([]), worth([category]), worth([`not ${category}`])];
  const { interests } = asked.pool;
  const word = interests.word(category);
  return (rows, size, points) => {
    for (let i = 0; i < size; i++) {
      const row = rows[i]!;
      points[i]! += interests.none(row) ? none : word?.isOf(row) === true ? likes : other;
    }
  };
};

const reliability: SoftColumn = (asked, rule, weight) => {
  const { kept, missed, records } = asked.pool;
  if (records.size === 0) return given(rule, weight, asked);
  return (rows, size, points) => {
    for (let i = 0; i < size; i++) {
      const row = rows[i]!;
      const own = kept[row]!;
      points[i]! += pointsOf(weight, { of: own + PRIOR.kept, from: own + missed[row]! + PRIOR.places });
    }
  };
};

/** Who served the request before is asked about by the rule; of a request few have. */
const continuity: SoftColumn = (asked, rule, weight) => {
  const others = given(rule, weight, asked);
  const times = asked.pool.servedAt(asked.facts.requestId);
  if (!times) return others;
  return (rows, size, points) => {
    for (let i = 0; i < size; i++) {
      const own = times.get(rows[i]!);
      if (own === undefined) points[i]! += others;
      else {
        const served = new Map([[asked.facts.requestId, own]]);
        points[i]! += given(rule, weight, asked, { record: { ...NOBODY_SPECIAL.record, served } });
      }
    }
  };
};

const load: SoftColumn = (asked, rule, weight) => {
  const others = given(rule, weight, asked);
  const { few, anyFew } = asked.pool;
  if ((anyFew & FEW.booked) === 0) return others;
  return (rows, size, points) => {
    for (let i = 0; i < size; i++) {
      const row = rows[i]!;
      points[i]! += (few[row]! & FEW.booked) === 0 ? others : given(rule, weight, asked, asked.booked(row));
    }
  };
};

const idle: SoftColumn = (asked, rule, weight) => {
  if (asked.pool.records.size === 0) return given(rule, weight, asked);
  const start = dayOf(asked.facts.startDate);
  const worth = worths(weight, LONG_IDLE_DAYS);
  const { lastOn } = asked.pool;
  return (rows, size, points) => {
    for (let i = 0; i < size; i++) {
      const last = lastOn[rows[i]!]!;
      const days = last === NEVER ? LONG_IDLE_DAYS : Math.max(0, start - last);
      points[i]! += worth[days < LONG_IDLE_DAYS ? days : LONG_IDLE_DAYS]!;
    }
  };
};

const mix: SoftColumn = (asked, rule, weight) => {
  const worth = Int32Array.from(TRACKS, (track) => given(rule, weight, asked, { track }));
  const { track, tracks } = asked.pool;
  const [first = 0] = tracks;
  if (tracks.every((one) => worth[one] === worth[first])) return worth[first] ?? 0;
  return (rows, size, points) => {
    for (let i = 0; i < size; i++) points[i]! += worth[track[rows[i]!]!]!;
  };
};

/** Each soft rule of the one list among columns: the points that the rule gives, to the unit. */
const SOFT_COLUMNS: Readonly<Record<string, SoftColumn>> = {
  'skill-level': skillLevel,
  distance,
  'free-then': freeThen,
  preference,
  reliability,
  continuity,
  load,
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

/** The scores of rows, into `points`: the sum of the points of all rules. */
export function scoring(asked: Asked): Giving {
  const columns = SOFT_RULES.map(({ name }) => softColumn(name, asked));
  const alikes = columns.reduce<number>((sum, one) => sum + (typeof one === 'number' ? one : 0), 0);
  const own = columns.filter((one) => typeof one !== 'number');
  return (rows, size, points) => {
    points.fill(alikes, 0, size);
    for (const give of own) give(rows, size, points);
  };
}
