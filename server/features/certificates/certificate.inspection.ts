import type { Types } from 'mongoose';
import { CertificateModel } from './certificate.model.ts';
import type { CertificateRow } from './certificate.model.ts';

/** A certificate without its files. */
export type InspectedCertificate = Omit<CertificateRow, 'pdf' | 'signedJson' | 'credentialJson'>;

/** Certificates of these people that were issued or revoked in the half-open stretch; whoever asks may read them all. */
export async function inspectedCertificates(
  personIds: readonly Types.ObjectId[],
  during: { readonly $gte: Date; readonly $lt: Date },
): Promise<InspectedCertificate[]> {
  return CertificateModel.find({
    personId: { $in: [...personIds] },
    $or: [{ issuedAt: during }, { revokedAt: during }],
  } as never)
    .select({ pdf: 0, signedJson: 0, credentialJson: 0, 'draft.lines': 0 })
    .sort({ personId: 1, issuedAt: -1, _id: -1 })
    .lean();
}
