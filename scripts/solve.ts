import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { FileFault } from './solve/lines.ts';
import { answerParts } from './solve/print.ts';
import { solveFile } from './solve/matching.ts';
import { tell } from './terminal.ts';

const HELP = `npm run --silent solve -- matching FILE [--json] [--seconds N]

Solves an assignment (DIMACS: p asn N M, n ID, a LEFT RIGHT COST; least cost) or a b-matching (p bmatch R V E,
r ID SLOTS, v ID CAPACITY, e R V WEIGHT; greatest weight) exactly, and prints one JSON object with the proof:
{kind, status, objective, bound, solveMs, flow, certificate}. FILE may be - for standard input.
--json      what is printed anyway
--seconds   stop after so long with the best found and the proven bound
Exit 0 also where there is no assignment; 2 where the file cannot be read ("FILE:LINE: reason" on standard error).`;

interface Wish {
  readonly path: string;
  readonly seconds: number | null;
}

/** @returns null where the arguments make no sense */
function wishOf(): Wish | null {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean' }, seconds: { type: 'string' } },
  });
  const [kind, path, ...others] = positionals;
  if (kind !== 'matching' || path === undefined || others.length > 0) return null;
  if (values.seconds === undefined) return { path, seconds: null };
  const seconds = Number(values.seconds);
  return values.seconds.trim() !== '' && seconds >= 0 ? { path, seconds } : null;
}

/** Writes all of it, also into a pipe that is slow to take it. */
function write(text: string): void {
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(1, bytes, at);
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'EAGAIN') throw err;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

function main(): number {
  if (process.argv.includes('--help')) {
    write(`${HELP}\n`);
    return 0;
  }
  let wish: Wish | null = null;
  try {
    wish = wishOf();
  } catch (err) {
    process.stderr.write(`${(err as Error).message}\n`);
  }
  if (!wish) {
    process.stderr.write(`${HELP}\n`);
    return 2;
  }
  try {
    for (const part of answerParts(solveFile(wish.path, wish.seconds))) write(part);
    return 0;
  } catch (err) {
    if (err instanceof FileFault) {
      process.stderr.write(`${wish.path}:${err.line}: ${err.message}\n`);
      return 2;
    }
    // Whoever read the answer had enough of it.
    if ((err as NodeJS.ErrnoException).code === 'EPIPE') return 0;
    tell(err);
    return 1;
  }
}

process.exitCode = main();
