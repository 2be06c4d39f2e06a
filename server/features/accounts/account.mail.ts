import { DEFAULT_LOCALE } from '../../core/locale.ts';
import { channelTo } from '../../mail/channel.ts';
import { defineMessage } from '../../mail/message.ts';
import type { MessageContent, MessageDefinition } from '../../mail/message.ts';
import type { PeopleService } from '../people/index.ts';
import { contextNow } from '../../core/context.ts';
import { AccountTokenModel } from './account.model.ts';
import { mailAddress, shownPhone } from './account.rules.ts';
import type { AccountService } from './account.service.ts';
import type { AccountLinks } from './link.service.ts';

/** Messages of accounts, which belong to no tenant. Links start with the configured address, never with a request's host (S-18). */
export function accountMessages({
  accounts,
  people,
  links,
  publicUrl,
}: {
  accounts: AccountService;
  people: PeopleService;
  links: AccountLinks;
  publicUrl: string;
}): MessageDefinition[] {
  /**
   * @param numbers whether people without an address are told by a text message
   * @param closed whether somebody is told, too, who may have a closed account back
   */
  const addressed = async (
    accountId: string,
    model: (name: string, returning: boolean) => Record<string, unknown>,
    { numbers = false, closed = false }: { numbers?: boolean; closed?: boolean } = {},
  ): Promise<MessageContent | null> => {
    const account = await accounts.addressOf(accountId);
    const address = account?.email ? mailAddress(account.email) : numbers ? account?.phone : null;
    if (!account || !address) return null;
    const returning = closed && (await accounts.mayReturn(account));
    if (account.state === 'disabled' && !returning) return null;
    const { name } = await people.row(account.personId);
    return {
      to: { name, address },
      channel: channelTo(address),
      locale: account.locale ?? DEFAULT_LOCALE,
      zone: 'Asia/Shanghai',
      tenant: null,
      model: model(name, returning),
    };
  };
  /** Mail to the address of a link, which need not be (or no longer is) the account's. No account, no mail. */
  const linkMessage = (kind: string, linkTo: (secret: string) => string): MessageDefinition =>
    defineMessage({
      kind,
      async load(row) {
        const token = await AccountTokenModel.findById(row.subjectId).lean();
        if (!token || (row.state === 'waiting' && (token.usedAt !== null || token.expiresAt <= contextNow())))
          return null;
        const account = await accounts.byLink(token);
        if (!account) return null;
        const { name } = await people.row(account.personId);
        return {
          to: { name, address: token.address },
          channel: channelTo(token.address),
          locale: account.locale ?? DEFAULT_LOCALE,
          zone: 'Asia/Shanghai',
          tenant: null,
          model: {
            name,
            address: account.email ?? shownPhone(account.phone ?? ''),
            link: linkTo(links.secretOf(row.subjectId)),
          },
        };
      },
    });
  return [
    defineMessage({
      kind: 'accounts/confirm',
      async load(row) {
        const tokenId = String(row.data['tokenId']);
        const token = await AccountTokenModel.findById(tokenId).lean();
        if (!token || (row.state === 'waiting' && (token.usedAt !== null || token.expiresAt <= contextNow())))
          return null;
        return addressed(
          row.subjectId,
          (name) => ({
            // Whoever registered with this link, not whoever was first to type the address.
            name: token.claim?.name ?? name,
            link: `${publicUrl}/confirm/${links.secretOf(tokenId)}`,
          }),
          { numbers: true },
        );
      },
    }),
    defineMessage({
      kind: 'accounts/known',
      load: (row) =>
        addressed(
          row.subjectId,
          (name, returning) => ({
            name,
            returning,
            link: `${publicUrl}${returning ? '/forgotten' : '/sign-in'}`,
          }),
          { numbers: true, closed: true },
        ),
    }),
    defineMessage({
      kind: 'accounts/password-changed',
      load: (row) =>
        addressed(row.subjectId, (name) => ({ name, link: `${publicUrl}/forgotten` }), { numbers: true }),
    }),
    defineMessage({
      kind: 'accounts/phone-set',
      load: (row) =>
        addressed(row.subjectId, (name) => ({
          name,
          number: String(row.data['number']),
          link: `${publicUrl}/account`,
        })),
    }),
    linkMessage('accounts/start', (secret) => `${publicUrl}/start/${secret}`),
    linkMessage('accounts/reset', (secret) => `${publicUrl}/reset/${secret}`),
    linkMessage('accounts/change-email', (secret) => `${publicUrl}/email-changes/${secret}`),
    linkMessage('accounts/email-changed', (secret) => `${publicUrl}/email-changes/${secret}/undo`),
  ];
}
