import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck } from '../../core/invariant.ts';
import { plannedSeats } from '../training/index.ts';
import { outcomeOf } from './outcome.rules.ts';
import { proposalFaults } from './proposal.rules.ts';
import { PlannedSessionModel, TrainingPlanModel } from './training-plan.model.ts';
import type { PlannedSessionRow } from './training-plan.model.ts';

/** Plans that are read anew: the latest, since each reads all its invitations. */
const LATEST = 500;

/** What is proposed can be held: rooms, instructors, money, seats and people's time hold it, and it comes to what it says. */
const proposalsHold: InvariantCheck = {
  name: 'training-plans/can-be-held',
  async run() {
    const tally = invariantTally();
    const plans = await TrainingPlanModel.find({ state: { $in: ['proposed', 'publishing', 'published'] } })
      .sort({ _id: -1 })
      .limit(LATEST)
      .select({ attempt: 1, settings: 1, outcome: 1 })
      .lean();
    for (const plan of plans) {
      tally.examine();
      const rows = await PlannedSessionModel.find({ planId: plan._id, attempt: plan.attempt }).lean();
      for (const fault of proposalFaults(plan.settings, rows)) tally.violate(`${String(plan._id)}: ${fault}`);
      if (!plan.outcome) {
        tally.violate(`${String(plan._id)}: says nothing of what it comes to`);
        continue;
      }
      const { closed, sessions, invitations, costCents } = outcomeOf(
        plan.outcome.before,
        rows.map((row) => ({
          costCents: row.costCents,
          invitations: row.invitations.map((one) => ({ ...one, personId: String(one.personId) })),
        })),
      );
      const said = plan.outcome;
      const same =
        said.sessions === sessions &&
        said.invitations === invitations &&
        said.costCents === costCents &&
        (['weighted', 'urgent', 'all', 'people'] as const).every((key) => said.closed[key] === closed[key]);
      if (!same) tally.violate(`${String(plan._id)}: comes to something else than it says`);
    }
    return tally.result();
  },
};

/** What was published is there: each session once, and every invitation that was sent is that very person's. */
const publishedOnce: InvariantCheck = {
  name: 'training-plans/published-once',
  async run() {
    const tally = invariantTally();
    const filter = { state: 'published' } as const;
    let page: PlannedSessionRow[] = [];
    const check = async (): Promise<void> => {
      const { sessions, people } = await plannedSeats(
        page.map(({ sessionId }) => sessionId),
        page.flatMap(({ invitations }) => invitations.flatMap(({ enrolmentId }) => enrolmentId ?? [])),
      );
      for (const row of page) {
        tally.examine();
        if (!sessions.has(String(row.sessionId)))
          tally.violate(`${String(row._id)}: its session is not there`);
        for (const { enrolmentId, personId, refusal } of row.invitations) {
          if (enrolmentId === null && refusal === null)
            tally.violate(`${String(row._id)}: somebody was neither asked nor told why not`);
          if (enrolmentId === null) continue;
          const found = people.get(String(enrolmentId));
          if (found !== `${String(row.sessionId)}:${String(personId)}`)
            tally.violate(`${String(row._id)}: invitation ${String(enrolmentId)} is somebody else's`);
        }
      }
      page = [];
    };
    for await (const row of PlannedSessionModel.find(filter)
      .select({ sessionId: 1, invitations: 1 })
      .lean()
      .cursor({ batchSize: 200 })) {
      page.push(row as PlannedSessionRow);
      if (page.length === 200) await check();
    }
    await check();
    return tally.result();
  },
};

/** What `npm run verify` checks of training plans, across tenants and read-only. */
export const trainingPlanInvariants: readonly InvariantCheck[] = [proposalsHold, publishedOnce];
