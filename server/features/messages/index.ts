export { createMessageService } from './message.service.ts';
export { mailboxRoutes } from './message.routes.ts';
export type { MailboxItem, MessageService, RenderMail } from './message.service.ts';
