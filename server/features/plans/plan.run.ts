import { createHash } from 'node:crypto';
import { Types } from 'mongoose';
import { RULES } from '../matching/index.ts';
import type { Side, SolverClient, StaffingRun } from '../matching/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import { draftStaffing, mondayOf, replayFirstCome } from './plan.draft.ts';
import type { DraftPair, DraftPosition, DraftStaffing } from './plan.draft.ts';
import { PlanImpossible, readPeople } from './plan.ground.ts';
import type { Engaged, Member, OpenPosition, readPositions, Somebody } from './plan.ground.ts';
import { adopt, earlierOf } from './plan.known.ts';
import type { Adopted, Known } from './plan.known.ts';
import { isCertified, Judge, partsOf } from './plan.judge.ts';
import type { PlanLineRow, PlanPair, PlanPin, PlanProof } from './plan.model.ts';
import { Reach } from './plan.reach.ts';
import { sidesOf } from './plan.sides.ts';
import { compare, PLAN_VALUES_VERSION } from './plan.rules.ts';
import type { Pairing } from './plan.rules.ts';
import { packIds } from './plan.store.ts';
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
  readonly memberships: Pick<MembershipService, 'notToBeAsked'>;
  readonly solver: SolverClient;
  /** Told how far the run is. @throws when nobody wants it any more */
  readonly report: (phase: string, done: number, total: number) => Promise<void>;
  readonly signal: AbortSignal;
}

export interface RunResult {
  readonly lines: Omit<PlanLineRow, '_id' | 'tenantId'>[];
  readonly arrays: PlanArrays;
  readonly inputs: { version: string; positions: number; slots: number; people: number; at: Date };
  readonly weights: { version: string };
  readonly proof: PlanProof;
  readonly comparison: Comparison;
}

/** People judged for a position at first; so many times more where places stay open. */
const FIRST_LOOK = 24;
const PER_SLOT = 10;
const WIDER = 4;
const LOOKS = 3;
const JUDGED_BETWEEN_REPORTS = 20_000;

/** Open positions as they were read, so that a look at them can end before people are read. */
export type OpenGround = Awaited<ReturnType<typeof readPositions>>;

/**
 * A run: reads people, judges, solves, compares. It writes nothing. From `known` it goes on: pairs judged before are taken over
 * where nothing about them changed, prices and plan are those of the earlier run, and only what is new is judged.
 */
export async function runPlan(
  input: RunInput,
  parts: RunParts,
  { positions, engaged }: OpenGround,
  known: Known | null = null,
): Promise<RunResult> {
  const { members, now } = input;
  const { report } = parts;
  if (positions.length === 0) throw new PlanImpossible('plan-nothing-open');
  const { people, kept } = await readPeople(members, parts.memberships, now, (done, total) =>
    report('people', done, total),
  );
  if (people.length === 0) throw new PlanImpossible('plan-nobody');
  return new Run(input, parts, { positions, engaged, people, kept }, known).work();
}

interface Ground {
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
  private readonly placeOfPerson: ReadonlyMap<string, number>;
  private readonly placeOfPosition: ReadonlyMap<string, number>;
  private readonly pairs: DraftPair[] = [];
  private readonly looked: Set<number>[];
  private readonly wanted: Int32Array;
  private pinned: DraftPair[] = [];
  private judged = 0;

  private readonly known: Known | null;
  private adopted: Adopted | null = null;

  constructor(input: RunInput, parts: RunParts, ground: Ground, known: Known | null) {
    this.input = input;
    this.known = known;
    this.parts = parts;
    this.ground = ground;
    this.judge = new Judge(input.members, ground.kept, input.now);
    this.drafts = ground.positions.map(toDraft);
    this.placeOfPerson = new Map(ground.people.map(({ id }, v) => [id, v]));
    this.placeOfPosition = new Map(ground.positions.map(({ position }, r) => [String(position._id), r]));
    this.looked = ground.positions.map(() => new Set<number>());
    this.wanted = new Int32Array(ground.positions.length);
  }

  async work(): Promise<RunResult> {
    this.pin();
    const reach = this.reachOf(this.ground.people);
    let widen = this.known ? await this.goOn(this.known) : this.drafts.map((_, r) => r);
    let solved = widen.length === 0 ? await this.solve() : null;
    for (let look = 0; look < LOOKS && widen.length > 0; look++) {
      const before = this.pairs.length;
      await this.look(reach, widen);
      if (solved && this.pairs.length === before) break;
      solved = await this.solve();
      widen = this.stillOpen(solved.run).filter((r) => this.looked[r]?.size === this.wanted[r]);
    }
    if (!solved) throw new Error('A run without a look');
    return this.conclude(solved.draft, solved.run);
  }

  private reachOf(people: readonly Somebody[]): Reach {
    return new Reach(people, this.judge.visible(people), this.judge.within());
  }

