import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { endCommands, startCommand } from '../support/command.ts';
import type { Command } from '../support/command.ts';
import { eventually, temporaryFolder } from '../support/temporary.ts';

/** Room for an empty place with its journal, and a little more. */
const MEGABYTES = 420;
const ACROSS = ['-U', '-m', '--preserve-credentials', `--wd=${join(import.meta.dirname, '../..')}`];

/** A file system of its own on a folder, seen by whoever enters; needs no right but a user namespace. Null where there is none. */
async function smallDisk(folder: string): Promise<ChildProcess | null> {
  const script = `mount -t tmpfs -o size=${MEGABYTES}m tmpfs "${folder}" && echo mounted && exec sleep 600`;
  const holder = spawn('unshare', ['-Urm', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const mounted = await new Promise<boolean>((resolve) => {
    holder.once('error', () => resolve(false));
    holder.once('exit', () => resolve(false));
    holder.stdout.once('data', () => resolve(true));
  });
  const enters = mounted && spawnSync('nsenter', ['-t', String(holder.pid), ...ACROSS, 'true']).status === 0;
  if (!enters) holder.kill('SIGKILL');
  return enters ? holder : null;
}

/** Writes until not one more byte goes in. */
function fill(file: string): void {
  const to = openSync(file, 'w');
  for (const piece of [Buffer.alloc(1 << 20, 1), Buffer.alloc(512, 1)])
    try {
      for (;;) writeSync(to, piece);
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'ENOSPC') throw err;
    }
  closeSync(to);
}

describe('a disk that is full', function () {
  this.timeout(180_000);
  let holder: ChildProcess | null = null;
  after(async () => {
    await endCommands();
    holder?.kill('SIGKILL');
  });

  it('is said, refuses what it cannot keep, and loses nothing that was acknowledged', async function () {
    const folder = temporaryFolder();
    holder = await smallDisk(folder);
    if (!holder) return this.skip();
    const entered = [String(holder.pid), ...ACROSS, process.execPath];
    const env = { LINLI_DATA: `${folder}/data`, PORT: '0', LINLI_SEED: 'none', NODE_ENV: 'development' };
    const start = (script: string): Command => startCommand(['-t', ...entered, script], env, 'nsenter');
    const addressOf = ({ stdout }: Command): string => /ready at (\S+)/.exec(stdout())?.[1] ?? '';
    const register = async (url: string, email: string): Promise<number> => {
      const sent = { name: '周静', email, password: 'nine herons on the wall', terms: true };
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${url}/api/v1/register`, {
        method: 'POST',
        headers,
        body: JSON.stringify(sent),
      });
      await answer.text();
      return answer.status;
    };

    const first = start('scripts/start.ts');
    await first.says('Linli is ready at ');
    const url = addressOf(first);
    const acknowledged: string[] = [];
    const statuses = new Set<number>();
    for (let n = 0; n < 4_000; n += 1) {
      if (n === 2) fill(`/proc/${holder.pid}/root${folder}/filler`);
      const email = `full-${n}@example.org`;
      const status = await register(url, email).catch(() => null);
      if (status === null) break;
      statuses.add(status);
      if (status === 202) acknowledged.push(email);
    }
    expect(await first.ended).to.equal(1);
    expect(first.stderr()).to.include('The disk is full: free some space and start again.');
    expect(
      [...statuses].every((status) => [202, 503].includes(status)),
      [...statuses].join(),
    ).to.equal(true);
    expect(acknowledged.length).to.be.greaterThan(1);

    rmSync(`/proc/${holder.pid}/root${folder}/filler`);
    const second = start('scripts/start.ts');
    await second.says('Linli is ready at ');
    // Known addresses get no account: what was acknowledged is there, each answer alike. The mails tell them apart.
    const box = `${addressOf(second)}/dev/mailbox.json?limit=1000`;
    // What could not be sent while the disk was full is tried again later and later.
    const sent = async (): Promise<boolean> => {
      const mails = (await (await fetch(box)).json()) as { to: string }[];
      return acknowledged.every((email) => mails.some(({ to }) => to.includes(email)));
    };
    await eventually('the outbox is empty', sent, 120_000);
    const verify = start('scripts/verify.ts');
    expect(await verify.ended, verify.stdout()).to.equal(0);
    second.child.kill('SIGTERM');
    await second.ended;
  });
});
