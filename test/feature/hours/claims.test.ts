import { expect } from 'chai';
import { Types } from 'mongoose';
import sharp from 'sharp';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { AssignmentModel } from '../../../server/features/assignments/assignment.model.ts';
import { createCalendarService } from '../../../server/features/calendars/index.ts';
import { HoursClaimModel } from '../../../server/features/hours/claim.model.ts';
import { HoursModel } from '../../../server/features/hours/hours.model.ts';
import { LedgerEntryModel } from '../../../server/features/hours/ledger.model.ts';
import { personAccount } from '../../../server/features/hours/ledger.rules.ts';
import { MembershipModel } from '../../../server/features/memberships/membership.model.ts';
import { PersonModel } from '../../../server/features/people/person.model.ts';
import { ShiftModel } from '../../../server/features/shifts/shift.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createAttended, createServed, storedHours } from '../../factories/hours.ts';
import {
  asOperator,
  createMember,
  createMembership,
  createTenant,
  createUnit,
  documentNumber,
  inTenant,
  memberOf,
} from '../../factories/people.ts';
import { byTwo, createSecond } from '../../factories/proposals.ts';
import type { Member } from '../../factories/people.ts';
import { as } from '../../support/actor.ts';
import type { Answer, ApiAgent } from '../../support/agent.ts';
import { PageAgent } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';
import { watchViolations } from '../../support/violations.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
type Claim = { id: string; state: string; dueOn: string; late: boolean; answer: string };

const codesOf = (answer: Answer): string[] =>
  (answer.json<{ errors?: { path: string; code: string }[] }>().errors ?? []).map(
    ({ path, code }) => `${path}: ${code}`,
  );
/** Local day and wall time of the tenant's zone. */
const wall = (at: number): { date: string; time: string } => {
  const text = new Date(at + 8 * HOUR).toISOString();
  return { date: text.slice(0, 10), time: text.slice(11, 16) };
};
const stretch = (from: number, to: number): { date: string; startTime: string; endTime: string } => ({
  date: wall(from).date,
  startTime: wall(from).time,
  endTime: wall(to).time,
});
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
const minutesIn = (tenant: Tenant, { personId }: { personId: string }): Promise<number[]> =>
  inTenant(tenant.id, async () =>
    (
      await LedgerEntryModel.find({ account: personAccount(personId) })
        .sort({ seq: 1 })
        .lean()
    ).map(({ minutes }) => minutes),
  );
const idOf = (answer: Answer): string => {
  expect(answer.status, answer.text).to.equal(201);
  return answer.json<Claim>().id;
};
const done = (answer: Answer): Claim => {
  expect(answer.status, answer.text).to.equal(200);
  return answer.json<Claim>();
};
const told = (tenant: Tenant, kind: string): Promise<number> =>
  inTenant(tenant.id, () => OutboxModel.countDocuments({ kind }));

/** A place with two desks and a volunteer whose two hours were confirmed by the first of them. */
async function confirmed(
  hoursAgo = 5,
  person: Parameters<typeof createMember>[1] = {},
): Promise<{
  tenant: Tenant;
  volunteer: Member;
  own: ApiAgent;
  first: ApiAgent;
  other: ApiAgent;
  second: Member;
  hoursId: string;
}> {
  const tenant = await createTenant();
  const volunteer = await createMember(tenant, person);
  const [one, second] = [
    await createMember(tenant, { roles: ['coordinator'] }),
    await createMember(tenant, { roles: ['coordinator'] }),
  ];
  await joinedLongAgo(volunteer);
  const [own, first, other] = [await volunteer.api(), await one.api(), await second.api()];
  const hoursId = await createServed(tenant, volunteer, { hoursAgo });
  done(await first.post(`/hours/${hoursId}/approve`));
  return { tenant, volunteer, own, first, other, second, hoursId };
}

