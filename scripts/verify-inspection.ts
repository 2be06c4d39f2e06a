/**
 * Checks an inspection export: `npm run verify-inspection -- FILE`. Standard output is one line, `valid` or
 * `invalid: REASON`; what the archive states goes to standard error, for people to compare with what they demanded.
 */
import { readFileSync, statSync } from 'node:fs';
import { verifyInspection } from '../server/features/inspections/inspection.offline.ts';
import type { InspectionFault } from '../server/features/inspections/inspection.offline.ts';
import type { InspectionStatement } from '../server/features/inspections/inspection.types.ts';
import { CannotCheck, runCheck, unreadable } from './checking.ts';

const HELP = `npm run verify-inspection -- FILE [--key PATH …]

Checks the archive of an inspection export, without network and database: the signature of its manifest, every file against
it, the sums, and each line of the ledger.
  --key PATH   whom to trust: a public key (JWK or PEM), a saved key set (JWKS), or a folder of *.pub.json;
               may be given several times; default: the keys of this installation, $LINLI_DATA/keys/certificates
  --help       this text

Prints "valid" (exit 0) or "invalid: REASON" (exit 1); what the archive states goes to standard error.`;

const REASONS: Record<InspectionFault, string> = {
  'not-an-inspection': 'not an inspection export',
  'not-signed-json': 'not an inspection export (its manifest is none)',
  'not-canonical': 'changed (the manifest is not the exact text that was signed)',
  'signature-malformed': 'changed (the signature is damaged)',
  'unknown-key': 'unknown key (none of the trusted keys signed it)',
  'signature-wrong': 'changed (the signature does not fit what the manifest states)',
  'file-missing': 'a file is missing',
  'file-added': 'a file was added',
  'file-changed': 'a file was changed',
  'rows-differ': 'a table has other rows or columns than are stated',
  'entry-changed': 'a line of the ledger is not what its hash covers',
  'chain-broken': 'a line of the ledger does not follow the one before it',
  'posting-unbalanced': 'a posting does not sum to zero',
  'head-differs': 'the newest line of an account is not its head',
  'sums-differ': 'a sum is not that of the rows',
};
const LARGEST_FILE = 1024 * 1024 * 1024;

function read(file: string): Buffer {
  try {
    if (statSync(file).size > LARGEST_FILE) throw new CannotCheck(`${file} is larger than any export`);
    return readFileSync(file);
  } catch (err) {
    if (err instanceof CannotCheck) throw err;
    throw unreadable(file, err);
  }
}

function describe(statement: InspectionStatement): string {
  const { demand, period, sums } = statement;
  return [
    `  organisation ${statement.tenant.name['zh-CN']} / ${statement.tenant.name.en}`,
    `  period       ${period.from} to ${period.to} (${period.zone})`,
    `  demanded by  ${demand.authority}, ${demand.reference}`,
    `  asked for by ${statement.askedBy.name}, agreed to by ${statement.agreedBy.name}`,
    `  read         ${statement.begunAt} to ${statement.finishedAt}`,
    `  holds        ${sums.people} people, ${sums.records} records, ${sums.postedMinutes} minutes posted, ${sums.certificates} certificates`,
    `  audit        sealed up to entry ${statement.chains.audit.sequence}, ${statement.chains.audit.hash}`,
    `  key          ${statement.keyId}`,
  ].join('\n');
}

runCheck(HELP, (file, keys) => {
  const verdict = verifyInspection(read(file), keys);
  if (verdict.valid) return { states: describe(verdict.statement) };
  return { invalid: `${REASONS[verdict.reason]}${verdict.where ? ` (${verdict.where})` : ''}` };
});
