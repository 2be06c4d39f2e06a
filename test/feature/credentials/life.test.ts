import { expect } from 'chai';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { AssignmentModel } from '../../../server/features/assignments/assignment.model.ts';
import { addDays, addMonths } from '../../../server/core/time.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createMember, createTenant, createUnit, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createPosition, createShift } from '../../factories/requests.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { atOffset, testApp } from '../../support/app.ts';
import { inDays } from '../../support/days.ts';

interface Desk {
  data: { id: string }[];
  nextCursor: string | null;
}
interface Shown {
  readonly id: string;
  readonly state: string;
  readonly validTo: string | null;
  readonly renewedById: string | null;
  readonly renewalUnderWay: boolean;
  readonly reason: string | null;
}
const DAY_MS = 86_400_000;

describe('the life of a certificate', function () {
  this.timeout(60_000);
  let tenant: Tenant;
  let officer: ApiAgent;
  let reviewer: ApiAgent;
  let second: ApiAgent;
  let coordinator: Member;

  before(async () => {
    tenant = await createTenant();
    const api = async (roles: Parameters<typeof createMember>[1]): Promise<ApiAgent> =>
      (await createMember(tenant, roles)).api();
    officer = await api({ roles: ['officer'] });
    reviewer = await api({ roles: ['reviewer'] });
    second = await api({ roles: ['reviewer'] });
    coordinator = await createMember(tenant, { roles: ['coordinator'] });
  });

  let n = 0;
  const claim = async (own: ApiAgent, change: object = {}): Promise<string> => {
    const answer = await own.post('/credentials', {
      type: 'mediator',
      number: `M${(n += 1)}`,
      issuedOn: inDays(-400),
      validFrom: inDays(-400),
      ...change,
    });
    expect(answer.status, answer.text).to.equal(201);
    return answer.json<Shown>().id;
  };
  const verify = async (id: string): Promise<void> => {
    for (const [api, verdict] of [
      [officer, 'first_pass'],
      [reviewer, 'valid'],
    ] as const) {
      const answer = await api.post(`/credentials/${id}/review`, { verdict });
      expect(answer.status, answer.text).to.equal(200);
    }
  };
  const shown = async (api: ApiAgent, id: string): Promise<Shown> =>
    (await api.get(`/credentials/${id}`)).json<Shown>();
  const told = (kind: string): Promise<{ data: Record<string, unknown>; subjectId: string }[]> =>
    inTenant(tenant.id, async () => OutboxModel.find({ kind }).lean());
  const stateOf = (id: string) =>
    inTenant(tenant.id, async () => {
      const row = await AssignmentModel.findById(id).lean();
      return [row?.state, row?.history.at(-1)?.reason ?? null];
    });
  /** Validity so that the last day is so many days from today. */
  const endingIn = (days: number): object => {
    const validFrom = addMonths(inDays(days + 1), -36);
    return { issuedOn: validFrom, validFrom };
  };

  it('waits at the desk of the holder’s own part of the tree, however much of other parts waits before it', async () => {
    const [here, there] = [await createUnit(tenant), await createUnit(tenant)];
    const desk = await createMember(tenant, { roles: ['officer'], unitId: here });
    const api = await desk.api();
    const own = async (unitId: string): Promise<string> =>
      claim(await (await createMember(tenant, { unitId })).api());
    for (let at = 0; at < 3; at += 1) await own(there);
    const wanted = [await own(here), await own(here)];
    const first = (await api.get('/credentials/reviews?limit=1')).json<Desk>();
    expect(first.data.map(({ id }) => id)).to.deep.equal([wanted[0]]);
    const next = (await api.get(`/credentials/reviews?limit=1&cursor=${first.nextCursor}`)).json<Desk>();
    expect([next.data.map(({ id }) => id), next.nextCursor]).to.deep.equal([[wanted[1]], null]);
    expect((await (await desk.page()).get('/')).text).to.include('<strong>2</strong> <span>份证书待审核');
  });

  it('is contested once, and answered by somebody who has not spoken on it', async () => {
    const own = await (await createMember(tenant)).api();
    const id = await claim(own);
    const path = `/credentials/${id}`;
    expect((await own.post(`${path}/appeal`, { reason: 'x' })).json()['code']).to.equal('wrong-state');
    await officer.post(`${path}/review`, { verdict: 'first_pass' });
    await reviewer.post(`${path}/review`, { verdict: 'rejected', reason: '照片不清' });
    expect((await reviewer.post(`${path}/appeal`, { reason: 'x' })).status).to.equal(403);
    expect((await own.post(`${path}/appeal`, { reason: '原件清晰' })).json()['state']).to.equal('appealed');
    expect((await reviewer.post(`${path}/review`, { verdict: 'valid' })).json()['code']).to.equal(
      'appeal-needs-another',
    );
    expect((await officer.post(`${path}/review`, { verdict: 'valid' })).status).to.equal(403);
    expect((await reviewer.get('/credentials/reviews')).text).to.not.include(id);
    expect((await second.get('/credentials/reviews')).text).to.include(id);
    expect(
      (await second.post(`${path}/review`, { verdict: 'rejected', reason: '仍不清' })).json()['state'],
    ).to.equal('rejected');
    expect((await own.post(`${path}/appeal`, { reason: 'again' })).json()['code']).to.equal(
      'appealed-already',
    );
  });

  it('expires at midnight: the place is re-offered, holder and coordinator know why', async () => {
    const holder = await createMember(tenant, { person: { name: '持证人甲' } });
    const [own, deputy] = [await holder.api(), await createMember(tenant)];
    const id = await claim(own, endingIn(0));
    const other = await claim(await deputy.api(), endingIn(300));
    await verify(id);
    await verify(other);
    // The position begins to need the certificate after people had their places; those keep them until it lapses.
    const startsAt = new Date(Date.now() + 5 * DAY_MS);
    const shiftId = await createShift(tenant, { startsAt, createdBy: coordinator.accountId as never });
    const positionId = await createPosition(tenant, { shiftId, maximum: 1 });
    const seat = (await own.post(`/positions/${positionId}/assignments`)).json<{ id: string }>().id;
    const desk = await coordinator.api();
    const { version } = (await desk.get(`/positions/${positionId}`)).json<{ version: number }>();
    const edited = await desk.send(
      'PATCH',
      `/positions/${positionId}`,
      { credentials: [{ type: 'mediator' }] },
      { 'if-match': `"v${version}"` },
    );
    expect(edited.status, edited.text).to.equal(200);
    const free = await createPosition(tenant, {
      shiftId: await createShift(tenant, { startsAt: new Date(Date.now() + 6 * DAY_MS) }),
    });
    const kept = (await own.post(`/positions/${free}/assignments`)).json<{ id: string }>().id;
    await (await testApp()).sweep('credentials/expire');
    expect((await shown(own, id)).state).to.equal('expiring');
    expect((await stateOf(seat))[0]).to.equal('accepted');

    await atOffset(DAY_MS, async () => {
      const { sweep } = await testApp();
      await sweep('credentials/expire');
      await sweep('credentials/expire');
      expect(await told('assignments/place-lost')).to.deep.equal([]);
      await sweep('assignments/reoffer');
      await sweep('assignments/reoffer');
    });
    expect((await shown(own, id)).state).to.equal('expired');
    expect(await stateOf(seat)).to.deep.equal(['replaced', 'lapse|credential|expired|mediator|人民调解员证']);
    expect((await stateOf(kept))[0]).to.equal('accepted');
    expect((await own.get(`/assignments/${seat}`)).status).to.equal(200);
    const page = await (await holder.page()).get(`/assignments/${seat}?lang=en`);
    expect(page.text).to.include('mediator card has run out');
    // Nobody waited: the one member who fits was asked, and the coordinator told, once the lapse was committed.
    const asked = await inTenant(tenant.id, async () =>
      AssignmentModel.find({ positionId, state: 'offered' }).lean(),
    );
    expect(asked.map(({ personId }) => String(personId))).to.deep.equal([deputy.personId]);
    expect((await told('assignments/replaced')).map(({ subjectId }) => subjectId)).to.deep.equal([seat]);
    expect(
      (await told('assignments/place-lost')).map(({ subjectId, data }) => [
        subjectId,
        data['accountId'],
        data['outcome'],
        data['asked'],
      ]),
    ).to.deep.equal([[seat, coordinator.accountId, 'asked', 1]]);
  });

  it('is suspended, counts again and is taken back, each with a reason; places that need it go to the next in line', async () => {
    const [holder, next] = [await createMember(tenant), await createMember(tenant)];
    const [own, waiting] = [await holder.api(), await next.api()];
    const [id, other] = [await claim(own), await claim(waiting)];
    await verify(id);
    await verify(other);
    const positionId = await createPosition(tenant, {
      maximum: 1,
      credentials: [{ type: 'mediator', level: '' }],
    });
    const seat = (await own.post(`/positions/${positionId}/assignments`)).json<{ id: string }>().id;
    const queued = (await waiting.post(`/positions/${positionId}/assignments`)).json<{ id: string }>().id;
    const path = `/credentials/${id}/standing`;
    expect((await reviewer.post(path, { to: 'suspended' })).status).to.equal(422);
    expect((await officer.post(path, { to: 'suspended', reason: 'x' })).status).to.equal(403);
    expect((await reviewer.post(path, { to: 'suspended', reason: '核查中' })).json()).to.include({
      state: 'suspended',
    });
    expect((await stateOf(seat))[0]).to.equal('replaced');
    expect((await stateOf(queued))[0]).to.equal('offered');
    const again = await own.post(`/positions/${positionId}/assignments`);
    expect(again.json()['code']).to.equal('assignment-refused');
    expect((await reviewer.post(path, { to: 'valid', reason: '无误' })).json()).to.include({
      state: 'valid',
    });
    expect((await own.post(`/positions/${positionId}/assignments`)).status).to.equal(201);
    expect((await reviewer.post(path, { to: 'revoked', reason: '证书无效' })).json()).to.include({
      state: 'revoked',
    });
    expect((await reviewer.post(path, { to: 'valid', reason: 'x' })).json()['code']).to.equal('wrong-state');
  });

  it('is renewed under its own number; the old one counts until the new one begins', async () => {
    const holder = await createMember(tenant);
    const own = await holder.api();
    const early = await claim(own, endingIn(400));
    await verify(early);
    const next = { number: 'R1', issuedOn: inDays(0), validFrom: inDays(11) };
    expect((await own.post(`/credentials/${early}/renewal`, next)).json()['code']).to.equal('too-early');
    const old = await claim(own, { ...endingIn(10), number: 'R1' });
    await verify(old);
    const made = await own.post(`/credentials/${old}/renewal`, next);
    expect(made.status, made.text).to.equal(201);
    const id = made.json<Shown>().id;
    expect((await own.post(`/credentials/${old}/renewal`, next)).json()['code']).to.equal(
      'renewal-under-way',
    );
    // While it is under review, a shift beyond the end of the old one may be taken.
    const startsAt = new Date(Date.now() + 20 * DAY_MS);
    const positionId = await createPosition(tenant, {
      shiftId: await createShift(tenant, { startsAt }),
      credentials: [{ type: 'mediator', level: '' }],
    });
    const seat = (await own.post(`/positions/${positionId}/assignments`)).json<{ id: string }>().id;
    await verify(id);
    expect(await shown(own, old)).to.include({ renewedById: id, renewalUnderWay: false });
    const newest = (await own.get('/credentials?limit=1')).json<{
      data: { id: string }[];
      nextCursor: string;
    }>();
    const older = (await own.get(`/credentials?limit=1&cursor=${newest.nextCursor}`)).json<typeof newest>();
    expect([newest, older].map(({ data }) => data[0]?.id)).to.deep.equal([id, old]);
    const stranger = await (await createMember(tenant)).api();
    const taken = await stranger.post('/credentials', { type: 'mediator', ...next, validFrom: inDays(0) });
    expect(taken.json<{ errors: object[] }>().errors).to.deep.include({
      path: 'number',
      code: 'number-taken',
    });
    await atOffset(11 * DAY_MS, async () => {
      await (await testApp()).sweep('credentials/expire');
    });
    expect((await shown(own, old)).state).to.equal('renewed');
    expect((await shown(own, id)).state).to.equal('valid');
    expect((await stateOf(seat))[0]).to.equal('accepted');
  });

  it('that is a check keeps its result and dates alone, and opens service for children for a year', async () => {
    const holder = await createMember(tenant);
    const own = await holder.api();
    const startsAt = new Date(Date.now() + 3 * DAY_MS);
    const positionId = await createPosition(tenant, {
      shiftId: await createShift(tenant, { startsAt, category: 'children' }),
    });
    const refused = await own.post(`/positions/${positionId}/assignments`);
    expect(refused.text).to.include('credential-missing').and.include('background-check');
    const body = { type: 'background-check', issuedOn: inDays(-1), validFrom: inDays(-1), number: 'X123' };
    const entered = await officer.post(`/memberships/${holder.membershipId}/credentials`, body);
    expect(entered.json()).to.include({
      state: 'first_pass',
      number: '',
      validTo: addDays(addMonths(inDays(-1), 12), -1),
    });
    const id = entered.json<Shown>().id;
    expect((await officer.post(`/credentials/${id}/review`, { verdict: 'valid' })).status).to.equal(403);
    expect((await reviewer.post(`/credentials/${id}/review`, { verdict: 'valid' })).status).to.equal(200);
    const seat = (await own.post(`/positions/${positionId}/assignments`)).json<{ id: string }>().id;
    expect((await stateOf(seat))[0]).to.equal('accepted');
    // What was found is nobody's to keep, whatever is written.
    const bad = await claim(await (await createMember(tenant)).api(), body);
    const no = await officer.post(`/credentials/${bad}/review`, {
      verdict: 'rejected',
      reason: 'what was found',
    });
    expect(no.json()).to.include({ state: 'rejected', reason: 'check-not-passed' });
  });

  it('gives its skills as long as it is valid, without being claimed', async () => {
    const own = await (await createMember(tenant, { person: { skills: [] } })).api();
    const positionId = await createPosition(tenant, { skills: [{ code: 'dispute-mediation', minLevel: 2 }] });
    expect((await own.post(`/positions/${positionId}/assignments`)).text).to.include('skill-missing');
    const id = await claim(own);
    await verify(id);
    const seat = (await own.post(`/positions/${positionId}/assignments`)).json<{ id: string }>().id;
    await reviewer.post(`/credentials/${id}/standing`, { to: 'revoked', reason: 'x' });
    expect((await stateOf(seat))[0]).to.equal('replaced');
  });

  it('stands beside what the national register shows', async () => {
    const own = await (await createMember(tenant)).api();
    const id = await claim(own, { type: 'social-worker', level: 'assistant' });
    const path = `/credentials/${id}/register`;
    const seen = { state: 'registered', seenOn: inDays(0) };
    expect((await own.post(path, seen)).status).to.equal(403);
    expect((await officer.post(path, { ...seen, seenOn: inDays(2) })).status).to.equal(422);
    expect((await officer.post(path, seen)).status).to.equal(200);
    expect((await own.get(`/credentials/${id}`)).json()['register']).to.deep.equal({
      mirrored: 'waiting',
      seen,
    });
    const card = await claim(own);
    expect((await officer.post(`/credentials/${card}/register`, seen)).json()['code']).to.equal(
      'no-register',
    );
  });
});