/** on a claim of error or gap the organisation verifies promptly and corrects if founded. */
describe('claims that hours are wrong or missing', function () {
  this.timeout(120_000);
  const broken = watchViolations(/^(hours|certificates|time-bank|credits)\//);
  before(() => broken.note());
  afterEach(async () => expect(await broken.found()).to.deep.equal([]));

  it('are founded by somebody who had no part in the hours: the posting is taken back and the right one posted', async () => {
    const { tenant, volunteer, own, first, other, second, hoursId } = await confirmed();
    const row = await storedHours(tenant, hoursId);
    const issued = await own.post('/certificates', { scope: 'all' });
    expect(issued.status, issued.text).to.equal(201);
    const { code } = issued.json<{ code: string }>();
    const less = stretch(+row.servedFrom, +row.servedFrom + HOUR);
    expect(
      codesOf(await own.post(`/hours/${hoursId}/claims`, { wrong: 'minutes', text: 'x' })),
    ).to.deep.equal(['date: required', 'startTime: required', 'endTime: required']);
    const page = await volunteer.page();
    expect((await page.get(`/hours/${hoursId}`)).text).to.include(`/hours/${hoursId}/claims/new`);
    expect((await page.get(`/hours/${hoursId}/claims/new`)).text).to.include(
      `value="${wall(+row.servedFrom).time}"`,
    );
    const again = await page.post(`/hours/${hoursId}/claims`, { wrong: 'minutes', ...less, text: '' });
    expect(again.text).to.include('id="f-text-error"');
    const sent = await page.post(`/hours/${hoursId}/claims`, {
      wrong: 'minutes',
      ...less,
      breakMinutes: '0',
      text: '我提前一小时走了',
    });
    const path = sent.location ?? '';
    expect(path, sent.text).to.match(/^\/hours\/claims\/[0-9a-f]{24}$/);
    // One open claim on a record.
    const twice = await own.post(`/hours/${hoursId}/claims`, { wrong: 'not-served', text: 'x' });
    expect(twice.json()).to.include({ code: 'claim-open-already' });
    expect((await page.get(`/hours/${hoursId}`)).text)
      .to.include(path)
      .and.not.include('/claims/new');
    expect((await page.get(path)).text)
      .to.include('我提前一小时走了')
      .and.include('已提出');

    const waiting = async (agent: ApiAgent): Promise<string[]> =>
      (await agent.get('/hours/claims/desk')).json<{ data: Claim[] }>().data.map(({ id }) => id);
    const id = path.split('/').at(-1) ?? '';
    expect(await waiting(first)).to.deep.equal([]);
    expect(await waiting(other)).to.deep.equal([id]);
    const desk = await second.page();
    expect((await desk.get('/hours/queue')).text).to.include('待答复的时长异议：1');
    expect((await desk.get('/hours/claims/desk')).text).to.include(path);
    expect((await desk.get(path)).text).to.include('更正时长');
    const answer = { verdict: 'founded', reason: '签到表上写着一小时' };
    expect((await first.post(`${path}/answer`, answer)).json()).to.include({ code: 'claim-needs-another' });
    expect((await own.post(`${path}/answer`, answer)).status).to.equal(403);
    expect(codesOf(await other.post(`${path}/answer`, { verdict: 'refused' }))).to.deep.equal([
      'reason: required',
    ]);
    const refusedForm = await desk.post(`${path}/answer`, { ...answer, reason: '' });
    expect(refusedForm.text).to.include('id="f-reason-error"');
    expect(done(await other.post(`${path}/answer`, answer))).to.include({ state: 'founded', late: false });
    expect((await storedHours(tenant, hoursId)).state).to.equal('reversed');
    const corrected = await storedHours(tenant, id);
    expect(corrected).to.deep.include({
      state: 'posted',
      recordedMinutes: 60,
      // Within what was attended: evidenced as it was.
      grade: 'device',
      notes: ['corrected-on-claim'],
      late: false,
    });
    expect(corrected.activity.startsAt).to.deep.equal(row.activity.startsAt);
    expect(String(corrected.shiftId)).to.equal(String(row.shiftId));
    expect(await minutesIn(tenant, volunteer)).to.deep.equal([121, -121, 60]);
    const keys = await inTenant(tenant.id, async () =>
      (
        await LedgerEntryModel.find({ account: personAccount(volunteer.personId) })
          .sort({ seq: 1 })
          .lean()
      ).map(({ sourceKey }) => sourceKey),
    );
    expect(keys).to.deep.equal([`hours:${hoursId}:v1`, `reversal:${hoursId}:v1`, `hours:${id}:v1`]);
    // What stood on the old hours says so.
    const verified = await new PageAgent().get(`/certificates/verify/${code}?lang=en`);
    expect(verified.text).to.match(/taken back|no longer|changed since/i);
    expect(await told(tenant, 'hours/claim-answered')).to.equal(1);
    expect(await told(tenant, 'hours/confirmed')).to.equal(1);
    const { sweep, url } = await testApp();
    await sweep('messages/deliver');
    const mails = (await (await fetch(`${url}/dev/mailbox.json`)).json()) as { to: string; text: string }[];
    expect(
      mails.some(({ to, text }) => to.includes(volunteer.email) && text.includes('签到表上写着一小时')),
    ).to.equal(true);
    expect((await page.get(path)).text)
      .to.include('签到表上写着一小时')
      .and.include(`/hours/${id}`);
    expect((await page.get(`/hours/${id}`)).text)
      .to.include('经异议更正')
      .and.include(path);
    expect((await other.post(`${path}/answer`, answer)).json()).to.include({ code: 'wrong-state' });
    // What was corrected may be wrong again.
    idOf(await own.post(`/hours/${id}/claims`, { wrong: 'not-served', text: 'x' }));
  });

  it('are refused with a reason that the person reads, or withdrawn, and change nothing then', async () => {
    const { tenant, volunteer, own, other, hoursId } = await confirmed();
    const claim = async (): Promise<string> =>
      idOf(await own.post(`/hours/${hoursId}/claims`, { wrong: 'not-served', text: '那天我没去' }));
    const withdrawn = await claim();
    expect((await other.post(`/hours/claims/${withdrawn}/withdrawal`)).json()).to.include({
      code: 'only-the-person',
    });
    expect(done(await own.post(`/hours/claims/${withdrawn}/withdrawal`))).to.include({ state: 'withdrawn' });
    const id = await claim();
    const reason = '签到码和照片都在';
    expect(done(await other.post(`/hours/claims/${id}/answer`, { verdict: 'refused', reason }))).to.include({
      state: 'refused',
      answer: reason,
    });
    expect((await own.get(`/hours/claims/${id}`)).json()).to.include({ answer: reason, recordId: hoursId });
    const shown = await (await volunteer.page()).get(`/hours/claims/${id}`);
    expect([shown.status, shown.text.includes(reason)]).to.deep.equal([200, true]);
    expect(await minutesIn(tenant, volunteer)).to.deep.equal([121]);
    const listed = (await own.get('/hours/claims')).json<{ data: Claim[] }>().data;
    expect(listed.map((one) => one.state)).to.deep.equal(['refused', 'withdrawn']);
    // Nothing served at all: taken back, and nothing in its place.
    const third = await claim();
    done(await other.post(`/hours/claims/${third}/answer`, { verdict: 'founded', reason: '确实没来' }));
    expect(await minutesIn(tenant, volunteer)).to.deep.equal([121, -121]);
    expect(
      (await own.post(`/hours/${hoursId}/claims`, { wrong: 'not-served', text: 'x' })).json(),
    ).to.include({ code: 'wrong-state' });
  });

  it('are answered by no account of the same human, and more than was seen only on the word of who may say so', async () => {
    const { tenant, volunteer, own, other, hoursId } = await confirmed(30, {
      person: { identity: 'none', birthDate: null },
    });
    const row = await storedHours(tenant, hoursId);
    const number = documentNumber();
    const { identityDocuments } = (await testApp()).composed.services;
    const twin = await createMember(tenant, {
      roles: ['coordinator', 'reviewer'],
      person: { identity: 'none', birthDate: null },
    });
    await asOperator(async () => {
      for (const { personId } of [volunteer, twin])
        await identityDocuments.verifyAsOperator(personId, { type: 'resident-id', number });
    });
    const more = stretch(+row.servedFrom, +row.servedTo + 2 * HOUR);
    const id = idOf(
      await own.post(`/hours/${hoursId}/claims`, { wrong: 'minutes', ...more, text: '活动延长了' }),
    );
    const answer = { verdict: 'founded', reason: '延长属实' };
    const path = `/hours/claims/${id}/answer`;
    expect((await (await twin.api()).post(path, answer)).json()).to.include({ code: 'not-your-own' });
    // Whose right it is reads why it is not theirs here.
    const read = async (who: Member): Promise<string> =>
      (await (await who.page()).get(`/hours/claims/${id}?lang=en`)).text;
    expect(await read(twin))
      .to.include('Not for yourself')
      .and.not.include('name="verdict"');
    expect(await read(volunteer)).to.not.include('Not for yourself');
    // Nobody saw it: somebody whom nobody outside knows may not say so.
    const unseen = await createMember(tenant, { roles: ['coordinator'], person: { identity: 'none' } });
    await (await unseen.api()).post('/me/identity', { number: documentNumber() });
    expect((await (await unseen.api()).post(path, answer)).json()).to.include({
      code: 'approver-not-verified',
    });
    expect((await storedHours(tenant, hoursId)).state).to.equal('posted');
    done(await other.post(path, answer));
    expect(await storedHours(tenant, id)).to.include({ grade: 'self', recordedMinutes: 241 });
    expect(await minutesIn(tenant, volunteer)).to.deep.equal([121, -121, 241]);
  });

  it('that ask for a closer look are answered by a reviewer', async () => {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant, {
      person: { createdAt: new Date() } as never,
    });
    await joinedLongAgo(volunteer);
    const coordinator = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const reviewer = await (await createMember(tenant, { roles: ['reviewer'] })).api();
    const at = Date.now() - 2 * DAY;
    const gap = { ...stretch(at, at + 50 * 60_000), name: '帮邻居', text: '没有登记', nature: 'volunteer' };
    const id = idOf(await (await volunteer.api()).post('/hours/claims', gap));
    const answer = { verdict: 'founded', reason: '问过邻居' };
    expect((await coordinator.post(`/hours/claims/${id}/answer`, answer)).json()).to.include({
      code: 'claim-needs-reviewer',
    });
    expect(await inTenant(tenant.id, () => HoursModel.countDocuments({}))).to.equal(0);
    done(await reviewer.post(`/hours/claims/${id}/answer`, answer));
    expect((await storedHours(tenant, id)).anomalies.map(({ code }) => code)).to.include('fresh-account');
  });

  it('say that service is missing, of a place that is over or of none, and never what is no volunteer service', async () => {
    const { tenant, volunteer, own, other } = await confirmed(30);
    const startsAt = new Date(Date.now() - 10 * HOUR);
    const missed = await createAttended(tenant, volunteer, { startsAt });
    await inTenant(tenant.id, () =>
      AssignmentModel.updateOne(
        { _id: new Types.ObjectId(missed) },
        { $set: { state: 'no_show', checkIn: null, checkOut: null } },
      ),
    );
    const paid = await createAttended(tenant, volunteer, { startsAt: new Date(Date.now() - 60 * HOUR) });
    await inTenant(tenant.id, async () => {
      const place = await AssignmentModel.findById(paid).lean();
      await ShiftModel.updateOne({ _id: place?.shiftId ?? null } as never, { $set: { nature: 'paid' } });
    });
    const during = stretch(+startsAt, +startsAt + 2 * HOUR);
    const form = (await (await volunteer.page()).get('/hours/claims/new')).text;
    expect(form).to.include(missed).and.not.include(paid);
    const gap = (body: object): Promise<Answer> => own.post('/hours/claims', { text: '在场', ...body });
    const paidTime = stretch(Date.now() - 60 * HOUR, Date.now() - 58 * HOUR);
    expect(codesOf(await gap({ ...paidTime, assignmentId: paid }))).to.deep.equal([
      'assignmentId: shift-without-hours',
    ]);
    expect(codesOf(await gap({ ...paidTime, name: '引导' }))).to.deep.equal([
      'startTime: shift-without-hours',
    ]);
    for (const nature of ['paid', 'compulsory', 'duty_time'])
      expect(codesOf(await gap({ ...during, name: '引导', nature }))).to.deep.equal([
        'nature: not-volunteer-service',
      ]);
    const unsaid = await (await volunteer.page()).post('/hours/claims', { ...during, name: 'x', text: 'x' });
    expect([unsaid.status, /id="f-nature-error"/.test(unsaid.text)]).to.deep.equal([422, true]);
    expect(codesOf(await gap(during))).to.deep.equal(['name: required']);
    // What is missing is told at once, not one field after the other.
    const nothing = await (await volunteer.page()).post('/hours/claims', { text: '', date: '' });
    expect([...nothing.text.matchAll(/id="f-(\w+)-error"/g)].map(([, field]) => field)).to.have.members([
      'text',
      'date',
      'startTime',
      'endTime',
      'name',
    ]);
    const stranger = await createAttended(tenant, await createMember(tenant));
    expect(codesOf(await gap({ ...during, assignmentId: stranger }))).to.deep.equal([
      'assignmentId: not-an-option',
    ]);
    const id = idOf(await gap({ ...during, assignmentId: missed }));
    expect((await gap({ ...during, assignmentId: missed })).status).to.be.oneOf([409, 422]);
    expect(codesOf(await gap({ ...during, name: '别的' }))).to.deep.equal(['startTime: claim-open-already']);
    // What the check showed is what is recorded.
    const found = stretch(+startsAt + HOUR / 2, +startsAt + 2 * HOUR);
    done(
      await other.post(`/hours/claims/${id}/answer`, { verdict: 'founded', reason: '负责人证实', ...found }),
    );
    const record = await storedHours(tenant, id);
    expect(record).to.include({ state: 'posted', recordedMinutes: 90, grade: 'self' });
    expect(String(record.assignmentId)).to.equal(missed);
    expect((await (await volunteer.page()).get('/hours/claims/new')).text).to.not.include(missed);
    // Nobody serves twice at once.
    expect(codesOf(await gap({ ...found, name: '别的' }))).to.deep.equal(['startTime: overlaps-recorded']);
    expect(codesOf(await gap({ ...found, assignmentId: missed }))).to.deep.equal([
      'assignmentId: recorded-already',
    ]);
  });

  it('name the right activity or day of what was recorded wrongly', async () => {
    const { tenant, volunteer, own, other, hoursId } = await confirmed(30);
    const row = await storedHours(tenant, hoursId);
    const same = stretch(+row.servedFrom, +row.servedTo);
    const right = await createAttended(tenant, volunteer, { startsAt: new Date(Date.now() - 80 * HOUR) });
    const claim = (body: object): Promise<Answer> =>
      own.post(`/hours/${hoursId}/claims`, { wrong: 'shift', text: '记错了班次', ...body });
    expect(codesOf(await claim(same))).to.deep.equal(['name: required']);
    expect(codesOf(await claim({ ...same, name: '引导', nature: 'paid' }))).to.deep.equal([
      'nature: not-volunteer-service',
    ]);
    const at = Date.now() - 80 * HOUR;
    const id = idOf(await claim({ ...stretch(at, at + HOUR), assignmentId: right }));
    done(await other.post(`/hours/claims/${id}/answer`, { verdict: 'founded', reason: '名单一致' }));
    const moved = await storedHours(tenant, id);
    expect(String(moved.assignmentId)).to.equal(right);
    expect(moved).to.include({ recordedMinutes: 60, grade: 'self' });
    const day = +moved.servedFrom - 3 * DAY;
    const next = idOf(
      await own.post(`/hours/${id}/claims`, {
        wrong: 'day',
        text: '是三天前',
        ...stretch(day, day + HOUR),
      }),
    );
    done(
      await other
        .post(`/hours/claims/${next}/answer`, { verdict: 'founded', reason: '照片日期' })
        .then(async (answer) =>
          // Who confirmed the record that the first claim made has a part in it.
          answer.status === 403
            ? (await (await createMember(tenant, { roles: ['reviewer'] })).api()).post(
                `/hours/claims/${next}/answer`,
                { verdict: 'founded', reason: '照片日期' },
              )
            : answer,
        ),
    );
    const again = await storedHours(tenant, next);
    expect(again.activity.startsAt.getTime()).to.be.closeTo(day, 60_000);
    expect(String(again.shiftId)).to.equal(String(moved.shiftId));
  });

  it('are taken down in the name of a member or their guardian, and answered by somebody else', async () => {
    const { tenant, volunteer, own, first, other, second, hoursId } = await confirmed(30);
    const body = { wrong: 'not-served', text: '老人来电' };
    expect(codesOf(await own.post(`/hours/${hoursId}/claims`, { ...body, saidBy: 'person' }))).to.deep.equal([
      'saidBy: claim-is-own',
    ]);
    expect(codesOf(await other.post(`/hours/${hoursId}/claims`, body))).to.deep.equal(['saidBy: required']);
    expect(
      codesOf(await other.post(`/hours/${hoursId}/claims`, { ...body, saidBy: 'guardian' })),
    ).to.deep.equal(['saidBy: no-guardian']);
    const fellow = await (await createMember(tenant)).api();
    expect((await fellow.post(`/hours/${hoursId}/claims`, { ...body, saidBy: 'person' })).status).to.equal(
      404,
    );
    await asOperator(() =>
      PersonModel.updateOne({ _id: volunteer.personId }, {
        $set: { birthDate: `${new Date().getFullYear() - 15}-01-01` },
        $push: {
          consents: { purpose: 'guardian', version: '2026-11', givenAt: new Date(0), withdrawnAt: null },
        },
      } as never),
    );
    const id = idOf(await other.post(`/hours/${hoursId}/claims`, { ...body, saidBy: 'guardian' }));
    expect((await own.get(`/hours/claims/${id}`)).json()).to.include({ saidBy: 'guardian' });
    expect((await (await volunteer.page()).get(`/hours/claims/${id}`)).text).to.include('成员的监护人');
    const answer = { verdict: 'founded', reason: '核对过' };
    for (const agent of [first, other])
      expect((await agent.post(`/hours/claims/${id}/answer`, answer)).json()).to.include({
        code: 'claim-needs-another',
      });
    const third = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    // The guardian's withdrawal closes the account; the hours stay, and so does the claim.
    const closed = await other.post(`/memberships/${volunteer.membershipId}/guardian-consent/withdrawal`);
    expect(closed.status, closed.text).to.be.within(200, 204);
    expect((await own.get('/hours')).status).to.equal(401);
    done(await third.post(`/hours/claims/${id}/answer`, answer));
    expect((await storedHours(tenant, hoursId)).state).to.equal('reversed');
    const desk = await second.page();
    const another = await createMember(tenant);
    await joinedLongAgo(another);
    const form = await desk.get(`/memberships/${another.membershipId}/hours-claims/new`);
    expect(form.text).to.include('没有账号的监护人由您代为提出');
    expect(form.text).to.include(another.name).and.include('name="saidBy"');
    const at = Date.now() - 3 * DAY;
    const sent = await desk.post(`/memberships/${another.membershipId}/hours-claims`, {
      ...stretch(at, at + HOUR),
      breakMinutes: '10',
      name: '送餐',
      place: '社区食堂',
      text: '名单漏了',
      nature: 'volunteer',
      saidBy: 'person',
    });
    expect(sent.location, sent.text).to.match(/^\/hours\/claims\//);
    done(await third.post(`${sent.location}/answer`, answer));
    expect(await storedHours(tenant, (sent.location ?? '').split('/').at(-1) ?? '')).to.include({
      grade: 'back-entry',
      entryReason: '名单漏了',
      recordedMinutes: 50,
    });
  });

  it('keep pictures for whoever answers', async () => {
    const { tenant, volunteer, own, other, hoursId } = await confirmed();
    const id = idOf(await own.post(`/hours/${hoursId}/claims`, { wrong: 'not-served', text: 'x' }));
    const page = await volunteer.page();
    await page.get(`/hours/claims/${id}`);
    const png = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    const added = await page.upload(`/hours/claims/${id}/evidence`, {}, { name: 'a.png', bytes: png });
    expect(added.location, added.text).to.equal(`/hours/claims/${id}`);
    const { evidence } = (await other.get(`/hours/claims/${id}`)).json<{ evidence: { id: string }[] }>();
    const file = `/hours/claims/${id}/evidence/${evidence[0]?.id}`;
    expect((await other.get(file)).status).to.equal(200);
    expect((await (await (await createMember(tenant)).api()).get(file)).status).to.equal(404);
    expect((await other.post(`${file}/removal`)).json()).to.include({ code: 'only-the-person' });
    expect((await own.post(`${file}/removal`)).status).to.equal(204);
    done(await other.post(`/hours/claims/${id}/answer`, { verdict: 'refused', reason: 'x' }));
    const late = await page.upload(`/hours/claims/${id}/evidence`, {}, { name: 'a.png', bytes: png });
    expect(late.status).to.be.oneOf([303, 409]);
    expect((await own.get(`/hours/claims/${id}`)).json<{ evidence: object[] }>().evidence).to.deep.equal([]);
  });

  it('have a clock of the organisation’s own working days, which reminds and marks what is late', async () => {
    const { tenant, own, second, hoursId } = await confirmed();
    const administrator = await (await createMember(tenant, { roles: ['administrator'] })).api();
    const { version } = (await administrator.get('/settings')).json<{ version: number }>();
    for (const claimDays of [2, 31])
      expect(
        codesOf(await administrator.patch('/settings', { claimDays }, { 'if-match': `"v${version}"` }))[0],
      ).to.match(/^claimDays: /);
    const changed = await administrator.patch('/settings', { claimDays: 5 }, { 'if-match': `"v${version}"` });
    expect(changed.json()).to.include({ claimDays: 5 });
    const made = await own.post(`/hours/${hoursId}/claims`, { wrong: 'not-served', text: 'x' });
    const id = idOf(made);
    const { sweep } = await testApp();
    const today = wall(Date.now()).date;
    const due = (): Promise<string> =>
      inTenant(tenant.id, async () => (await HoursClaimModel.findById(id).lean())?.dueOn ?? '');
    const expected = await inTenant(tenant.id, () => createCalendarService().dueOn(today, 5));
    expect(await due()).to.equal(expected);
    // A day that is worked becomes free: everything that runs across it is counted again.
    const free = await inTenant(tenant.id, () => createCalendarService().dueOn(today, 2));
    await administrator.post('/calendar/days', { date: free, kind: 'off', name: '镇上停工' });
    const later = await inTenant(tenant.id, () => createCalendarService().dueOn(today, 5));
    expect(later > expected).to.equal(true);
    expect(await due()).to.equal(later);
    const noon = Date.parse(`${later}T12:00:00+08:00`) - Date.now();
    await atOffset(noon - DAY, async () => {
      await sweep('hours/remind-of-claims');
      await sweep('hours/remind-of-claims');
    });
    const reminded = await told(tenant, 'hours/claim-due');
    expect(reminded).to.equal(1);
    await atOffset(noon, async () => sweep('hours/remind-of-claims'));
    expect(await told(tenant, 'hours/claim-due')).to.equal(2);
    await atOffset(noon + DAY, async () => {
      await sweep('hours/remind-of-claims');
      expect(await told(tenant, 'hours/claim-due')).to.equal(2);
      // Tokens of that long ago have run out.
      const { hours } = (await testApp()).composed.services;
      const answered = await as(second, (actor) =>
        hours.claims.answer(actor, id, { verdict: 'refused', reason: '核对无误', time: null }),
      );
      expect(answered).to.include({ state: 'refused', late: true });
    });
  });

  it('of closed months count in the first open one', async () => {
    const { tenant, volunteer, own, other, hoursId } = await confirmed(40 * 24);
    const row = await storedHours(tenant, hoursId);
    const officer = await (await createMember(tenant, { roles: ['officer'] })).api();
    const month = wall(+row.servedFrom).date.slice(0, 7);
    const closed = await officer.post('/ledger/periods', { through: month });
    expect(closed.status, closed.text).to.equal(201);
    const id = idOf(
      await own.post(`/hours/${hoursId}/claims`, {
        wrong: 'minutes',
        text: 'x',
        ...stretch(+row.servedFrom, +row.servedFrom + HOUR),
      }),
    );
    done(await other.post(`/hours/claims/${id}/answer`, { verdict: 'founded', reason: 'x' }));
    const entries = await inTenant(tenant.id, () =>
      LedgerEntryModel.find({ account: personAccount(volunteer.personId) })
        .sort({ seq: 1 })
        .lean(),
    );
    expect(entries.map(({ minutes }) => minutes)).to.deep.equal([121, -121, 60]);
    expect(entries[0]?.period).to.equal(month);
    expect(entries.slice(1).every(({ period }) => (period ?? '') > month)).to.equal(true);
  });

  it('go along with a human whose two records become one, answered before or after', async () => {
    const tenant = await createTenant();
    const nobody = { birthDate: null, identity: 'none' } as const;
    const kept = await createMember(tenant, { person: { name: '林远', ...nobody } });
    const given = await createMember(tenant, { person: { name: '林遠', ...nobody } });
    await joinedLongAgo(kept, given);
    const number = documentNumber();
    const { identityDocuments } = (await testApp()).composed.services;
    await asOperator(async () => {
      for (const { personId } of [kept, given])
        await identityDocuments.verifyAsOperator(personId, { type: 'resident-id', number });
    });
    const [own, old] = [await kept.api(), await given.api()];
    const first = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const other = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const reviewer = await (await createMember(tenant, { roles: ['reviewer'] })).api();
    const hours: string[] = [];
    for (const hoursAgo of [20, 40]) {
      const id = await createServed(tenant, given, { hoursAgo });
      done(await first.post(`/hours/${id}/approve`));
      hours.push(id);
    }
    const [one = '', two = ''] = hours;
    const before = idOf(await old.post(`/hours/${one}/claims`, { wrong: 'not-served', text: '没去' }));
    const merged = await byTwo(tenant, reviewer, '/duplicates', {
      from: given.membershipId,
      into: kept.membershipId,
      reason: '同一身份证',
    });
    expect(merged.status, merged.text).to.equal(200);
    const listed = (await own.get('/hours/claims')).json<{ data: Claim[] }>().data;
    expect(listed.map(({ id }) => id)).to.deep.equal([before]);
    expect((await (await kept.page()).get(`/hours/claims/${before}`)).status).to.equal(200);
    // The record that it is about is another row now; there is one open claim on it, whichever row is named.
    const copies = await inTenant(tenant.id, () =>
      HoursModel.find({ personId: new Types.ObjectId(kept.personId), state: 'posted' } as never).lean(),
    );
    const copyOf = (id: string): string =>
      String(copies.find(({ origin }) => String(origin?.hoursId) === id)?._id);
    const again = await own.post(`/hours/${copyOf(one)}/claims`, { wrong: 'not-served', text: 'x' });
    expect(again.json()).to.include({ code: 'claim-open-already' });
    done(await other.post(`/hours/claims/${before}/answer`, { verdict: 'founded', reason: 'x' }));
    expect((await storedHours(tenant, copyOf(one))).state).to.equal('reversed');
    expect((await storedHours(tenant, one)).state).to.equal('reversed');
    expect(await minutesIn(tenant, kept)).to.deep.equal([121, 121, -121]);
    const row = await storedHours(tenant, two);
    const after = idOf(
      await own.post(`/hours/${copyOf(two)}/claims`, {
        wrong: 'minutes',
        text: '只有一小时',
        ...stretch(+row.servedFrom, +row.servedFrom + HOUR),
      }),
    );
    expect((await own.get(`/hours/claims/${after}`)).json()).to.include({ recordId: copyOf(two) });
    done(await other.post(`/hours/claims/${after}/answer`, { verdict: 'founded', reason: 'x' }));
    expect((await minutesIn(tenant, kept)).reduce((sum, minutes) => sum + minutes, 0)).to.equal(60);
    expect(await storedHours(tenant, after)).to.include({ state: 'posted', personName: '林远' });
    expect((await own.get('/hours')).json()).to.include({ totalMinutes: 60 });
  });

  it('meet each other and every other way of taking back in one legal state', async () => {
    const { tenant, volunteer, own, other, hoursId } = await confirmed();
    const reviewer = await (await createMember(tenant, { roles: ['reviewer'] })).api();
    const third = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const claims = await Promise.all(
      Array.from({ length: 8 }, () =>
        own.post(`/hours/${hoursId}/claims`, { wrong: 'not-served', text: 'x' }),
      ),
    );
    const made = claims.filter(({ status }) => status === 201);
    expect(made, claims.map(({ text }) => text).join('\n')).to.have.length(1);
    const path = `/hours/claims/${idOf(made[0] as Answer)}`;
    const second = await createSecond(tenant);
    const proposal = idOf(await reviewer.post(`/hours/${hoursId}/reversal`, { reason: 'x' }));
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_none, at) =>
        at % 4 === 0
          ? own.post(`${path}/withdrawal`)
          : at % 4 === 1
            ? second.post(`/proposals/${proposal}/confirmation`)
            : (at % 2 === 0 ? other : third).post(`${path}/answer`, { verdict: 'founded', reason: 'x' }),
      ),
    );
    expect(answers.every(({ status }) => [200, 409].includes(status))).to.equal(true);
    const row = await inTenant(tenant.id, () => HoursClaimModel.findById(path.split('/').at(-1)).lean());
    expect(row?.history).to.have.length(2);
    expect((await minutesIn(tenant, volunteer)).reduce((sum, minutes) => sum + minutes, 0)).to.be.oneOf([
      0, 121,
    ]);
  });

  it('of what another organisation recorded are made there; what is foreign or malformed is missing alike', async () => {
    const { tenant, volunteer, own, hoursId } = await confirmed(30);
    const there = await createTenant();
    const elsewhere = memberOf(there, volunteer, await createMembership(there, volunteer));
    await joinedLongAgo(elsewhere);
    const asked = await own.post('/hours/transfers', { tenantId: there.id });
    const transfer = idOf(asked);
    const [leaving, arriving] = [
      await (await createMember(tenant, { roles: ['reviewer'] })).api(),
      await (await createMember(there, { roles: ['reviewer'] })).api(),
    ];
    done(await leaving.post(`/hours/transfers/${transfer}/decision`, { verdict: 'yes', reason: 'x' }));
    const desk = (await arriving.get('/hours/transfers/desk')).json<{ data: { id: string }[] }>().data;
    done(await arriving.post(`/hours/transfers/${desk[0]?.id}/decision`, { verdict: 'yes', reason: 'x' }));
    const [copy] = await inTenant(there.id, () => HoursModel.find({}).lean());
    const away = await elsewhere.api();
    expect(
      (await away.post(`/hours/${String(copy?._id)}/claims`, { wrong: 'not-served', text: 'x' })).json(),
    ).to.include({ code: 'claim-at-origin' });
    expect((await (await elsewhere.page()).get(`/hours/${String(copy?._id)}`)).text).to.not.include(
      '/claims/new',
    );
    const id = idOf(await own.post(`/hours/${hoursId}/claims`, { wrong: 'not-served', text: '没去' }));
    const far = await createMember(tenant, {
      roles: ['coordinator', 'reviewer'],
      unitId: await createUnit(tenant),
    });
    for (const agent of [arriving, await far.api(), await (await createMember(tenant)).api()]) {
      const shapes = new Set<string>();
      for (const one of [id, '0123456789abcdef01234567', 'nonsense']) {
        const answer = await agent.get(`/hours/claims/${one}`);
        shapes.add(`${answer.status} ${answer.text.replace(/"instance":"[^"]*"/, '')}`);
      }
      expect([...shapes]).to.have.length(1);
      expect([...shapes][0]).to.match(/^404/);
    }
    const other = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    done(await other.post(`/hours/claims/${id}/answer`, { verdict: 'founded', reason: 'x' }));
    // Both ledgers follow.
    expect((await minutesIn(there, volunteer)).reduce((sum, minutes) => sum + minutes, 0)).to.equal(0);
    expect((await storedHours(there, String(copy?._id))).state).to.equal('reversed');
  });
});
