import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { setTimeout as delay } from 'node:timers/promises';
import { compose } from '../../../server/compose.ts';
import type { Composed } from '../../../server/compose.ts';
import { loadConfig } from '../../../server/config.ts';
import { asTenant } from '../../../server/core/context.ts';
import type { Ranking } from '../../../server/features/matching/index.ts';
import { createServed } from '../../factories/hours.ts';
import { asOperator, createMember, createPerson, createTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createOpening } from '../../factories/requests.ts';
import { actorOf } from '../../support/actor.ts';
import { testApp } from '../../support/app.ts';
import { testDatabase } from '../../support/mongod.ts';

const POINT = (longitude: number, latitude: number) => ({
  home: { type: 'Point', coordinates: [longitude, latitude] },
});
const ASKED = [
  { purpose: 'terms', version: '2026-11', givenAt: new Date(0), withdrawnAt: null },
  { purpose: 'asked-by-others', version: '2026-11', givenAt: new Date(0), withdrawnAt: null },
];

const POLL_MS = 100;

/** The same application with its search in memory, which only looks for changes: no change stream shortens the wait. */
async function composeWithSearch(stream: 'on' | 'off'): Promise<Composed> {
  const { dataDir } = await testApp();
  return compose(
    loadConfig({
      NODE_ENV: 'test',
      PORT: '0',
      LINLI_DATA: dataDir,
      LOG_LEVEL: 'silent',
      SEARCH_FROM_PEOPLE: '1',
      SEARCH_POLL_MILLISECONDS: String(POLL_MS),
      SEARCH_STREAM: stream,
    }),
  );
}

