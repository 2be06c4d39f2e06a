import { expect } from 'chai';
import { localDate } from '../../../server/core/time.ts';
import { AssignmentModel } from '../../../server/features/assignments/assignment.model.ts';
import { EnrolmentModel } from '../../../server/features/training/enrolment.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createPosition, createShift } from '../../factories/requests.ts';
import type { ApiAgent } from '../../support/agent.ts';

const DAY = 86_400_000;
interface Enrolment {
  id: string;
  personId: string;
  state: string;
}

describe('whoever is suspended', function () {
  this.timeout(60_000);
  let tenant: Tenant;
  let planner: ApiAgent;
  let reviewer: ApiAgent;
  before(async () => {
    tenant = await createTenant();
    planner = await (await createMember(tenant, { roles: ['officer'] })).api();
    reviewer = await (await createMember(tenant, { roles: ['reviewer'] })).api();
  });
  const stand = async ({ membershipId }: Member, to: 'suspended' | 'approved'): Promise<void> => {
    const answer = await reviewer.post(`/memberships/${membershipId}/standing`, { to, reason: '核实情况' });
    expect(answer.status, answer.text).to.equal(200);
  };

  it('is told so where they come in, why, and what is still theirs', async () => {
    const member = await createMember(tenant);
    const shiftId = await createShift(tenant);
    const page = await member.page();
    await stand(member, 'suspended');
    const home = await page.get('/join');
    expect(home.text).to.include('恢复之前不能开始新的事项').and.include('组织者说明：核实情况');
    const shifts = await page.get('/assignments');
    expect(shifts.text).to.include('您的成员资格已暂停').and.not.include('href="/opportunities"');
    expect((await page.get(`/t/${tenant.slug}/opportunities/${shiftId}`)).text)
      .to.include('您的成员资格已暂停')
      .and.not.include('正在审核');
    const refused = await page.get('/opportunities');
    expect(refused.status).to.equal(403);
    expect(refused.text).to.include('href="/assignments"').and.include('href="/join"');
  });

  let days = 5;
  /** A published session of a course of its own. */
  async function session(change: object = {}): Promise<string> {
    const { id } = (
      await planner.post('/courses', {
        title: `个案工作 ${days}`,
        dimension: 'ability',
        tracks: ['professional'],
        minutes: 180,
        passMark: 60,
        category: 'professional',
        mode: 'inPerson',
      })
    ).json<{ id: string }>();
    await planner.post(`/courses/${id}/state`, { to: 'open' });
    const made = await planner.post(`/courses/${id}/sessions`, {
      date: localDate(new Date(Date.now() + (days += 1) * DAY), 'Asia/Shanghai'),
      startTime: '09:00',
      endTime: '12:00',
      place: { label: '会议室' },
      capacity: 1,
      ...change,
    });
    expect(made.status, made.text).to.equal(201);
    const [first] = made.json<{ data: { id: string }[] }>().data;
    expect((await planner.post(`/sessions/${first?.id}/publication`)).status).to.equal(200);
    return first?.id ?? '';
  }
  const enrolmentsOf = (sessionId: string) =>
    inTenant(tenant.id, () => EnrolmentModel.find({ sessionId }).lean());
  const stateOf = async (sessionId: string, { personId }: Member): Promise<string | undefined> =>
    (await enrolmentsOf(sessionId)).find((row) => String(row.personId) === personId)?.state;

  it('says yes to no invitation to learn, on neither door, until they are back', async () => {
    const id = await session();
    const invited = await createMember(tenant);
    const [api, page] = [await invited.api(), await invited.page()];
    await page.get('/training');
    const asked = await planner.post(`/sessions/${id}/invitations`, { personIds: [invited.personId] });
    const [{ enrolmentId } = { enrolmentId: '' }] = asked.json<{ data: { enrolmentId: string }[] }>().data;
    await stand(invited, 'suspended');
    expect((await api.post(`/enrolments/${enrolmentId}/acceptance`)).status).to.equal(403);
    expect((await page.post(`/enrolments/${enrolmentId}/acceptance`)).status).to.equal(403);
    expect((await api.post(`/sessions/${id}/enrolments`)).status).to.equal(403);
    expect(await stateOf(id, invited)).to.equal('invited');
    await stand(invited, 'approved');
    expect((await api.post(`/enrolments/${enrolmentId}/acceptance`)).status).to.equal(200);
  });

  it('says no to an invitation and calls a seat off, on both doors: nobody is kept in anything', async () => {
    const [asking, seated] = [await session(), await session({ capacity: 3 })];
    const [invited, enrolled] = [await createMember(tenant), await createMember(tenant)];
    const [api, page] = [await invited.api(), await enrolled.page()];
    const asked = await planner.post(`/sessions/${asking}/invitations`, { personIds: [invited.personId] });
    const [{ enrolmentId } = { enrolmentId: '' }] = asked.json<{ data: { enrolmentId: string }[] }>().data;
    const own = (await (await enrolled.api()).post(`/sessions/${seated}/enrolments`)).json<Enrolment>();
    for (const one of [invited, enrolled]) await stand(one, 'suspended');
    expect((await api.post(`/enrolments/${enrolmentId}/refusal`)).status).to.equal(200);
    const list = await page.get('/training?lang=en');
    expect(list.text).to.include(`action="/enrolments/${own.id}/cancellation"`);
    expect(list.text, 'a page that is not open to them').not.to.include(`href="/sessions/`);
    expect((await page.post(`/enrolments/${own.id}/cancellation`)).location).to.equal('/training');
    expect([await stateOf(asking, invited), await stateOf(seated, enrolled)]).to.deep.equal([
      'cancelled',
      'cancelled',
    ]);
  });

  it('is given no seat by an officer, nor by the line', async () => {
    const id = await session({ admission: 'approval', capacity: 3 });
    const applicant = await createMember(tenant);
    const applied = (await (await applicant.api()).post(`/sessions/${id}/enrolments`)).json<Enrolment>();
    await stand(applicant, 'suspended');
    const refused = await planner.post(`/enrolments/${applied.id}/approval`);
    expect([refused.status, refused.json()['code']]).to.deep.equal([409, 'members-only']);
    expect(await stateOf(id, applicant)).to.equal('applied');

    const full = await session();
    const crowd = [];
    for (let at = 0; at < 3; at += 1) crowd.push(await createMember(tenant));
    const [seated, first, second] = crowd as [Member, Member, Member];
    for (const one of crowd) await (await one.api()).post(`/sessions/${full}/enrolments`);
    await stand(first, 'suspended');
    const own = (await enrolmentsOf(full)).find((row) => String(row.personId) === seated.personId);
    await (await seated.api()).post(`/enrolments/${String(own?._id)}/cancellation`);
    expect([await stateOf(full, first), await stateOf(full, second)]).to.deep.equal([
      'waitlisted',
      'invited',
    ]);
  });

  it('has no place ahead, though they sign up in the same moment', async () => {
    const shiftId = await createShift(tenant);
    for (let round = 0; round < 8; round += 1) {
      const positionId = await createPosition(tenant, { shiftId });
      const member = await createMember(tenant);
      const api = await member.api();
      const [signed] = await Promise.all([
        api.post(`/positions/${positionId}/assignments`),
        stand(member, 'suspended'),
      ]);
      const rows = await inTenant(tenant.id, () =>
        AssignmentModel.find({ personId: member.personId }).lean(),
      );
      expect(
        rows.filter(({ state }) => state === 'accepted' || state === 'confirmed'),
        `round ${round}: ${signed.status}`,
      ).to.deep.equal([]);
    }
  });
});
