/**
 * Checks a service certificate offline: `npm run verify-certificate -- FILE`. Standard output is one line, `valid` or
 * `invalid: REASON`; what the certificate states goes to standard error, for people to compare with what they were shown.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { verifyCertificate } from '../server/features/certificates/certificate.offline.ts';
import type { InvalidReason } from '../server/features/certificates/certificate.sign.ts';
import type { CertificateStatement } from '../server/features/certificates/certificate.types.ts';
import { runCheck, unreadable } from './checking.ts';

const HELP = `npm run verify-certificate -- FILE [--key PATH …]

Checks a service certificate, PDF or JSON, without network and database.
  --key PATH   whom to trust: a public key (JWK or PEM), a saved key set (JWKS), or a folder of *.pub.json;
               may be given several times; default: the keys of this installation, $LINLI_DATA/keys/certificates
  --help       this text

Prints "valid" (exit 0) or "invalid: REASON" (exit 1); what the certificate states goes to standard error.
A certificate that was revoked or corrected later is still "valid" here: its own page on the web tells.`;

const REASONS: Record<InvalidReason, string> = {
  'not-a-certificate': 'not a service certificate',
  'not-canonical': 'changed (the text is not the exact text that was signed)',
  'signature-malformed': 'changed (the signature is damaged)',
  'unknown-key': 'unknown key (none of the trusted keys signed it)',
  'signature-wrong': 'changed (the signature does not fit what it states)',
  'statement-missing': 'no signed statement at the end of the PDF (cut off, printed anew, or not ours)',
  'pdf-changed': 'changed (the PDF is not the one that was signed)',
  'too-large': 'larger than any certificate',
};
const LARGEST_FILE = 48 * 1024 * 1024;

function readBounded(file: string): Buffer {
  let handle: number | undefined;
  try {
    handle = openSync(file, 'r');
    const { size } = fstatSync(handle);
    const buffer = Buffer.alloc(Math.min(size, LARGEST_FILE));
    let filled = 0;
    while (filled < buffer.length) {
      const read = readSync(handle, buffer, filled, buffer.length - filled, filled);
      if (read === 0) break;
      filled += read;
    }
    return buffer.subarray(0, filled);
  } catch (err) {
    throw unreadable(file, err);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function describe(statement: CertificateStatement): string {
  const hours = `${Math.floor(statement.totalMinutes / 60)} h ${statement.totalMinutes % 60} min`;
  return [
    `  number       ${statement.number}${statement.demo ? '  (demonstration data: certifies nothing)' : ''}`,
    `  person       ${statement.person.displayName}`,
    `  period       ${statement.period.from} to ${statement.period.to}`,
    `  time         ${hours} (${statement.totalMinutes} minutes, ${statement.services} services)`,
    `  recorded by  ${statement.tenant.name['zh-CN']} / ${statement.tenant.name.en}`,
    `  issued       ${statement.issuedAt} by ${statement.issuer.unit}`,
    `  ledger       entry ${statement.ledger.sequence}, ${statement.ledger.head}`,
    `  key          ${statement.keyId}`,
    `  now          ${statement.verifyUrl}`,
  ].join('\n');
}

runCheck(HELP, (file, keys) => {
  const verdict = verifyCertificate(readBounded(file), keys);
  if (verdict.valid) return { states: describe(verdict.statement) };
  return { invalid: REASONS[verdict.reason] };
});