  /** Takes over what was judged before, and looks at the people who are new. @returns the positions that are new */
  private async goOn(known: Known): Promise<number[]> {
    const { positions, people } = this.ground;
    this.adopted = adopt(known, {
      positions,
      people,
      placeOfPosition: this.placeOfPosition,
      placeOfPerson: this.placeOfPerson,
      looked: this.looked,
      consider: (r, v) => this.consider(r, v),
    });
    this.pairs.push(...this.adopted.pairs);
    const fresh = people.filter(({ id }) => !this.adopted?.people.has(id));
    const isKnown = (r: number): boolean =>
      this.adopted?.positions.has(String(positions[r]?.position._id)) ?? false;
    const old = [...positions.keys()].filter(isKnown);
    if (fresh.length > 0) await this.look(this.reachOf(fresh), old, fresh);
    return [...positions.keys()].filter((r) => !isKnown(r));
  }

  /** Pairs that people decided; one that the rules refuse is left out, like one whose place is gone. */
  private pin(): void {
    for (const { positionId, personId, verdict } of this.input.pins) {
      const r = this.placeOfPosition.get(String(positionId));
      const v = this.placeOfPerson.get(String(personId));
      if (r === undefined || v === undefined) continue;
      this.looked[r]?.add(v);
      if (verdict === 'never') continue;
      const full =
        this.pinned.filter(({ position }) => position === r).length >= (this.drafts[r]?.slots ?? 0);
      const pair = full ? null : this.consider(r, v);
      if (pair) this.pinned.push(pair);
    }
  }

  private consider(r: number, v: number): DraftPair | null {
    const [open, one] = [this.ground.positions[r] as OpenPosition, this.ground.people[v] as Somebody];
    if (open.claimed.has(one.id)) return null;
    const own = this.judge.fit(open, one);
    if (!own.eligible) return null;
    return {
      position: r,
      person: v,
      score: own.score,
      certified: isCertified(one, open),
      metres: own.distanceMetres,
    };
  }

  /** Judges the likeliest people of these positions who were not looked at before. */
  private async look(
    reach: Reach,
    positions: readonly number[],
    among: readonly Somebody[] = this.ground.people,
  ): Promise<void> {
    for (const [done, r] of positions.entries()) {
      const open = this.ground.positions[r] as OpenPosition;
      const looked = this.looked[r] as Set<number>;
      const wanted = this.wanted[r] ? WIDER * this.wanted[r] : FIRST_LOOK + PER_SLOT * open.slots;
      this.wanted[r] = wanted;
      for (const found of reach.candidates(open.tenant, open.facts, wanted)) {
        const v =
          among === this.ground.people ? found : (this.placeOfPerson.get(among[found]?.id ?? '') ?? -1);
        if (v < 0 || looked.has(v)) continue;
        looked.add(v);
        this.judged += 1;
        const pair = this.consider(r, v);
        if (pair) this.pairs.push(pair);
        if (this.judged % JUDGED_BETWEEN_REPORTS === 0)
          await this.parts.report('pairs', done, positions.length);
      }
    }
    await this.parts.report('pairs', positions.length, positions.length);
  }

  private stillOpen({ used }: StaffingRun): number[] {
    const left = this.drafts.map(({ slots }) => slots);
    for (const { position } of this.pinned) left[position] = (left[position] ?? 0) - 1;
    this.pairs.forEach(({ position }, k) => (left[position] = (left[position] ?? 0) - (used[k] ?? 0)));
    return left.flatMap((count, r) => (count > 0 ? [r] : []));
  }

  private async solve(): Promise<{ draft: DraftStaffing; run: StaffingRun }> {
    const { settings, tenantId } = this.input;
    const draft = draftStaffing({
      positions: this.drafts,
      pairs: this.pairs,
      engaged: (v) => this.ground.engaged.get(this.ground.people[v]?.id ?? ''),
      pinned: this.pinned,
      settings,
    });
    const run = await this.parts.solver.solveStaffing(tenantId, draft.staffing, {
      milliseconds: settings.seconds * 1_000,
      sides: this.sides(),
      signal: this.parts.signal,
      earlier: this.known && this.adopted ? earlierOf(this.known, this.adopted, draft.staffing) : null,
      // Phases are only told: a run does not wait for it.
      onPhase: (phase) => void this.parts.report(phase, 0, 0).catch(() => undefined),
    });
    return { draft, run };
  }

  private sides(): Side[] {
    return sidesOf(
      this.input.wishes,
      this.ground.positions.map(({ shift, position }) => ({
        shiftId: String(shift._id),
        seriesId: shift.seriesId ? String(shift.seriesId) : null,
        name: position.name,
      })),
      this.pairs,
      (id) => this.placeOfPerson.get(id),
    );
  }

