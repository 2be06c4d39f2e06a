import type { Tenant } from '../../tenants/index.ts';
import { BANDS_METRES, bandOf } from '../distance.rules.ts';
import { minutesBooked, personFacts, skillsOn, trainedOn } from '../matching.facts.ts';
import type { PersonSources } from '../matching.facts.ts';
import { fit, HARD_RULES, isOn, pointsOf, SOFT_RULES, weightOf } from '../matching.rules.ts';
import type { FitSettings, PersonFacts, PositionFacts } from '../matching.types.ts';
import { ENOUGH_MINUTES, KNOWN_AFTER, LONG_IDLE_DAYS, PRIOR } from '../soft.rules.ts';
import { areaBits, dateNumber, dayNumber, languagesAsked, skillNumber } from './codes.ts';
import { daysFree, FLAG, NOT_STATED, NOWHERE } from './columns.ts';
import type { Columns } from './columns.ts';
import type { Sparse } from './entry.ts';
import { isFree } from '../hard.rules.ts';
import { firstFrom, Reach } from './reach.ts';

/** What a thread knows of a tenant's people at one moment. */
export interface Epoch {
  readonly columns: Columns;
  readonly sparse: ReadonlyMap<number, Sparse>;
  /** Who changed since the columns were laid out, as rows; their rows in the columns are marked as gone. */
  readonly overlay: ReadonlyMap<string, PersonSources>;
  /** The rows marked so: few, so that nobody need look through all. */
  readonly gone: ReadonlySet<number>;
}

/** Who fits this position? */
export interface SearchQuery {
  readonly facts: PositionFacts;
  readonly settings: FitSettings;
  readonly tenant: Pick<Tenant, 'id' | 'zone' | 'serviceCounties'>;
  /** How many of the best are wanted. */
  readonly k: number;
  /** How many of those kept out, the nearest to fitting first; 0 leaves the funnel out too. */
  readonly others: number;
  /** Who served the request how often, by row or by id. */
  readonly served: readonly (readonly [id: string, times: number])[];
}

export interface SearchAnswer {
  /** Best first: exact, with the scores of the one list. */
  readonly best: readonly { readonly personId: string; readonly score: number }[];
  readonly eligible: number;
  readonly looked: number;
  /** How many remain after each hard rule; empty when nobody asked. */
  readonly funnel: readonly { readonly rule: string; readonly remaining: number }[];
  /** Members of the tenant that only late rules keep out. */
  readonly others: readonly string[];
}

const DAY_MINUTES = 1_440;
const NOTHING: Sparse = {
  bookings: [],
  credentials: [],
  trained: [],
  exclusions: [],
  pools: [],
  besides: null,
};

/** The rules of the list that are asked for people row by row; what they share with the whole position is asked once. */
const STEPS = HARD_RULES.map(({ name }) => name);
const STEP = Object.fromEntries(STEPS.map((name, at) => [name, at])) as Record<string, number>;

/** Answers from an epoch. The same people and the same points as the rules give when asked for everybody. */
export function search(epoch: Epoch, query: SearchQuery): SearchAnswer {
  return new Search(epoch, query).answer();
}

class Search {
  private readonly epoch: Epoch;
  private readonly query: SearchQuery;
  private readonly on: boolean[];
  private readonly reach: Reach;
  private readonly points: Points;
  private readonly skills: { number: number; minLevel: number }[];
  /** The kinds of days that are free on the first and on the second day of the shift; null for a longer one. */
  private readonly daysFree: readonly [Uint8Array, Uint8Array] | null;
  private readonly languages: number;
  private readonly servedRow = new Map<string, number>();
  /** How many were stopped by each rule. */
  private readonly stopped = new Int32Array(STEPS.length);
  private rows = new Int32Array(1_024);
  private scores = new Int32Array(1_024);
  private found = 0;
  private readonly samples: number[][] = STEPS.map(() => []);
  /** Stops those who are outside the reach and were never looked at. */
  private readonly lengthFits: boolean;

  constructor(epoch: Epoch, query: SearchQuery) {
    this.epoch = epoch;
    this.query = query;
    const { facts, settings } = query;
    this.on = HARD_RULES.map((rule) => isOn(rule, settings));
    this.reach = new Reach(
      epoch.columns,
      facts.point,
      this.on[STEP['service-area']!] ? settings.reachMetres : null,
    );
    this.points = pointsFor(facts, settings);
    this.skills = facts.skills.map(({ code, minLevel }) => ({ number: skillNumber(code), minLevel }));
    this.daysFree = freeDays(epoch.columns, facts);
    this.languages = languagesAsked(facts.languages);
    for (const [id, times] of query.served) this.servedRow.set(id, times);
    this.lengthFits =
      facts.lengthMinutes <= settings.dailyCapMinutes && facts.lengthMinutes <= settings.weeklyCapMinutes;
  }

