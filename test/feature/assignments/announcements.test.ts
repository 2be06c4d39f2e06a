import { expect } from 'chai';
import { AuditModel } from '../../../server/db/audit.ts';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { AccountModel } from '../../../server/features/accounts/account.model.ts';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';
import { createOpening, createPosition } from '../../factories/requests.ts';
import { testApp } from '../../support/app.ts';

interface Mail {
  to: string;
  subject: string;
  text: string;
  html: string;
}

describe('POST /shifts/:id/announcements', function () {
  this.timeout(60_000);

  it('sends one mail to each person in the frame of their language, and to nobody who has left', async () => {
    const tenant = await createTenant();
    const coordinator = await createMember(tenant, { roles: ['coordinator'], person: { name: '李组织' } });
    const [api, page] = [await coordinator.api(), await coordinator.page()];
    const { shiftId, positionId } = await createOpening(tenant, { request: { title: '河道清洁' } });
    const asking = await createPosition(tenant, { shiftId, admission: 'approval' });
    const [chinese, english, waiting, gone] = [
      await createMember(tenant),
      await createMember(tenant),
      await createMember(tenant),
      await createMember(tenant),
    ];
    await AccountModel.updateOne({ _id: english.accountId }, { $set: { locale: 'en' } });
    await AccountModel.updateOne({ _id: chinese.accountId }, { $set: { locale: 'zh-CN' } });
    const path = `/shifts/${shiftId}/announcements`;
    const words = { subject: '请带雨具', text: '明天有雨。\n<b>集合点</b>改到东门。' };
    expect((await api.post(path, words)).json()).to.include({ code: 'nobody-to-tell' });
    for (const locale of ['zh-CN', 'en'])
      expect((await page.get(`${path}?lang=${locale}`)).status).to.equal(200);
    const ids: string[] = [];
    for (const member of [chinese, english, gone])
      ids.push(
        (await (await member.api()).post(`/positions/${positionId}/assignments`)).json<{ id: string }>().id,
      );
    expect((await (await waiting.api()).post(`/positions/${asking}/assignments`)).status).to.equal(201);
    const empty = await page.post(path, { subject: '', text: '', audience: 'placed' });
    expect(empty.status).to.equal(422);
    expect(empty.text).to.include('id="f-subject-error"').and.include('id="f-text-error"');
    expect((await api.post(path, { ...words, subject: 'a\nBcc: x@example.org' })).status).to.equal(422);
    const made = await page.post(path, { ...words, audience: 'placed' });
    expect(made.status, made.text.slice(0, 500)).to.equal(303);
    // Calls it off before the mail leaves.
    expect((await (await gone.api()).post(`/assignments/${ids[2]}/cancel`)).status).to.equal(200);
    const app = await testApp();
    await app.sweep('messages/deliver');
    const all = (await (await fetch(`${app.url}/dev/mailbox.json`)).json()) as Mail[];
    const mailsOf = ({ email }: { email: string }): Mail[] =>
      all.filter(({ to, subject }) => to.includes(email) && subject.includes('请带雨具'));
    expect([chinese, english, waiting, gone].map((one) => mailsOf(one).length)).to.deep.equal([1, 1, 0, 0]);
    const [zh, en] = [mailsOf(chinese)[0], mailsOf(english)[0]];
    expect(zh?.text).to.include('您的班次').and.include('明天有雨。').and.include('李组织');
    expect(en?.text).to.include('writes to you about your shift').and.include('河道清洁');
    expect(en?.html).to.include('&lt;b&gt;').and.not.include('<b>集合点');
    expect(en?.to).to.not.include(chinese.email);
    const list = (await api.get(path)).json<{ data: { recipients: number; subject: string }[] }>().data;
    expect(list).to.have.length(1);
    expect(list[0]).to.include({ recipients: 3, subject: '请带雨具' });
    expect((await page.get(path)).text)
      .to.include('请带雨具')
      .and.not.include('rel="next"');
    const audit = await inTenant(tenant.id, () => AuditModel.find({ action: 'announcements/make' }).lean());
    expect(audit.map(({ facts }) => facts)).to.deep.equal([{ shiftId, audience: 'placed', recipients: 3 }]);
    expect(JSON.stringify(audit)).to.not.include('雨');
    const more = await api.post(path, { ...words, audience: 'everybody' });
    expect(more.json()).to.include({ recipients: 3 });
    const rows = await inTenant(tenant.id, () => OutboxModel.find({ kind: 'announcements/made' }).lean());
    expect(rows).to.have.length(6);
    const first = (await api.get(`${path}?limit=1`)).json<{ data: object[]; nextCursor: string }>();
    expect(first.data[0]).to.include({ audience: 'everybody' });
    const rest = (await api.get(`${path}?limit=1&cursor=${first.nextCursor}`)).json<typeof first>();
    expect(rest.data[0]).to.include({ audience: 'placed' });
    expect(rest.nextCursor).to.equal(null);
    expect((await page.get(`${path}?limit=1`)).text).to.include('rel="next"');
  });

  it('is for those who run the shift, the same key says it once, and it is throttled', async () => {
    const tenant = await createTenant();
    const api = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const volunteer = await (await createMember(tenant)).api();
    const { shiftId, positionId } = await createOpening(tenant);
    expect((await volunteer.post(`/positions/${positionId}/assignments`)).status).to.equal(201);
    const path = `/shifts/${shiftId}/announcements`;
    const words = { subject: 'x', text: 'y' };
    expect((await volunteer.post(path, words)).status).to.equal(403);
    const officer = await (await createMember(tenant, { roles: ['officer'] })).api();
    expect((await officer.post(path, words)).status).to.equal(403);
    const key = { 'idempotency-key': `announce-${shiftId}` };
    const [first, second] = [await api.post(path, words, key), await api.post(path, words, key)];
    expect(second.json()['id']).to.equal(first.json()['id']);
    let status = 201;
    let tries = 2;
    for (; status === 201 && tries < 40; tries += 1) status = (await api.post(path, words)).status;
    expect([status, tries]).to.deep.equal([429, 21]);
  });
});
