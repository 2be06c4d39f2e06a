import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerDataStream } from 'smtp-server';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly to: string;
  readonly messageId: string;
  readonly subject: string;
  /** Its `List-Unsubscribe` address when one press is enough (RFC 8058), else null. */
  readonly unsubscribe: string | null;
}

/** A mail server of the test's own, which keeps what it is given. */
export interface MailSink {
  readonly url: string;
  readonly received: readonly Received[];
  /** Decides about a message that has come in whole: nothing for taken, or the code with which it is refused. */
  onMessage: (message: Received) => Promise<number | null> | number | null;
  stop(): Promise<void>;
}

function oneClick(lines: readonly { readonly key: string; readonly line: string }[]): string | null {
  const of = (key: string): string =>
    (lines.find((one) => one.key === key)?.line ?? '').replace(/^[^:]*:\s*/, '').replaceAll(/\s+/g, '');
  const [, address = null] = /^<(.+)>$/.exec(of('list-unsubscribe')) ?? [];
  return of('list-unsubscribe-post') === 'List-Unsubscribe=One-Click' ? address : null;
}

export async function startMailSink(): Promise<MailSink> {
  const received: Received[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    logger: false,
    onData(stream, _session, callback) {
      take(stream).then(
        (code) =>
          callback(code === null ? null : Object.assign(new Error('refused'), { responseCode: code })),
        (err: unknown) => callback(err as Error),
      );
    },
  });
  // A killed sender leaves its connection behind in the middle of a word.
  server.on('error', () => undefined);
  const take = async (stream: SMTPServerDataStream): Promise<number | null> => {
    const parsed = await simpleParser(stream);
    const to = Array.isArray(parsed.to) ? parsed.to[0] : parsed.to;
    const message: Received = {
      to: to?.value[0]?.address ?? '',
      messageId: parsed.messageId ?? '',
      subject: parsed.subject ?? '',
      unsubscribe: oneClick(parsed.headerLines),
    };
    const code = await sink.onMessage(message);
    if (code === null) received.push(message);
    return code;
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sink: MailSink = {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    received,
    onMessage: () => null,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return sink;
}