  answer(): SearchAnswer {
    const { columns, overlay } = this.epoch;
    const { facts, settings, tenant, k, others } = this.query;
    const late = [...overlay.values()].map((sources) => {
      const person = personFacts(sources, facts, tenant as Tenant);
      return { id: person.personId, member: person.standing === 'member', fit: fit(facts, person, settings) };
    });
    const looked = columns.size - this.epoch.gone.size + late.length;
    const shut = this.shutToAll();
    if (shut === null) this.walk();
    const best = [
      ...this.best(k),
      ...late.filter((one) => one.fit.eligible).map((one) => ({ personId: one.id, score: one.fit.score })),
    ]
      .sort((a, b) => b.score - a.score || (a.personId < b.personId ? -1 : 1))
      .slice(0, k);
    const eligible = this.found + late.filter((one) => one.fit.eligible).length;
    if (others === 0) return { best, eligible, looked, funnel: [], others: [] };
    return {
      best,
      eligible,
      looked,
      funnel: this.funnel(
        shut,
        late.map((one) => one.fit.refusals.map(({ rule }) => rule)),
      ),
      others: [
        ...late.filter((one) => one.member && !one.fit.eligible).map(({ id }) => id),
        ...this.nearly(others),
      ].slice(0, others),
    };
  }

  /** The step that shuts everybody out, whoever they are. */
  private shutToAll(): number | null {
    const { facts, settings } = this.query;
    for (const name of ['shift-open', 'insured']) {
      const rule = HARD_RULES[STEP[name]!];
      if (rule && rule.judge(facts, {} as PersonFacts, settings).length > 0) return STEP[name]!;
    }
    return null;
  }

  /** Looks at everybody in reach who has the rarest skill; counts those in reach beside when asked. */
  private walk(): void {
    const { columns } = this.epoch;
    const { others } = this.query;
    const lists = this.skills.map(({ number }) => columns.postings[number] ?? new Uint32Array(0));
    const rarest = lists.sort((a, b) => a.length - b.length)[0];
    if (others > 0) this.countNear(rarest !== undefined);
    if (!rarest) {
      if (others === 0) this.reach.eachRow((row) => this.judge(row));
      return;
    }
    this.reach.eachOf(rarest, (row) => this.judge(row));
  }

  /** Those in reach, for the funnel; without a skill asked for they are judged on the way. */
  private countNear(skilled: boolean): void {
    const { sparse, gone } = this.epoch;
    const leftOut = new Set(gone);
    for (const [row, { exclusions }] of sparse)
      if (!gone.has(row) && this.isExcluded(exclusions)) leftOut.add(row);
    this.excludedCount = leftOut.size - gone.size;
    this.nearCount = 0;
    const near = this.on[STEP['service-area']!] && this.query.facts.point;
    const inside = near ? surelyWithin(this.query.settings.reachMetres) : null;
    const apart = new Uint32Array(leftOut).sort();
    this.reach.eachStretch(inside, (from, to, surely) => {
      // Where everybody is near enough, counting takes no looking.
      if (surely) this.nearCount += to - from - between(apart, from, to);
      else
        for (let row = from; row < to; row++)
          if (!leftOut.has(row) && this.metresWithin(row) !== -2) this.nearCount += 1;
    });
    if (!skilled) this.reach.eachRow((row) => this.judge(row));
  }
  private nearCount = 0;
  private excludedCount = 0;

  private isExcluded(exclusions: readonly (string | null)[]): boolean {
    return exclusions.some((one) => one === null || one === this.query.facts.requestId);
  }

  /** Metres as judged; −1 when unknown, −2 when too far. */
  private metresWithin(row: number): number {
    const { columns } = this.epoch;
    if (!this.query.facts.point || columns.latitude[row] === NOWHERE) return -1;
    const inside = this.on[STEP['service-area']!];
    const limit = inside ? (columns.radius[row] || 0) * 1_000 || this.query.settings.reachMetres : Infinity;
    const exact = this.reach.metres(row, limit);
    if (exact < 0) return -2;
    const metres = (columns.flags[row] ?? 0) & FLAG.member ? exact : bandOf(exact);
    return metres > limit ? -2 : metres;
  }

