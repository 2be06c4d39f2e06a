import { mkdirSync } from 'node:fs';
import { MongoBinary } from 'mongodb-memory-server-core';

/** Runs as a process of its own: `node vendor-download.ts VERSION FOLDER` ends with `path=…` or `fault=…` on stdout. */
const [version, folder] = process.argv.slice(2);
if (!version || !folder) throw new Error('usage: vendor-download.ts VERSION FOLDER');
mkdirSync(folder, { recursive: true });
try {
  const path = await MongoBinary.getPath({ version, downloadDir: folder, checkMD5: true });
  process.stdout.write(`\npath=${path}\n`);
} catch (err) {
  const text = err instanceof Error ? err.message : String(err);
  process.stdout.write(`\nfault=${text.split('\n').join(' ')}\n`);
  process.exitCode = 1;
}
