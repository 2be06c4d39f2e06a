import { LRUCache } from 'lru-cache';
import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { acrossTenants, asTenant, contextNow } from '../../core/context.ts';
import { Conflict, Invalid, NotFound } from '../../core/errors.ts';
import { inTransaction } from '../../db/transaction.ts';
import { editRow } from '../../db/transition.ts';
import type { MatchingService, SolverClient } from '../matching/index.ts';
import { positionFacts } from '../matching/index.ts';
import { teamsOf } from '../assignments/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import { peopleToPlan } from '../people/index.ts';
import type { ShiftService } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { accessPlanTo } from './plan.access.ts';
import { newSomebody, readMore } from './plan.ground.ts';
import type { Member, Membership } from './plan.ground.ts';
import { Judge } from './plan.judge.ts';
import type { Reckoned } from './plan.judge.ts';
import { PlanLineModel, PlanModel } from './plan.model.ts';
import type { PlanLineRow, PlanPair, PlanPin, PlanRow } from './plan.model.ts';
import { idAt, placeOf, readArrays } from './plan.store.ts';
import type { PlanArrays } from './plan.store.ts';
import type { SideWish } from './plan.types.ts';

/** Another person than those proposed, with what choosing them would cost the whole. */
export interface Alternative {
  readonly personId: string;
  readonly score: number;
  readonly price: number;
  /** Exact; null where the plan is only bounded, so that nobody knows. */
  readonly loss: number | null;
  /** The position where the plan wants them more; null where they are simply not the best for any. */
  readonly neededAt: { readonly positionId: string; readonly title: string } | null;
}

/** Somebody who would come to a position, or leave it, for somebody else's sake. */
export interface Exchanged {
  readonly personId: string;
  readonly positionId: string;
  readonly title: string;
  readonly startsAt: Date | null;
  readonly score: number;
}

/** What choosing a pair all the same would change in the plan; the difference is its cost. */
export interface Exchange {
  readonly comes: readonly Exchanged[];
  readonly goes: readonly Exchanged[];
  /** What places that would be filled by it are worth beside the people, less those that would be left open. */
  readonly places: number;
}

/** One pair: its score by today's facts, and what the plan knows of it. */
export interface Explained extends Reckoned {
  readonly personId: string;
  readonly inPlan: boolean;
  /** The score that the plan was made with; null where the pair was not among those looked at. */
  readonly plannedScore: number | null;
  readonly surplus: number;
  readonly price: number | null;
  readonly loss: number | null;
  readonly neededAt: Alternative['neededAt'];
  readonly exchange: Exchange | null;
  readonly verdict: PlanPin['verdict'] | null;
}

/** Others shown beside those proposed. */
const ALTERNATIVES = 12;
/** Arrays kept in memory, of the plans last asked about. */
const KEPT_PLANS = 2;
const MOST_WISHES = 50;

export interface ExplainParts {
  readonly matching: Pick<MatchingService, 'handleOf'>;
  readonly memberships: MembershipService;
  readonly shifts: ShiftService;
  readonly tenants: TenantService;
  readonly solver: SolverClient;
}

export type PlanExplaining = ReturnType<typeof createPlanExplaining>;