describe('who fits, from memory', function () {
  this.timeout(60_000);
  let coordinator: Member;
  let members: Member[];
  let positionId: string;
  let quick: Composed;
  const stops: Composed[] = [];

  before(async () => {
    // A county of its own: people who may be asked in others' tests are not looked at.
    const tenant = await createTenant({ serviceCounties: ['659001'] });
    coordinator = await createMember(tenant, { roles: ['coordinator'] });
    members = [];
    for (let n = 0; n < 6; n++)
      members.push(
        await createMember(tenant, {
          kind: n === 0 ? 'community-worker' : 'volunteer',
          person: { ...POINT(119.69, 29.79 + n / 100), county: '659001' } as never,
        }),
      );
    await createPerson({ ...POINT(119.7, 29.8), county: '659001', consents: ASKED } as never);
    await createServed(tenant, members[3] as Member);
    ({ positionId } = await createOpening(tenant));
    quick = await composeWithSearch('off');
    stops.push(quick);
  });
  after(async () => {
    for (const { search } of stops) await search.close();
  });

  const ask = (composed: Composed, limit = 20): Promise<Ranking> =>
    asOperator(() =>
      asTenant(coordinator.tenant.id, async () =>
        composed.services.matching.candidates(await actorOf(coordinator), positionId, limit),
      ),
    );
  const shown = ({ candidates, funnel, looked, eligible, excluded }: Ranking) => ({
    candidates: candidates.map(({ handle, name, fit }) => [handle, name, fit.score]),
    funnel,
    looked,
    eligible,
    excluded: excluded.map(({ name }) => name).sort(),
  });
  /** Asks until memory has the people and knows of the change; the database is right at once. */
  async function agreed(composed = quick): Promise<Ranking> {
    const { composed: plain } = await testApp();
    for (;;) {
      const expected = shown(await ask(plain));
      const found = await ask(composed);
      const { search } = composed;
      const memory = await search.ask({
        ...(await queryOf()),
        k: 20,
        others: 0,
      });
      if (memory && JSON.stringify(shown(found)) === JSON.stringify(expected)) {
        const same = memory.best.length === found.candidates.length && memory.eligible === found.eligible;
        if (same) return found;
      }
      await delay(50);
    }
  }
  /** The first answer: where a look takes longer than an interval, as on a busy machine, memory gives none. */
  async function fromMemory({ search }: Composed) {
    for (;;) {
      const query = { ...(await queryOf()), k: 20, others: 0 };
      const askedAt = Date.now();
      const answer = await search.ask(query);
      if (answer) return { answer, askedAt };
      await delay(POLL_MS);
    }
  }
  async function queryOf() {
    const { composed: plain } = await testApp();
    return asOperator(() =>
      asTenant(coordinator.tenant.id, async () =>
        plain.services.matching.queryFor(await actorOf(coordinator), positionId),
      ),
    );
  }

  it('answers what the database answers, people from outside nameless and in bands', async () => {
    const { candidates, looked } = await agreed();
    expect(looked).to.equal(8);
    const outside = candidates.filter(({ name }) => name === null);
    expect(outside).to.have.length(1);
    expect(outside[0]?.fit.distanceMetres).to.equal(3_000);
  });

  it('hears of profiles, places taken, exclusions and weights by looking alone', async () => {
    const [near, other] = [members[0] as Member, members[1] as Member];
    const api = await near.api();
    const before = (await api.get('/me/profile')).json<{ version: number }>();
    const seen = { 'if-match': `"v${before.version}"` };
    expect((await api.send('PATCH', '/me/profile', { radiusKm: '2', latitude: 30.5 }, seen)).status).to.equal(
      200,
    );
    expect((await agreed()).excluded.map(({ name }) => name)).to.include(near.name);
    expect((await (await other.api()).post(`/positions/${positionId}/assignments`)).status).to.equal(201);
    const after = await agreed();
    expect(after.excluded.find(({ name }) => name === other.name)?.refusals).to.deep.equal([
      { code: 'not-available' },
    ]);
    const late = await createMember(coordinator.tenant, { person: { county: '659001' } as never });
    await (await late.api()).send('PATCH', '/me/profile', { homeLabel: 'x' }, { 'if-match': '"v1"' });
    expect((await agreed()).candidates.map(({ name }) => name)).to.include(late.name);
  });

  it('asks members of a small organisation, however many neighbours fit better', async () => {
    const tenant = await createTenant({ serviceCounties: ['659002'] });
    const asks = await createMember(tenant, { roles: ['coordinator'] });
    const place = { county: '659002', ...POINT(119.7, 29.8) };
    for (let n = 0; n < 20; n++) await createPerson({ ...place, consents: ASKED } as never);
    const { positionId: id } = await createOpening(tenant);
    const { shifts, matching } = quick.services;
    const asked = await asOperator(() =>
      asTenant(tenant.id, async () => {
        const { position, shift } = await shifts.accessPosition(
          await actorOf(asks),
          id,
          'positions:candidates',
        );
        return matching.best(position, shift, 1);
      }),
    );
    expect(asked).to.deep.equal([asks.personId]);
  });

  it('hears of them through a change stream where there is one', async () => {
    const streaming = await composeWithSearch('on');
    stops.push(streaming);
    await agreed(streaming);
    const one = members[4] as Member;
    await (
      await one.api()
    ).send('PATCH', '/me/profile', { radiusKm: '2', latitude: 31 }, { 'if-match': '"v1"' });
    expect((await agreed(streaming)).excluded.map(({ name }) => name)).to.include(one.name);
  });

  it('answers with what is at most one interval old where change streams are blocked', async () => {
    const { uri, name } = await testDatabase();
    const client = await new MongoClient(uri).connect();
    const failPoint = (mode: string, data?: object) =>
      client.db('admin').command({ configureFailPoint: 'failCommand', mode, ...(data ? { data } : {}) });
    // Nothing else aggregates the audit trail from the search's thread.
    const streams = { failCommands: ['aggregate'], namespace: `${name}.auditentries`, errorCode: 11602 };
    await failPoint('alwaysOn', streams);
    const blocked = await composeWithSearch('on');
    stops.push(blocked);
    try {
      await agreed(blocked);
      const one = members[5] as Member;
      const api = await one.api();
      for (const latitude of [31.2, 31.3]) {
        const { version } = (await api.get('/me/profile')).json<{ version: number }>();
        const seen = { 'if-match': `"v${version}"` };
        await api.send('PATCH', '/me/profile', { radiusKm: '2', latitude }, seen);
        const { answer, askedAt } = await fromMemory(blocked);
        // A clock shows whole milliseconds.
        expect(answer.asOf.getTime()).to.be.at.least(askedAt - POLL_MS - 2);
        expect((await agreed(blocked)).excluded.map(({ name: whose }) => whose)).to.include(one.name);
      }
    } finally {
      await failPoint('off');
      await client.close();
    }
  });

  it('begins with those who were read so far and says so', async () => {
    const fresh = await composeWithSearch('off');
    stops.push(fresh);
    // So few people are read at once: the first answer already knows everybody.
    expect((await fromMemory(fresh)).answer.reading).to.equal(null);
    expect((await ask(fresh)).ofAtMost).to.equal(null);
  });

  it('falls back to the database when the thread is gone', async () => {
    const broken = await composeWithSearch('off');
    await broken.search.close();
    const { composed: plain } = await testApp();
    expect(shown(await ask(broken))).to.deep.equal(shown(await ask(plain)));
    stops.push(broken);
  });
});