  private judge(row: number): void {
    const { columns, sparse } = this.epoch;
    const flags = columns.flags[row] ?? 0;
    if (flags & FLAG.gone) return;
    // Nobody counts who is stopped where: what is known of everybody and costs least goes first.
    if (this.query.others === 0 && this.stoppedCheaply(row)) return;
    const few = sparse.size > 0 ? (sparse.get(row) ?? NOTHING) : NOTHING;
    if (few.exclusions.length > 0 && this.isExcluded(few.exclusions)) return;
    const metres = this.metresWithin(row);
    if (metres === -2) return;
    const skilled = few.besides ? this.skillShareThen(few) : this.skillShare(row);
    if (skilled < 0) return;
    const step = this.stoppedAt(row, flags, few);
    if (step >= 0) {
      this.stopped[step]! += 1;
      const sample = this.samples[step];
      if (sample && sample.length < this.query.others && flags & FLAG.member) sample.push(row);
      return;
    }
    if (this.found === this.rows.length) this.grow();
    this.rows[this.found] = row;
    this.scores[this.found++] = this.score(row, flags, few, metres, skilled);
  }

  private stoppedCheaply(row: number): boolean {
    const { columns } = this.epoch;
    if (this.on[STEP['languages']!] && (this.languages & ~(columns.languages[row] ?? 0)) !== 0) return true;
    return this.on[STEP['availability']!] === true && this.free(row) === false;
  }

  /** The sum of levels and proofs of the skills asked for; −1 when one is missing or too low. */
  private skillShare(row: number): number {
    const { skillStart, skills } = this.epoch.columns;
    let sum = 0;
    for (const { number, minLevel } of this.skills) {
      let own = 0;
      for (let i = skillStart[row] ?? 0; i < (skillStart[row + 1] ?? 0); i++)
        if ((skills[i] ?? 0) >> 3 === number) own = skills[i] ?? 0;
      const level = (own >> 1) & 3;
      if (level === 0 || level < minLevel) return -1;
      sum += level + (own & 1 ? 3 : 0);
    }
    return sum;
  }

  /** The same for those whose certificates give skills on some days. */
  private skillShareThen({ besides, credentials }: Sparse): number {
    const { facts } = this.query;
    const own = skillsOn(besides?.person ?? { skills: [] }, besides?.membership ?? null, credentials, facts);
    let sum = 0;
    for (const { code, minLevel } of facts.skills) {
      const skill = own.find((one) => one.code === code);
      if (!skill || skill.level < minLevel) return -1;
      sum += Math.min(3, skill.level) + (skill.verified ? 3 : 0);
    }
    return sum;
  }

  /** The first rule after the skills that keeps somebody out; −1 for none. */
  private stoppedAt(row: number, flags: number, few: Sparse): number {
    const { columns } = this.epoch;
    const { facts, settings, tenant } = this.query;
    if (this.on[STEP['languages']!] && (this.languages & ~(columns.languages[row] ?? 0)) !== 0)
      return STEP['languages']!;
    if (this.tooYoungOrOld(columns.born[row] ?? 0, flags)) return STEP['age']!;
    if (this.on[STEP['availability']!] && this.free(row) === false) return STEP['availability']!;
    if (few.bookings.length > 0) {
      const person = {
        booked: few.bookings,
        ...minutesBooked(few.bookings, facts, tenant as Tenant),
      } as unknown as PersonFacts;
      for (const name of ['overlap', 'daily-cap', 'weekly-cap', 'rest'])
        if ((HARD_RULES[STEP[name]!]?.judge(facts, person, settings).length ?? 0) > 0) return STEP[name]!;
    } else if (!this.lengthFits)
      return facts.lengthMinutes > settings.dailyCapMinutes ? STEP['daily-cap']! : STEP['weekly-cap']!;
    for (const name of ['trainings', 'credentials', 'pools'] as const)
      if (facts[name].length > 0) {
        const person = {
          trained: trainedOn(few.trained, facts),
          credentials: few.credentials,
          pools: few.pools,
        } as unknown as PersonFacts;
        if ((HARD_RULES[STEP[name]!]?.judge(facts, person, settings).length ?? 0) > 0) return STEP[name]!;
      }
    return -1;
  }

  private tooYoungOrOld(born: number, flags: number): boolean {
    const { facts, settings } = this.query;
    const lowest = Math.max(settings.minAge, facts.minAge ?? 0);
    if (born === 0) return lowest > 0 || facts.maxAge !== null;
    const years = Math.floor((this.startNumber - born) / 10_000);
    if (years < lowest || (facts.maxAge !== null && years > facts.maxAge)) return true;
    return years < 18 && (facts.bodilyRisk || !(flags & FLAG.guardian));
  }
  private get startNumber(): number {
    return (this.start ??= dateNumber(this.query.facts.startDate));
  }
  private start: number | null = null;

