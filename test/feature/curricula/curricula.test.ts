import { expect } from 'chai';
import { addDays, localDate } from '../../../server/core/time.ts';
import { EnrolmentModel } from '../../../server/features/training/enrolment.model.ts';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';
import { createCourse, createSession } from '../../factories/training.ts';
import { atOffset } from '../../support/app.ts';

const TODAY = localDate(new Date(), 'Asia/Shanghai');
interface Learning {
  readonly curricula: {
    readonly role: string;
    readonly number: number;
    readonly complete: boolean;
    readonly items: { readonly courseId: string; readonly state: string; readonly dueOn: string | null }[];
  }[];
}
interface Overview {
  readonly tracks: {
    readonly track: string;
    readonly roles: {
      readonly role: string;
      readonly people: number;
      readonly complete: number;
      readonly courses: { readonly id: string; readonly learned: number; readonly seatsAhead: number }[];
    }[];
  }[];
}

describe('curricula', function () {
  this.timeout(60_000);

  it('are published in versions, followed by everybody of a part, and added up for the department', async () => {
    const tenant = await createTenant();
    const [officer, cadre, stranger] = await Promise.all([
      createMember(tenant, { roles: ['officer'] }),
      createMember(tenant, { kind: 'community-worker' }),
      createMember(await createTenant(), { roles: ['officer'] }),
    ]);
    const [plans, own, other] = await Promise.all([officer.api(), cadre.api(), stranger.api()]);
    const [first, second, professional] = await Promise.all([
      createCourse(tenant),
      createCourse(tenant),
      createCourse(tenant, { tracks: ['professional'] }),
    ]);
    const body = { role: 'village-cadre', effectiveFrom: TODAY, courseIds: [first, second], withinMonths: 6 };
    expect((await own.post('/curricula', body)).status).to.equal(403);
    const faults = await Promise.all([
      plans.post('/curricula', { ...body, effectiveFrom: addDays(TODAY, -1) }),
      plans.post('/curricula', { ...body, courseIds: [professional] }),
      other.post('/curricula', { ...body }),
    ]);
    expect(faults.map((one) => one.json<{ errors: { path: string }[] }>().errors[0]?.path)).to.deep.equal([
      'effectiveFrom',
      'courseIds',
      'courseIds',
    ]);
    const published = await plans.post('/curricula', body);
    expect(published.status, published.text).to.equal(201);
    const later = { ...body, effectiveFrom: addDays(TODAY, 30), courseIds: [first] };
    expect((await plans.post('/curricula', later)).status).to.equal(201);
    // Nobody slips a version in before one that is announced.
    expect((await plans.post('/curricula', body)).status).to.equal(422);

    expect((await own.get('/curricula/own')).json<Learning>().curricula).to.deep.equal([]);
    const chosen = await own.post('/curricula/own/roles', { roles: ['village-cadre'] });
    expect(chosen.json<Learning>().curricula[0]?.items.map(({ state }) => state)).to.deep.equal([
      'missing',
      'missing',
    ]);
    const seen = await plans.get(`/memberships/${cadre.membershipId}/learning`);
    expect(seen.json<Learning>().curricula).to.have.length(1);
    expect((await other.get(`/memberships/${cadre.membershipId}/learning`)).status).to.equal(404);
    expect((await own.get(`/memberships/${cadre.membershipId}/learning`)).status).to.equal(403);

    const { sessionId } = await createSession(tenant, { courseId: first as never });
    const enrolment = (await own.post(`/sessions/${sessionId}/enrolments`)).json<{ id: string }>();
    const states = async (): Promise<string[]> =>
      (await own.get('/curricula/own')).json<Learning>().curricula[0]?.items.map(({ state }) => state) ?? [];
    expect(await states()).to.deep.equal(['enrolled', 'missing']);
    await inTenant(tenant.id, () =>
      EnrolmentModel.updateOne({ _id: enrolment.id }, { $set: { state: 'passed', passedOn: TODAY } }),
    );
    expect(await states()).to.deep.equal(['learned', 'missing']);
    const roles = (answer: { json<T>(): T }) =>
      answer.json<Overview>().tracks.find(({ track }) => track === 'semi-professional')?.roles ?? [];
    const [now] = roles(await plans.get('/curricula/overview'));
    expect(now).to.include({ role: 'village-cadre', people: 1, complete: 0 });
    expect(now?.courses.map(({ learned, seatsAhead }) => [learned, seatsAhead])).to.deep.equal([
      [1, 19],
      [0, 0],
    ]);
    // The next version takes over on its day: what it no longer asks for is no longer missing.
    await atOffset(31 * 86_400_000, async () => {
      const [own, plans] = await Promise.all([cadre.api(), officer.api()]);
      const mine = (await own.get('/curricula/own')).json<Learning>().curricula[0];
      expect(mine).to.include({ number: 2, complete: true });
      expect(roles(await plans.get('/curricula/overview'))[0]).to.include({ complete: 1 });
    });
    const page = await cadre.page();
    expect((await page.get('/curricula?role=village-cadre')).text).to.contain('第 1 版');
    expect(
      (await page.post('/curricula/own/roles', { roles: ['party-volunteer', 'property-staff'] })).status,
    ).to.equal(303);
    const desk = await officer.page();
    for (const path of [
      '/curricula/new?role=village-cadre',
      '/curricula/overview',
      `/memberships/${cadre.membershipId}/learning`,
    ])
      expect((await desk.get(path)).status, path).to.equal(200);
  });
});
