import { expect } from 'chai';
import { Types } from 'mongoose';
import { compose } from '../../../server/compose.ts';
import { OutboxModel } from '../../../server/db/outbox.ts';
import {
  SavedSearchModel,
  SearchHitModel,
  SearchNewsModel,
} from '../../../server/features/saved-searches/saved-search.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createOpening } from '../../factories/requests.ts';
import { PageAgent } from '../../support/agent.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { atOffset, testApp, testConfig } from '../../support/app.ts';
import { startMailSink } from '../../support/mail-sink.ts';

interface Search {
  id: string;
  version: number;
  name: string;
  paused: boolean;
  toldAt: string | null;
  count: number;
  found: { positionId: string; title: string }[];
}
interface Mail {
  to: string;
  subject: string;
  text: string;
  links: string[];
}

const DAY = 86_400_000;
/** Long enough for what was heard to be looked at. */
const SOON = 3 * 60_000;

describe('saved searches', function () {
  this.timeout(60_000);
  let tenant: Tenant;
  let coordinator: ApiAgent;
  before(async () => {
    tenant = await createTenant();
    coordinator = await (await createMember(tenant, { roles: ['coordinator'] })).api();
  });

  const volunteer = (): Promise<Member> => createMember(tenant);
  async function saved(member: Member, body: object): Promise<Search> {
    const answer = await (await member.api()).post('/me/saved-searches', { name: '我找的', ...body });
    expect(answer.status, answer.text).to.equal(201);
    return answer.json<Search>();
  }
  /** A draft with one position, which the coordinator then publishes. */
  async function draft(
    word: string,
    position: NonNullable<Parameters<typeof createOpening>[1]>['position'] = {},
  ): Promise<{ shiftId: string; positionId: string }> {
    const made = await createOpening(tenant, {
      request: { title: `服务${word}` },
      shift: { state: 'draft' },
      position: { maximum: 1, ...position },
    });
    return made;
  }
  const publish = async (shiftId: string): Promise<void> => {
    const answer = await coordinator.post(`/shifts/${shiftId}/publication`);
    expect(answer.status, answer.text).to.equal(200);
  };
  async function sweeps(offset: number): Promise<void> {
    const { sweep } = await testApp();
    await sweep('saved-searches/hear');
    await atOffset(offset, async () => {
      await Promise.all([sweep('saved-searches/look'), sweep('saved-searches/look')]);
      await sweep('messages/deliver');
    });
  }
  async function mailsOf({ email }: Member): Promise<Mail[]> {
    const { url } = await testApp();
    const all = (await (await fetch(`${url}/dev/mailbox.json`)).json()) as Mail[];
    return all.filter((mail) => mail.to.includes(email) && mail.text.includes('/saved-searches'));
  }

  it('tell at once of what is published, once, and only whom it suits and who asked for it', async () => {
    const word = new Types.ObjectId().toString();
    const [near, other, quiet] = [await volunteer(), await volunteer(), await volunteer()];
    const before = await createOpening(tenant, { request: { title: `早就有${word}` } });
    const search = await saved(near, { words: word, often: 'at-once' });
    await saved(other, { words: `${word} 别的`, often: 'at-once' });
    await saved(quiet, { words: word, often: 'daily' });
    const api = await near.api();
    // What was open then was seen: it is on the page, and no news.
    const shown = (await api.get(`/me/saved-searches/${search.id}`)).json<Search>();
    expect(shown.found.map(({ positionId }) => positionId)).to.deep.equal([before.positionId]);
    await sweeps(SOON);
    expect(await mailsOf(near)).to.have.length(0);

    const { shiftId, positionId } = await draft(word);
    // Needs what nobody here has.
    const beyond = await draft(word, { skills: [{ code: 'first-aid', minLevel: 3 }] });
    await publish(shiftId);
    await publish(beyond.shiftId);
    await sweeps(SOON);
    await sweeps(SOON);
    const [mail, ...more] = await mailsOf(near);
    expect(more).to.have.length(0);
    expect(mail?.text).to.include(`服务${word}`).and.not.include(`早就有${word}`);
    expect(mail?.text.match(new RegExp(`服务${word}`, 'g'))).to.have.length(1);
    expect(await mailsOf(other)).to.have.length(0);
    expect(await mailsOf(quiet)).to.have.length(0);
    await inTenant(tenant.id, async () => {
      const hits = await SearchHitModel.find({ positionId: new Types.ObjectId(positionId) }).lean();
      expect(hits.filter(({ digestId }) => digestId !== null)).to.have.length(1);
      expect(await SearchNewsModel.countDocuments({ shiftId: new Types.ObjectId(shiftId) })).to.equal(0);
    });
    // The daily one hears it in the morning, and the other not again.
    await sweeps(DAY);
    await sweeps(2 * DAY);
    expect(await mailsOf(quiet)).to.have.length(1);
    expect(await mailsOf(near)).to.have.length(1);
  });

  it('tell of a place that is free again, in one mail for all of a person’s searches', async () => {
    const word = new Types.ObjectId().toString();
    const [holder, reader] = [await volunteer(), await volunteer()];
    const { positionId } = await createOpening(tenant, {
      request: { title: `满员${word}` },
      position: { maximum: 1 },
    });
    const held = await (await holder.api()).post(`/positions/${positionId}/assignments`, {});
    expect(held.status, held.text).to.equal(201);
    const one = await saved(reader, { words: word, often: 'at-once', name: '第一个' });
    await saved(reader, { words: `满员${word}`, often: 'at-once', name: '第二个' });
    const api = await reader.api();
    expect((await api.get(`/me/saved-searches/${one.id}`)).json<Search>().count).to.equal(0);
    const cancelled = await (
      await holder.api()
    ).post(`/assignments/${held.json<{ id: string }>().id}/cancel`, { reason: '' });
    expect(cancelled.status, cancelled.text).to.equal(200);
    await sweeps(SOON);
    const [mail, ...more] = await mailsOf(reader);
    expect(more).to.have.length(0);
    // Named once, under the first search that found it.
    expect(mail?.text).to.include('第一个').and.not.include('第二个');
    expect((await api.get(`/me/saved-searches/${one.id}`)).json<Search>().toldAt).to.be.a('string');
  });

  it('say nothing of what is full, cancelled or no longer wanted by the time the mail leaves', async () => {
    const word = new Types.ObjectId().toString();
    const [taker, reader, gone] = [await volunteer(), await volunteer(), await volunteer()];
    await saved(reader, { words: word, often: 'at-once' });
    const dropped = await saved(gone, { words: word, often: 'at-once' });
    const { shiftId, positionId } = await draft(word);
    await publish(shiftId);
    const { sweep } = await testApp();
    await sweep('saved-searches/hear');
    await atOffset(SOON, () => sweep('saved-searches/look'));
    const pause = await (await gone.api()).post(`/me/saved-searches/${dropped.id}/pause`, { paused: true });
    expect(pause.json<Search>().paused).to.equal(true);
    const signedUp = await (await taker.api()).post(`/positions/${positionId}/assignments`, {});
    expect(signedUp.status).to.equal(201);
    await atOffset(SOON, () => sweep('messages/deliver'));
    expect([...(await mailsOf(reader)), ...(await mailsOf(gone))]).to.have.length(0);
    const states = await inTenant(tenant.id, async () =>
      (await OutboxModel.find({ kind: 'saved-searches/found' }).lean()).map(
        ({ state, data }) => [String(data['personId']), state] as const,
      ),
    );
    for (const { personId } of [reader, gone])
      expect(states.filter(([id]) => id === personId)).to.deep.equal([[personId, 'dropped']]);
  });

  it('stop by the button that a mail program makes of the mail, without a page or a sign-in', async () => {
    const word = new Types.ObjectId().toString();
    const reader = await volunteer();
    const search = await saved(reader, { words: word, often: 'at-once' });
    await publish((await draft(word)).shiftId);
    const { sweep, url } = await testApp();
    await sweep('saved-searches/hear');
    await atOffset(SOON, () => sweep('saved-searches/look'));
    // The same installation with a mail server, at which the mail arrives.
    const sink = await startMailSink();
    const config = testConfig({
      SMTP_URL: sink.url,
    });
    const { services, channels } = compose(config, { publicUrl: url });
    const row = await inTenant(tenant.id, () =>
      OutboxModel.findOne({ kind: 'saved-searches/found', 'data.personId': reader.personId }).lean(),
    );
    await inTenant(tenant.id, () => services.messages.deliver(String(row?._id)));
    channels.email.close();
    await sink.stop();
    const address = sink.received.find(({ to }) => to === reader.email)?.unsubscribe ?? '';
    expect(address).to.include(`${url}/api/v1/search-mails/`);
    const press = (to: string): Promise<Response> =>
      fetch(to, { method: 'POST', body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) });
    expect((await press(address.replace(/.{3}\/stop$/, 'AAA/stop'))).status).to.equal(404);
    const own = async (): Promise<Search> =>
      (await (await reader.api()).get(`/me/saved-searches/${search.id}`)).json<Search>();
    expect((await own()).paused).to.equal(false);
    for (let times = 0; times < 2; times += 1) expect((await press(address)).status).to.equal(200);
    expect((await own()).paused).to.equal(true);
  });

  it('stop by the link of a mail, signed in or not, and only by pressing its button', async () => {
    const word = new Types.ObjectId().toString();
    const reader = await volunteer();
    const search = await saved(reader, { words: word, often: 'at-once' });
    const { shiftId } = await draft(word);
    await publish(shiftId);
    await sweeps(SOON);
    const [mail] = await mailsOf(reader);
    const { url } = await testApp();
    const link = mail?.links.find((one) => one.includes('/search-mails/'))?.replace(url, '') ?? '';
    const stranger = new PageAgent();
    for (let read = 0; read < 2; read += 1) expect((await stranger.get(link)).status).to.equal(200);
    const own = async (): Promise<Search> =>
      (await (await reader.api()).get(`/me/saved-searches/${search.id}`)).json<Search>();
    expect((await own()).paused).to.equal(false);
    const page = await stranger.get(link);
    expect(page.text).to.not.include(reader.name);
    expect((await stranger.post(`${link}/stop`, {})).status).to.equal(303);
    expect((await own()).paused).to.equal(true);
    expect((await stranger.post(`${link}/stop`, {})).status).to.equal(303);
    const forged = link.slice(0, -3) + (link.endsWith('AAA') ? 'BBB' : 'AAA');
    expect((await stranger.get(forged)).status).to.equal(404);
    // Going on tells what came meanwhile.
    const later = await draft(word);
    await publish(later.shiftId);
    await sweeps(DAY);
    expect(await mailsOf(reader)).to.have.length(1);
    await (await reader.api()).post(`/me/saved-searches/${search.id}/pause`, { paused: false });
    await sweeps(SOON);
    expect(await mailsOf(reader)).to.have.length(2);
  });

  it('are made, changed and taken away on pages; errors stand beside their fields, another’s is missing', async () => {
    const [owner, other] = [await volunteer(), await volunteer()];
    const page = await owner.page();
    const form = await page.get('/saved-searches/new?category=neighbourhood&latitude=29.79&longitude=119.69');
    expect(form.status).to.equal(200);
    expect(form.text).to.include('value="neighbourhood" selected').and.include('value="29.79"');
    const nothing = await page.post('/saved-searches', { name: '什么都行', often: 'daily' });
    expect(nothing.status).to.equal(422);
    expect(nothing.text).to.include('id="f-words-error"').and.include('什么都行');
    const crossed = await page.post('/saved-searches', {
      name: 'x',
      from: '18:00',
      to: '09:00',
      latitude: '29.79',
      often: 'daily',
    });
    expect(crossed.status).to.equal(422);
    expect(crossed.text).to.include('id="f-to-error"').and.include('id="f-latitude-error"');
    const away = await page.post('/saved-searches', { name: 'x', withinKm: '5', often: 'daily' });
    expect(away.status).to.equal(422);
    expect(away.text).to.include('id="f-withinKm-error"');
    const made = await page.post('/saved-searches', {
      name: '周末',
      weekdays: ['6', '7'],
      from: '09:00',
      often: 'daily',
    } as never);
    expect(made.status, made.text).to.equal(303);
    const href = made.headers.get('location') ?? '';
    expect((await page.get(href)).text).to.include('周末');
    const id = href.split('/').at(-1) ?? '';
    const foreign = await other.api();
    for (const answer of [
      await foreign.get(`/me/saved-searches/${id}`),
      await foreign.post(`/me/saved-searches/${id}/pause`, { paused: true }),
      await foreign.post(`/me/saved-searches/${id}/removal`),
    ])
      expect(answer.status).to.equal(404);
    expect((await page.get('/saved-searches')).text).to.include('周末');
    expect((await page.post(`${href}/removal`, {})).status).to.equal(303);
    expect((await page.get(href)).status).to.equal(404);
  });

  it('are limited per person, also for those who save many at once', async () => {
    const reader = await volunteer();
    const api = await reader.api();
    const answers = await Promise.all(
      Array.from({ length: 13 }, (_unused, n) =>
        api.post('/me/saved-searches', { name: `n${n}`, words: `w${n}` }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).to.have.length(10);
    expect(answers.filter(({ status }) => status === 409)).to.have.length(3);
    const stored = await inTenant(tenant.id, () =>
      SavedSearchModel.countDocuments({ personId: new Types.ObjectId(reader.personId) }),
    );
    expect(stored).to.equal(10);
  });
});
