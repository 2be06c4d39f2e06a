import type { Types } from 'mongoose';
import { pairsBeside } from '../matching/index.ts';
import type { Earlier, PairsBeside, PairsFound, Side, SolverClient } from '../matching/index.ts';
import { bookingOf, clashing } from './plan.clash.ts';
import { draftStaffing, mondayOf } from './plan.draft.ts';
import type { DraftPosition, DraftStaffing } from './plan.draft.ts';
import { PlanImpossible } from './plan.ground.ts';
import type { Crowd, Engaged, Member, OpenPosition, readPositions, Somebody } from './plan.ground.ts';
import { isCertified, Judge } from './plan.judge.ts';
import { Resumed, widened } from './plan.known.ts';
import type { Known } from './plan.known.ts';
import { Look } from './plan.look.ts';
import type { FoundElsewhere } from './plan.look.ts';
import type { PlanLineRow, PlanPin, PlanProof } from './plan.model.ts';
import { boundOf, conclude, firstCome, optionsUsed } from './plan.outcome.ts';
import type { Planned, Solved } from './plan.outcome.ts';
import { PairList } from './plan.pairs.ts';
import type { DraftPair } from './plan.pairs.ts';
import { Calendar, Room } from './plan.room.ts';
import { sidesOf } from './plan.sides.ts';
import type { PlanArrays } from './plan.store.ts';
import type { Comparison, PlanSettings, SideWish } from './plan.types.ts';

/** What a run works on, all read and none of it changed. */
export interface RunInput {
  readonly planId: Types.ObjectId;
  readonly attempt: number;
  readonly tenantId: string;
  readonly members: readonly Member[];
  readonly settings: PlanSettings;
  readonly pins: readonly Pick<PlanPin, 'positionId' | 'personId' | 'verdict'>[];
  readonly wishes: readonly SideWish[];
  readonly now: Date;
}

export interface RunParts {
  readonly solver: SolverClient;
  /** Told how far the run is. @throws when nobody wants it any more */
  readonly report: (phase: string, done: number, total: number) => Promise<void>;
  readonly signal: AbortSignal;
}

/** A line as it is written. */
export type NewLine = Omit<PlanLineRow, '_id' | 'tenantId'>;

/** Lines that are made as they are asked for: while some are written, the next are made, and none is held longer. */
export interface Lines {
  readonly length: number;
  some(from: number, to: number): NewLine[];
}

export interface RunResult {
  readonly lines: Lines;
  readonly arrays: PlanArrays;
  readonly inputs: { version: string; positions: number; slots: number; people: number; at: Date };
  readonly weights: { version: string };
  readonly proof: PlanProof;
  readonly comparison: Comparison;
}

/**
 * All who fit are options while there are no more than so many pairs, twice as many where there are wishes, since prices say
 * nothing of what these need. From there on a position has the best so many, and so many for each slot where that is more; who is
 * left out is asked for by the plan's prices.
 */
const WEIGHED_WHOLE = 4_000_000;
const FIRST_LOOK = 600;
const PER_SLOT = 200;
/** Looks at those left out; and how many of them a position gets in one. */
const LOOKS = 8;
const WANTED = 40;
/** From so many new pairs on, of a thousand slots, finding prices anew is quicker than mending them. */
const MANY_NEW = 5;
const LOOKED_BETWEEN_REPORTS = 250;
/** From so many on, another thread helps to find pairs; in blocks of positions, for which it answers so many rows at the most. */
const SHARED_FROM = { positions: 1_000, people: 10_000 };
const BLOCK = 125;
const MOST_ROWS = 8_000_000;

/** Open positions as they were read, so that a look at them can end before people are read. */
export type OpenGround = Awaited<ReturnType<typeof readPositions>>;

/**
 * A run: judges, solves, compares. It reads and writes nothing. From `known` it goes on: everybody is judged anew, but the
 * plan and its prices are what the search for the best begins with, so that few move.
 */
export async function runPlan(
  input: RunInput,
  parts: RunParts,
  { positions, engaged }: OpenGround,
  { people, kept }: Crowd,
  known: Known | null = null,
): Promise<RunResult> {
  if (people.length === 0) throw new PlanImpossible('plan-nobody');
  return new Run(input, parts, { positions, engaged, people, kept }, known).work();
}

export interface Ground {
  readonly positions: readonly OpenPosition[];
  readonly engaged: Engaged;
  readonly people: readonly Somebody[];
  readonly kept: readonly ReadonlySet<string>[];
}

const toDraft = ({ position, facts, slots }: OpenPosition): DraftPosition => ({
  slots,
  required: position.required,
  taken: position.taken,
  day: facts.startDate,
  week: mondayOf(facts.startDate),
});

class Run {
  private readonly input: RunInput;
  private readonly parts: RunParts;
  private readonly ground: Ground;
  private readonly judge: Judge;
  private readonly drafts: DraftPosition[];
  private readonly calendar: Calendar;
  private readonly room: Room;
  private readonly placeOfPerson: ReadonlyMap<string, number>;
  private readonly placeOfPosition: ReadonlyMap<string, number>;
  private readonly pairs: PairList;
  private readonly pinned: DraftPair[] = [];
  private readonly resumed: Resumed | null;
  private readonly over: ReadonlySet<string>;
  private readonly settled: ReadonlySet<number>;
  /** What the solver took so far, in milliseconds. */
  private solveMs = 0;

