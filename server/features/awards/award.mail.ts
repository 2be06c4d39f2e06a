import { defineMessage, envelopeOf } from '../../mail/message.ts';
import type { MessageDefinition, Recipient } from '../../mail/message.ts';
import type { I18n } from '../../i18n/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { AwardModel } from './award.model.ts';

export interface AwardMailParts {
  readonly tenants: TenantService;
  readonly i18n: I18n;
  readonly recipientOf: (personId: string) => Promise<Recipient | null>;
  readonly publicUrl: string;
}

/** What a person is told of an award of theirs; not any more when it went on since. */
export const awardMessages = ({
  tenants,
  i18n,
  recipientOf,
  publicUrl,
}: AwardMailParts): MessageDefinition[] => [
  defineMessage({
    kind: 'awards/changed',
    async load(message) {
      const row = await AwardModel.findById(message.subjectId).lean();
      if (!row || (message.state === 'waiting' && message.data['state'] !== row.state)) return null;
      const to = await recipientOf(String(row.personId));
      if (!to) return null;
      const tenant = await tenants.current();
      return {
        ...envelopeOf(to, tenant),
        model: {
          name: to.name,
          title: row.name,
          state: i18n.t(to.locale ?? tenant.locale, `states.award.${row.state}` as 'states.award.recorded'),
          reason: row.answer,
          link: `${publicUrl}/awards/${String(row._id)}`,
        },
      };
    },
  }),
];