  /** Whether stated free times cover the shift; null where none are stated. */
  private free(row: number): boolean | null {
    const { pattern, patterns } = this.epoch.columns;
    const own = pattern[row] ?? 0;
    if (own === NOT_STATED) return null;
    const { facts } = this.query;
    if (patterns.odd.size > 0 && patterns.odd.has(own))
      return isFree(facts, { availability: patterns.odd.get(own) ?? [] });
    if (!this.daysFree) return false;
    const [first, second] = this.daysFree;
    const day = facts.weekday - 1;
    return (
      first[patterns.days[own * 7 + day] ?? 0] === 1 &&
      second[patterns.days[own * 7 + ((day + 1) % 7)] ?? 0] === 1
    );
  }

  private score(row: number, flags: number, few: Sparse, metres: number, skilled: number): number {
    const { columns } = this.epoch;
    const { facts, tenant, settings } = this.query;
    const { points } = this;
    const [kept, missed] = [columns.kept[row] ?? 0, columns.missed[row] ?? 0];
    const interests = columns.interests[row] ?? 0;
    const last = columns.lastOn[row] ?? 0;
    const days = last === 0 ? LONG_IDLE_DAYS : Math.min(LONG_IDLE_DAYS, Math.max(0, points.startDay - last));
    let sum = points.everybody + (points.idle[days] ?? 0);
    sum +=
      this.skills.length === 0
        ? points.unskilled
        : pointsOf(points.skill, { of: skilled, from: 6 * this.skills.length });
    sum +=
      metres < 0
        ? points.nowhere
        : pointsOf(points.distance, {
            of: Math.max(0, settings.reachMetres - metres),
            from: settings.reachMetres,
          });
    sum += this.free(row) ? points.free : points.unknown;
    sum += interests === 0 ? points.indifferent : interests & points.area ? points.likes : points.dislikes;
    sum += pointsOf(points.reliability, { of: kept + PRIOR.kept, from: kept + missed + PRIOR.places });
    if (flags & FLAG.certified) sum += points.mixCertified;
    else if (flags & FLAG.semiProfessional) sum += points.mixSemi;
    if (this.servedRow.size > 0)
      sum += points.known[Math.min(KNOWN_AFTER, this.servedRow.get(this.idOf(row)) ?? 0)] ?? 0;
    if (few.bookings.length > 0) {
      const { recentMinutes } = minutesBooked(few.bookings, facts, tenant as Tenant);
      return (
        sum + pointsOf(points.load, { of: Math.max(0, ENOUGH_MINUTES - recentMinutes), from: ENOUGH_MINUTES })
      );
    }
    return sum + points.load;
  }

  private idOf(row: number): string {
    return Buffer.from(this.epoch.columns.ids.subarray(row * 12, row * 12 + 12)).toString('hex');
  }

  private grow(): void {
    const [rows, scores] = [new Int32Array(this.rows.length * 2), new Int32Array(this.rows.length * 2)];
    rows.set(this.rows);
    scores.set(this.scores);
    [this.rows, this.scores] = [rows, scores];
  }

  /** The best k of those found: the score of the last that can be among them, then those from it on. */
  private best(k: number): { personId: string; score: number }[] {
    const counts = new Int32Array(this.points.most + 2);
    for (let i = 0; i < this.found; i++) counts[this.scores[i] ?? 0]! += 1;
    let [least, enough] = [this.points.most + 1, 0];
    while (least > 0 && enough < k) enough += counts[--least] ?? 0;
    const chosen: { personId: string; score: number }[] = [];
    for (let i = 0; i < this.found; i++)
      if ((this.scores[i] ?? 0) >= least)
        chosen.push({ personId: this.idOf(this.rows[i] ?? 0), score: this.scores[i] ?? 0 });
    return chosen.sort((a, b) => b.score - a.score || (a.personId < b.personId ? -1 : 1)).slice(0, k);
  }

