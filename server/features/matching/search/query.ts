import type { Tenant } from '../../tenants/index.ts';
import { BANDS_METRES, bandOf } from '../distance.rules.ts';
import { isFree } from '../hard.rules.ts';
import { minutesBooked, personFacts, skillsOn, trainedOn } from '../matching.facts.ts';
import type { PersonSources } from '../matching.facts.ts';
import { fit, HARD_RULES, isOn, pointsOf } from '../matching.rules.ts';
import type { FitSettings, PersonFacts, PositionFacts } from '../matching.types.ts';
import { priceOf } from '../prices.ts';
import type { Prices } from '../prices.ts';
import { ENOUGH_MINUTES, KNOWN_AFTER, LONG_IDLE_DAYS, PRIOR } from '../soft.rules.ts';
import { dateNumber, idBytes, languagesAsked, skillNumber } from './codes.ts';
import { daysFree, FLAG, NOT_STATED, NOWHERE, rowOf } from './columns.ts';
import type { Columns } from './columns.ts';
import type { Beside, Sparse } from './entry.ts';
import { pointsFor } from './points.ts';
import type { Points } from './points.ts';
import { priceInRow, pricedRows } from './priced.ts';
import type { PricedRows } from './priced.ts';
import { firstFrom, leastOf, mostOf, Reach } from './reach.ts';
import { TopScores } from './top.ts';

/** What a thread knows of a tenant's people at one moment. */
export interface Epoch extends Beside {
  readonly columns: Columns;
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
  /** What a plan would give up by losing somebody: the best are those with most points beyond that. */
  readonly prices?: Prices | null;
}

