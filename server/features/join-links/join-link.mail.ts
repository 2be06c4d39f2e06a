import { contextNow } from '../../core/context.ts';
import { defineMessage } from '../../mail/message.ts';
import type { MessageDefinition } from '../../mail/message.ts';
import { linkById } from '../accounts/index.ts';
import type { AccountLinks } from '../accounts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { JoinLinkModel } from './join-link.model.ts';
import { joinLinkState } from './join-link.rules.ts';

export interface JoinLinkMailParts {
  readonly links: AccountLinks;
  readonly tenants: TenantService;
  readonly units: UnitService;
  readonly publicUrl: string;
}

/** What an invited person is written. It knows nobody's name: the address is all that was given. */
export function joinLinkMessages({
  links,
  tenants,
  units,
  publicUrl,
}: JoinLinkMailParts): MessageDefinition[] {
  return [
    defineMessage({
      kind: 'join-links/mailed',
      async load(row) {
        const token = await linkById(row.subjectId);
        const link = token?.subjectId ? await JoinLinkModel.findById(token.subjectId).lean() : null;
        if (!token || !link) return null;
        const wanted = joinLinkState(link, contextNow()) === 'open' && token.expiresAt > contextNow();
        if (row.state === 'waiting' && !wanted) return null;
        const tenant = await tenants.current();
        const unit = await units.get(String(link.unitId));
        return {
          to: { name: '', address: token.address },
          locale: tenant.locale,
          zone: tenant.zone,
          tenant: { name: tenant.name[tenant.locale], slug: tenant.slug },
          model: {
            place: tenant.name[tenant.locale],
            unit: unit.name[tenant.locale],
            note: link.note,
            link: `${publicUrl}/t/${tenant.slug}/join/${links.secretOf(row.subjectId)}`,
          },
        };
      },
    }),
  ];
}
