import { addMessage } from '../../db/outbox.ts';
import type { OutboxRow } from '../../db/outbox.ts';
import { defineMessage, envelopeOf } from '../../mail/message.ts';
import type { MessageContent, MessageDefinition, Recipient } from '../../mail/message.ts';
import type { IdentityDocumentService } from '../identity-documents/index.ts';
import { holdersOf } from '../memberships/index.ts';
import type { UnitService } from '../units/index.ts';
import type { HoursMailParts } from './hours.mail.ts';
import { TransferModel } from './transfer.model.ts';
import type { TransferRow } from './transfer.model.ts';

/** Of the people who may decide, so many are told. */
const TOLD = 20;

/**
 * Tells whoever may decide in this organisation that they are asked; never the person, by whatever account they hold the right. In
 * the transaction of the asking.
 */
export async function askDesk(
  row: TransferRow,
  units: UnitService,
  { humansOf }: Pick<IdentityDocumentService, 'humansOf'>,
): Promise<void> {
  const holders = await holdersOf('hours:reverse', await units.pathOf(row.unitId), TOLD);
  const mover = String(row.personId);
  const humans = await humansOf([mover, ...holders.map(({ personId }) => String(personId))]);
  const humanOf = (personId: string): string => humans.get(personId)?.human ?? personId;
  for (const { accountId, personId } of holders)
    if (accountId !== null && humanOf(String(personId)) !== humanOf(mover))
      await addMessage({
        kind: 'hours/transfer-asked',
        subjectId: row._id,
        data: { accountId: String(accountId), state: row.state },
        dedupeKey: `hours-transfer-asked:${String(row._id)}:${String(accountId)}`,
      });
}

/** Tells the person what was decided, by the organisation where they asked. In the transaction of the decision. */
export const tellMover = (row: TransferRow): Promise<void> =>
  addMessage({
    kind: 'hours/transfer-decided',
    subjectId: row._id,
    data: { state: row.state },
    dedupeKey: `hours-transfer-decided:${String(row._id)}:${row.version}`,
  });

/** What people are told of hours that somebody takes along; not any more when it went on since. */
export function transferMessages(parts: HoursMailParts): MessageDefinition[] {
  const { tenants, recipientOf, recipientOfAccount, publicUrl } = parts;
  const message = (
    kind: string,
    path: string,
    who: (row: TransferRow, message: OutboxRow) => Promise<Recipient | null>,
  ): MessageDefinition =>
    defineMessage({
      kind,
      async load(message): Promise<MessageContent | null> {
        const row = await TransferModel.findById(message.subjectId).lean();
        const { state } = message.data;
        const overtaken = state !== undefined && state !== row?.state;
        if (!row || (message.state === 'waiting' && overtaken)) return null;
        const to = await who(row, message);
        if (!to) return null;
        const envelope = envelopeOf(to, await tenants.current());
        return {
          ...envelope,
          model: {
            name: to.name,
            person: row.personName,
            peer: row.peerName[envelope.locale] || row.peerName['zh-CN'],
            comes: row.direction === 'in',
            confirmed: state === 'confirmed',
            done: state === 'done',
            link: `${publicUrl}${path}`,
          },
        };
      },
    });
  return [
    message('hours/transfer-asked', '/hours/transfers/desk', (_row, { data }) =>
      recipientOfAccount(String(data['accountId'])),
    ),
    message('hours/transfer-decided', '/hours/transfers', (row) => recipientOf(String(row.personId))),
    message('hours/merged', '/hours', (_row, { data }) => recipientOf(String(data['personId']))),
  ];
}
