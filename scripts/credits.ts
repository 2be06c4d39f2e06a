/**
 * Evaluates credit hours from a file, for audits and for people who keep their own books: needs no database. Standard
 * output is the evaluation as JSON and nothing else; faults go to standard error, one line each.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { evaluateInput, readEvaluation } from '../server/features/credits/evaluation.schema.ts';
import { PRESETS } from '../server/features/credits/presets/index.ts';

const HELP = `npm run --silent credits -- evaluate FILE.json
npm run --silent credits -- show PRESET

Evaluates the credit hours of one person in one cycle and prints the result as JSON. FILE.json (or - for standard input):
  {"programme": "cn-intermediate",          a preset, a programme, or its versions, oldest first
   "cycle": {"registeredOn": "2024-03-15"}, startsOn names another cycle than the one that "on" belongs to
   "on": "2026-12-15",
   "entries": [{"id": "a", "activity": "training", "category": "…", "mode": "…", "date": "2024-06-10",
                "minutes": 1440, "quantity": 1, "evidence": ["passCertificate"]}]}
category, mode, quantity and evidence may be left out, and so may minutes where an activity counts without them.
A registration that has run out stays the one looked at, as late, for the days of grace and as long as its window was.

Presets: ${[...PRESETS.keys()].join(', ')}
Exit code 0 with the evaluation, 2 with one line on standard error for each fault.`;

/** Larger than twenty thousand entries need. */
const LARGEST_FILE = 32 * 1024 * 1024;

class CannotRead extends Error {}

function readText(file: string): string {
  try {
    if (file === '-') return readFileSync(0, 'utf8');
    // npm runs scripts in the project's folder; people name files from where they are.
    const near = resolve(process.env['INIT_CWD'] ?? '.', file);
    return readFileSync(existsSync(near) ? near : file, 'utf8');
  } catch (err) {
    throw new CannotRead(`${file}: cannot be read (${(err as NodeJS.ErrnoException).code ?? 'error'})`, {
      cause: err,
    });
  }
}

function readJson(file: string): unknown {
  const text = readText(file);
  if (text.length > LARGEST_FILE) throw new CannotRead(`${file}: is larger than any evaluation`);
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch (err) {
    throw new CannotRead(`${file}: is not JSON (${(err as Error).message.replace(/\s+/g, ' ')})`, {
      cause: err,
    });
  }
}

function evaluateFile(file: string): number {
  const input = readEvaluation(readJson(file));
  const result = 'faults' in input ? input : evaluateInput(input);
  if ('faults' in result) {
    for (const fault of result.faults) console.error(fault);
    return 2;
  }
  console.log(JSON.stringify(result, null, 2));
  return 0;
}

function showPreset(name: string): number {
  const versions = PRESETS.get(name);
  if (!versions) throw new CannotRead(`"${name}" is no preset; there are ${[...PRESETS.keys()].join(', ')}`);
  console.log(JSON.stringify(versions.length === 1 ? versions[0] : versions, null, 2));
  return 0;
}

function main(args: string[]): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h', default: false } },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [verb, subject, ...others] = positionals;
  if (subject !== undefined && others.length === 0) {
    if (verb === 'evaluate') return evaluateFile(subject);
    if (verb === 'show') return showPreset(subject);
  }
  throw new CannotRead('wanted is: evaluate FILE.json, or show PRESET (see --help)');
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (err) {
  const usage = (err as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') ?? false;
  if (!(err instanceof CannotRead) && !usage) throw err;
  console.error((err as Error).message);
  process.exitCode = 2;
}
