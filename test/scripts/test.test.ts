import { expect } from 'chai';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCommand } from '../support/command.ts';
import { patienceMs } from '../support/patience.ts';
import { eventually, temporaryFolder } from '../support/temporary.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Spec files outside the suite, so that `npm test` itself never meets them. */
function specs(files: Record<string, string>): string[] {
  const folder = temporaryFolder();
  return Object.entries(files).map(([name, text]) => {
    const path = join(folder, name);
    const chai = JSON.stringify(join(ROOT, 'node_modules', 'chai', 'index.js'));
    writeFileSync(path, `import { expect } from ${chai};\nvoid expect;\n${text}`);
    return path;
  });
}

async function run(
  files: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ lines: string[]; code: unknown; all: string }> {
  const command = startCommand(['scripts/test.ts', ...files], { CI: undefined, ...env });
  const code = await command.ended;
  const all = command.stdout();
  return { code, all, lines: all.trimEnd().split('\n') };
}

/** Whether there is such a process; one that has ended and was not asked for yet counts as gone. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('npm test', function () {
  this.timeout(60_000);

  it('ends with the counts, as its very last line, and code 0 when all passed', async () => {
    const { code, lines } = await run(
      specs({
        'a.test.ts': "describe('a', () => { it('one', () => {}); it('two', () => {}); });",
        'b.test.ts': "it('three', () => {});",
      }),
    );
    expect(lines.at(-1)).to.equal('3 passed, 0 failed');
    expect(code).to.equal(0);
  });

  it('shows a failure with its difference and counts skipped ones', async () => {
    const { code, lines, all } = await run(
      specs({
        'a.test.ts':
          "it('differs', () => { expect({ a: 1 }).to.deep.equal({ a: 2 }); }); it.skip('later', () => {});",
      }),
    );
    expect(lines.at(-1)).to.equal('0 passed, 1 failed, 1 skipped');
    expect(all)
      .to.match(/-\s+"a": 1/)
      .and.match(/\+\s+"a": 2/);
    expect(code).to.equal(1);
  });

  it('goes on after a file that dies, does not load or holds no test, and counts each as failed', async () => {
    const { code, lines, all } = await run(
      specs({
        'dies.test.ts': "it('dies', () => { process.kill(process.pid, 'SIGKILL'); });",
        'empty.test.ts': '',
        'good.test.ts': "it('good', () => {});",
        'lost.test.ts': "import './nothing.ts';",
      }),
    );
    expect(lines.at(-1)).to.equal('1 passed, 3 failed');
    expect(all).to.include('(SIGKILL)').and.include('It holds none').and.include('Cannot find module');
    expect(code).to.equal(1);
  });

  it('counts a failing hook as a failure', async () => {
    const { lines } = await run(
      specs({
        'a.test.ts': "describe('a', () => { before(() => { throw new Error('no'); }); it('x', () => {}); });",
      }),
    );
    expect(lines.at(-1)).to.equal('0 passed, 1 failed');
  });

  it('refuses .only where the suite must be whole', async () => {
    const files = specs({ 'a.test.ts': "it.only('one', () => {}); it('two', () => {});" });
    expect((await run(files)).lines.at(-1)).to.equal('1 passed, 0 failed');
    expect((await run(files, { CI: '1' })).code).to.equal(1);
  });

  it('lets no test reach beyond this machine', async () => {
    const { lines, all } = await run(
      specs({ 'a.test.ts': "it('calls', async () => { await fetch('http://192.0.2.1/'); });" }),
    );
    expect(lines.at(-1)).to.equal('0 passed, 1 failed');
    expect(all).to.include('Tests reach nothing outside this machine');
  });

  it('leaves nothing behind that its tests started when it is interrupted', async () => {
    const note = join(temporaryFolder(), 'pid');
    const support = JSON.stringify(join(ROOT, 'test/support/command.ts'));
    const files = specs({
      'a.test.ts': `import { writeFileSync } from 'node:fs';
        import { startCommand } from ${support};
        it('waits', async function () {
          this.timeout(0);
          const { child, ended } = startCommand(['-e', 'setInterval(() => {}, 1000)']);
          writeFileSync(${JSON.stringify(note)}, String(child.pid));
          await ended;
        });`,
    });
    const command = startCommand(['scripts/test.ts', ...files], { CI: undefined });
    await eventually(
      'the test has started something',
      () => existsSync(note) && readFileSync(note).length > 0,
    );
    const started = Number(readFileSync(note, 'utf8'));
    expect(isAlive(started)).to.equal(true);
    command.child.kill('SIGTERM');
    await command.ended;
    expect(command.stdout()).to.include('Interrupted by SIGTERM');
    await eventually('what it started is gone', () => !isAlive(started));
  });

  it('waits for a silent file as long as was asked for, whatever it was asked for with', () => {
    const usual = patienceMs({});
    for (const [name, value, minutes] of [
      ['LINLI_SOAK_MINUTES', '10', 10],
      ['LINLI_FAULT_ROUNDS', '100', 30],
      ['LINLI_FUZZ', '200', 60],
      ['LINLI_FUZZ_MINUTES', '10', 10],
      ['LINLI_NAUGHTY', 'list.json', 20],
    ] as const)
      expect(patienceMs({ [name]: value }) - usual, name).to.be.at.least(minutes * 60_000);
  });

  it('says which folder or file is not there', async () => {
    const { code, lines } = await run(['nowhere']);
    expect(lines.at(-1)).to.equal('0 passed, 0 failed');
    expect(code).to.equal(1);
  });
});
