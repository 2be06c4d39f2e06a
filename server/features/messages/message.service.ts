import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { Types } from 'mongoose';
import { acrossTenants, asTenant, contextNow } from '../../core/context.ts';
import { logger } from '../../core/logger.ts';
import { OutboxModel } from '../../db/outbox.ts';
import type { OutboxRow } from '../../db/outbox.ts';
import type { ChannelName, Channels, Envelope } from '../../mail/channel.ts';
import { MessageRefused } from '../../mail/channel.ts';
import type { MessageContent, MessageDefinition } from '../../mail/message.ts';

/** Renders a message's three parts, or its text message; the http layer's view engine, injected. */
export type RenderMail = (
  kind: string,
  model: object,
  context: { locale: MessageContent['locale']; zone: string; tenant: MessageContent['tenant'] },
  channel: ChannelName,
) => { subject: string; html: string; text: string };

export interface MailboxItem {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly links: readonly string[];
  readonly sentAt: string;
}

export interface DueMessage {
  readonly tenantId: string;
  readonly id: string;
}

/** How long it is tried to note that a message has left; longer than an election, shorter than the lease of its sweep. */
const NOTE_MS = 20_000;
/** As many mails as the development mailbox shows at most. */
const KEPT_MAILS = 1_000;

export type MessageService = ReturnType<typeof createMessageService>;

export function createMessageService(parts: {
  definitions: readonly MessageDefinition[];
  render: RenderMail;
  channels: Channels;
}) {
  const { render, channels } = parts;
  const shown = new LRUCache<string, MailboxItem>({ max: KEPT_MAILS });
  const definitions = new Map(parts.definitions.map((definition) => [definition.kind, definition]));

  function definitionOf(kind: string): MessageDefinition {
    const definition = definitions.get(kind);
    if (!definition) throw new Error(`No message ${kind}`);
    return definition;
  }

  function envelope(row: OutboxRow, content: MessageContent): Envelope {
    const { locale, zone, tenant, unsubscribe, channel = 'email' } = content;
    return {
      to: content.to,
      messageId: row.messageId,
      unsubscribe,
      ...render(row.kind, content.model, { locale, zone, tenant }, channel),
    };
  }

  /** Settles a waiting row; a rival worker that settled it first wins (F-19). */
  async function settle(row: OutboxRow, state: 'sent' | 'dropped' | 'dead'): Promise<void> {
    await OutboxModel.updateOne(
      { _id: row._id, state: 'waiting' },
      { $set: { state, sentAt: state === 'sent' ? contextNow() : null } },
    );
  }

  /** The mail has left: a database that is away for a moment must not make it leave again (F-21). */
  async function noteSent(row: OutboxRow): Promise<void> {
    const until = performance.now() + NOTE_MS;
    for (let wait = 50; ; wait = Math.min(2 * wait, 1_000)) {
      try {
        return await settle(row, 'sent');
      } catch (err) {
        if (performance.now() > until) throw err;
        logger.warn({ err, messageId: row.messageId }, 'sent, but not noted yet');
        await delay(wait);
      }
    }
  }

  return {
    /** Messages that are due, oldest first; across tenants, for the sweep. */
    async due(query: { now: Date; limit: number; except: readonly string[] }): Promise<DueMessage[]> {
      const rows = await OutboxModel.find({
        state: 'waiting',
        dueAt: { $lte: query.now },
        _id: { $nin: query.except.map((id) => new Types.ObjectId(id)) },
      })
        .sort({ dueAt: 1, _id: 1 })
        .limit(query.limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /** Sends one message, or drops it when it is over or no longer wanted. Throws when it is worth trying again. */
    async deliver(id: string): Promise<void> {
      const row = await OutboxModel.findOne({ _id: id, state: 'waiting' }).lean();
      if (!row) return;
      if (row.expiresAt && row.expiresAt <= contextNow()) return settle(row, 'dropped');
      const content = await definitionOf(row.kind).load(row);
      const channel = content && channels[content.channel ?? 'email'];
      // No way to a number any more is like a message that nobody wants any more.
      if (!content || !channel) return settle(row, 'dropped');
      try {
        await channel.send(envelope(row, content));
      } catch (err) {
        if (!(err instanceof MessageRefused)) throw err;
        logger.warn({ err, messageId: row.messageId }, 'message refused for good');
        return settle(row, 'dead');
      }
      await noteSent(row);
    },

    async giveUp(id: string): Promise<void> {
      await OutboxModel.updateOne({ _id: id, state: 'waiting' }, { $set: { state: 'dead' } });
    },

    /**
     * The development mailbox: what was delivered, newest first. Texts with secrets are not stored: each is rendered again when
     * it is first shown, and then stays in this process as it was.
     */
    async mailbox(limit: number): Promise<MailboxItem[]> {
      const rows = await acrossTenants('development mailbox', async () =>
        OutboxModel.find({ state: 'sent' }).sort({ sentAt: -1, _id: -1 }).limit(limit).lean(),
      );
      const items: MailboxItem[] = [];
      for (const row of rows) {
        const key = `${String(row._id)} ${row.sentAt?.getTime() ?? 0}`;
        const item = shown.get(key) ?? (await asTenant(String(row.tenantId), () => preview(row)));
        if (!item) continue;
        shown.set(key, item);
        items.push(item);
      }
      return items;
    },
  };

  async function preview(row: OutboxRow): Promise<MailboxItem | null> {
    const content = await definitionOf(row.kind).load(row);
    if (!content) return null;
    const { subject, html, text } = envelope(row, content);
    return {
      id: String(row._id),
      to: content.to.address,
      subject,
      text,
      html,
      links: [...new Set(text.match(/https?:\/\/[^\s<>"]+/g) ?? [])],
      sentAt: row.sentAt?.toISOString() ?? row.createdAt.toISOString(),
    };
  }
}
