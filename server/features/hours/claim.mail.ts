import { defineMessage, envelopeOf } from '../../mail/message.ts';
import type { MessageDefinition } from '../../mail/message.ts';
import { HoursClaimModel } from './claim.model.ts';
import type { HoursMailParts } from './hours.mail.ts';

/** What is said of claims: the answer to the person, and to whoever may answer that a day comes by which they have to. */
export const claimMessages = ({
  tenants,
  recipientOf,
  recipientOfAccount,
  publicUrl,
}: HoursMailParts): MessageDefinition[] => [
  defineMessage({
    kind: 'hours/claim-answered',
    async load(message) {
      const row = await HoursClaimModel.findById(message.subjectId).lean();
      const to = row ? await recipientOf(String(row.personId)) : null;
      if (!row || !to) return null;
      return {
        ...envelopeOf(to, await tenants.current()),
        model: {
          name: to.name,
          title: row.claimed?.name ?? row.recorded?.name ?? '',
          founded: row.state === 'founded',
          reason: row.answer,
          link: `${publicUrl}/hours/claims/${String(row._id)}`,
        },
      };
    },
  }),
  defineMessage({
    kind: 'hours/claim-due',
    async load(message) {
      const row = await HoursClaimModel.findById(message.subjectId).lean();
      if (!row || (message.state === 'waiting' && row.state !== 'claimed')) return null;
      const to = await recipientOfAccount(String(message.data['accountId']));
      if (!to) return null;
      return {
        ...envelopeOf(to, await tenants.current()),
        model: {
          name: to.name,
          title: row.claimed?.name ?? row.recorded?.name ?? '',
          dueOn: row.dueOn,
          link: `${publicUrl}/hours/claims/desk`,
        },
      };
    },
  }),
];
