import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createMember, createTenant, PASSWORD } from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import { createOpening } from '../factories/requests.ts';
import { PageAgent } from '../support/agent.ts';
import { freshTestApp, stopTestApp } from '../support/app.ts';
import { begin, flood, percentile } from '../support/load.ts';
import { expectVerified, startProcesses } from '../support/processes.ts';
import type { Processes } from '../support/processes.ts';

/** Seconds of each step; more for a look at the figures (LINLI_SHOW prints them). */
const STEP_MS = Number(process.env['LINLI_LOAD_SECONDS'] ?? 1) * 1_000;
const show = (line: string): void => {
  if (process.env['LINLI_SHOW']) process.stderr.write(`${line}\n`);
};

/** What happens to one web process when more is asked of it than it can do. */
describe('more than a web process can do', function () {
  this.timeout(240_000);
  let processes: Processes;
  let url: string;
  let member: Member;
  let cookie: string;
  let slug: string;

  before(async () => {
    await freshTestApp();
    const tenant = await createTenant();
    slug = tenant.slug;
    for (let made = 0; made < 20; made += 1) await createOpening(tenant);
    member = await createMember(tenant);
    processes = await startProcesses({ web: 1, jobs: 0 });
    url = processes.urls[0] ?? '';
    const page = new PageAgent(url);
    expect(await signIn(page)).to.equal(303);
    await page.post('/session/membership', { membershipId: member.membershipId });
    cookie = page.cookieHeader();
  });
  after(async () => {
    try {
      await processes.stop();
      await expectVerified();
    } finally {
      await stopTestApp();
    }
  });

  const pid = (): number => processes.web[0]?.child.pid ?? 0;
  const memory = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid()}/status`, 'utf8'))?.[1]) / 1_024;
  async function signIn(page: PageAgent): Promise<number> {
    await page.get('/sign-in');
    return (await page.post('/sign-in', { email: member.email, password: PASSWORD })).status;
  }

  it('is refused early with 503 and the time to come again; health and sign-in live, and soon all is as before (F-26)', async () => {
    const aim = { url: `${url}/opportunities`, headers: { cookie } };
    const usual = await flood({ ...aim, connections: 6 }, STEP_MS);
    expect(Object.keys(usual.statuses)).to.deep.equal(['200']);
    const before = memory();
    const steps = [];
    for (const connections of [100, 500, 500]) {
      const flooding = flood({ ...aim, connections }, STEP_MS + 1_500);
      const health = await fetch(`${url}/healthz`);
      const entered = await signIn(new PageAgent(url));
      const load = await flooding;
      steps.push({ connections, load, memory: memory() });
      show(
        `${connections}: ${JSON.stringify(load.statuses)} p50 ${Math.round(percentile(load.accepted, 0.5))} p99 ${Math.round(percentile(load.accepted, 0.99))} ms, ${Math.round(memory())} MB`,
      );
      expect(health.status).to.equal(200);
      expect(entered, 'signing in').to.equal(303);
    }
    for (const { load } of steps) {
      expect(Object.keys(load.statuses).map(Number), 'nothing but answers and refusals').to.satisfy(
        (seen: number[]) => seen.every((status) => status === 200 || status === 503),
      );
      expect(load.saysWhen).to.equal(load.statuses[503] ?? 0);
    }
    const [, , last] = steps;
    // What is too much is sent away, however much of it a busy machine lets the crowd ask, and whoever is let in does not wait for
    // the crowd to pass.
    expect(last?.load.statuses[503]).to.be.above(0);
    expect(percentile(last?.load.accepted ?? [], 0.99)).to.be.below(STEP_MS + 10_000);
    expect((last?.memory ?? 0) - before, 'MB grown').to.be.below(600);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const after = await flood({ ...aim, connections: 6 }, STEP_MS);
    show(
      `before ${usual.accepted.length} p99 ${Math.round(percentile(usual.accepted, 0.99))}, after ${after.accepted.length} p99 ${Math.round(percentile(after.accepted, 0.99))}`,
    );
    expect(Object.keys(after.statuses)).to.deep.equal(['200']);
  });

  it('is told in the reader’s language, on both doors, by an answer that keeps the rules of every other', async () => {
    const narrow = await startProcesses({ web: 1, jobs: 0 }, { MAX_REQUESTS: '4', MAX_WAITING: '0' });
    const at = narrow.urls[0] ?? '';
    // The choice makes it the reader's own page: what all visitors are shown from memory never waits for a place.
    const paths = [`/t/${slug}/opportunities?lang=zh-CN`, '/api/v1/skills'];
    const refused = new Map<string, Response>();
    const busy = { url: `${at}${paths[0]}`, connections: 60 };
    for (let round = 0; refused.size < paths.length && round < 40; round += 1) {
      const flooding = flood(busy, 500);
      for (const path of [...paths, ...paths, ...paths]) {
        const answer = await fetch(`${at}${path}`, { headers: { 'accept-language': 'zh-CN' } });
        if (answer.status === 503 && !refused.has(path)) refused.set(path, answer);
        else await answer.body?.cancel();
      }
      await flooding;
    }
    const page = refused.get(paths[0] ?? '');
    const html = (await page?.text()) ?? '';
    expect(html).to.include('当前使用的人太多').and.not.include('<script');
    expect(page?.headers.get('content-security-policy')).to.include("default-src 'none'");
    for (const name of [
      'strict-transport-security',
      'x-content-type-options',
      'x-frame-options',
      'x-request-id',
    ])
      expect(page?.headers.get(name), name).to.be.a('string');
    const api = refused.get(paths[1] ?? '');
    expect(api?.headers.get('content-type')).to.include('application/problem+json');
    expect(await api?.json()).to.include({ status: 503, code: 'overloaded', title: '系统暂时不可用' });
    await narrow.stop();
  });

  it('costs little when it is only slow: five hundred sockets that dawdle keep nobody from anything (F-27)', async () => {
    const host = `Host: ${new URL(url).host}\r\n`;
    const form = `${host}Origin: ${url}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n_csrf=`;
    const json = `${host}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"email":`;
    const upload = `${host}Cookie: ${cookie}\r\nOrigin: ${url}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n`;
    const beginnings = [
      'GET /opportunities HTTP/1.1\r\nHost:',
      `POST /sign-in HTTP/1.1\r\n${form}`,
      `POST /register HTTP/1.1\r\n${form}`,
      `POST /api/v1/tokens HTTP/1.1\r\n${json}`,
      `POST /credentials/0123456789abcdef01234567/scans HTTP/1.1\r\n${upload}`,
    ];
    const before = memory();
    const sockets: Socket[] = [];
    for (let opened = 0; opened < 500; opened += 1)
      sockets.push(await begin(url, beginnings[opened % beginnings.length] ?? ''));
    for (const socket of sockets) socket.on('error', () => undefined);
    // A few bytes now and then, as if it were a bad line; some give up in the middle.
    const dripping = setInterval(() => {
      for (const socket of sockets) if (!socket.destroyed) socket.write('x');
    }, 1_000);
    for (const socket of sockets.slice(0, 100)) socket.destroy();
    const page = new PageAgent(url);
    expect(await signIn(page)).to.equal(303);
    await page.post('/session/membership', { membershipId: member.membershipId });
    const walk = await flood(
      { url: `${url}/opportunities`, headers: { cookie: page.cookieHeader() }, connections: 2 },
      STEP_MS,
    );
    show(
      `beside slow sockets: ${JSON.stringify(walk.statuses)} p95 ${Math.round(percentile(walk.accepted, 0.95))} ms`,
    );
    expect(Object.keys(walk.statuses)).to.deep.equal(['200']);
    expect(memory() - before).to.be.below(300);
    // Whoever never finishes a header is cut off by the server after ten seconds.
    const headers = sockets.filter((socket, at) => at % beginnings.length === 0 && !socket.destroyed);
    const until = performance.now() + 30_000;
    while (headers.some((socket) => !socket.destroyed) && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 200));
    clearInterval(dripping);
    expect(headers.filter((socket) => !socket.destroyed)).to.have.length(0);
    for (const socket of sockets) socket.destroy();
    expect(processes.web[0]?.child.exitCode).to.equal(null);
  });
});
