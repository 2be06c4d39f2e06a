import { createHash } from 'node:crypto';
import type { TrustedKeys } from '../../core/keys.ts';
import { invalid, verifySignedJson } from './certificate.sign.ts';
import type { Verdict } from './certificate.sign.ts';

/**
 * A PDF that proves itself: behind the drawn file, as PDF comments, stands the signed JSON, which states the SHA-256 of
 * everything before it; then the drawn file's own ending once more, so that readers who look for it at the very end
 * find it. Checking rebuilds the whole file from its two parts, so there is no byte that neither hash, nor signature,
 * nor this form covers.
 */
const BLOCK_START = '%LinliServiceCertificate-1\n';
const BLOCK_END = '%EndLinliServiceCertificate\n';
const LINE_LENGTH = 96;
const LARGEST_PDF = 32 * 1024 * 1024;

/** SHA-256 as lower-case hex. */
export const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * The drawn PDF with its signed JSON: what the volunteer downloads.
 * @throws Error when the drawn bytes do not end as a PDF does
 */
export function sealPdf(drawn: Uint8Array, signedJson: string): Buffer {
  const ending = pdfEnding(drawn);
  if (!ending) throw new Error('The drawn file does not end like a PDF.');
  return sealed(drawn, Buffer.from(signedJson, 'utf8'), ending);
}

function sealed(drawn: Uint8Array, signedJson: Uint8Array, ending: string): Buffer {
  const encoded = Buffer.from(signedJson).toString('base64');
  const lines = encoded.match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? [];
  const block = `${BLOCK_START}${lines.map((line) => `%${line}\n`).join('')}${BLOCK_END}${ending}`;
  return Buffer.concat([drawn, Buffer.from(block, 'latin1')]);
}

/** `startxref`, the offset of the cross-reference table and `%%EOF`, which must be the very last of the file. */
function pdfEnding(bytes: Uint8Array): string | null {
  const tail = Buffer.from(bytes.subarray(-64)).toString('latin1');
  return /startxref\n\d{1,10}\n%%EOF\n$/.exec(tail)?.[0] ?? null;
}

/** Checks a certificate without the network and without a database, JSON or PDF, against the trusted keys (S-58). */
export function verifyCertificate(bytes: Uint8Array, trusted: TrustedKeys): Verdict {
  return looksLikePdf(bytes) ? verifyPdf(bytes, trusted) : verifySignedJson(bytes, trusted);
}

const looksLikePdf = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(0, 5)).toString('latin1') === '%PDF-';

function verifyPdf(bytes: Uint8Array, trusted: TrustedKeys): Verdict {
  if (bytes.length > LARGEST_PDF) return invalid('too-large');
  const signedJson = findSignedJson(bytes);
  if (!signedJson) return invalid('statement-missing');
  const verdict = verifySignedJson(signedJson, trusted);
  if (!verdict.valid) return verdict;
  const { pdf } = verdict.statement;
  const drawn = bytes.subarray(0, pdf.bytes);
  const ending = pdfEnding(drawn);
  if (drawn.length !== pdf.bytes || !ending || sha256Hex(drawn) !== pdf.sha256) return invalid('pdf-changed');
  if (!sealed(drawn, signedJson, ending).equals(bytes)) return invalid('pdf-changed');
  return { ...verdict, form: 'pdf' };
}

/** The signed JSON inside a sealed PDF, unchecked; null when there is none. */
export function findSignedJson(bytes: Uint8Array): Buffer | null {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = file.lastIndexOf(BLOCK_START, undefined, 'latin1');
  const end = file.lastIndexOf(BLOCK_END, undefined, 'latin1');
  if (start < 0 || end < start) return null;
  const lines = file.toString('latin1', start + BLOCK_START.length, end).split('\n');
  return Buffer.from(lines.map((line) => line.slice(1)).join(''), 'base64');
}
