import type { OutboxRow } from '../../db/outbox.ts';
import type { I18n } from '../../i18n/index.ts';
import { defineMessage, envelopeOf } from '../../mail/message.ts';
import type { MessageContent, MessageDefinition, Recipient } from '../../mail/message.ts';
import type { TenantService } from '../tenants/index.ts';
import { ProposalModel } from './proposal.model.ts';
import type { ProposalRow } from './proposal.model.ts';

export interface ProposalMailParts {
  readonly i18n: I18n;
  readonly tenants: TenantService;
  readonly recipientOfAccount: (accountId: string) => Promise<Recipient | null>;
  readonly publicUrl: string;
}

/** Whoever may confirm is asked, and who proposed is told; no mail says whose hours it is about. */
export function proposalMessages(parts: ProposalMailParts): MessageDefinition[] {
  const { i18n, tenants, recipientOfAccount, publicUrl } = parts;
  const message = (
    kind: string,
    who: (row: ProposalRow, message: OutboxRow) => string,
    wanted: (row: ProposalRow, message: OutboxRow) => boolean,
  ): MessageDefinition =>
    defineMessage({
      kind,
      async load(message): Promise<MessageContent | null> {
        const row = await ProposalModel.findById(message.subjectId).lean();
        if (!row || (message.state === 'waiting' && !wanted(row, message))) return null;
        const to = await recipientOfAccount(who(row, message));
        if (!to) return null;
        const envelope = envelopeOf(to, await tenants.current());
        const { state } = message.data;
        return {
          ...envelope,
          model: {
            name: to.name,
            act: i18n.t(envelope.locale, `proposals.kind.${row.kind}`),
            proposer: row.proposerName,
            decider: row.deciderName,
            reason: row.reason,
            answer: row.answer,
            lapsesAt: row.lapsesAt,
            confirmed: state === 'confirmed',
            declined: state === 'declined',
            lapsed: state === 'lapsed',
            link: `${publicUrl}/proposals/${String(row._id)}`,
          },
        };
      },
    });
  return [
    message(
      'proposals/asked',
      (_row, { data }) => String(data['accountId']),
      ({ state }) => state === 'open',
    ),
    message(
      'proposals/decided',
      (row) => String(row.proposedBy),
      (row, { data }) => row.state === data['state'],
    ),
  ];
}
