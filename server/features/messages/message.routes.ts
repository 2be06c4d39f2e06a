import { z } from 'zod';
import { file, route, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { MessageService } from './message.service.ts';

const SHOWN = 100;

const mail = z.object({
  id: z.string(),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  html: z.string(),
  links: z.array(z.string()),
  sentAt: z.string(),
});

/** The development mailbox: declared only where no mail server is set and never in production. */
export function mailboxRoutes(messages: MessageService): Route[] {
  return [
    route({
      name: 'messages/mailbox',
      method: 'get',
      path: '/dev/mailbox',
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      summary: 'Mail that would have been sent, newest first.',
      input: { query: z.strictObject({ to: z.string().max(254).optional() }) },
      output: z.object({ mails: z.array(mail) }),
      run: async ({ query }) => ({
        mails: (await messages.mailbox(SHOWN))
          .filter((item) => !query.to || item.to === query.to)
          .map((item) => ({ ...item, links: [...item.links] })),
      }),
      page: ({ mails }) => view('messages/mailbox', { mails }),
    }),
    route({
      name: 'messages/mailbox-json',
      method: 'get',
      path: '/dev/mailbox.json',
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      summary: 'The same for programs.',
      input: { query: z.strictObject({ limit: z.coerce.number().int().min(1).max(1_000).default(200) }) },
      output: z.array(mail),
      run: async ({ query }) =>
        (await messages.mailbox(query.limit)).map((item) => ({ ...item, links: [...item.links] })),
      page: (mails) =>
        file(Buffer.from(JSON.stringify(mails)), 'application/json; charset=utf-8', 'mailbox.json', true),
    }),
  ];
}
