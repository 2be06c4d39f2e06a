import { defineMessage, envelopeOf } from '../../mail/message.ts';
import type { MessageDefinition, Recipient } from '../../mail/message.ts';
import type { TenantService } from '../tenants/index.ts';
import { claimMessages } from './claim.mail.ts';
import { HoursModel } from './hours.model.ts';
import { isForReviewer } from './hours.policy.ts';
import { WAITING_STATES } from './hours.queries.ts';
import { transferMessages } from './transfer.mail.ts';

export interface HoursMailParts {
  readonly tenants: TenantService;
  readonly recipientOf: (personId: string) => Promise<Recipient | null>;
  readonly recipientOfAccount: HoursMailParts['recipientOf'];
  readonly publicUrl: string;
}

/** What the volunteer is told of their hours. */
export function hoursMessages(parts: HoursMailParts): MessageDefinition[] {
  const { tenants, recipientOf, publicUrl } = parts;
  const message = (kind: string, wanted: readonly string[]): MessageDefinition =>
    defineMessage({
      kind,
      async load(row) {
        const record = await HoursModel.findById(row.subjectId).lean();
        if (!record || (row.state === 'waiting' && !wanted.includes(record.state))) return null;
        const to = await recipientOf(String(record.personId));
        if (!to) return null;
        const tenant = await tenants.current();
        return {
          ...envelopeOf(to, tenant),
          model: {
            name: to.name,
            title: record.activity.name,
            recordedMinutes: record.recordedMinutes,
            reason: record.rejectionReason,
            link: `${publicUrl}/hours/${String(record._id)}`,
          },
        };
      },
    });
  return [
    message('hours/confirmed', ['posted']),
    message('hours/rejected', ['rejected']),
    dueMessage(parts),
    ...claimMessages(parts),
    ...transferMessages(parts),
  ];
}

/** Whoever may confirm hours is told that a day comes by which they have to be complete. */
const dueMessage = ({ tenants, recipientOfAccount, publicUrl }: HoursMailParts): MessageDefinition =>
  defineMessage({
    kind: 'hours/due',
    async load(row) {
      const record = await HoursModel.findById(row.subjectId).lean();
      const waits = record !== null && (WAITING_STATES as readonly string[]).includes(record.state);
      if (!record || (row.state === 'waiting' && !waits)) return null;
      const to = await recipientOfAccount(String(row.data['accountId']));
      if (!to) return null;
      const tenant = await tenants.current();
      return {
        ...envelopeOf(to, tenant),
        model: {
          name: to.name,
          title: record.activity.name,
          dueOn: (record.state === 'appealed' ? record.appealDueOn : record.dueOn) ?? '',
          link: `${publicUrl}/hours/${isForReviewer(record) ? 'held' : 'queue'}`,
        },
      };
    },
  });