/** Why somebody is proposed, why not, and what choosing them all the same would cost. */
export function createPlanExplaining({ matching, memberships, shifts, tenants, solver }: ExplainParts) {
  const kept = new LRUCache<string, PlanArrays>({ max: KEPT_PLANS });

  /** Null for a plan so old that only its lines are kept. */
  async function arraysOf(row: PlanRow): Promise<PlanArrays | null> {
    const key = `${String(row._id)}:${row.attempt}`;
    const arrays = kept.get(key) ?? (await readArrays(row._id, row.attempt));
    if (arrays) kept.set(key, arrays);
    return arrays;
  }

  const at = (array: Int32Array | Float64Array | Uint8Array, i: number): number => array[i] ?? 0;

  const priceOf = ({ staffing, proof }: PlanArrays, option: number): number => {
    let sum = 0;
    for (let c = at(staffing.cap, option); c >= 0; c = at(staffing.inside, c)) sum += at(proof.price, c);
    return sum;
  };

  const optionsOf = ({ staffing, positionIds }: PlanArrays, positionId: Types.ObjectId): number[] => {
    const r = placeOf(positionIds, String(positionId));
    const found: number[] = [];
    staffing.position.forEach((position, k) => {
      if (position === r) found.push(k);
    });
    return found;
  };

  const scoreAt = ({ staffing }: PlanArrays, option: number): number => at(staffing.weight, option);

  const personAt = (arrays: PlanArrays, option: number): string =>
    idAt(arrays.personIds, at(arrays.personOf, option));

  const positionAt = (arrays: PlanArrays, option: number): string =>
    idAt(arrays.positionIds, at(arrays.staffing.position, option));

  /** What forcing each option would cost and change, and where else the plan wants its person. */
  async function costs(
    row: PlanRow,
    arrays: PlanArrays,
    options: readonly number[],
  ): Promise<Pick<Explained, 'loss' | 'neededAt' | 'exchange'>[]> {
    if (row.proof?.status !== 'optimal' || row.proof.kind !== 'dual')
      return options.map(() => ({ loss: null, neededAt: null, exchange: null }));
    const forced = await solver.force(String(row.tenantId), arrays.staffing, arrays, options);
    const concerned = forced.flatMap((one) => [...one.out, ...one.in]).concat(options);
    const lines = await PlanLineModel.find({
      planId: row._id,
      attempt: row.attempt,
      positionId: {
        $in: [...new Set(concerned.map((k) => positionAt(arrays, k)))].map((id) => new Types.ObjectId(id)),
      },
    })
      .select({ positionId: 1, title: 1, startsAt: 1 })
      .lean();
    const byId = new Map(lines.map((line) => [String(line.positionId), line]));
    const exchanged = (k: number): Exchanged => {
      const positionId = positionAt(arrays, k);
      const { title = '', startsAt = null } = byId.get(positionId) ?? {};
      return { personId: personAt(arrays, k), positionId, title, startsAt, score: scoreAt(arrays, k) };
    };
    const sum = (some: readonly Exchanged[]): number => some.reduce((total, { score }) => total + score, 0);
    return options.map((option, i) => {
      const { loss = Infinity, out = [], in: others = [] } = forced[i] ?? {};
      if (loss === Infinity) return { loss: null, neededAt: null, exchange: null };
      const comes = [option, ...others].map(exchanged);
      const goes = out.map(exchanged);
      const elsewhere = goes.find(({ personId }) => personId === comes[0]?.personId);
      return {
        loss,
        neededAt: elsewhere ? { positionId: elsewhere.positionId, title: elsewhere.title } : null,
        exchange: { comes, goes, places: sum(goes) - sum(comes) - loss },
      };
    });
  }

  /**
   * The pair by today's facts, as the posting tenant and the one that plans may know them.
   * @param planner the tenant that plans; first in the list of those of the plan, as when it was made
   */
  async function judgeNow(
    line: Pick<PlanLineRow, 'ownerTenantId' | 'positionId' | 'slots'>,
    personId: string,
    planner: string,
  ): Promise<Reckoned> {
    const owner = String(line.ownerTenantId);
    const members: Member[] = [];
    const memberOf = new Map<number, Membership>();
    for (const [at, tenantId] of [...new Set([planner, owner])].entries())
      await asTenant(tenantId, async () => {
        members.push({ tenant: await tenants.current(), unitIds: null });
        const [own] = (await memberships.ofPeople([personId])).filter(({ state }) => state === 'approved');
        if (own) memberOf.set(at, own);
      });
    const at = members.length - 1;
    const { tenant } = members[at] as Member;
    return asTenant(owner, async () => {
      const place = await shifts.position(line.positionId);
      const row = (await peopleToPlan([personId]).next()).value?.[0];
      if (!place || !row) throw new NotFound();
      const one = newSomebody(row, memberOf);
      await readMore([one], members, contextNow());
      const notToBeAsked = await memberships.notToBeAsked([personId]);
      const own = new Judge(members, [notToBeAsked, notToBeAsked].slice(0, members.length), contextNow());
      const facts = positionFacts(
        place.position,
        place.shift,
        tenant,
        (await teamsOf([place.shift._id])).get(String(place.shift._id)),
      );
      return own.reckon(
        { tenant: at, ...place, facts, slots: line.slots, claimed: new Set(), settled: new Set() },
        one,
      );
    });
  }

  const verdictOf = (row: PlanRow, line: PlanLineRow, personId: string): PlanPin['verdict'] | null =>
    row.pins.find(
      (pin) => String(pin.positionId) === String(line.positionId) && String(pin.personId) === personId,
    )?.verdict ?? null;

  /** The person whom a handle stands for on a position of the plan. @throws NotFound */
  async function personBehind(row: PlanRow, line: PlanLineRow, handle: string): Promise<string> {
    const arrays = await arraysOf(row);
    const ids = [
      ...line.pairs.map(({ personId }) => String(personId)),
      ...row.pins.flatMap((pin) => (pin.positionId.equals(line.positionId) ? [String(pin.personId)] : [])),
      ...(arrays ? optionsOf(arrays, line.positionId).map((k) => personAt(arrays, k)) : []),
    ];
    const found = ids.find((id) => matching.handleOf(line.positionId, id) === handle);
    if (!found) throw new NotFound();
    return found;
  }

  /** Null takes all wishes back. @throws Invalid where there is no series, or nobody to name */
  async function wishOf(
    row: PlanRow,
    line: PlanLineRow,
    { kind, handles }: { kind: SideWish['kind'] | 'none'; handles: readonly string[] },
  ): Promise<SideWish | null> {
    if (kind === 'none') return null;
    if (row.wishes.length >= MOST_WISHES) throw Invalid.field('kind', 'plan-too-many-wishes');
    if (kind === 'same') {
      if (!line.seriesId) throw Invalid.field('kind', 'plan-no-series');
      return { kind, seriesId: String(line.seriesId) };
    }
    const [one = '', other = ''] = handles;
    return {
      kind,
      personIds: [await personBehind(row, line, one), await personBehind(row, line, other)],
    };
  }

  return {
    personBehind,
    judgeNow,

    /** Who else fits a position of the plan, those first who would be missed least elsewhere, with what choosing them would cost the whole. */
    async alternatives(row: PlanRow, line: PlanLineRow): Promise<Alternative[]> {
      const arrays = await arraysOf(row);
      if (!arrays) return [];
      // By score less price: whom the plan needs somewhere else is not the one to ask here, however well they fit.
      const margin = (k: number): number => scoreAt(arrays, k) - priceOf(arrays, k);
      const others = optionsOf(arrays, line.positionId)
        .filter((k) => arrays.used[k] === 0)
        .sort((a, b) => margin(b) - margin(a) || a - b)
        .slice(0, ALTERNATIVES);
      const found = await costs(row, arrays, others);
      return others.map((k, i) => ({
        personId: personAt(arrays, k),
        score: scoreAt(arrays, k),
        price: priceOf(arrays, k),
        loss: found[i]?.loss ?? null,
        neededAt: found[i]?.neededAt ?? null,
      }));
    },

    /** One pair, in the plan or not. */
    async explain(row: PlanRow, line: PlanLineRow, personId: string): Promise<Explained> {
      const arrays = await arraysOf(row);
      const inPlan = line.pairs.some((pair) => String(pair.personId) === personId);
      const option = arrays
        ? optionsOf(arrays, line.positionId).find((k) => personAt(arrays, k) === personId)
        : undefined;
      const known = arrays && option !== undefined ? { arrays, option } : null;
      const [cost] = known ? await costs(row, known.arrays, [known.option]) : [];
      return {
        personId,
        ...(await judgeNow(line, personId, String(row.tenantId))),
        inPlan,
        plannedScore: known ? scoreAt(known.arrays, known.option) : null,
        surplus: line.surplus,
        price: known ? priceOf(known.arrays, known.option) : null,
        loss: inPlan ? 0 : (cost?.loss ?? null),
        neededAt: inPlan ? null : (cost?.neededAt ?? null),
        exchange: inPlan ? null : (cost?.exchange ?? null),
        verdict: verdictOf(row, line, personId),
      };
    },

    /** Somebody decides that a pair must be in the plan, must never be, or is left to it; the next making follows. */
    async decide(
      actor: AccountActor,
      id: string,
      version: number | null,
      input: { positionId: string; handle: string; verdict: PlanPin['verdict'] | 'free' },
    ): Promise<PlanRow> {
      return inTransaction(async () => {
        const row = await accessPlanTo(actor, id, 'plans:run');
        assertOpen(row);
        const line = await lineOf(row, input.positionId);
        const personId = await personBehind(row, line, input.handle);
        const others = row.pins.filter(
          (pin) => !(pin.positionId.equals(line.positionId) && String(pin.personId) === personId),
        );
        const own: PlanPin[] =
          input.verdict === 'free'
            ? []
            : [
                {
                  positionId: line.positionId,
                  personId: new Types.ObjectId(personId),
                  verdict: input.verdict,
                  by: new Types.ObjectId(actor.accountId),
                  at: contextNow(),
                },
              ];
        return editRow(PlanModel, row._id, {
          version: version ?? row.version,
          set: { pins: [...others, ...own] },
          action: 'plans/decide',
          facts: { verdict: input.verdict, positionId: input.positionId },
        });
      });
    },

    /** What the plan is to keep beside the rules: people together, apart, or the same on a whole series; the next making follows. */
    async wish(
      actor: AccountActor,
      id: string,
      version: number | null,
      input: { positionId: string; kind: SideWish['kind'] | 'none'; handles: readonly string[] },
    ): Promise<PlanRow> {
      return inTransaction(async () => {
        const row = await accessPlanTo(actor, id, 'plans:run');
        assertOpen(row);
        const line = await lineOf(row, input.positionId);
        const wish = await wishOf(row, line, input);
        return editRow(PlanModel, row._id, {
          version: version ?? row.version,
          set: { wishes: wish ? [...row.wishes, wish] : [] },
          action: 'plans/wish',
          facts: { kind: input.kind },
        });
      });
    },

    /**
     * Why one was offered a place, for the person asked: as it was stored with the plan that did, and whose plan. Null where no plan did.
     * @throws NotFound for what is not theirs
     */
    async whyOffered(
      actor: Actor,
      assignmentId: string,
    ): Promise<{ readonly pair: PlanPair; readonly planner: string } | null> {
      if (actor.kind !== 'account') throw new NotFound();
      const line = await acrossTenants('plans: why one was offered a place, whoever planned it', () =>
        PlanLineModel.findOne({ 'pairs.assignmentId': new Types.ObjectId(assignmentId) }).lean(),
      );
      const pair = line?.pairs.find((one) => String(one.assignmentId) === assignmentId);
      if (!line || !pair) return null;
      if (String(pair.personId) !== actor.personId) throw new NotFound();
      return { pair, planner: String(line.tenantId) };
    },
  };
}

/** @throws Conflict once offers went out, and while the plan is being made */
function assertOpen(row: PlanRow): void {
  if (!['proposed', 'failed', 'cancelled'].includes(row.state))
    throw new Conflict('wrong-state', { state: row.state });
  if (row.waves.length > 0) throw new Conflict('plan-already-sent');
}

/** @throws NotFound */
export async function lineOf(row: PlanRow, positionId: string): Promise<PlanLineRow> {
  const line = await PlanLineModel.findOne({
    planId: row._id,
    attempt: row.attempt,
    positionId: new Types.ObjectId(positionId),
  }).lean();
  if (!line) throw new NotFound();
  return line;
}
