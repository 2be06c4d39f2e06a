import { expect } from 'chai';
import { createServed } from '../../factories/hours.ts';
import { createMember, createTenant } from '../../factories/people.ts';
import { createOpening } from '../../factories/requests.ts';

interface Ranking {
  data: { handle: string; membershipId: string }[];
  excluded: { membershipId: string; refusals: { code: string }[] }[];
}
interface Mine {
  kept: number;
  of: number;
  from: number;
  exclusions: { id: string; reason: string; requestId: string | null }[];
  objections: { id: string; answer: string | null }[];
}

describe('keeping somebody from a task', () => {
  it('is told to the person with its reason, to others as not available, and answered by a human', async () => {
    const tenant = await createTenant();
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const member = await createMember(tenant);
    await createServed(tenant, member);
    const { positionId } = await createOpening(tenant);
    const [desk, own] = [await coordinator.api(), await member.api()];
    const ranking = async (): Promise<Ranking> =>
      (await desk.get(`/positions/${positionId}/candidates`)).json<Ranking>();
    const handle =
      (await ranking()).data.find((one) => one.membershipId === member.membershipId)?.handle ?? '';
    const set = (body: object) =>
      desk.post(`/positions/${positionId}/exclusions`, body as Record<string, unknown>);
    expect((await own.post(`/positions/${positionId}/exclusions`, { handle, reason: 'x' })).status).to.equal(
      403,
    );
    const made = await set({ handle, reason: 'asked for by the family' });
    expect(made.status, made.text).to.equal(201);
    expect((await set({ handle, reason: 'again' })).status).to.equal(409);
    const kept = (await ranking()).excluded.find((one) => one.membershipId === member.membershipId);
    expect(kept?.refusals).to.deep.equal([{ code: 'not-available', params: {} }]);
    const screen = await coordinator.page();
    const again = await screen.post(`/positions/${positionId}/exclusions`, { handle, reason: '' });
    expect([again.status, /aria-invalid="true"/.test(again.text)]).to.deep.equal([422, true]);
    expect(again.text).to.include(`name="handle" value="${handle}"`);
    const refused = await own.post(`/positions/${positionId}/assignments`);
    expect(refused.json<{ reasons: { code: string }[] }>().reasons[0]?.code).to.equal('excluded');

    const mine = async (): Promise<Mine> => (await own.get('/me/matching')).json<Mine>();
    expect((await mine()).exclusions[0]).to.include({ reason: 'asked for by the family' });
    const { kept: places, of, from } = await mine();
    expect([of, from]).to.deep.equal([places + 9, places + 10]);
    for (let n = 0; n < 3; n++)
      expect(
        (await own.post('/me/matching/objections', { about: 'exclusion', text: 'No.' })).status,
      ).to.equal(201);
    expect((await own.post('/me/matching/objections', { about: 'score', text: 'No.' })).status).to.equal(409);
    const [waiting] = (await desk.get('/exclusions')).json<{ objections: { id: string }[] }>().objections;
    const answer = (body: object) => desk.post(`/exclusions/objections/${waiting?.id}/answer`, body as never);
    expect((await answer({ answer: 'We asked them again.' })).status).to.equal(200);
    expect((await answer({ answer: 'Twice.' })).status).to.equal(409);
    expect((await mine()).objections.find(({ id }) => id === waiting?.id)?.answer).to.equal(
      'We asked them again.',
    );
    const page = await (await member.page()).get('/me/matching?lang=en');
    expect(page.text).to.include('asked for by the family').and.include('We asked them again.');
    expect((await (await coordinator.page()).get('/exclusions?lang=en')).text).to.include(member.name);

    const id = made.json<{ id: string }>().id;
    expect((await desk.post(`/exclusions/${id}/lift`)).status).to.equal(200);
    expect((await desk.post(`/exclusions/${id}/lift`)).status).to.equal(409);
    expect((await own.post(`/positions/${positionId}/assignments`)).status).to.equal(201);
    const foreign = await createMember(await createTenant(), { roles: ['coordinator'] });
    expect((await (await foreign.api()).post(`/exclusions/${id}/lift`)).status).to.equal(404);
  });
});
