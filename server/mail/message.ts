import type { Locale } from '../core/locale.ts';
import type { OutboxRow } from '../db/outbox.ts';
import type { ChannelName } from './channel.ts';

/** What a message says and to whom, loaded when it is sent. */
export interface MessageContent {
  readonly to: { readonly name: string; readonly address: string };
  /** By mail when left out. Kinds that may go as a text message have a `.sms` part. */
  readonly channel?: ChannelName;
  readonly locale: Locale;
  readonly zone: string;
  readonly tenant: { readonly name: string; readonly slug: string } | null;
  /** Plain values for the three templates. */
  readonly model: Readonly<Record<string, unknown>>;
  /** Where the reader's mail program posts that they want no more of these, without a sign-in (RFC 8058). */
  readonly unsubscribe?: string;
}

/** A person whom a message may reach. */
export interface Recipient {
  readonly name: string;
  readonly address: string;
  /** Null for whoever never chose a language. */
  readonly locale: Locale | null;
}

/** To whom and from whom: in the person's language, else in the organisation's. */
export function envelopeOf(
  to: Recipient,
  tenant: {
    readonly name: Readonly<Record<Locale, string>>;
    readonly slug: string;
    readonly locale: Locale;
    readonly zone: string;
  },
): Omit<MessageContent, 'model'> {
  const locale = to.locale ?? tenant.locale;
  return {
    to: { name: to.name, address: to.address },
    locale,
    zone: tenant.zone,
    tenant: { name: tenant.name[locale], slug: tenant.slug },
  };
}

/**
 * One kind of message. Templates stand in `views/mail/<kind>.{subject,html,text}.hbs`, and `.sms.hbs`; `load` runs inside the row's
 * tenant and returns null when the message is no longer wanted (F-22).
 */
export interface MessageDefinition {
  /** `feature/past`, e.g. `assignments/accepted`. */
  readonly kind: string;
  load(row: OutboxRow): Promise<MessageContent | null>;
}

export const defineMessage = (definition: MessageDefinition): MessageDefinition => definition;
