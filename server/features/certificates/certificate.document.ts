import type { SigningKeys } from '../../core/keys.ts';
import type { I18n } from '../../i18n/index.ts';
import { sealPdf, sha256Hex } from './certificate.offline.ts';
import { renderCertificatePdf } from './certificate.pdf.ts';
import { signStatement } from './certificate.sign.ts';
import type { CertificateStatement, StatementDraft } from './certificate.types.ts';

/** A certificate as it is stored and handed out: both files prove themselves offline. */
export interface IssuedDocument {
  readonly statement: CertificateStatement;
  /** Canonical, signed JSON, byte for byte. */
  readonly signedJson: string;
  /** The PDF with the signed JSON at its end. */
  readonly pdf: Buffer;
  /** SHA-256 of the whole `pdf` file (the statement names that of its drawn part). */
  readonly pdfSha256: string;
}

/** Draws, hashes, signs and seals. Takes about a tenth of a second; call it outside transactions. */
export async function produceCertificate(
  draft: StatementDraft,
  tools: { readonly keys: SigningKeys; readonly i18n: I18n },
): Promise<IssuedDocument> {
  const drawn = await renderCertificatePdf(draft, tools);
  const statement = { ...draft, pdf: { sha256: sha256Hex(drawn), bytes: drawn.length } };
  const signedJson = signStatement(statement, tools.keys);
  const pdf = sealPdf(drawn, signedJson);
  return { statement, signedJson, pdf, pdfSha256: sha256Hex(pdf) };
}
