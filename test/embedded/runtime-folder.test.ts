import { expect } from 'chai';
import { mkdirSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { socketPath } from '../../server/db/embedded/runtime-folder.ts';
import { temporaryFolder } from '../support/temporary.ts';

describe("The folder of the database's socket", () => {
  it('is short and private however long the data folder is called', () => {
    const long = join(temporaryFolder(), 'a'.repeat(120));
    mkdirSync(long);
    const socket = socketPath(long, {});
    expect(Buffer.byteLength(socket)).to.be.at.most(100);
    expect(statSync(dirname(socket)).mode & 0o777).to.equal(0o700);
    rmSync(dirname(socket), { recursive: true });
  });

  it('is the same for the same data folder and another one after a move', () => {
    const base = temporaryFolder();
    const env = { XDG_RUNTIME_DIR: temporaryFolder() };
    mkdirSync(join(base, 'a'));
    symlinkSync(join(base, 'a'), join(base, 'alias'));
    const first = socketPath(join(base, 'a'), env);
    expect(socketPath(join(base, 'alias'), env)).to.equal(first);
    expect(first.startsWith(env.XDG_RUNTIME_DIR)).to.equal(true);
    renameSync(join(base, 'a'), join(base, 'b'));
    expect(socketPath(join(base, 'b'), env)).not.to.equal(first);
  });

  it('never follows a link that somebody put in its place', () => {
    const data = temporaryFolder();
    const run = temporaryFolder();
    const first = socketPath(data, { XDG_RUNTIME_DIR: run });
    rmSync(dirname(first), { recursive: true });
    symlinkSync(temporaryFolder(), dirname(first));
    const second = socketPath(data, { XDG_RUNTIME_DIR: run });
    expect(second.startsWith(run)).to.equal(false);
    rmSync(dirname(second), { recursive: true });
  });
});
