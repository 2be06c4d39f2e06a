import type { I18n } from '../../i18n/index.ts';
import { defineMessage, envelopeOf } from '../../mail/message.ts';
import type { MessageDefinition, Recipient } from '../../mail/message.ts';
import type { TenantService } from '../tenants/index.ts';
import { BankAccountModel, RedemptionModel } from './time-bank.model.ts';

export interface BankMailParts {
  readonly tenants: TenantService;
  readonly i18n: I18n;
  readonly recipientOf: (personId: string) => Promise<Recipient | null>;
  readonly publicUrl: string;
}

/** What somebody who keeps a time bank is told; of a redemption not any more when it went on since. */
export const timeBankMessages = ({
  tenants,
  i18n,
  recipientOf,
  publicUrl,
}: BankMailParts): MessageDefinition[] => [
  defineMessage({
    kind: 'time-bank/redemption-changed',
    async load(message) {
      const row = await RedemptionModel.findById(message.subjectId).lean();
      if (!row?.personId) return null;
      if (message.state === 'waiting' && message.data['state'] !== row.state) return null;
      const to = await recipientOf(String(row.personId));
      if (!to) return null;
      const tenant = await tenants.current();
      const locale = to.locale ?? tenant.locale;
      return {
        ...envelopeOf(to, tenant),
        model: {
          name: to.name,
          what: row.what,
          state: i18n.t(locale, `states.redemption.${row.state}` as 'states.redemption.settled'),
          link: `${publicUrl}/time-bank/redemptions/${String(row._id)}`,
        },
      };
    },
  }),
  defineMessage({
    kind: 'time-bank/closed',
    async load(message) {
      const row = await BankAccountModel.findById(message.subjectId).lean();
      const to = row ? await recipientOf(String(row.personId)) : null;
      if (!to) return null;
      return {
        ...envelopeOf(to, await tenants.current()),
        model: { name: to.name, reason: String(message.data['reason']), link: `${publicUrl}/time-bank` },
      };
    },
  }),
];
