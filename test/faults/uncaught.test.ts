import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { createMember, createTenant, PASSWORD } from '../factories/people.ts';
import { PageAgent } from '../support/agent.ts';
import { freshTestApp, stopTestApp } from '../support/app.ts';
import { startCommand } from '../support/command.ts';
import type { Command } from '../support/command.ts';
import { begin } from '../support/load.ts';
import { environment, expectVerified, startProcesses } from '../support/processes.ts';
import { AWKWARD } from '../support/schema-values.ts';

/** A process ends for its own errors only, in order, and for nothing that anybody sends (F-28). */
describe('what nobody foresaw', function () {
  this.timeout(120_000);

  before(() => freshTestApp());
  after(() => stopTestApp());

  const brittle = async (script: string): Promise<Command> =>
    startCommand(['--import', './test/support/throw-on-signal.ts', script], {
      ...(await environment()),
      LOG_LEVEL: 'fatal',
    });

  it('is logged when nobody caught it; what is under way is finished, and the process ends with a failure', async () => {
    const member = await createMember(await createTenant());
    const web = await brittle('scripts/start-web.ts');
    await web.says('Linli web is ready at ');
    const url = /ready at (\S+)/.exec(web.stdout())?.[1] ?? '';
    const pages = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const page = new PageAgent(url);
        await page.get('/sign-in');
        return page;
      }),
    );
    // Hashing keeps these busy while it happens.
    const entering = pages.map((page) => page.post('/sign-in', { email: member.email, password: PASSWORD }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    web.child.kill('SIGUSR2');
    expect((await Promise.all(entering)).map(({ status }) => status)).to.deep.equal(pages.map(() => 303));
    expect(await web.ended).to.equal(1);
    const [line = ''] = web
      .stderr()
      .split('\n')
      .filter((text) => text.startsWith('{'));
    const logged = JSON.parse(line) as { level: number; msg: string; err: { message: string } };
    expect(logged).to.include({ level: 60, msg: 'an error that nobody caught; the process ends' });
    expect(logged.err.message).to.equal('broken on purpose');
    const refused = await fetch(`${url}/healthz`).then(
      () => 'answered',
      () => 'nobody listens',
    );
    expect(refused).to.equal('nobody listens');
    await expectVerified();
  });

  it('ends a process of jobs the same way', async () => {
    const jobs = await brittle('scripts/start-jobs.ts');
    await jobs.says('Linli jobs are running');
    jobs.child.kill('SIGUSR2');
    expect(await jobs.ended).to.equal(1);
    expect(jobs.stderr()).to.include('an error that nobody caught').and.include('broken on purpose');
  });

  it('is never a request: after all that can be sent the same process answers as before', async () => {
    const processes = await startProcesses({ web: 1, jobs: 0 });
    const [web] = processes.web;
    const url = processes.urls[0] ?? '';
    const host = `Host: ${new URL(url).host}\r\n`;
    const noise = (): string => randomBytes(60).toString('latin1');
    const texts = [
      ...AWKWARD.map((text) => `GET /${text.replace(/[\r\n]/g, '')} HTTP/1.1\r\n${host}\r\n`),
      ...AWKWARD.map(
        (text) =>
          `GET /sign-in?lang=${encodeURIComponent(text.toWellFormed())}&lang[]=x HTTP/1.1\r\n${host}\r\n`,
      ),
      ...AWKWARD.map(
        (text) => `GET / HTTP/1.1\r\n${host}Cookie: __Host-linli=${text.replace(/[\r\n\0]/g, '')}\r\n\r\n`,
      ),
      ...Array.from({ length: 60 }, noise),
      ...Array.from(
        { length: 20 },
        () => `POST /sign-in HTTP/1.1\r\n${host}Content-Length: 60\r\n\r\n${noise()}`,
      ),
      `GET http://other.example/ HTTP/1.1\r\n${host}\r\n`,
      `CONNECT example.org:443 HTTP/1.1\r\n${host}\r\n`,
      `GET / HTTP/1.1\r\n${host}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
      `GET / HTTP/1.1\r\n${host}Expect: 200-ok\r\n\r\n`,
      `GET / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nzz\r\n`,
      `POST /api/v1/tokens HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n5\r\n{"a":\r\n`,
      `POST /sign-in HTTP/1.1\r\n${host}Content-Encoding: gzip\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 4\r\n\r\nabcd`,
      `GET / HTTP/1.1\r\n${host}X: ${'x'.repeat(70_000)}\r\n\r\n`,
      `GET /${'../'.repeat(200)}etc/passwd HTTP/1.1\r\n${host}\r\n`,
      `GET /%ff%fe%00 HTTP/1.1\r\n${host}\r\n`,
      `GET /api/v1/skills HTTP/1.1\r\n${host}Authorization: Bearer ${'a'.repeat(9_000)}\r\n\r\n`,
      ...['TRACE', 'PROPFIND', 'OPTIONS', 'HEAD', 'DELETE'].map(
        (method) => `${method} /requests HTTP/1.1\r\n${host}\r\n`,
      ),
    ];
    const answers: string[] = [];
    for (const text of texts) {
      const socket = await begin(url, text);
      answers.push(await answerOn(socket));
    }
    expect(answers.filter((answer) => /^HTTP\/1\.1 5\d\d/.test(answer))).to.deep.equal([]);
    expect(answers.filter((answer) => answer.startsWith('HTTP/1.1 4')).length).to.be.above(100);
    expect((await fetch(`${url}/healthz`)).status).to.equal(200);
    // The same process still, since nobody starts another one here.
    expect(web?.child.exitCode).to.equal(null);
    expect(web?.child.signalCode).to.equal(null);
    await processes.stop();
    await expectVerified();
  });
});

/** The first line that comes back, or nothing when the connection is closed or stays silent. */
function answerOn(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    const settle = (text: string): void => {
      socket.destroy();
      resolve(text);
    };
    socket.on('error', () => settle(''));
    socket.once('data', (bytes) => settle(bytes.toString('latin1').split('\r\n')[0] ?? ''));
    socket.once('close', () => settle(''));
    setTimeout(() => settle(''), 250);
  });
}