  constructor(input: RunInput, parts: RunParts, ground: Ground, known: Known | null) {
    const { positions, people, engaged } = ground;
    this.input = input;
    this.parts = parts;
    this.ground = ground;
    this.judge = new Judge(input.members, ground.kept, input.now);
    this.drafts = positions.map(toDraft);
    this.placeOfPerson = new Map(people.map(({ id }, v) => [id, v]));
    this.placeOfPosition = new Map(positions.map(({ position }, r) => [String(position._id), r]));
    this.calendar = new Calendar(this.drafts);
    this.room = new Room(
      this.calendar,
      input.settings.perWeek,
      new Map([...engaged].map(([id, days]) => [this.placeOfPerson.get(id) ?? -1, days])),
    );
    this.pairs = new PairList(positions.length);
    this.resumed = known && new Resumed(known, this.placeOfPosition, this.placeOfPerson);
    this.over = known?.over ?? new Set();
    this.settled = this.resumed?.settled() ?? new Set();
  }

  async work(): Promise<RunResult> {
    this.pin();
    const look = new Look({ ...this.ground, judge: this.judge, room: this.room, shut: this.shut() });
    await this.findPairs(look);
    let solved = await this.solve((draft) => this.resumed?.earlierOf(draft, this.pairs) ?? null);
    // What no plan is worth more than, were everybody free to take what clashes.
    let bound: bigint | null = null;
    for (let round = 1; ; round++) {
      const had = this.pairs.length;
      const last = round >= LOOKS || this.solveMs >= this.input.settings.seconds * 1_000;
      const beyond = await this.lookAgain(look, solved, last ? 0 : WANTED);
      const many = 1_000 * (this.pairs.length - had) > MANY_NEW * this.slots();
      let before = solved;
      if (this.pairs.length === had) {
        const clashes = clashing(this.whole(), optionsUsed(solved.run));
        if (clashes.length === 0)
          return conclude(this.whole(), solved, {
            fitting: look.fitting,
            beyond,
            bound,
            solveMs: this.solveMs,
          });
        bound ??= boundOf(solved.run, beyond);
        before = this.without(clashes, solved);
      }
      solved = await this.solve((draft) => (many ? null : widened(before, draft)));
    }
  }

  /** Options for every position; of large plans another thread looks at every other block of positions. */
  private async findPairs(look: Look): Promise<void> {
    const chosen = this.resumed?.chosen();
    const { positions, people } = this.ground;
    const take = (r: number, elsewhere: FoundElsewhere | null = null): void =>
      look.best(r, this.mostAt(r), this.pairs, { kept: chosen?.get(r), elsewhere });
    const large = positions.length >= SHARED_FROM.positions && people.length >= SHARED_FROM.people;
    const beside = large ? pairsBeside(look.pools(this.input.members.length)) : null;
    if (!beside) return this.eachPosition('pairs', (r) => take(r));
    try {
      await this.shareBlocks(beside, look, take);
    } finally {
      await beside.close();
    }
  }

  private async shareBlocks(
    beside: PairsBeside,
    look: Look,
    take: (r: number, elsewhere?: FoundElsewhere | null) => void,
  ): Promise<void> {
    const { length } = this.ground.positions;
    const size = Math.max(1, Math.min(BLOCK, Math.floor(MOST_ROWS / this.ground.people.length)));
    const blocks = Array.from({ length: Math.ceil(length / size) }, (_, b) =>
      Array.from({ length: Math.min(size, length - b * size) }, (__, n) => b * size + n),
    );
    const asked = new Map<number, Promise<PairsFound | null>>();
    const ask = (b: number): void => {
      if (b < blocks.length) asked.set(b, beside.find((blocks[b] ?? []).map((r) => look.asked(r))));
    };
    // One is looked at there while the next waits: nobody waits for the other for long.
    ask(1);
    for (const [b, block] of blocks.entries()) {
      await this.parts.report('pairs', block[0] ?? 0, length);
      if (b % 2 === 0) ask(b + 3);
      const found = await (asked.get(b) ?? null);
      asked.delete(b);
      block.forEach((r, n) => take(r, found && { found, n }));
    }
    await this.parts.report('pairs', length, length);
  }

  /** How many options a position gets at first. */
  private mostAt(r: number): number {
    const whole = this.input.wishes.length > 0 ? 2 * WEIGHED_WHOLE : WEIGHED_WHOLE;
    return this.pairs.length < whole ? Infinity : Math.max(FIRST_LOOK, PER_SLOT * this.slotsOf(r));
  }

  /** Closes pairs. @returns the plan without them */
  private without(clashes: readonly number[], { draft, run }: Solved): Solved {
    const used = run.used.slice();
    for (const k of clashes) {
      this.pairs.close(k);
      used[k] = 0;
    }
    return { draft, run: { ...run, used }, first: null };
  }

