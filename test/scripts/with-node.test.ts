import { expect } from 'chai';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCommand } from '../support/command.ts';
import type { Command } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** Stands in for npm: what a checkout has after `npm ci`, or the words npm says when it fails. */
const NPM = `
const { appendFileSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
appendFileSync('installed.log', process.argv.slice(2).join(' ') + '\\n');
setTimeout(() => {
  if (process.env.NPM_SAYS) { console.error(process.env.NPM_SAYS); process.exit(1); }
  console.log('added 1 package');
  mkdirSync('node_modules', { recursive: true });
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }));
}, 300);
`;

interface Checkout {
  readonly root: string;
  run(env?: NodeJS.ProcessEnv): Command;
  installs(): number;
}

function checkout(): Checkout {
  const root = temporaryFolder();
  mkdirSync(join(root, 'scripts'));
  const npm = join(root, 'npm.cjs');
  writeFileSync(npm, NPM);
  writeFileSync(join(root, 'say.mjs'), 'console.log(JSON.stringify([process.version, process.env.TZ]));\n');
  writeLockfile(root, '1.0.0');
  return {
    root,
    run: (env = {}) =>
      startCommand(['scripts/with-node.mjs', 'say.mjs'], { LINLI_ROOT: root, npm_execpath: npm, ...env }),
    installs: () =>
      existsSync(join(root, 'installed.log'))
        ? readFileSync(join(root, 'installed.log'), 'utf8').trim().split('\n').length
        : 0,
  };
}

function writeLockfile(root: string, version: string): void {
  const packages = { '': {}, 'node_modules/a': { version, integrity: `sha512-${version}` } };
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
}

describe('Running a script with the right Node', () => {
  it('installs what the lockfile names once, and says nothing on stdout', async () => {
    const { run, installs } = checkout();
    const first = run();
    expect(await first.ended, first.stderr()).to.equal(0);
    expect(first.stderr()).to.include('Installing').and.include('Installed in');
    expect(JSON.parse(first.stdout())).to.deep.equal([process.version, 'UTC']);
    const second = run();
    expect(await second.ended).to.equal(0);
    expect(second.stderr()).to.equal('');
    expect(installs()).to.equal(1);
  });

  it('installs again when the lockfile changed, and not when npm itself did so already', async () => {
    const { root, run, installs } = checkout();
    await run().ended;
    writeLockfile(root, '1.0.1');
    await run().ended;
    expect(installs()).to.equal(2);
    writeLockfile(root, '1.0.2');
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: object;
    };
    writeFileSync(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }));
    await run().ended;
    expect(installs()).to.equal(2);
  });

  it('installs once when two commands start together', async () => {
    const { root, run, installs } = checkout();
    const both = [run(), run(), run()];
    expect(await Promise.all(both.map(({ ended }) => ended))).to.deep.equal([0, 0, 0]);
    expect(installs()).to.equal(1);
    expect(readdirSync(join(root, 'tmp'))).to.deep.equal([]);
  });

  it('takes over from an installation that was killed', async () => {
    const { root, run, installs } = checkout();
    mkdirSync(join(root, 'tmp'));
    writeFileSync(join(root, 'tmp', 'install.lock'), '4194304999');
    expect(await run().ended).to.equal(0);
    expect(installs()).to.equal(1);
  });

  const faults: [string, RegExp][] = [
    ['npm error code ENOTFOUND\nnpm error network request failed', /registry cannot be reached/],
    ['npm error code ENOSPC', /disk is full/],
    [
      'npm error code EUSAGE\nnpm error package.json and package-lock.json are not in sync',
      /npm install once/,
    ],
    ['npm error code EACCES', /not writable/],
  ];
  for (const [said, wayOut] of faults) {
    it(`tells the way out when npm says ${said.split('\n')[0]}`, async () => {
      const { run, root } = checkout();
      const command = run({ NPM_SAYS: said });
      expect(await command.ended).to.equal(1);
      expect(command.stderr()).to.match(wayOut).and.include(said.split('\n')[0]);
      expect(command.stderr()).not.to.include('    at ');
      expect(command.stdout()).to.equal('');
      expect(existsSync(join(root, 'node_modules', '.linli-lock'))).to.equal(false);
    });
  }

  it('ends with the code of the script, or by the signal that ended it', async () => {
    const { root, run } = checkout();
    writeFileSync(join(root, 'say.mjs'), 'process.exit(7);\n');
    expect(await run().ended).to.equal(7);
    writeFileSync(
      join(root, 'say.mjs'),
      "process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);\n",
    );
    expect(await run().ended).to.equal('SIGKILL');
  });
});
