import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInContext } from '../../../server/core/context.ts';
import { loadConfig } from '../../../server/config.ts';
import { seedPlace } from '../../../scripts/place.ts';
import { PageAgent } from '../../support/agent.ts';
import { freshTestApp, stopTestApp } from '../../support/app.ts';
import type { TestApp } from '../../support/app.ts';
import { CallWatch } from '../../support/calls.ts';
import type { Call } from '../../support/calls.ts';

interface SignIn {
  role: string;
  tenant: string;
  email: string;
  password: string;
}

/**
 * Rows of a page and the one more that tells of a next page, twice: a page may begin among rows of one instant. Beside
 * them, rows that a list leaves out for who is reading.
 */
const PAGE = 25;
const BESIDE = 15;
const MOST_CALLS = 8;
const MOST_BYTES = 100_000;

/**
 * Every list as its readers ask for it, over HTTP, on a place of some size; the database itself says how it found the
 * rows. A list that needs no more than a page of rows costs the same in a county of a hundred thousand.
 */
describe('lists at size', function () {
  this.timeout(600_000);
  let app: TestApp;
  let watch: CallWatch;
  const agents = new Map<string, PageAgent>();

  before(async () => {
    app = await freshTestApp();
    await runInContext(
      { requestId: 'seed', actor: { kind: 'operator', command: 'seed' }, tenantId: null, crossTenant: null },
      () =>
        seedPlace(
          {
            config: loadConfig({ NODE_ENV: 'test', LINLI_DATA: app.dataDir, LOG_LEVEL: 'silent' }),
            composed: app.composed,
            services: app.composed.services,
          },
          { people: 1_500, requests: 150 },
        ),
    );
    const signIns = JSON.parse(readFileSync(join(app.dataDir, 'first-sign-in.json'), 'utf8')) as SignIn[];
    for (const { role, email, password } of signIns) {
      if (agents.has(role)) continue;
      const agent = new PageAgent();
      await agent.get('/sign-in');
      expect((await agent.post('/sign-in', { email, password })).status, role).to.equal(303);
      agents.set(role, agent);
    }
    const visitor = new PageAgent();
    // With a session: others are shown a page again that was made for somebody else, and nothing is read.
    await visitor.get('/sign-in');
    agents.set('visitor', visitor);
    watch = new CallWatch(app.migrateUri);
  });
  after(async () => {
    await watch.close();
    await stopTestApp();
  });

  const as = (role: string): PageAgent => {
    const agent = agents.get(role);
    if (!agent) throw new Error(`Nobody signs in as ${role}: ${[...agents.keys()].join(', ')}`);
    return agent;
  };

  async function callsOf(agent: PageAgent, path: string): Promise<{ calls: Call[]; text: string }> {
    await agent.get(path);
    let text = '';
    const calls = await watch.during(async () => {
      const answer = await agent.get(path);
      expect(answer.status, path).to.equal(200);
      ({ text } = answer);
    });
    return { calls, text };
  }

  const told = (calls: readonly Call[]): string =>
    calls
      .map(
        (one) =>
          `${one.what} ${one.plan} keys=${one.keysExamined} docs=${one.docsExamined} rows=${one.returned}${one.sorted ? ' SORT' : ''}`,
      )
      .join('\n');

  /** Lists, who reads them, and the collection that is paged. */
  const LISTS: readonly [role: string, path: string, collection: string][] = [
    ['visitor', '/t/tonglu/opportunities', 'shifts'],
    ['visitor', '/t/tonglu/opportunities?category=elderly', 'shifts'],
    ['coordinator', '/shifts', 'shifts'],
    ['coordinator', '/shifts?from=2020-01-01', 'shifts'],
    ['coordinator', '/shifts?state=published', 'shifts'],
    ['coordinator', '/attendance', 'shifts'],
    ['coordinator', '/requests', 'requests'],
    ['coordinator', '/requests?state=in_progress', 'requests'],
    ['coordinator', '/requests?q=老', 'requests'],
    ['coordinator', '/memberships', 'memberships'],
    ['coordinator', '/memberships?state=approved', 'memberships'],
    ['coordinator', '/memberships?kind=volunteer', 'memberships'],
    ['coordinator', '/memberships?q=w', 'memberships'],
    ['coordinator', '/memberships?q=wa', 'memberships'],
    ['coordinator', '/memberships?q=王', 'memberships'],
    ['coordinator', '/hours/queue', 'hoursrecords'],
    ['coordinator', '/hours/claims/desk', 'hoursclaims'],
    ['volunteer', '/hours/claims', 'hoursclaims'],
    ['coordinator', '/appraisals/desk', 'appraisals'],
    ['coordinator', '/appraisals/contested', 'appraisals'],
    ['volunteer', '/appraisals', 'appraisals'],
    ['coordinator', '/awards/desk', 'awards'],
    ['volunteer', '/awards', 'awards'],
    ['coordinator', '/certificate-batches', 'certificatebatches'],
    ['coordinator', '/shift-templates', 'shifttemplates'],
    ['coordinator', '/shift-templates?q=x', 'shifttemplates'],
    ['auditor', '/hours/held', 'hoursrecords'],
    ['coordinator', '/recognition-cases', 'recognitions'],
    ['coordinator', '/recognition-cases?state=applied', 'recognitions'],
    ['coordinator', '/time-bank/desk', 'timebankredemptions'],
    ['coordinator', '/time-bank/desk?state=requested', 'timebankredemptions'],
    ['volunteer', '/time-bank', 'ledgerentries'],
    ['reviewer', '/hours/transfers/desk', 'hourstransfers'],
    ['reviewer', '/duplicates', 'identitydocuments'],
    ['auditor', '/inspections', 'inspectionexports'],
    ['officer', '/external-records', 'externalrecords'],
    ['officer', '/external-records?state=failed', 'externalrecords'],
    ['reviewer', '/proposals', 'proposals'],
    ['reviewer', '/proposals?show=past', 'proposals'],
    ['reviewer', '/proposals?show=below', 'proposals'],
    ['volunteer', '/assignments', 'assignments'],
    ['volunteer', '/saved-searches', 'savedsearches'],
    ['volunteer', '/hours', 'hoursrecords'],
    ['volunteer', '/certificates', 'certificates'],
    ['volunteer', '/credentials', 'credentials'],
    ['volunteer', '/sessions', 'trainingsessions'],
    ['volunteer', '/sessions?dimension=law', 'trainingsessions'],
    ['volunteer', '/courses', 'courses'],
    ['volunteer', '/training', 'enrolments'],
    ['officer', '/training-plans', 'trainingplans'],
    ['coordinator', '/plans', 'plans'],
    ['auditor', '/audit', 'auditentries'],
    ['auditor', '/audit?action=hours', 'auditentries'],
    ['auditor', '/audit?action=hours%2Fpost', 'auditentries'],
    ['auditor', '/audit?subjectType=HoursRecord', 'auditentries'],
  ];

  it('find a page by an index, in order, reading about as many rows as they show', async () => {
    const faults: string[] = [];
    for (const [role, path, collection] of LISTS) {
      const { calls, text } = await callsOf(as(role), path);
      const next = /href="([^"]+)" rel="next"/
        .exec(text)?.[1]
        ?.replaceAll('&amp;', '&')
        .replaceAll('&#x3D;', '=');
      const judge = (of: readonly Call[], where: string): void => {
        const paged = of.filter(({ what }) =>
          [`find ${collection}`, `aggregate ${collection}`].includes(what),
        );
        const wrong = [
          ...(paged.length === 0 ? ['does not read the collection'] : []),
          ...(of.some(({ plan }) => plan.includes('COLLSCAN')) ? ['scans a collection'] : []),
          ...(paged.some(({ sorted }) => sorted) ? ['sorts in memory'] : []),
          ...(paged.some((one) => one.docsExamined > 2 * (PAGE + 1) + BESIDE)
            ? ['reads more than it shows']
            : []),
        ];
        if (wrong.length > 0) faults.push(`${where} ${wrong.join(', ')}\n${told(of)}`);
      };
      judge(calls, path);
      if (next) {
        judge((await callsOf(as(role), next)).calls, next);
      }
    }
    expect(faults, faults.join('\n\n')).to.deep.equal([]);
  });

  it('that look at more than they show go through it by an index, and read each of it once', async () => {
    const year = new Date(Date.now() + 8 * 3_600_000).getUTCFullYear();
    for (const path of [
      `/hours/yearly?year=${year}`,
      `/hours/yearly?year=${year - 1}`,
      '/hours/yearly?limit=100',
    ]) {
      const { calls } = await callsOf(as('coordinator'), path);
      expect(
        calls.some(({ plan, sorted }) => plan.includes('COLLSCAN') || sorted),
        told(calls),
      ).to.equal(false);
      const looks = calls.filter(({ what, returned }) => what === 'find memberships' && returned > 1);
      expect(looks.length, told(calls)).to.be.within(1, 8);
      for (const one of looks) expect(one.docsExamined, told(calls)).to.be.at.most(2 * one.returned + BESIDE);
    }
  });

  it('count what waits at a desk by an index', async () => {
    for (const role of ['coordinator', 'officer', 'reviewer', 'instructor']) {
      const { calls, text } = await callsOf(as(role), '/');
      expect(text, role).to.include('desk-task');
      expect(
        calls.filter(({ plan }) => plan.includes('COLLSCAN')),
        told(calls),
      ).to.deep.equal([]);
    }
  });

  it('show what the demo place has: hours that are held wait at the auditor’s desk', async () => {
    expect((await as('auditor').get('/hours/held')).text).to.include('晚上探望楼下独居老人');
  });

  it('answer main pages with at most eight calls', async () => {
    const shift = /href="\/shifts\/([0-9a-f]{24})"/.exec((await as('coordinator').get('/shifts')).text)?.[1];
    const open = /href="(\/t\/tonglu\/opportunities\/[0-9a-f]{24})"/.exec(
      (await as('visitor').get('/t/tonglu/opportunities')).text,
    )?.[1];
    const pages: [string, string][] = [
      ['visitor', '/'],
      ['visitor', '/t/tonglu/opportunities'],
      ['visitor', open ?? ''],
      ['volunteer', '/'],
      ['volunteer', '/opportunities'],
      ['volunteer', '/assignments'],
      ['volunteer', '/hours'],
      ['coordinator', '/'],
      ['officer', '/'],
      ['reviewer', '/'],
      ['instructor', '/'],
      ['auditor', '/'],
      ['coordinator', '/shifts'],
      ['coordinator', '/requests'],
      ['coordinator', `/shifts/${shift}`],
      ['coordinator', `/shifts/${shift}/attendance`],
      ['coordinator', '/attendance'],
      ['coordinator', '/memberships'],
      ['coordinator', '/memberships?q=wang'],
      ['coordinator', '/hours/queue'],
      ['auditor', '/audit'],
    ];
    const over: string[] = [];
    for (const [role, path] of pages) {
      const { calls, text } = await callsOf(as(role), path);
      const bytes = Buffer.byteLength(text);
      if (bytes > MOST_BYTES) over.push(`${role} ${path}: ${bytes} bytes`);
      if (calls.length > MOST_CALLS) over.push(`${role} ${path}: ${calls.length}\n${told(calls)}`);
    }
    expect(over, over.join('\n\n')).to.deep.equal([]);
  });
});
