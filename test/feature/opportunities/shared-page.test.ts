import { expect } from 'chai';
import { SHARED_SECONDS } from '../../../server/http/shared-pages.ts';
import { ShiftModel } from '../../../server/features/shifts/shift.model.ts';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';
import { createOpening } from '../../factories/requests.ts';
import { PageAgent } from '../../support/agent.ts';
import { atOffset } from '../../support/app.ts';

describe('a public page that is shown again', () => {
  const visit = (path: string, headers: Record<string, string> = {}) => new PageAgent().get(path, headers);

  it('is forgotten with the next change here, and within seconds with a change elsewhere', async () => {
    const tenant = await createTenant();
    const { shiftId } = await createOpening(tenant, { request: { title: '原来的题目' } });
    const paths = [`/t/${tenant.slug}/opportunities`, `/t/${tenant.slug}/opportunities/${shiftId}`];
    const titled = async (): Promise<boolean[]> =>
      Promise.all(paths.map(async (path) => (await visit(path)).text.includes('原来的题目')));
    expect(await titled()).to.deep.equal([true, true]);
    // As another process would write: this one notices nothing.
    const elsewhere = (change: object) =>
      inTenant(tenant.id, () => ShiftModel.updateOne({ _id: shiftId }, { $set: change }));
    await elsewhere({ title: '换过的题目' });
    expect(await titled(), 'kept for a moment').to.deep.equal([true, true]);
    await atOffset(SHARED_SECONDS * 1_000, async () => {
      expect(await titled(), 'and no longer').to.deep.equal([false, false]);
    });
    await elsewhere({ title: '原来的题目' });
    await createOpening(tenant);
    expect(await titled(), 'a change through this process shows at once').to.deep.equal([true, true]);
  });

  it('is made of what members are told for as long, in their own organisation only; what changes something reads anew', async () => {
    const [tenant, other] = [await createTenant(), await createTenant()];
    const { shiftId, positionId } = await createOpening(tenant, { request: { title: '原来的题目' } });
    await createOpening(other, { request: { title: '别处的题目' } });
    const [own, stranger] = [await createMember(tenant), await createMember(other)];
    const [page, api, elsewhere] = [await own.page(), await own.api(), await stranger.page()];
    const told = async (): Promise<string> => (await page.get('/opportunities')).text;
    expect(await told())
      .to.include('原来的题目')
      .and.not.include('别处的题目');
    expect((await elsewhere.get('/opportunities')).text)
      .to.include('别处的题目')
      .and.not.include('原来的题目');
    const change = (set: object) =>
      inTenant(tenant.id, () => ShiftModel.updateOne({ _id: shiftId }, { $set: set }));
    await change({ title: '换过的题目' });
    expect(await told(), 'told again for a moment').to.include('原来的题目');
    await atOffset(SHARED_SECONDS * 1_000, async () => {
      expect(await told(), 'and no longer')
        .to.include('换过的题目')
        .and.not.include('原来的题目');
    });
    await told();
    await change({ state: 'locked' });
    expect(await told(), 'still told').to.include('换过的题目');
    const late = await api.post(`/positions/${positionId}/assignments`);
    expect([late.status, late.text.includes('shift-not-open')], late.text).to.deep.equal([409, true]);
  });

  it('carries headers and a nonce of its own each time, and no cookie', async () => {
    const tenant = await createTenant();
    await createOpening(tenant);
    const path = `/t/${tenant.slug}/opportunities`;
    const nonces = new Set<string>();
    for (const answer of [await visit(path), await visit(path), await visit(path)]) {
      expect(answer.status).to.equal(200);
      const nonce = /'nonce-([^']+)'/.exec(answer.headers.get('content-security-policy') ?? '')?.[1] ?? '';
      expect(answer.text).to.include(`nonce="${nonce}"`);
      for (const [, used] of answer.text.matchAll(/ nonce="([^"]+)"/g)) expect(used).to.equal(nonce);
      expect(answer.headers.get('set-cookie')).to.equal(null);
      expect(answer.headers.get('cache-control')).to.equal('no-store');
      expect(answer.headers.get('content-type')).to.equal('text/html; charset=utf-8');
      nonces.add(nonce);
    }
    expect(nonces.size).to.equal(3);
  });

  it('is another one in another language, in larger letters, for another query and for members', async () => {
    const tenant = await createTenant();
    const { shiftId } = await createOpening(tenant);
    const path = `/t/${tenant.slug}/opportunities/${shiftId}`;
    const plain = (await visit(path)).text;
    expect(plain).to.include('lang="zh-CN"').and.include('data-letters="normal"');
    const english = { cookie: '__Host-lang=en' };
    expect((await visit(path, english)).text).to.include('<html lang="en"');
    expect((await visit(path, { cookie: '__Host-letters=large' })).text).to.include('data-letters="large"');
    const chosen = await visit(`${path}?lang=en`);
    expect(chosen.text).to.include('<html lang="en"');
    expect((await visit(`${path}?lang=en`)).headers.get('set-cookie'), 'the choice is remembered').to.include(
      '__Host-lang=en',
    );
    const member = await (await createMember(tenant)).page();
    const own = (await member.get(path)).text;
    expect(own).to.include('/sign-out').and.include('name="_csrf"');
    expect((await visit(path)).text)
      .to.not.include('/sign-out')
      .and.not.include('name="_csrf"');
  });
});
