import { expect } from 'chai';
import { createPerson, PASSWORD } from '../factories/people.ts';
import { PageAgent } from '../support/agent.ts';
import { freshTestApp, stopTestApp } from '../support/app.ts';
import { expectVerified, startProcesses } from '../support/processes.ts';

const GUESSES = Number(process.env['LINLI_GUESSES'] ?? 120);

/** Guesses count in the database: another process or a restart is no way round (S-17). */
describe('guessing a password through several processes', function () {
  this.timeout(240_000);

  before(() => freshTestApp());
  after(() => stopTestApp());

  it('is throttled over processes and a restart, and the owner still comes in', async () => {
    const person = await createPerson();
    let processes = await startProcesses({ web: 2, jobs: 0 });
    // The owner's browser, known from before.
    const owner = new PageAgent(processes.urls[0] ?? '');
    await owner.get('/sign-in');
    const entered = await owner.post(
      '/sign-in',
      { email: person.email, password: PASSWORD },
      { origin: processes.urls[0] ?? '' },
    );
    expect(entered.status, entered.text).to.equal(303);
    const mark = /__Host-device=[^;]+/.exec(owner.cookieHeader())?.[0] ?? '';
    expect(mark).to.not.equal('');
    const tried = { 422: 0, 429: 0 } as Record<number, number>;
    const guess = async (count: number, from: number): Promise<void> => {
      const agents = await Promise.all(
        processes.urls.map(async (url) => {
          const agent = new PageAgent(url);
          await agent.get('/sign-in');
          return { agent, url };
        }),
      );
      for (let i = 0; i < count; i += 1) {
        const { agent, url } = agents[i % agents.length] as (typeof agents)[number];
        const answer = await agent.post(
          '/sign-in',
          { email: person.email, password: `guess number ${from + i}` },
          { origin: url },
        );
        tried[answer.status] = (tried[answer.status] ?? 0) + 1;
      }
    };
    await guess(GUESSES / 2, 0);
    await processes.stop();
    processes = await startProcesses({ web: 2, jobs: 0 });
    await guess(GUESSES / 2, GUESSES);
    // Twenty in a quarter of an hour, whatever the processes; everything else was not even looked at.
    expect(tried).to.deep.equal({ 422: 20, 429: GUESSES - 20 });
    const url = processes.urls[1] ?? '';
    const page = await fetch(`${url}/sign-in`, { headers: { cookie: mark } });
    const session = page.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';')[0])
      .join('; ');
    const token =
      /name="_csrf" value="([^"]+)"/.exec(await page.text())?.[1]?.replaceAll('&#x3D;', '=') ?? '';
    const back = await fetch(`${url}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        cookie: `${mark}; ${session}`,
        origin: url,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ _csrf: token, email: person.email, password: PASSWORD }).toString(),
    });
    expect(back.status).to.equal(303);
    await processes.stop();
    await expectVerified();
  });
});