  private whole(): Planned {
    const { input, ground, judge, pairs, pinned } = this;
    return { input, ground, judge, pairs, pinned };
  }

  /** Asks by the plan's prices for those left out. @returns what the bound must allow for those not added */
  private async lookAgain(look: Look, { draft, run }: Solved, most: number): Promise<number> {
    let beyond = 0;
    const by = { proof: run.proof, caps: draft.caps };
    await this.eachPosition('prices', (r) => (beyond += look.wanted(r, most, this.pairs, by)));
    return beyond;
  }

  private async eachPosition(phase: string, visit: (r: number) => void): Promise<void> {
    const { length } = this.ground.positions;
    for (let r = 0; r < length; r++) {
      if (r % LOOKED_BETWEEN_REPORTS === 0) await this.parts.report(phase, r, length);
      visit(r);
    }
    await this.parts.report(phase, length, length);
  }

  private slots(): number {
    return this.drafts.reduce((sum, { slots }) => sum + slots, 0);
  }

  private readonly slotsOf = (r: number): number => this.drafts[r]?.slots ?? 0;

  /** For each position, those who are no option: asked already, gone from it, or decided by people. */
  private shut(): Map<number, Set<number>> {
    const shut = new Map<number, Set<number>>();
    const close = (r: number | undefined, v: number | undefined): void => {
      if (r === undefined || v === undefined) return;
      shut.set(r, (shut.get(r) ?? new Set()).add(v));
    };
    this.ground.positions.forEach(({ claimed, settled }, r) => {
      for (const id of [...claimed, ...settled]) close(r, this.placeOfPerson.get(id));
    });
    for (const key of this.over) {
      const [positionId = '', personId = ''] = key.split(':');
      close(this.placeOfPosition.get(positionId), this.placeOfPerson.get(personId));
    }
    for (const { positionId, personId } of this.input.pins)
      close(this.placeOfPosition.get(String(positionId)), this.placeOfPerson.get(String(personId)));
    return shut;
  }

  /** Pairs that people decided; one that the rules refuse is left out, like one whose place is gone. */
  private pin(): void {
    for (const { positionId, personId, verdict } of this.input.pins) {
      const r = this.placeOfPosition.get(String(positionId));
      const v = this.placeOfPerson.get(String(personId));
      if (verdict === 'never' || r === undefined || v === undefined) continue;
      const full = this.pinned.filter(({ position }) => position === r).length >= this.slotsOf(r);
      const pair = full ? null : this.consider(r, v);
      if (!pair) continue;
      this.pinned.push(pair);
      this.room.engage(v, this.drafts[r]?.day ?? '');
    }
  }

  private consider(r: number, v: number): DraftPair | null {
    const [open, one] = [this.ground.positions[r] as OpenPosition, this.ground.people[v] as Somebody];
    if (open.claimed.has(one.id) || !this.judge.mayBeAsked(open, one)) return null;
    // Who decides may ask somebody more often in a week than the plan would, but not for two places of a day.
    if (this.room.isBusy(v, r)) return null;
    const beside = this.pinned
      .filter(({ person }) => person === v)
      .map((own) => bookingOf(this.whole(), own));
    const own = this.judge.fit(open, one);
    if (!own.eligible || !this.judge.fit(open, one, beside).eligible) return null;
    return {
      position: r,
      person: v,
      score: own.score,
      certified: isCertified(one, open),
      metres: own.distanceMetres,
    };
  }

  private async solve(earlierOf: (draft: DraftStaffing) => Earlier | null): Promise<Solved> {
    const { settings, tenantId } = this.input;
    const draft = draftStaffing({
      positions: this.drafts,
      pairs: this.pairs,
      calendar: this.calendar,
      room: this.room,
      pinned: this.pinned,
      settings,
      settled: this.settled,
    });
    const solving = this.parts.solver.solveStaffing(tenantId, draft.staffing, {
      milliseconds: Math.max(1, settings.seconds * 1_000 - this.solveMs),
      sides: this.sides(),
      signal: this.parts.signal,
      earlier: earlierOf(draft),
      // Phases are only told: a run does not wait for it.
      onPhase: (phase) => void this.parts.report(phase, 0, 0).catch(() => undefined),
    });
    // The solver works in a thread of its own: meanwhile this one replays what it is compared with.
    solving.catch(() => undefined);
    const first = this.solveMs === 0 ? firstCome(draft, this.ground) : null;
    const run = await solving;
    this.solveMs += run.solveMs;
    return { draft, run, first };
  }

  private sides(): Side[] {
    if (this.input.wishes.length === 0) return [];
    return sidesOf(
      this.input.wishes,
      this.ground.positions.map(({ shift, position }) => ({
        shiftId: String(shift._id),
        seriesId: shift.seriesId ? String(shift.seriesId) : null,
        name: position.name,
      })),
      this.pairs.all(),
      (id) => this.placeOfPerson.get(id),
    );
  }
}
