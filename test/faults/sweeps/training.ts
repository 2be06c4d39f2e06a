import { expect } from 'chai';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { createMember, inTenant } from '../../factories/people.ts';
import { EnrolmentModel } from '../../../server/features/training/enrolment.model.ts';
import { createCourse, createSession } from '../../factories/training.ts';
import { createTrainingPlan } from '../../factories/training-plans.ts';
import { TrainingPlanModel } from '../../../server/features/training-plans/training-plan.model.ts';
import { testApp } from '../../support/app.ts';
import { told } from './arranged.ts';
import type { Arrange } from './arranged.ts';

/** Training, and the plans of it. */
export const training: Readonly<Record<string, Arrange>> = {
  async 'training/remind'(tenant) {
    const startsAt = new Date(Date.now() + 3 * 86_400_000);
    const { sessionId } = await createSession(tenant, {
      startsAt,
      remindAt: new Date(startsAt.getTime() - 86_400_000),
    });
    await (await (await createMember(tenant)).api()).post(`/sessions/${sessionId}/enrolments`);
    return {
      at: 2.5 * 86_400_000,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () =>
          (await OutboxModel.find({ 'data.what': 'reminded' }).lean()).map(({ kind }) => kind),
        ),
      expected: ['training/news'],
    };
  },

  async 'training/close'(tenant) {
    const { sessionId } = await createSession(tenant);
    const member = await createMember(tenant);
    const { composed } = await testApp();
    await (await member.api()).post(`/sessions/${sessionId}/enrolments`);
    return {
      at: 30 * 86_400_000,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () => [
          (await composed.services.sessions.row(sessionId)).state,
          ...(await EnrolmentModel.find({}).lean()).map(({ state }) => state),
        ]),
      expected: ['closed', 'absent'],
    };
  },

  async 'training-plans/solve'(tenant) {
    const officer = await createMember(tenant, { roles: ['officer'] });
    await createCourse(tenant);
    const api = await officer.api();
    await api.post('/training-plans', { rooms: [{ label: '教室', seats: 3 }] });
    return {
      at: 0,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () =>
          (await TrainingPlanModel.find({}).lean()).map(({ history }) =>
            history.map(({ to }) => to).join(' '),
          ),
        ),
      expected: ['queued running failed'],
    };
  },

  async 'training-plans/publish'(tenant) {
    const officer = await createMember(tenant, { roles: ['officer'] });
    const member = await createMember(tenant);
    const { trainingPlanId } = await createTrainingPlan(tenant, {
      ...member,
      courseId: await createCourse(tenant),
      title: '课程',
    });
    const seen = { 'if-match': '"v1"' };
    const api = await officer.api();
    expect((await api.post(`/training-plans/${trainingPlanId}/publication`, {}, seen)).status).to.equal(202);
    return {
      at: 0,
      rows: 1,
      effect: async () => [
        await told(tenant, 'training/news'),
        await inTenant(tenant.id, () => EnrolmentModel.countDocuments({ state: 'invited' })),
      ],
      expected: [1, 1],
    };
  },
};
