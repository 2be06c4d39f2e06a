import type { Types } from 'mongoose';
import { asTenant, contextNow, requireTenantId } from '../../core/context.ts';
import { now } from '../../core/clock.ts';
import { sideBySide } from '../../db/transaction.ts';
import { SolveCancelled } from '../matching/index.ts';
import type { SolverClient } from '../matching/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import type { PlanJob } from './plan.client.ts';
import { PlanImpossible, readPeople, readPositions } from './plan.ground.ts';
import type { Crowd, Member } from './plan.ground.ts';
import type { Known } from './plan.known.ts';
import { joinLines, markOf, peopleChanged, readProposed } from './plan.mend.ts';
import { PlanModel } from './plan.model.ts';
import type { PlanMove, PlanRow } from './plan.model.ts';
import { runPlan } from './plan.run.ts';
import type { Lines, RunInput, RunParts, RunResult } from './plan.run.ts';
import { readArrays, storeArrays, storeLines } from './plan.store.ts';

export interface PlanWorkParts {
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
  readonly units: UnitService;
  readonly solver: SolverClient;
}

/** What came of the work; lines and arrays are stored already, under the job's attempt. */
export type PlanWorked = PlanMade | { readonly unchanged: true };
export interface PlanMade extends Omit<RunResult, 'lines' | 'arrays'> {
  readonly tenants: number;
  readonly moved: number;
  readonly moves: readonly PlanMove[];
  /** Of what was open and who was there: a plan is mended when it changes. */
  readonly mark: string;
}

const BETWEEN_REPORTS_MS = 250;
const BETWEEN_LOOKS_MS = 500;
const BETWEEN_PEOPLE_MS = 10 * 60_000;

/** The work of the plans' thread, inside the tenant that runs the plan. */
export function createPlanWork({ memberships, tenants, units, solver }: PlanWorkParts) {
  return async (job: PlanJob): Promise<PlanWorked> => {
    const row = await PlanModel.findById(job.planId).lean();
    if (!row || row.cancelWanted) throw new SolveCancelled();
    const watch = new Watch(row._id, job);
    const members = await membersOf(row, tenants, units);
    const beat = setInterval(() => void watch.look(), BETWEEN_LOOKS_MS);
    try {
      return await makeAndStore(row, job, members, watch);
    } finally {
      clearInterval(beat);
    }
  };

  async function makeAndStore(
    row: PlanRow,
    job: PlanJob,
    members: readonly Member[],
    watch: Watch,
  ): Promise<PlanWorked> {
    const input = inputOf(row, job, members);
    const parts: RunParts = { solver, report: (...how) => watch.report(...how), signal: watch.signal };
    const crowd = (): Promise<Crowd> =>
      readPeople(members, memberships, input.now, (done, total) => watch.report('people', done, total));
    // A plan that is mended ends early where nothing changed; otherwise one read waits less beside the other.
    const reading = job.kind === 'solve' ? crowd() : null;
    reading?.catch(() => undefined);
    const open = await readPositions(members, row.settings, input.now, (done, total) =>
      watch.report('positions', done, total),
    );
    const before =
      job.kind === 'mend' ? await readProposed(row._id, row.attempt) : { lines: [], over: new Set<string>() };
    const mark = await markOf(members, open.positions, before.over);
    if (job.kind === 'mend' && mark === row.mark && !(await hasOtherPeople(row, members)))
      return { unchanged: true };
    const known = job.kind === 'mend' ? await knownOf(row, before.over) : null;
    if (job.kind === 'mend' && !known) return { unchanged: true };
    if (open.positions.length === 0) throw new PlanImpossible('plan-nothing-open');
    const {
      lines: fresh,
      arrays,
      ...result
    } = await runPlan(input, parts, open, await (reading ?? crowd()), known);
    const { lines, ...moving } =
      job.kind === 'mend'
        ? joined(before.lines, fresh.some(0, fresh.length))
        : { lines: fresh, moved: 0, moves: [] };
    await watch.report('store', 0, lines.length, true);
    await sideBySide([
      () => storeArrays(row._id, job.attempt, arrays),
      () => storeLines(row._id, job.attempt, lines),
    ]);
    await watch.report('store', lines.length, lines.length, true);
    return { ...result, ...moving, tenants: members.length, mark };
  }
}

