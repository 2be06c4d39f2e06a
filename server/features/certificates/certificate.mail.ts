import { defineMessage, envelopeOf } from '../../mail/message.ts';
import type { MessageDefinition, Recipient } from '../../mail/message.ts';
import type { TenantService } from '../tenants/index.ts';
import { CertificateModel } from './certificate.model.ts';

export interface CertificateMailParts {
  readonly tenants: TenantService;
  readonly recipientOf: (personId: string) => Promise<Recipient | null>;
  readonly publicUrl: string;
}

/** What holders are told of their certificates. The files are not sent: they are behind the holder's sign-in. */
export function certificateMessages(parts: CertificateMailParts): MessageDefinition[] {
  const { tenants, recipientOf, publicUrl } = parts;
  const message = (kind: string, wanted: 'standing' | 'revoked'): MessageDefinition =>
    defineMessage({
      kind,
      async load(row) {
        const certificate = await CertificateModel.findById(row.subjectId)
          .select({ pdf: 0, signedJson: 0 })
          .lean();
        if (!certificate) return null;
        const is = certificate.revokedAt ? 'revoked' : 'standing';
        if (row.state === 'waiting' && is !== wanted) return null;
        const to = await recipientOf(String(certificate.personId));
        if (!to) return null;
        const tenant = await tenants.current();
        return {
          ...envelopeOf(to, tenant),
          model: {
            name: to.name,
            number: certificate.number,
            periodFrom: certificate.periodFrom,
            periodTo: certificate.periodTo,
            totalMinutes: certificate.totalMinutes,
            reason: certificate.revocationReason,
            link: `${publicUrl}/certificates/${String(certificate._id)}`,
          },
        };
      },
    });
  return [message('certificates/issued', 'standing'), message('certificates/revoked', 'revoked')];
}
