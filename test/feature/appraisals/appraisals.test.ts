import { expect } from 'chai';
import { Types } from 'mongoose';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { AppraisalModel } from '../../../server/features/appraisals/appraisal.model.ts';
import type { AppraisalRow } from '../../../server/features/appraisals/appraisal.model.ts';
import { MembershipModel } from '../../../server/features/memberships/membership.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { ShiftModel } from '../../../server/features/shifts/shift.model.ts';
import { createAttended, createServed, storedHours } from '../../factories/hours.ts';
import { createMember, createTenant, createUnit, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { byTwo } from '../../factories/proposals.ts';
import type { Answer, ApiAgent } from '../../support/agent.ts';
import { CallWatch } from '../../support/calls.ts';
import { atOffset, testApp } from '../../support/app.ts';
import { watchViolations } from '../../support/violations.ts';

const DAY = 24 * 3_600_000;
interface Appraisal {
  id: string;
  shiftId: string;
  state: string;
  personName: string;
  quality: string | null;
  note: string;
  late: boolean;
  dueOn: string;
  answer: string;
}
const done = (answer: Answer, status = 200): Appraisal => {
  expect(answer.status, answer.text).to.equal(status);
  return answer.json<Appraisal>();
};
const dataOf = (answer: Answer): Appraisal[] => {
  expect(answer.status, answer.text).to.be.within(200, 201);
  return answer.json<{ data: Appraisal[] }>().data;
};
const faults = (answer: Answer): string[] =>
  (answer.json<{ errors?: { path: string; code: string }[] }>().errors ?? []).map(
    ({ path, code }) => `${path}: ${code}`,
  );
const codeOf = (answer: Answer): string => `${answer.status} ${answer.json<{ code: string }>().code}`;
const joinedLongAgo = (...members: Member[]): Promise<unknown> =>
  Promise.all(
    members.map(({ tenant, membershipId }) =>
      inTenant(tenant.id, () =>
        MembershipModel.updateOne(
          { _id: membershipId },
          { $set: { createdAt: new Date(Date.now() - 200 * DAY) } },
        ),
      ),
    ),
  );

/** quality and day of what is said of a service, within ten working days after the activity ends. */
describe('what is said of a service', function () {
  this.timeout(120_000);
  let tenant: Tenant;
  let volunteer: Member;
  let mine: ApiAgent;
  let coordinator: Member;
  let desk: ApiAgent;
  let second: ApiAgent;
  const broken = watchViolations(/^appraisals\//);

  before(() => broken.note());
  beforeEach(async () => {
    tenant = await createTenant();
    volunteer = await createMember(tenant, { person: { name: '苏晓' } });
    await joinedLongAgo(volunteer);
    mine = await volunteer.api();
    coordinator = await createMember(tenant, { roles: ['coordinator'] });
    desk = await coordinator.api();
    second = await (await createMember(tenant, { roles: ['coordinator'] })).api();
  });
  afterEach(async () => expect(await broken.found()).to.deep.equal([]));

  const stored = (id: string): Promise<AppraisalRow> =>
    inTenant(tenant.id, async () => (await AppraisalModel.findById(id).lean()) as AppraisalRow);
  const told = (kind: string): Promise<number> =>
    inTenant(tenant.id, () => OutboxModel.countDocuments({ kind }));
  /** The volunteer served, and something is due. */
  const served = async (): Promise<Appraisal & { hoursId: string }> => {
    const hoursId = await createServed(tenant, volunteer);
    const [due] = dataOf(await desk.get('/appraisals/desk'));
    return { ...(due as Appraisal), hoursId };
  };
  const say = (agent: ApiAgent, { shiftId, id }: Pick<Appraisal, 'shiftId' | 'id'>, more: object = {}) =>
    agent.post(`/shifts/${shiftId}/appraisals`, { quality: 'good', rows: [{ id }], ...more });

  it('is due from the check-out on, by the clock of the hours, of volunteer service only', async () => {
    const due = await served();
    const record = await storedHours(tenant, due.hoursId);
    expect(due.dueOn).to.equal(record.dueOn);
    expect((await stored(due.id)).remindAt).to.deep.equal(record.remindAt);
    // Of whom nothing is said yet, reads nothing.
    expect(dataOf(await mine.get('/appraisals'))).to.deep.equal([]);
    expect((await mine.get(`/appraisals/${due.id}`)).status).to.equal(404);
    const { assignments, hours } = (await testApp()).composed.services;
    const paid = await createAttended(tenant, volunteer, { hoursAgo: 30 });
    await inTenant(tenant.id, async () => {
      const row = await assignments.row(paid);
      await ShiftModel.updateOne({ _id: row?.shiftId } as never, { $set: { nature: 'paid' } });
      if (row) await hours.openFromAssignment(row);
    });
    expect(dataOf(await desk.get('/appraisals/desk'))).to.have.length(1);
  });

  it('is said of a whole shift in one go, of each where they differ, and each is told', async () => {
    const due = await served();
    const other = await createMember(tenant, { person: { name: '何晴' } });
    await createServed(tenant, other);
    const rows = dataOf(await desk.get('/appraisals/desk'));
    const [theirs] = rows.filter(({ id }) => id !== due.id);
    await inTenant(tenant.id, () =>
      AppraisalModel.updateOne({ _id: theirs?.id } as never, {
        $set: { shiftId: new Types.ObjectId(due.shiftId) },
      }),
    );
    expect(
      faults(await desk.post(`/shifts/${due.shiftId}/appraisals`, { rows: [{ id: due.id }] })),
    ).to.deep.equal(['rows.0.quality: required']);
    const said = dataOf(
      await say(desk, due, {
        completion: 'all',
        feedback: 'satisfied',
        feedbackText: '孩子们很高兴',
        rows: [{ id: due.id }, { id: theirs?.id, quality: 'outstanding', note: '带了新人' }],
      }),
    );
    expect(
      said.map(({ personName, quality, note }) => `${personName} ${quality} ${note}`).sort(),
    ).to.deep.equal(['何晴 outstanding 带了新人', '苏晓 good ']);
    expect(await told('appraisals/made')).to.equal(2);
    const [own] = dataOf(await mine.get('/appraisals'));
    expect(own).to.include({ quality: 'good', completion: 'all', feedbackText: '孩子们很高兴', late: false });
    // Nobody reads of another, and nothing is left to say.
    expect((await mine.get(`/appraisals/${theirs?.id}`)).status).to.equal(404);
    expect(dataOf(await desk.get('/appraisals/desk'))).to.deep.equal([]);
    expect(codeOf(await say(desk, due))).to.equal('409 wrong-state');
    for (const path of [`/shifts/${due.shiftId}/appraisals`, `/appraisals/${due.id}`, '/appraisals/desk'])
      expect((await (await coordinator.page()).get(path)).status, path).to.equal(200);
  });

  it('is asked about a whole shift in as many reads as about two people, and leads to its list and back', async () => {
    const { shiftId } = await served();
    const seat = async (): Promise<void> => {
      await createServed(tenant, await createMember(tenant));
      await inTenant(tenant.id, () =>
        AppraisalModel.updateMany({ state: 'due' } as never, {
          $set: { shiftId: new Types.ObjectId(shiftId) },
        }),
      );
    };
    const watch = new CallWatch((await testApp()).migrateUri);
    try {
      const reads = async (): Promise<number> =>
        (await watch.during(() => desk.get(`/shifts/${shiftId}/appraisals`))).length;
      await seat();
      await reads();
      const two = await reads();
      for (let more = 0; more < 4; more += 1) await seat();
      expect(await reads()).to.equal(two);
    } finally {
      await watch.close();
    }
    const { due } = (await desk.get(`/shifts/${shiftId}/appraisals`)).json<{ due: string[] }>();
    expect(due).to.have.length(6);
    const page = await coordinator.page();
    expect((await page.get(`/shifts/${shiftId}/attendance`)).text).to.include(
      `/shifts/${shiftId}/appraisals`,
    );
    expect((await page.get(`/shifts/${shiftId}/appraisals`)).text).to.include(
      `/shifts/${shiftId}/attendance`,
    );
  });

  it('is never said of oneself, nor by a right from the hand of whose service it was', async () => {
    await createServed(tenant, coordinator);
    const [row] = dataOf(await second.get('/appraisals/desk'));
    expect(dataOf(await desk.get('/appraisals/desk'))).to.deep.equal([]);
    expect(codeOf(await say(desk, row as Appraisal))).to.equal('403 not-your-own');
    expect((await say(mine, row as Appraisal)).status).to.equal(403);
    const helper = await createMember(tenant, { roles: ['coordinator'] });
    await inTenant(tenant.id, () =>
      MembershipModel.updateOne(
        { _id: new Types.ObjectId(helper.membershipId) },
        { $set: { 'grants.0.grantedBy': new Types.ObjectId(coordinator.accountId) } },
      ),
    );
    expect(codeOf(await say(await helper.api(), row as Appraisal))).to.equal('403 granted-by-subject');
    expect(dataOf(await say(second, row as Appraisal))[0]).to.include({ state: 'made' });
  });

  it('said after its last day is marked late', async () => {
    const due = await served();
    const after = Date.parse(`${due.dueOn}T12:00:00+08:00`) - Date.now() + DAY;
    await atOffset(after, async () => {
      const [said] = dataOf(await say(await coordinator.api(), due));
      expect(said).to.include({ state: 'made', late: true });
    });
  });

  it('is contested by its person and answered by who did not say it, on a clock of its own', async () => {
    const due = await served();
    await say(desk, due, { quality: 'to-improve' });
    expect(codeOf(await second.post(`/appraisals/${due.id}/contest`, { reason: 'x' }))).to.equal(
      '403 only-the-person',
    );
    expect(done(await mine.post(`/appraisals/${due.id}/contest`, { reason: '我全程都在' })).state).to.equal(
      'contested',
    );
    expect((await stored(due.id)).remindAt).to.be.instanceOf(Date);
    const correct = { quality: 'good', reason: '核对了签到记录' };
    expect(codeOf(await desk.post(`/appraisals/${due.id}/correction`, correct))).to.equal(
      '403 appraisal-needs-another',
    );
    expect(dataOf(await desk.get('/appraisals/contested'))).to.deep.equal([]);
    expect(dataOf(await second.get('/appraisals/contested')).map(({ id }) => id)).to.deep.equal([due.id]);
    const reviewer = await (await createMember(tenant, { roles: ['reviewer'] })).api();
    const queue = (await reviewer.get('/reviews')).json<{ queues: { kind: string; count: number }[] }>()
      .queues;
    expect(queue.find(({ kind }) => kind === 'appraisal')?.count).to.equal(1);
    expect((await mine.post(`/appraisals/${due.id}/correction`, correct)).status).to.equal(403);
    expect(done(await second.post(`/appraisals/${due.id}/correction`, correct))).to.include({
      state: 'made',
      quality: 'good',
      answer: correct.reason,
      contest: '',
    });
    expect(await told('appraisals/made')).to.equal(2);
    // Whoever said it last puts a slip of theirs right.
    expect(
      done(await second.post(`/appraisals/${due.id}/correction`, { ...correct, quality: 'outstanding' })),
    ).to.include({ quality: 'outstanding' });
  });

  it('stands for nothing while its hours are taken back, and counts again when they are put right', async () => {
    const due = await served();
    await say(desk, due);
    expect((await desk.post(`/hours/${due.hoursId}/approve`)).status).to.equal(200);
    const claim = await mine.post(`/hours/${due.hoursId}/claims`, {
      wrong: 'minutes',
      text: '早走了',
      ...((): object => {
        const from = Date.now() - 5 * 3_600_000;
        const wall = (at: number): string => new Date(at + 8 * 3_600_000).toISOString();
        return {
          date: wall(from).slice(0, 10),
          startTime: wall(from).slice(11, 16),
          endTime: wall(from + 3_600_000).slice(11, 16),
        };
      })(),
    });
    const claimId = done(claim, 201).id;
    done(await second.post(`/hours/claims/${claimId}/answer`, { verdict: 'founded', reason: '属实' }));
    expect((await stored(due.id)).history.map(({ to }) => to)).to.deep.equal(['due', 'made', 'void', 'made']);
    expect((await stored(due.id)).quality).to.equal('good');
    const corrected = String((await storedHours(tenant, claimId))._id);
    const reviewer = await (await createMember(tenant, { roles: ['reviewer'] })).api();
    const back = await byTwo(tenant, reviewer, `/hours/${corrected}/reversal`, { reason: '没有参加' });
    expect(back.status, back.text).to.equal(200);
    expect((await stored(due.id)).state).to.equal('void');
    expect(dataOf(await mine.get('/appraisals'))).to.deep.equal([]);
  });

  it('is said once when two say it at the same moment', async () => {
    const due = await served();
    const answers = await Promise.all([
      say(desk, due),
      say(second, due, { quality: 'adequate' }),
      say(desk, due, { quality: 'outstanding' }),
    ]);
    expect(answers.filter(({ status }) => status === 201)).to.have.length(1);
    expect((await stored(due.id)).history.map(({ to }) => to)).to.deep.equal(['due', 'made']);
  });

  it('of a shift out of reach is missing, and forms say what is wrong beside the field', async () => {
    const due = await served();
    const unitId = await createUnit(tenant);
    for (const far of [
      await createMember(tenant, { roles: ['coordinator'], unitId }),
      await createMember(await createTenant(), { roles: ['coordinator'] }),
    ]) {
      expect((await say(await far.api(), due)).status).to.equal(404);
      expect((await (await far.api()).get(`/appraisals/${due.id}`)).status).to.equal(404);
    }
    const page = await coordinator.page();
    await page.get(`/shifts/${due.shiftId}/appraisals`);
    const shown = await page.post(`/shifts/${due.shiftId}/appraisals`, {
      quality: '',
      'rows.0.id': due.id,
      'rows.0.quality': '',
      'rows.0.note': '写了一半',
    });
    expect(shown.status).to.equal(422);
    expect(shown.text).to.include('写了一半');
    const saved = await page.post(`/shifts/${due.shiftId}/appraisals`, {
      quality: 'good',
      'rows.0.id': due.id,
      'rows.0.quality': '',
    });
    expect(saved.status).to.equal(303);
  });
});
