import type { InvariantCheck } from '../../core/invariant.ts';
import { invariantTally } from '../../core/invariant.ts';
import type { TrustedKeys } from '../../core/keys.ts';
import type { LedgerEntryRow } from '../hours/index.ts';
import { CertificateModel, CertificateSerialModel } from './certificate.model.ts';
import type { CertificateRow } from './certificate.model.ts';
import { sha256Hex, verifyCertificate } from './certificate.offline.ts';

/** The files of lean rows are the driver's Binary. */
export const bytesOf = (stored: Buffer | { buffer: Uint8Array }): Buffer =>
  Buffer.isBuffer(stored) ? stored : Buffer.from(stored.buffer);

/** What the ledger held when a certificate was issued: the entries of the account and period up to a number. */
export type SnapshotOf = (
  row: Pick<CertificateRow, 'tenantId' | 'personId' | 'periodFrom' | 'periodTo'>,
  upTo: number,
) => Promise<Pick<LedgerEntryRow, 'seq' | 'minutes' | 'hash'>[]>;

/** Invariant 9: what a certificate states equals the ledger snapshot it names, and both its files prove themselves. */
const certificatesHold = (trusted: TrustedKeys, snapshotOf: SnapshotOf): InvariantCheck => ({
  name: 'certificates/state-the-ledger',
  async run() {
    const tally = invariantTally();
    for await (const row of CertificateModel.find({}).lean().cursor({ batchSize: 50 })) {
      tally.examine();
      const { ledger, totalMinutes } = row.draft;
      const entries = await snapshotOf(row, ledger.sequence);
      const sum = entries.reduce((minutes, entry) => minutes + entry.minutes, 0);
      if (sum !== totalMinutes || row.totalMinutes !== totalMinutes)
        tally.violate(
          `${row.number} is kept with ${row.totalMinutes} and states ${totalMinutes} of ${sum} minutes`,
        );
      if (entries.at(-1)?.hash !== ledger.head || entries.length !== ledger.entries)
        tally.violate(`${row.number} names another state of the ledger`);
      for (const fault of faultsOfFiles(row, trusted)) tally.violate(`${row.number}: ${fault}`);
    }
    return tally.result();
  },
});

function faultsOfFiles(row: CertificateRow, trusted: TrustedKeys): string[] {
  // Its maker was killed: the next who asks for the files makes them.
  if (row.pdf === null || row.signedJson === null) return [];
  const pdf = bytesOf(row.pdf);
  const faults = sha256Hex(pdf) === row.pdfSha256 ? [] : ['its PDF changed'];
  for (const bytes of [pdf, Buffer.from(row.signedJson, 'utf8')]) {
    const verdict = verifyCertificate(bytes, trusted);
    if (!verdict.valid) faults.push(verdict.reason);
    else if (verdict.statement.number !== row.number || verdict.statement.verificationCode !== row.code)
      faults.push('its file is another’s');
  }
  return faults;
}

/** Invariant 9: numbers run from 1 without gaps and are never used twice. */
const numbersHold: InvariantCheck = {
  name: 'certificates/numbers-without-gaps',
  async run() {
    const tally = invariantTally();
    const issued = new Map<string, Set<string>>();
    for await (const row of CertificateModel.find({}).select({ tenantId: 1, number: 1 }).lean().cursor()) {
      tally.examine();
      const [year = '', serial = ''] = row.number.split('-').slice(-2);
      const key = `${String(row.tenantId)} ${Number(year)}`;
      const known = issued.get(key) ?? new Set<string>();
      if (known.has(serial)) tally.violate(`${row.number} is there twice`);
      issued.set(key, known.add(serial));
    }
    for (const counter of await CertificateSerialModel.find({}).lean()) {
      const key = `${String(counter.tenantId)} ${counter.year}`;
      const count = issued.get(key)?.size ?? 0;
      if (count !== counter.last) tally.violate(`${key}: ${count} certificates, counter at ${counter.last}`);
      issued.delete(key);
    }
    for (const key of issued.keys()) tally.violate(`${key}: certificates without a counter`);
    return tally.result();
  },
};

/** What `npm run verify` checks of certificates, across tenants and read-only. */
export const certificateInvariants = (parts: {
  readonly trusted: TrustedKeys;
  readonly snapshotOf: SnapshotOf;
}): InvariantCheck[] => [certificatesHold(parts.trusted, parts.snapshotOf), numbersHold];
