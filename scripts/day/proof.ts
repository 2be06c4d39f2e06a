import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTrustedKeys } from '../../server/core/keys.ts';
import { verifyCertificate } from '../../server/features/certificates/certificate.offline.ts';
import { StepFailed } from './client.ts';
import type { Day } from './client.ts';

export interface CertificateFiles {
  readonly number: string;
  readonly pdf: Buffer;
  readonly json: Buffer;
}

/** Checks both files offline with the published keys: genuine as they are, void with one byte or digit changed. */
export async function proveOffline(day: Day, { pdf, json }: CertificateFiles): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'linli-day-'));
  try {
    const keys = await day.step('gets the public keys', 'anybody', async () => {
      const answer = await fetch(`${day.url}/api/v1/certificates/keys`);
      if (!answer.ok) throw new StepFailed(`keys: ${answer.status}`);
      const file = join(folder, 'keys.json');
      writeFileSync(file, await answer.text());
      return readTrustedKeys(file);
    });
    const isValid = (bytes: Buffer): boolean => verifyCertificate(bytes, keys).valid;
    await day.step('both files are genuine offline', 'anybody', async () => {
      if (!isValid(pdf) || !isValid(json)) throw new StepFailed('A genuine file does not verify');
    });
    await day.step('one changed digit or byte is noticed', 'anybody', async () => {
      const minutes = /"totalMinutes":(\d)/.exec(json.toString('utf8'));
      const at = (minutes?.index ?? -1) + '"totalMinutes":'.length;
      if (isValid(flipped(json, at, (byte) => (byte === 57 ? 49 : byte + 1))))
        throw new StepFailed('A changed digit still verifies');
      if (isValid(flipped(pdf, Math.floor(pdf.length / 2), (byte) => byte ^ 1)))
        throw new StepFailed('A changed byte still verifies');
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function flipped(bytes: Buffer, at: number, change: (byte: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = change(copy[at] ?? 0);
  return copy;
}
