import { defineMessage, envelopeOf } from '../../mail/message.ts';
import type { MessageDefinition, Recipient } from '../../mail/message.ts';
import type { TenantService } from '../tenants/index.ts';
import { InspectionModel } from './inspection.model.ts';

export interface InspectionMailParts {
  readonly tenants: TenantService;
  readonly recipientOfAccount: (accountId: string) => Promise<Recipient | null>;
  readonly publicUrl: string;
}

/** The two who agreed to it are told that the archive can be taken, or that it could not be made; of nobody's service in it. */
export const inspectionMessages = ({
  tenants,
  recipientOfAccount,
  publicUrl,
}: InspectionMailParts): MessageDefinition[] => [
  defineMessage({
    kind: 'inspections/finished',
    async load(message) {
      const row = await InspectionModel.findById(message.subjectId).lean();
      // Not any more when the archive is gone by now.
      if (!row || (message.state === 'waiting' && message.data['state'] !== row.state)) return null;
      const to = await recipientOfAccount(String(message.data['accountId']));
      if (!to) return null;
      return {
        ...envelopeOf(to, await tenants.current()),
        model: {
          name: to.name,
          ready: message.data['state'] === 'ready',
          authority: row.authority,
          reference: row.reference,
          expiresAt: row.expiresAt,
          link: `${publicUrl}/inspections/${String(row._id)}`,
        },
      };
    },
  }),
];
