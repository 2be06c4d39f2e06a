import { mailboxChannel, MessageRefused } from './channel.ts';
import type { Channel } from './channel.ts';

const PATIENCE_MS = 10_000;
/** Answers after which the same message may be taken later: too slow, too many. */
const LATER = [408, 425, 429];

/**
 * Text messages through a gateway of the operator's, one POST each: `{ "to": "+8613…", "text": "…", "id": "…" }`, with the
 * id as `Idempotency-Key` too. 2xx is accepted; 4xx is refused for good. What talks to a provider differs from place to place
 * and stands behind that address. Without one, the mailbox page where that is served, else nobody.
 */
export function createSmsChannel(options: {
  url: string | null;
  token: string | null;
  mailbox: boolean;
}): Channel | null {
  const { url, token } = options;
  if (url === null) return options.mailbox ? mailboxChannel() : null;
  return {
    kind: 'gateway',
    async send({ to, text, messageId }) {
      const answer = await fetch(url, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'Idempotency-Key': messageId,
          ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ to: to.address, text: text.trim(), id: messageId }),
        // A gateway that has moved would be given the token and the code.
        redirect: 'error',
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      await answer.body?.cancel();
      if (answer.ok) return;
      const { status } = answer;
      if (status >= 400 && status < 500 && !LATER.includes(status))
        throw new MessageRefused(`The gateway answered ${status}`);
      throw new Error(`The gateway answered ${status}`);
    },
    close: () => undefined,
  };
}
