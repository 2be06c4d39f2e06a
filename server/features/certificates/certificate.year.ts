import { sideBySide } from '../../db/transaction.ts';
import { CertificateModel } from './certificate.model.ts';

/**
 * How many service certificates were issued in a stretch of time, and how many were revoked in it.
 * @param stretch half-open
 */
export async function certifiedIn({
  from,
  to,
}: {
  from: Date;
  to: Date;
}): Promise<{ issued: number; revoked: number }> {
  const within = { $gte: from, $lt: to };
  const [issued, revoked] = await sideBySide([
    () => CertificateModel.countDocuments({ issuedAt: within }),
    () => CertificateModel.countDocuments({ revokedAt: within } as never),
  ]);
  return { issued, revoked };
}
