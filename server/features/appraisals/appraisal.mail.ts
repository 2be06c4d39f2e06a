import { defineMessage, envelopeOf } from '../../mail/message.ts';
import type { MessageDefinition, Recipient } from '../../mail/message.ts';
import type { TenantService } from '../tenants/index.ts';
import { AppraisalModel } from './appraisal.model.ts';

export interface AppraisalMailParts {
  readonly tenants: TenantService;
  readonly recipientOf: (personId: string) => Promise<Recipient | null>;
  readonly recipientOfAccount: (accountId: string) => Promise<Recipient | null>;
  readonly publicUrl: string;
}

/** To the person, that something was said of their service, what it was only behind the sign-in; to the desk, that a day comes. */
export function appraisalMessages(parts: AppraisalMailParts): MessageDefinition[] {
  const { tenants, recipientOf, recipientOfAccount, publicUrl } = parts;
  const due = (kind: string, state: string, page: string): MessageDefinition =>
    defineMessage({
      kind,
      async load(message) {
        const row = await AppraisalModel.findById(message.subjectId).lean();
        if (!row || (message.state === 'waiting' && row.state !== state)) return null;
        const to = await recipientOfAccount(String(message.data['accountId']));
        if (!to) return null;
        return {
          ...envelopeOf(to, await tenants.current()),
          model: { name: to.name, title: row.title, dueOn: row.dueOn, link: `${publicUrl}${page}` },
        };
      },
    });
  return [
    defineMessage({
      kind: 'appraisals/made',
      async load(message) {
        const row = await AppraisalModel.findById(message.subjectId).lean();
        if (!row || (message.state === 'waiting' && message.data['state'] !== row.state)) return null;
        const to = await recipientOf(String(row.personId));
        if (!to) return null;
        return {
          ...envelopeOf(to, await tenants.current()),
          model: { name: to.name, title: row.title, link: `${publicUrl}/appraisals/${String(row._id)}` },
        };
      },
    }),
    due('appraisals/due', 'due', '/appraisals/desk'),
    due('appraisals/contest-due', 'contested', '/appraisals/contested'),
  ];
}
