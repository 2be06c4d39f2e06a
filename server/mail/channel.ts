/** How codes and messages reach people: mail goes to an address, a text message to a mobile number. */
export type ChannelName = 'email' | 'sms';

/** One message, ready to leave. Addresses are objects from validated storage, never text with commas (S-40). */
export interface Envelope {
  readonly to: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Stable over retries, so that a duplicate can be recognised (F-21). */
  readonly messageId: string;
  /** As a message's content gives it. */
  readonly unsubscribe?: string | undefined;
}

/** Whether trying again could help: who carries the message will never take it. */
export class MessageRefused extends Error {
  override name = 'MessageRefused';
}

/** Who carries messages; `mailbox` is nobody: the outbox row itself is the delivery, shown on the mailbox page. */
export interface Channel {
  readonly kind: 'smtp' | 'gateway' | 'mailbox';
  /** @throws MessageRefused when it is refused for good; any other error is worth a retry */
  send(envelope: Envelope): Promise<void>;
  close(): void;
}

/** What this installation can send; without a gateway numbers are reached by nobody but a coordinator, face to face. */
export interface Channels {
  readonly email: Channel;
  readonly sms: Channel | null;
}

export const mailboxChannel = (): Channel => ({
  kind: 'mailbox',
  send: async () => undefined,
  close: () => undefined,
});

/** Which channel leads to an address or number as accounts keep them. */
export const channelTo = (identifier: string): ChannelName => (identifier.includes('@') ? 'email' : 'sms');
