import { defineMessage, envelopeOf } from '../../mail/message.ts';
import type { MessageDefinition, Recipient } from '../../mail/message.ts';
import type { TenantService } from '../tenants/index.ts';
import { CreditModel } from './credit.model.ts';

export interface CreditMailParts {
  readonly tenants: TenantService;
  readonly recipientOf: (personId: string) => Promise<Recipient | null>;
  readonly publicUrl: string;
}

/** What a person is told of a claim of credit hours. */
export function creditMessages({ tenants, recipientOf, publicUrl }: CreditMailParts): MessageDefinition[] {
  return [
    defineMessage({
      kind: 'credits/reviewed',
      async load(row) {
        const credit = await CreditModel.findById(row.subjectId).lean();
        const to = credit ? await recipientOf(String(credit.personId)) : null;
        if (!credit || !to) return null;
        const tenant = await tenants.current();
        return {
          ...envelopeOf(to, tenant),
          model: {
            name: to.name,
            title: credit.title,
            state: row.data['state'] ?? credit.state,
            reason: credit.history.at(-1)?.reason ?? null,
            link: `${publicUrl}/credits/${String(credit._id)}`,
          },
        };
      },
    }),
  ];
}
