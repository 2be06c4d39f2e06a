import { parentPort, workerData } from 'node:worker_threads';
import { setClockOffset } from '../../core/clock.ts';
import { asTenant, runInContext } from '../../core/context.ts';
import { stepBack } from '../../core/step-back.ts';
import { connect, disconnect } from '../../db/connect.ts';
import { createCalendarService } from '../calendars/index.ts';
import { createCreditReading, createProgrammeService } from '../credits/index.ts';
import { createMembershipService } from '../memberships/index.ts';
import { createPeopleService } from '../people/index.ts';
import { createTenantService } from '../tenants/index.ts';
import { createCourseService } from '../training/index.ts';
import { createUnitService } from '../units/index.ts';
import { makePlan, NothingToPlan } from './run.ts';
import type { PlannerJob, PlannerNews } from './thread.client.ts';
import { PlannedSessionModel, TrainingPlanModel } from './training-plan.model.ts';

/* A training plan is made here: a connection of its own, the features' own reading and rules, the planner. */
const POOL = 3;
stepBack();
const job = workerData as PlannerJob;

const units = createUnitService();
const tenants = createTenantService({ units });
const people = createPeopleService();
const memberships = createMembershipService({ people, units, tenants });
const reading = createCreditReading({ programmes: createProgrammeService({ tenants }), tenants });

async function work(): Promise<PlannerNews> {
  const row = await TrainingPlanModel.findById(job.planId).lean();
  if (row?.attempt !== job.attempt) return { cancelled: true };
  let told = 0;
  const report = async (phase: string, share: number): Promise<void> => {
    const at = performance.now();
    if (share > 0 && at - told < 300) return;
    told = at;
    await TrainingPlanModel.updateOne(
      { _id: row._id, attempt: job.attempt, state: 'running' },
      { $set: { progress: { phase, share: Math.min(1, share) } } },
    );
  };
  const { sessions, ...made } = await makePlan(
    row,
    {
      reading,
      calendars: createCalendarService(),
      courses: createCourseService(),
      memberships,
      tenants,
      units,
    },
    report,
  );
  const names = new Map(
    (await memberships.ofPeople(row.settings.instructorIds)).map((one) => [
      String(one.personId),
      one.personName,
    ]),
  );
  await PlannedSessionModel.insertMany(
    sessions.map(({ instructor, ...one }) => ({
      ...one,
      instructor: instructor && {
        ...instructor,
        name: names.get(String(instructor.personId)) ?? '',
      },
    })) as never,
    { ordered: true },
  );
  return { made };
}

async function answer(): Promise<PlannerNews> {
  try {
    setClockOffset(job.clockOffset);
    await connect(job.uri, { poolSize: POOL });
    return await runInContext(
      {
        requestId: `training-plan-${job.planId}`,
        actor: { kind: 'sweep', name: 'training-plans/solve' },
        tenantId: null,
        crossTenant: null,
      },
      () => asTenant(job.tenantId, work),
    );
  } catch (err) {
    if (err instanceof NothingToPlan) return { impossible: err.code };
    return { fault: (err as Error).stack ?? String(err) };
  } finally {
    await disconnect().catch(() => undefined);
  }
}

parentPort?.postMessage(await answer());