  private funnel(
    shut: number | null,
    late: readonly (readonly string[])[],
  ): { rule: string; remaining: number }[] {
    const { columns } = this.epoch;
    const everybody = columns.size - this.epoch.gone.size;
    const skilled = this.found + this.stopped.reduce((sum, one) => sum + one, 0);
    const own = (step: number): number => {
      if (shut !== null && step >= shut) return 0;
      if (step < STEP['exclusion']!) return everybody;
      if (step < STEP['service-area']!) return everybody - this.excludedCount;
      if (step === STEP['service-area']!) return this.nearCount;
      if (step === STEP['skills']!) return skilled;
      let remaining = skilled;
      for (let at = STEP['skills']! + 1; at <= step; at++) remaining -= this.stopped[at] ?? 0;
      return remaining;
    };
    let rest = [...late];
    return STEPS.map((rule, step) => {
      rest = rest.filter((refusals) => !refusals.includes(rule));
      return { rule, remaining: own(step) + rest.length };
    });
  }

  /** Members whom only the last rules keep out. */
  private nearly(most: number): string[] {
    const near: string[] = [];
    for (let step = STEPS.length - 1; step >= 0 && near.length < most; step--)
      for (const row of this.samples[step] ?? []) if (near.length < most) near.push(this.idOf(row));
    return near;
  }
}

/** Whoever is so near is within reach, also when only a band of their distance is known. */
const surelyWithin = (metres: number): number => BANDS_METRES.findLast((band) => band <= metres) ?? 0;

/** How many of an ascending list lie in a stretch. */
const between = (list: Uint32Array, from: number, to: number): number =>
  firstFrom(list, to) - firstFrom(list, from);

/** Points that do not depend on more than a column: multiplied once for a query. */
interface Points {
  readonly most: number;
  /** What everybody gets alike. */
  readonly everybody: number;
  readonly skill: number;
  readonly unskilled: number;
  readonly distance: number;
  readonly nowhere: number;
  readonly free: number;
  readonly unknown: number;
  readonly likes: number;
  readonly indifferent: number;
  readonly dislikes: number;
  readonly area: number;
  readonly reliability: number;
  readonly known: readonly number[];
  readonly load: number;
  readonly idle: readonly number[];
  readonly startDay: number;
  readonly mixCertified: number;
  readonly mixSemi: number;
}

function pointsFor(facts: PositionFacts, settings: FitSettings): Points {
  const weight = (name: string): number => {
    const rule = SOFT_RULES.find((one) => one.name === name);
    return rule ? weightOf(rule, settings) : 0;
  };
  /** What the rule itself gives somebody like this. */
  const given = (name: string, person: Partial<PersonFacts>): number => {
    const rule = SOFT_RULES.find((one) => one.name === name);
    return rule ? pointsOf(weight(name), rule.judge(facts, person as PersonFacts, settings)) : 0;
  };
  const nobody = { standing: 'member', home: null } as const;
  const none = { kept: 0, missed: 0, lastOn: null, served: new Map<string, number>() };
  const served = (times: number): Partial<PersonFacts> => ({
    record: { ...none, served: new Map([[facts.requestId, times]]) },
  });
  const times = Array.from({ length: KNOWN_AFTER + 1 }, (_, at) => given('continuity', served(at)));
  return {
    most: SOFT_RULES.reduce((sum, rule) => sum + weightOf(rule, settings), 0),
    everybody: given('first-slot', {}),
    skill: weight('skill-level'),
    unskilled: pointsOf(weight('skill-level'), { of: 1, from: 2 }),
    distance: weight('distance'),
    nowhere: given('distance', nobody),
    free: pointsOf(weight('free-then'), { of: 1, from: 1 }),
    unknown: given('free-then', { availability: [] }),
    likes: given('preference', { interests: [facts.category] }),
    indifferent: given('preference', { interests: [] }),
    dislikes: given('preference', { interests: ['another'] }),
    area: areaBits([facts.category]),
    reliability: weight('reliability'),
    known: times,
    load: weight('load'),
    idle: Array.from({ length: LONG_IDLE_DAYS + 1 }, (_, of) =>
      pointsOf(weight('idle'), { of, from: LONG_IDLE_DAYS }),
    ),
    startDay: dayNumber(facts.startDate),
    mixCertified: given('mix', { track: 'certified' }),
    mixSemi: given('mix', { track: 'semi-professional' }),
  };
}

function freeDays(
  { patterns }: Columns,
  { startMinute, lengthMinutes }: PositionFacts,
): readonly [Uint8Array, Uint8Array] | null {
  const end = startMinute + lengthMinutes;
  if (end > 2 * DAY_MINUTES) return null;
  return [
    daysFree(patterns, startMinute, Math.min(end, DAY_MINUTES)),
    daysFree(patterns, 0, Math.max(0, end - DAY_MINUTES)),
  ];
}