describe('the catalogue', () => {
  it('is changed by an officer for what is stated from now on; a place’s own types are asked for like others', async () => {
    const tenant = await createTenant();
    const officer = await (await createMember(tenant, { roles: ['officer'] })).api();
    const own = await (await createMember(tenant)).api();
    const body = {
      nameZh: '禁毒社工证',
      nameEn: 'Drug counsellor card',
      validMonths: 24,
      windowMonths: 2,
      levels: 'junior | 初级 | Junior\nfull | 正式 | Full',
      gives: 'casework | 2 | full',
      neededFor: ['homeless-aid'],
    };
    expect((await own.post('/credential-types', { code: 'drug-card', ...body })).status).to.equal(403);
    const bad = await officer.post('/credential-types', { code: 'drug-card', ...body, gives: 'flying | 2' });
    expect(bad.json<{ errors: object[] }>().errors).to.deep.include({
      path: 'gives',
      code: 'line-not-understood',
    });
    const added = await officer.post('/credential-types', { code: 'drug-card', ...body });
    expect(added.status, added.text).to.equal(201);
    const claimed = await own.post('/credentials', {
      type: 'drug-card',
      level: 'full',
      number: 'D1',
      issuedOn: inDays(-1),
      validFrom: inDays(-1),
    });
    expect(claimed.json()).to.deep.include({
      validTo: addDays(addMonths(inDays(-1), 24), -1),
      gives: [{ skill: 'casework', level: 2 }],
    });
    const edit = (change: object, version: number) =>
      officer.send(
        'PATCH',
        '/credential-types/drug-card',
        { ...body, ...change },
        { 'if-match': `"v${version}"` },
      );
    expect((await edit({ levels: 'full | 正式 | Full' }, 1)).text).to.include('levels-stay');
    expect((await edit({ validMonths: 12 }, 1)).status).to.equal(200);
    expect((await own.get('/credentials')).text).to.include(addDays(addMonths(inDays(-1), 24), -1));
    const positionId = await createPosition(tenant, {
      shiftId: await createShift(tenant, { category: 'homeless-aid' }),
    });
    const refused = await own.post(`/positions/${positionId}/assignments`);
    expect(refused.text, refused.text).to.include('Drug counsellor card');
  });
});