export interface SearchAnswer {
  /** Best first by the score of the one list less the price: both exact. */
  readonly best: readonly { readonly personId: string; readonly score: number; readonly price: number }[];
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
const stepOf = (name: string): number => STEP[name] ?? -1;
const [LANGUAGES, AGE, TIMES] = [stepOf('languages'), stepOf('age'), stepOf('availability')] as const;

/** Metres of somebody whose home is unknown, and of somebody who lives too far. */
const [UNKNOWN, TOO_FAR] = [-1, -2] as const;
/** The skills of a row are yet to be read. */
const UNREAD = -2;
const NO_ROWS = new Uint32Array(0);

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
  private readonly startNumber: number;
  private readonly served = new Map<number, number>();
  /** How many were stopped by each rule. */
  private readonly stopped = new Int32Array(STEPS.length);
  private readonly top: TopScores;
  private readonly priced: PricedRows;
  private readonly except: ReadonlySet<number>;
  private eligible = 0;
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
    this.priced = pricedRows(epoch.columns, query.prices);
    this.except = new Set(query.prices?.except.map((id) => rowOf(epoch.columns, idBytes(id))));
    this.top = new TopScores(query.k, this.points.most + this.priced.most);
    this.skills = facts.skills.map(({ code, minLevel }) => ({ number: skillNumber(code), minLevel }));
    this.daysFree = freeDays(epoch.columns, facts);
    this.languages = this.on[LANGUAGES] ? languagesAsked(facts.languages) : 0;
    this.startNumber = dateNumber(facts.startDate);
    for (const [id, times] of query.served) this.served.set(rowOf(epoch.columns, idBytes(id)), times);
    this.lengthFits =
      facts.lengthMinutes <= settings.dailyCapMinutes && facts.lengthMinutes <= settings.weeklyCapMinutes;
  }

  answer(): SearchAnswer {
    const { columns, overlay } = this.epoch;
    const { facts, settings, tenant, k, others, prices } = this.query;
    const late = [...overlay.values()].map((sources) => {
      const person = personFacts(sources, facts, tenant as Tenant);
      return { id: person.personId, member: person.standing === 'member', fit: fit(facts, person, settings) };
    });
    const looked = columns.size - this.epoch.gone.size + late.length;
    const shut = this.shutToAll();
    if (shut === null) this.walk();
    const best = [
      ...this.top.chosen().map(({ row, score }) => {
        const price = this.priceAt(row);
        return { personId: this.idOf(row), score: score - this.priced.most + price, price };
      }),
      ...late
        .filter((one) => one.fit.eligible)
        .map(({ id, fit: { score } }) => ({ personId: id, score, price: priceOf(prices, id) })),
    ]
      .sort((a, b) => b.score - b.price - (a.score - a.price) || (a.personId < b.personId ? -1 : 1))
      .slice(0, k);
    const eligible = this.eligible + late.filter((one) => one.fit.eligible).length;
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
    const { postings } = this.epoch.columns;
    if (this.query.others > 0) this.countNear();
    const [rarest] = this.skills
      .map(({ number, minLevel }) => ({ list: postings[number] ?? NO_ROWS, least: Math.max(1, minLevel) }))
      .sort((a, b) => a.list.length - b.list.length);
    if (!rarest) {
      this.reach.eachRow((row) => this.judge(row, 0));
      return;
    }
    const { list, least } = rarest;
    const only = this.skills.length === 1;
    this.reach.eachOf(list, (row, grade) => {
      if (grade >> 1 >= least) this.judge(row, only ? shareOf(grade) : UNREAD);
    });
  }

  /** Those in reach, for the funnel. */
  private countNear(): void {
    const { columns, sparse, excluded, gone } = this.epoch;
    const leftOut = new Set(gone);
    for (const row of excluded) if (this.isExcluded(sparse.get(row)?.exclusions ?? [])) leftOut.add(row);
    this.excludedCount = leftOut.size - gone.size;
    const near = this.on[STEP['service-area']!] && this.query.facts.point;
    const inside = near ? surelyWithin(this.query.settings.reachMetres) : null;
    const apart = new Uint32Array(leftOut).sort();
    this.reach.eachStretch(inside, (from, to, surely) => {
      // Where everybody is near enough, counting takes no looking.
      if (surely) this.nearCount += to - from - between(apart, from, to);
      else
        for (let row = from; row < to; row++)
          if (!leftOut.has(row) && this.nearness(row, columns.flags[row] ?? 0) !== TOO_FAR)
            this.nearCount += 1;
    });
  }
  private nearCount = 0;
  private excludedCount = 0;

  private isExcluded(exclusions: readonly (string | null)[]): boolean {
    return exclusions.some((one) => one === null || one === this.query.facts.requestId);
  }

  /** Metres as judged, or where `rough` says so no more than these: exact ones take a while and seldom matter. */
  private nearness(row: number, flags: number): number {
    const { columns } = this.epoch;
    this.rough = false;
    if (!this.query.facts.point || columns.latitude[row] === NOWHERE) return UNKNOWN;
    const limit = this.on[STEP['service-area']!]
      ? (columns.radius[row] || 0) * 1_000 || this.query.settings.reachMetres
      : Infinity;
    const flat = this.reach.flat(row);
    if (leastOf(flat) > limit) return TOO_FAR;
    const member = (flags & FLAG.member) !== 0;
    if (member && mostOf(flat) <= limit) {
      this.rough = true;
      return Math.max(0, Math.floor(leastOf(flat)));
    }
    const exact = this.reach.metres(row);
    const metres = member ? exact : bandOf(exact);
    return metres > limit ? TOO_FAR : metres;
  }
  private rough = false;

  /** @param share what the row's skills are worth; `UNREAD` where that is yet to be found */
  private judge(row: number, share: number): void {
    const { columns, sparse } = this.epoch;
    const flags = columns.flags[row] ?? 0;
    if (flags & FLAG.gone) return;
    // Where nobody counts who is stopped where, what costs least goes first.
    if (this.query.others === 0 && (this.isMute(row) || (this.on[TIMES] && this.free(row) === false))) return;
    const few = flags & FLAG.beside ? (sparse.get(row) ?? NOTHING) : NOTHING;
    if (few.exclusions.length > 0 && this.isExcluded(few.exclusions)) return;
    const metres = this.nearness(row, flags);
    if (metres === TOO_FAR) return;
    const skilled = few.besides ? this.skillShareThen(few) : share === UNREAD ? this.skillShare(row) : share;
    if (skilled < 0) return;
    const free = this.free(row);
    const step = this.stoppedAt(row, flags, few, free);
    if (step >= 0) {
      this.stopped[step]! += 1;
      const sample = this.samples[step];
      if (sample && sample.length < this.query.others && flags & FLAG.member) sample.push(row);
      return;
    }
    this.eligible += 1;
    const others = this.scoreBut(row, flags, few) + (free ? this.points.free : this.points.unknown);
    // Raised by the highest price, so that nobody's points are below 0.
    const needed = this.priced.most - this.priceAt(row);
    this.keep(row, others + this.skillPoints(skilled) + needed, metres);
  }

  /** Adds the distance's points, exact ones only where they can bring somebody among the best. */
  private keep(row: number, others: number, metres: number): void {
    const { top, points } = this;
    if (metres === UNKNOWN) top.add(row, others + points.nowhere);
    else if (others + this.distancePoints(metres) >= top.floor)
      top.add(row, others + this.distancePoints(this.rough ? this.reach.metres(row) : metres));
  }

  private distancePoints(metres: number): number {
    const from = this.query.settings.reachMetres;
    return pointsOf(this.points.distance, { of: Math.max(0, from - metres), from });
  }

  private skillPoints(share: number): number {
    const { length } = this.skills;
    return length === 0
      ? this.points.unskilled
      : pointsOf(this.points.skill, { of: share, from: 6 * length });
  }

  /** Whether a language is missing that is asked for. */
  private isMute(row: number): boolean {
    return (this.languages & ~(this.epoch.columns.languages[row] ?? 0)) !== 0;
  }

  /** The sum of levels and proofs of the skills asked for; −1 when one is missing or too low. */
  private skillShare(row: number): number {
    const { skillStart, skills } = this.epoch.columns;
    let sum = 0;
    for (const { number, minLevel } of this.skills) {
      let own = 0;
      for (let i = skillStart[row] ?? 0; i < (skillStart[row + 1] ?? 0); i++)
        if ((skills[i] ?? 0) >> 3 === number) own = (skills[i] ?? 0) & 7;
      if (own >> 1 < Math.max(1, minLevel)) return -1;
      sum += shareOf(own);
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
  private stoppedAt(row: number, flags: number, few: Sparse, free: boolean | null): number {
    const { facts, settings, tenant } = this.query;
    if (this.isMute(row)) return LANGUAGES;
    if (this.tooYoungOrOld(this.epoch.columns.born[row] ?? 0, flags)) return AGE;
    if (this.on[TIMES] && free === false) return TIMES;
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

  /** The points without those for skills, times and distance. */
  private scoreBut(row: number, flags: number, few: Sparse): number {
    const { columns } = this.epoch;
    const { facts, tenant } = this.query;
    const { points } = this;
    const [kept, missed] = [columns.kept[row] ?? 0, columns.missed[row] ?? 0];
    const interests = columns.interests[row] ?? 0;
    const last = columns.lastOn[row] ?? 0;
    const days = last === 0 ? LONG_IDLE_DAYS : Math.min(LONG_IDLE_DAYS, Math.max(0, points.startDay - last));
    let sum = points.everybody + (points.idle[days] ?? 0);
    sum += interests === 0 ? points.indifferent : interests & points.area ? points.likes : points.dislikes;
    sum += pointsOf(points.reliability, { of: kept + PRIOR.kept, from: kept + missed + PRIOR.places });
    if (flags & FLAG.certified) sum += points.mixCertified;
    else if (flags & FLAG.semiProfessional) sum += points.mixSemi;
    if (this.served.size > 0) sum += points.known[Math.min(KNOWN_AFTER, this.served.get(row) ?? 0)] ?? 0;
    if (few.bookings.length === 0) return sum + points.load;
    const { recentMinutes } = minutesBooked(few.bookings, facts, tenant as Tenant);
    return (
      sum + pointsOf(points.load, { of: Math.max(0, ENOUGH_MINUTES - recentMinutes), from: ENOUGH_MINUTES })
    );
  }

  private priceAt(row: number): number {
    return this.except.has(row) ? 0 : priceInRow(this.priced, row);
  }

  private idOf(row: number): string {
    return Buffer.from(this.epoch.columns.ids.subarray(row * 12, row * 12 + 12)).toString('hex');
  }

  private funnel(
    shut: number | null,
    late: readonly (readonly string[])[],
  ): { rule: string; remaining: number }[] {
    const { columns } = this.epoch;
    const everybody = columns.size - this.epoch.gone.size;
    const skilled = this.eligible + this.stopped.reduce((sum, one) => sum + one, 0);
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

/** Level and proof of one skill, of six. */
const shareOf = (grade: number): number => (grade >> 1) + (grade & 1 ? 3 : 0);

/** Whoever is so near is within reach, also when only a band of their distance is known. */
const surelyWithin = (metres: number): number => BANDS_METRES.findLast((band) => band <= metres) ?? 0;

/** How many of an ascending list lie in a stretch. */
const between = (list: Uint32Array, from: number, to: number): number =>
  firstFrom(list, to) - firstFrom(list, from);

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