/** The mended lines, all of them there. */
function joined(
  ...lines: Parameters<typeof joinLines>
): { lines: Lines } & Pick<PlanMade, 'moved' | 'moves'> {
  const { lines: all, ...moving } = joinLines(...lines);
  return { lines: { length: all.length, some: (from, to) => all.slice(from, to) }, ...moving };
}

/** What people say of themselves changes all day: it is followed now and then, and whenever somebody asks for a look. */
async function hasOtherPeople({ inputs, lookAt }: PlanRow, members: readonly Member[]): Promise<boolean> {
  if (!inputs) return false;
  if (lookAt !== null && contextNow().getTime() - inputs.at.getTime() < BETWEEN_PEOPLE_MS) return false;
  return peopleChanged(members, inputs.at);
}

const inputOf = (row: PlanRow, job: PlanJob, members: readonly Member[]): RunInput => ({
  planId: row._id,
  attempt: job.attempt,
  tenantId: job.tenantId,
  members,
  settings: row.settings,
  pins: row.pins,
  wishes: row.wishes,
  now: contextNow(),
});

async function knownOf(row: PlanRow, over: ReadonlySet<string>): Promise<Known | null> {
  const arrays = await readArrays(row._id, row.attempt);
  return arrays && { arrays, over };
}

/** Whose positions and people the plan is about. */
export async function membersOf(
  row: Pick<PlanRow, 'tenantId' | 'unitId' | 'below'>,
  tenants: TenantService,
  units: UnitService,
): Promise<Member[]> {
  const own = await tenants.get(String(row.tenantId));
  const whole = String(row.unitId) === own.rootUnitId;
  const unitIds = whole ? null : [...(await units.expand([String(row.unitId)]))];
  const below = row.below ? await tenants.below(own.id) : [];
  return [{ tenant: own, unitIds }, ...below.map((tenant) => ({ tenant, unitIds: null }))];
}

/** Writes how far a run is, and hears whether anybody still wants it. */
class Watch {
  readonly signal: AbortSignal;
  private readonly controller = new AbortController();
  private readonly planId: Types.ObjectId;
  private readonly tenantId: string;
  private readonly mine: Record<string, unknown>;
  private toldAt = 0;
  private toldPhase = '';

  constructor(planId: Types.ObjectId, { attempt, kind }: PlanJob) {
    this.planId = planId;
    this.tenantId = requireTenantId();
    // A plan that is mended stays as it is until the new lines are there.
    this.mine = kind === 'mend' ? { drawn: attempt, state: 'proposed' } : { attempt };
    this.signal = this.controller.signal;
  }

  /** Stops the work soon after nobody wants it, also while it only computes. */
  async look(): Promise<void> {
    const row = await PlanModel.findOne({ _id: this.planId, ...this.mine } as never)
      .select({ cancelWanted: 1 })
      .lean()
      .catch(() => undefined);
    if (row === null || row?.cancelWanted) this.controller.abort();
  }

  /** @throws SolveCancelled when somebody cancelled it, or another worker took it over */
  async report(phase: string, done: number, total: number, always = false): Promise<void> {
    const at = performance.now();
    if (!always && phase === this.toldPhase && at - this.toldAt < BETWEEN_REPORTS_MS) return;
    this.toldAt = at;
    this.toldPhase = phase;
    // Told while another organisation's rows are read: the plan is not one of those.
    const row = await asTenant(this.tenantId, () =>
      PlanModel.findOneAndUpdate(
        { _id: this.planId, ...this.mine } as never,
        { $set: { progress: { phase, done, total, at: now() } } },
        { returnDocument: 'after' },
      )
        .select({ cancelWanted: 1 })
        .lean(),
    );
    if (row && !row.cancelWanted) return;
    this.controller.abort();
    throw new SolveCancelled();
  }
}