  private conclude(draft: DraftStaffing, run: StaffingRun): RunResult {
    const { positions, people } = this.ground;
    const chosen = this.pairs.filter((_, k) => run.used[k] === 1);
    const order = positions
      .map(({ shift, position }, r) => ({ r, at: shift.createdAt.getTime(), id: String(position._id) }))
      .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
      .map(({ r }) => r);
    const first = replayFirstCome(draft.staffing, order).map((k) => this.pairs[k] as DraftPair);
    const placed = positions.map(({ tenant, position, slots, facts }) => ({
      unitId: String(position.unitId),
      tenantId: this.input.members[tenant]?.tenant.id ?? '',
      slots,
      minutes: facts.lengthMinutes,
    }));
    const all = (pairs: readonly DraftPair[]): Pairing[] => [...this.pinned, ...pairs];
    const prices = this.pricesOf(draft, run);
    return {
      lines: this.lines(chosen, first, run, prices),
      arrays: {
        staffing: draft.staffing,
        used: run.used,
        proof: run.proof,
        positionIds: packIds(positions.map(({ position }) => position._id)),
        personIds: packIds(people.map(({ id }) => id)),
        personOf: Int32Array.from(this.pairs, ({ person }) => person),
        metres: Int32Array.from(this.pairs, ({ metres }) => (metres === null ? -1 : Math.round(metres))),
        personVersions: Int32Array.from(people, ({ row }) => row.version),
      },
      inputs: {
        version: this.inputsVersion(),
        positions: positions.length,
        slots: placed.reduce((sum, { slots }) => sum + slots, 0),
        people: people.length,
        at: this.input.now,
      },
      weights: { version: weightsVersion(this.input.members) },
      proof: {
        status: run.status,
        kind:
          run.blockBound !== null
            ? 'block'
            : run.bound === run.objective
              ? 'dual'
              : this.input.wishes.length > 0
                ? 'relaxed'
                : 'dual',
        objective: String(run.objective),
        bound: String(run.blockBound ?? run.bound),
        gap: String((run.blockBound ?? run.bound) - run.objective),
        dualBound: String(run.bound),
        solveMs: run.solveMs,
        options: this.pairs.length,
        checkedAt: this.input.now,
      },
      comparison: compare(placed, all(first), all(chosen)),
    };
  }

  /** What each chosen person is worth elsewhere, by option. */
  private pricesOf({ staffing, capOf }: DraftStaffing, { proof }: StaffingRun): (k: number) => number {
    return (k) => {
      let sum = 0;
      for (let c = capOf[k] ?? -1; c >= 0; c = staffing.inside[c] ?? -1) sum += proof.price[c] ?? 0;
      return sum;
    };
  }

  private lines(
    chosen: readonly DraftPair[],
    first: readonly DraftPair[],
    { used, proof }: StaffingRun,
    priceOf: (k: number) => number,
  ): RunResult['lines'] {
    const firstAt = Map.groupBy(first, ({ position }) => position);
    const optionOf = new Map<DraftPair, number>();
    this.pairs.forEach((pair, k) => {
      if (used[k] === 1) optionOf.set(pair, k);
    });
    const byPosition = Map.groupBy([...this.pinned, ...chosen], ({ position }) => position);
    return this.ground.positions.map(({ tenant, position, shift, slots }, r) => ({
      planId: this.input.planId,
      attempt: this.input.attempt,
      place: r,
      ownerTenantId: new Types.ObjectId(this.input.members[tenant]?.tenant.id),
      unitId: position.unitId,
      shiftId: shift._id,
      positionId: position._id,
      seriesId: shift.seriesId,
      title: shift.title,
      name: position.name,
      startsAt: shift.startsAt,
      endsAt: shift.endsAt,
      slots,
      surplus: Math.max(0, -(proof.need[r] ?? 0)),
      before: firstAt.get(r)?.length ?? 0,
      pairs: (byPosition.get(r) ?? [])
        .sort((a, b) => b.score - a.score || a.person - b.person)
        .map((pair) => this.toPair(pair, optionOf.get(pair), priceOf)),
    }));
  }

  private toPair(pair: DraftPair, option: number | undefined, priceOf: (k: number) => number): PlanPair {
    const [open, one] = [
      this.ground.positions[pair.position] as OpenPosition,
      this.ground.people[pair.person] as Somebody,
    ];
    return {
      personId: new Types.ObjectId(one.id),
      score: pair.score,
      weight: pair.score,
      price: option === undefined ? 0 : priceOf(option),
      certified: pair.certified,
      distanceMetres: pair.metres,
      parts: partsOf(this.judge.fit(open, one)),
      pinned: option === undefined,
      moved: false,
      state: 'proposed',
      wave: null,
      assignmentId: null,
      refusal: null,
    };
  }

  /** Changes whenever a position or a person that was looked at did. */
  private inputsVersion(): string {
    const hash = createHash('sha256');
    for (const { position, shift } of this.ground.positions)
      hash.update(`${String(position._id)}:${position.version}:${position.taken}:${shift.version};`);
    for (const { id, row, bookings } of this.ground.people)
      hash.update(`${id}:${row.version}:${bookings.length};`);
    return hash.digest('base64url').slice(0, 16);
  }
}

/** Names the list of rules, each tenant's version of their weights, and the values of places that a plan was made by. */
export function weightsVersion(members: readonly Member[]): string {
  const list = RULES.map((rule) => `${rule.name}:${rule.level === 'soft' ? rule.weight : 'hard'}`).join();
  const versions = members.map(({ tenant }) => `${tenant.id}:${tenant.matching.version}`).join();
  return createHash('sha256')
    .update(`${PLAN_VALUES_VERSION};${list};${versions}`)
    .digest('base64url')
    .slice(0, 12);
}
