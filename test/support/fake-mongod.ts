import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { temporaryFolder } from './temporary.ts';

/** A script that answers `--version` like a mongod and can do nothing else. */
export function writeFakeMongod(path: string, version: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "db version v${version}"\n`);
  chmodSync(path, 0o755);
  return path;
}

export interface Mirror {
  readonly url: string;
  /** Paths asked for, in order. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** A vendor's mirror on loopback that serves one small archive for whatever system asks. */
export async function startMirror(options: { version: string; broken?: boolean }): Promise<Mirror> {
  const folder = temporaryFolder();
  writeFakeMongod(join(folder, 'mongodb-any', 'bin', 'mongod'), options.version);
  execFileSync('tar', ['-czf', 'archive.tgz', 'mongodb-any'], { cwd: folder });
  const archive = readFileSync(join(folder, 'archive.tgz'));
  const served = options.broken ? archive.subarray(0, archive.length >> 1) : archive;
  const asked: string[] = [];
  const server = createServer((req, res) => {
    asked.push(req.url ?? '');
    const body = req.url?.endsWith('.md5')
      ? Buffer.from(createHash('md5').update(archive).digest('hex'))
      : served;
    res.writeHead(200, { 'Content-Length': body.length }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An address of loopback on which nothing listens. */
export async function closedAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return `http://127.0.0.1:${port}`;
}
