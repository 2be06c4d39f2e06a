import { createHash } from 'node:crypto';
import { readCsvLines } from '../../core/csv.ts';
import type { TrustedKeys } from '../../core/keys.ts';
import { openSignedJson } from '../../core/signed-json.ts';
import type { SignedFault } from '../../core/signed-json.ts';
import { entryHash } from '../hours/ledger.text.rules.ts';
import { NotAnArchive, unpack } from './inspection.archive.ts';
import { fileOf, noSums, sumsOf, TABLE_NAMES, TABLES } from './inspection.rules.ts';
import type { TableName } from './inspection.rules.ts';
import { inspectionStatement, MANIFEST, SUMMARY } from './inspection.types.ts';
import type { InspectionStatement, Sums } from './inspection.types.ts';

export type InspectionFault =
  | SignedFault
  | 'not-an-inspection'
  | 'file-missing'
  | 'file-added'
  | 'file-changed'
  | 'rows-differ'
  | 'entry-changed'
  | 'chain-broken'
  | 'posting-unbalanced'
  | 'head-differs'
  | 'sums-differ';

export type InspectionVerdict =
  | { readonly valid: true; readonly statement: InspectionStatement }
  | { readonly valid: false; readonly reason: InspectionFault; readonly where: string };

type Row = Record<string, string>;

/**
 * Checks an archive without network and database: the manifest's signature, each file against it, the sums over the rows, and
 * the ledger's lines one by one: each says what its hash covers, postings sum to zero, and the newest line is its account's head.
 */
export function verifyInspection(bytes: Uint8Array, trusted: TrustedKeys): InspectionVerdict {
  let files: Map<string, Uint8Array>;
  try {
    files = unpack(bytes);
  } catch (err) {
    if (!(err instanceof NotAnArchive)) throw err;
    return invalid('not-an-inspection');
  }
  const manifest = files.get(MANIFEST);
  if (!manifest) return invalid('not-an-inspection');
  const opened = openSignedJson(manifest, trusted);
  if ('fault' in opened) return invalid(opened.fault, MANIFEST);
  const { data: statement } = inspectionStatement.safeParse(opened.statement);
  if (!statement) return invalid('not-an-inspection', MANIFEST);
  const fault = filesFault(statement, files) ?? tablesFault(statement, files);
  return fault ?? { valid: true, statement };
}

const invalid = (reason: InspectionFault, where = ''): InspectionVerdict & { valid: false } => ({
  valid: false,
  reason,
  where,
});

const EXPECTED = [...TABLE_NAMES.map(fileOf), SUMMARY];

function filesFault(
  { files: stated }: InspectionStatement,
  files: ReadonlyMap<string, Uint8Array>,
): InspectionVerdict | null {
  const missing = EXPECTED.find((name) => !stated.some((one) => one.name === name));
  if (missing) return invalid('file-missing', missing);
  for (const { name, bytes, sha256 } of stated) {
    const content = files.get(name);
    if (!content) return invalid('file-missing', name);
    const same = content.length === bytes && createHash('sha256').update(content).digest('hex') === sha256;
    if (!same) return invalid('file-changed', name);
  }
  const added = [...files.keys()].find(
    (name) => name !== MANIFEST && !stated.some((one) => one.name === name),
  );
  return added === undefined ? null : invalid('file-added', added);
}

function tablesFault(
  statement: InspectionStatement,
  files: ReadonlyMap<string, Uint8Array>,
): InspectionVerdict | null {
  const sums = noSums() as Record<keyof Sums, number>;
  const tables = new Map<TableName, Row[]>();
  for (const table of TABLE_NAMES) {
    const name = fileOf(table);
    const rows = readCsvLines(Buffer.from(files.get(name) ?? []).toString('utf8'));
    const stated = statement.files.find((one) => one.name === name)?.rows;
    const whole = rows.every((row) => TABLES[table].every((column) => row[column] !== undefined));
    if (!whole || rows.length !== stated) return invalid('rows-differ', name);
    for (const row of rows)
      for (const [sum, part] of Object.entries(sumsOf(table, row))) sums[sum as keyof Sums] += part;
    tables.set(table, rows);
  }
  const wrong = Object.entries(sums).find(([name, sum]) => statement.sums[name as keyof Sums] !== sum);
  if (wrong) return invalid('sums-differ', wrong[0]);
  return ledgerFault(tables.get('entries') ?? [], tables.get('accounts') ?? []);
}

const orNull = (cell: string): string | null => (cell === '' ? null : cell);

/** A line's hash as its own cells give it. */
const hashOf = (row: Row): string => {
  const cell = (name: string): string => row[name] ?? '';
  return entryHash({
    account: cell('account'),
    actor: cell('actor'),
    bankId: orNull(cell('bankId')) as never,
    cause: cell('cause') as never,
    creditId: orNull(cell('creditId')) as never,
    hoursId: orNull(cell('hoursId')) as never,
    minutes: Number(cell('minutes')),
    period: orNull(cell('period')),
    postedAt: new Date(cell('postedAt')),
    postingId: cell('postingId'),
    previousHash: cell('previousHash'),
    reversalOf: orNull(cell('reversalOf')),
    ruleVersion: cell('ruleVersion'),
    seq: Number(cell('seq')),
    serviceDate: cell('serviceDate'),
    serviceFrom: new Date(cell('serviceFrom')),
    serviceTo: new Date(cell('serviceTo')),
    sourceKey: cell('sourceKey'),
    accountId: null,
  });
};

function ledgerFault(entries: readonly Row[], accounts: readonly Row[]): InspectionVerdict | null {
  const sums = new Map<string, number>();
  const links = new Map<string, string>();
  for (const row of entries) {
    const { account = '', seq = '', postingId = '', hash = '', minutes } = row;
    if (hashOf(row) !== hash) return invalid('entry-changed', `${account} ${seq}`);
    sums.set(postingId, (sums.get(postingId) ?? 0) + Number(minutes));
    links.set(`${account} ${seq}`, hash);
  }
  for (const [postingId, sum] of sums) if (sum !== 0) return invalid('posting-unbalanced', postingId);
  for (const { account = '', seq = '', previousHash } of entries) {
    const before = links.get(`${account} ${Number(seq) - 1}`);
    if (before !== undefined && before !== previousHash) return invalid('chain-broken', `${account} ${seq}`);
  }
  for (const { account = '', entries: newest = '', head } of accounts) {
    const link = links.get(`${account} ${newest}`);
    if (link !== undefined && link !== head) return invalid('head-differs', account);
  }
  return null;
}
