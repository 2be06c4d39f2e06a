import { mailboxChannel, MessageRefused } from './channel.ts';
import type { Channel } from './channel.ts';

/** A mail program shows these as a button of its own; one press is one POST (RFC 2369, RFC 8058). */
const unsubscribing = (address: string): Record<string, string> => ({
  'List-Unsubscribe': `<${address}>`,
  'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
});

/** Loaded with the first message: web processes and commands send none, and it is a twelfth of their start. */
async function connect(url: string) {
  const { default: nodemailer } = await import('nodemailer');
  return nodemailer.createTransport({
    url,
    pool: true,
    maxConnections: 2,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  } as never);
}

/** SMTP, or without a server the mailbox page. A 5xx answer of the server is final. */
export function createMailChannel(options: {
  smtpUrl: string | null;
  from: string;
  domain: string;
}): Channel {
  if (!options.smtpUrl) return mailboxChannel();
  const { smtpUrl } = options;
  let smtp: ReturnType<typeof connect> | null = null;
  return {
    kind: 'smtp',
    async send(envelope) {
      try {
        const server = await (smtp ??= connect(smtpUrl));
        await server.sendMail({
          from: options.from,
          to: { name: envelope.to.name, address: envelope.to.address },
          subject: envelope.subject,
          text: envelope.text,
          html: envelope.html,
          messageId: `<${envelope.messageId}@${options.domain}>`,
          headers: {
            'Auto-Submitted': 'auto-generated',
            ...(envelope.unsubscribe ? unsubscribing(envelope.unsubscribe) : {}),
          },
          disableFileAccess: true,
          disableUrlAccess: true,
        });
      } catch (err) {
        const code = (err as { responseCode?: number }).responseCode;
        if (code !== undefined && code >= 500 && code < 600)
          throw new MessageRefused(`SMTP ${code}`, { cause: err });
        throw err;
      }
    },
    close: () => void smtp?.then((server) => server.close()),
  };
}
