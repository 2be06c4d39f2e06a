import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { asTenant, requireContext } from '../server/core/context.ts';
import { AppError, Unavailable } from '../server/core/errors.ts';
import { FILE_LIMITS, mappingChoice } from '../server/features/imports/index.ts';
import type { Import, MappingChoice } from '../server/features/imports/index.ts';
import { withServices } from './connect.ts';
import type { Session } from './connect.ts';
import { failWith } from './terminal.ts';

const HELP = `npm run import -- opportunities FILE --tenant SLUG [--dry-run] [--report FILE] [--from YYYY-MM-DD] [--mapping FILE.json]

Brings a table (CSV) of opportunities in as requests, in resumable batches; the same file twice changes nothing.
--dry-run   only says what would happen
--report    writes the rejected rows with their reasons to a CSV file
--from      first service day for rows whose dates have passed: they are spread over 14 days from it, marked as assumed;
            without it such rows keep their dates and get no shift
--mapping   a JSON file with parts of the mapping: {system, columns, defaults, dateOrder, shiftDates, from}
The last line printed is {read, created, updated, unchanged, rejected}.`;

interface Wish {
  readonly path: string;
  readonly slug: string;
  readonly dryRun: boolean;
  readonly report: string | null;
  readonly mapping: MappingChoice;
}

/** What stands in the way, for the person at the terminal. */
class WrongUse extends Error {
  override name = 'WrongUse';
}

function wishOf(): Wish | null {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      tenant: { type: 'string' },
      'dry-run': { type: 'boolean' },
      report: { type: 'string' },
      from: { type: 'string' },
      mapping: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const [kind, path] = positionals;
  if (values.help || kind !== 'opportunities' || path === undefined || values.tenant === undefined)
    return null;
  const fromFile: unknown =
    values.mapping === undefined ? {} : JSON.parse(readFileSync(values.mapping, 'utf8'));
  const choice = mappingChoice.safeParse({
    ...(fromFile as object),
    ...(values.from === undefined ? {} : { from: values.from }),
  });
  if (!choice.success) {
    const problems = choice.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`);
    throw new WrongUse(`The mapping cannot be used:\n${problems.join('\n')}`);
  }
  return {
    path,
    slug: values.tenant,
    dryRun: values['dry-run'] ?? false,
    report: values.report ?? null,
    mapping: choice.data as MappingChoice,
  };
}

function readInput(path: string): Buffer {
  const size = statSync(path).size;
  if (size > FILE_LIMITS.bytes) throw new WrongUse(`${path} is larger than ${FILE_LIMITS.bytes} bytes.`);
  return readFileSync(path);
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function bring({ services, composed }: Session, wish: Wish): Promise<Import['counts']> {
  const { actor } = requireContext();
  const { imports } = services;
  const checked = await imports.check(actor, {
    kind: 'opportunities',
    fileName: basename(wish.path),
    bytes: readInput(wish.path),
    mapping: wish.mapping,
  });
  say(`Read ${checked.total} rows as ${checked.mapping.preset} (${checked.encoding}).`);
  for (const { field, code, count } of checked.notices) {
    const words = composed.i18n.in('en');
    say(`  ${words(`imports.field.${field}`)}: ${words(`imports.problem.${code}`)}, ${count} rows`);
  }
  const counts = wish.dryRun ? checked.counts : await apply(services, checked);
  if (wish.report !== null) {
    const { bytes } = await imports.report(actor, checked.id, 'en');
    writeFileSync(wish.report, bytes);
    say(`Rejected rows: ${wish.report}`);
  }
  return counts;
}

/** A worker of a running Linli may take the started import up as well: both then take turns. */
async function apply({ imports }: Session['services'], checked: Import): Promise<Import['counts']> {
  const { actor } = requireContext();
  await imports.start(actor, checked.id, checked.version);
  let settled = 0;
  for (;;) {
    const { done, lines } = await patiently(() => imports.applyNext(checked.id));
    settled += lines;
    say(`Applied ${settled} rows …`);
    if (done) break;
  }
  const { state, counts } = await imports.show(actor, checked.id, 'en');
  if (state !== 'done') throw new Error(`The import is ${state}`);
  return counts;
}

/** How long to wait for rows that somebody else holds: a database forgets a killed process's transaction after 90 s. */
const PATIENCE_MS = 120_000;

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (err) {
      if (!(err instanceof Unavailable) || performance.now() > deadline) throw err;
      say('Waiting for rows that somebody else is changing …');
    }
  }
}

async function main(): Promise<number> {
  const wish = wishOf();
  if (!wish) {
    console.log(HELP);
    return process.argv.includes('--help') ? 0 : 2;
  }
  // Before any database is opened: a wrong path is told at once.
  readInput(wish.path);
  const counts = await withServices('import', async (session) => {
    const tenant = await session.services.tenants.findBySlug(wish.slug);
    if (!tenant) throw new WrongUse(`There is no tenant ${wish.slug}.`);
    try {
      return await asTenant(tenant.id, () => bring(session, wish));
    } catch (err) {
      if (!(err instanceof AppError)) throw err;
      const words = session.composed.i18n.in('en');
      const codes = err.issues.length > 0 ? err.issues : [{ path: '', code: err.code, params: {} }];
      throw new WrongUse(
        codes
          .map(({ path, code, params }) => `${path} ${words(`errors.${code}`, params ?? {})}`.trim())
          .join('\n'),
      );
    }
  });
  console.log(JSON.stringify(counts));
  return 0;
}

process.exitCode = await main().catch((err: unknown) => {
  const { code, path } = err as NodeJS.ErrnoException;
  if (code === 'ENOENT') say(`There is no file ${path ?? ''}.`);
  else if (err instanceof WrongUse || err instanceof SyntaxError) say(err.message);
  else failWith(err);
  return 1;
});
