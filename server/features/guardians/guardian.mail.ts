import { contextNow } from '../../core/context.ts';
import { DEFAULT_LOCALE } from '../../core/locale.ts';
import { defineMessage } from '../../mail/message.ts';
import type { MessageDefinition } from '../../mail/message.ts';
import { linkById } from '../accounts/index.ts';
import type { AccountLinks } from '../accounts/index.ts';
import type { PeopleService } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { GuardianRequestModel } from './guardian.model.ts';

export interface GuardianMailParts {
  readonly links: AccountLinks;
  readonly people: PeopleService;
  readonly tenants: TenantService;
  readonly publicUrl: string;
}

/** What guardians are told: that they are asked, and how to take their word back. */
export function guardianMessages({
  links,
  people,
  tenants,
  publicUrl,
}: GuardianMailParts): MessageDefinition[] {
  return [
    defineMessage({
      kind: 'guardians/asked',
      async load(row) {
        const token = await linkById(row.subjectId);
        const request = token?.subjectId ? await GuardianRequestModel.findById(token.subjectId).lean() : null;
        if (!token || !request || (row.state === 'waiting' && token.expiresAt <= contextNow())) return null;
        const tenant = request.tenantId ? await tenants.get(String(request.tenantId)) : null;
        const locale = request.registration?.locale ?? tenant?.locale ?? DEFAULT_LOCALE;
        return {
          to: { name: request.guardianName, address: token.address },
          locale,
          zone: 'Asia/Shanghai',
          tenant: null,
          model: {
            name: request.guardianName,
            minor: request.minorName,
            place: tenant?.name[locale] ?? null,
            link: `${publicUrl}/guardian/${links.secretOf(row.subjectId)}`,
          },
        };
      },
    }),
    defineMessage({
      kind: 'guardians/agreed',
      async load(row) {
        const token = await linkById(row.subjectId);
        if (!token?.subjectId || (row.state === 'waiting' && token.usedAt !== null)) return null;
        const person = await people.row(token.subjectId);
        const name = person.guardian?.name ?? '';
        return {
          to: { name, address: token.address },
          locale: DEFAULT_LOCALE,
          zone: 'Asia/Shanghai',
          tenant: null,
          model: {
            name,
            minor: person.name,
            link: `${publicUrl}/guardian-withdrawals/${links.secretOf(row.subjectId)}`,
          },
        };
      },
    }),
  ];
}
