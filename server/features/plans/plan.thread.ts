import { parentPort } from 'node:worker_threads';
import { setClockOffset } from '../../core/clock.ts';
import { acrossTenants, asTenant, runInContext } from '../../core/context.ts';
import { stepBack } from '../../core/step-back.ts';
import { connect } from '../../db/connect.ts';
import { createSolverClient, SolveCancelled } from '../matching/index.ts';
import { createMembershipService } from '../memberships/index.ts';
import { createPeopleService } from '../people/index.ts';
import { createTenantService } from '../tenants/index.ts';
import { createUnitService } from '../units/index.ts';
import { PlanImpossible } from './plan.ground.ts';
import type { PlanJob, PlanNews } from './plan.client.ts';
import { createPlanWork } from './plan.work.ts';

/*
 * A plan is made here, away from the thread that answers people: a connection of its own to the database, the features' own
 * reading functions and rules, and the solver in one more thread. Only what came of it goes back.
 */
const POOL = 6;
stepBack();

const units = createUnitService();
const tenants = createTenantService({ units });
const people = createPeopleService();
const memberships = createMembershipService({ people, units, tenants });
const solver = createSolverClient();
const work = createPlanWork({ memberships, tenants, units, solver });

async function answer(job: PlanJob): Promise<PlanNews> {
  try {
    setClockOffset(job.clockOffset);
    await connect(job.uri, { poolSize: POOL });
    const result = await runInContext(
      {
        requestId: `plan-${job.planId}`,
        actor: { kind: 'sweep', name: 'plans/solve' },
        tenantId: null,
        crossTenant: null,
      },
      () => acrossTenants('plans: a run of one department', () => asTenant(job.tenantId, () => work(job))),
    );
    return { run: job.run, result };
  } catch (err) {
    if (err instanceof SolveCancelled) return { run: job.run, cancelled: true };
    if (err instanceof PlanImpossible) return { run: job.run, impossible: err.code };
    return { run: job.run, fault: (err as Error).stack ?? String(err) };
  }
}

parentPort?.on('message', (job: PlanJob) => {
  void answer(job).then((news) => parentPort?.postMessage(news));
});
