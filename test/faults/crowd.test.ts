import { expect } from 'chai';
import { createMember, createPerson, createTenant, PASSWORD } from '../factories/people.ts';
import type { TestPerson } from '../factories/people.ts';
import { createOpening } from '../factories/requests.ts';
import { PageAgent } from '../support/agent.ts';
import { freshTestApp, stopTestApp } from '../support/app.ts';
import { percentile } from '../support/load.ts';
import { expectVerified, startProcesses } from '../support/processes.ts';
import type { Processes } from '../support/processes.ts';

const CROWD = 200;

/** A sign-up day: everybody comes at once, and whoever is inside already goes on (S-15, F-26). */
describe('two hundred people who sign in at the same moment', function () {
  this.timeout(180_000);
  let processes: Processes;

  before(async () => {
    await freshTestApp();
    processes = await startProcesses({ web: 2, jobs: 0 });
  });
  after(async () => {
    try {
      await processes.stop();
      await expectVerified();
    } finally {
      await stopTestApp();
    }
  });
  const urlOf = (at: number): string => processes.urls[at % processes.urls.length] ?? '';

  it('all come in, and pages of others are answered all the while', async () => {
    const tenant = await createTenant();
    for (let made = 0; made < 10; made += 1) await createOpening(tenant);
    const crowd: TestPerson[] = [];
    while (crowd.length < CROWD)
      crowd.push(...(await Promise.all(Array.from({ length: 10 }, () => createPerson()))));
    const doors: PageAgent[] = [];
    for (let at = 0; at < CROWD; at += 10)
      doors.push(
        ...(await Promise.all(
          Array.from({ length: 10 }, async (_unused, n) => {
            const page = new PageAgent(urlOf(at + n));
            await page.get('/sign-in');
            return page;
          }),
        )),
      );
    const insiders = await Promise.all(
      [0, 1].map(async (at) => {
        const member = await createMember(tenant);
        const page = new PageAgent(urlOf(at));
        await page.get('/sign-in');
        await page.post('/sign-in', { email: member.email, password: PASSWORD });
        await page.post('/session/membership', { membershipId: member.membershipId });
        await page.get('/opportunities');
        return page;
      }),
    );
    let over = false;
    const times: number[] = [];
    const walk = async (page: PageAgent): Promise<void> => {
      for (const path of ['/opportunities', '/assignments', '/hours', '/']) {
        const began = performance.now();
        const { status } = await page.get(path);
        times.push(performance.now() - began);
        expect(status, path).to.equal(200);
      }
    };
    const walking = insiders.map(async (page) => {
      while (!over) await walk(page);
    });
    const began = performance.now();
    const enter = async (page: PageAgent, email: string): Promise<number> => {
      for (;;) {
        const answer = await page.post('/sign-in', { email, password: PASSWORD });
        if (answer.status !== 503) return answer.status;
        // A machine that is busy with other things may need longer than people are kept in line.
        await new Promise((resolve) =>
          setTimeout(resolve, Number(answer.headers.get('retry-after')) * 1_000),
        );
      }
    };
    const statuses = await Promise.all(doors.map((page, at) => enter(page, crowd[at]?.email ?? '')));
    const took = performance.now() - began;
    over = true;
    await Promise.all(walking);
    expect(new Set(statuses)).to.deep.equal(new Set([303]));
    expect(times.length).to.be.above(8);
    if (process.env['LINLI_SHOW'])
      process.stderr.write(
        `${CROWD} sign-ins in ${Math.round(took)} ms; ${times.length} other pages, p50 ${Math.round(percentile(times, 0.5))} ms, p95 ${Math.round(percentile(times, 0.95))} ms\n`,
      );
  });
});
