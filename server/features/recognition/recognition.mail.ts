import { defineMessage, envelopeOf } from '../../mail/message.ts';
import type { MessageDefinition, Recipient } from '../../mail/message.ts';
import type { I18n } from '../../i18n/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { RecognitionModel } from './recognition.model.ts';

export interface RecognitionMailParts {
  readonly tenants: TenantService;
  readonly i18n: I18n;
  readonly recipientOf: (personId: string) => Promise<Recipient | null>;
  readonly publicUrl: string;
}

/** What a person is told of a star or medal; not any more when it went on since. */
export const recognitionMessages = ({
  tenants,
  i18n,
  recipientOf,
  publicUrl,
}: RecognitionMailParts): MessageDefinition[] => [
  defineMessage({
    kind: 'recognition/changed',
    async load(message) {
      const row = await RecognitionModel.findById(message.subjectId).lean();
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
          title: row.name[locale],
          state: i18n.t(locale, `states.recognition.${row.state}` as 'states.recognition.granted'),
          link: `${publicUrl}/recognition-cases/${String(row._id)}`,
        },
      };
    },
  }),
];
