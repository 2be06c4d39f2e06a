import { defineMessage, envelopeOf } from '../../mail/message.ts';
import type { MessageDefinition, Recipient } from '../../mail/message.ts';
import type { TenantService } from '../tenants/index.ts';
import { MembershipModel } from './membership.model.ts';

export interface MembershipMailParts {
  readonly tenants: TenantService;
  readonly recipientOf: (personId: string) => Promise<Recipient | null>;
  readonly publicUrl: string;
}

/** What the applicant is told: that it arrived, and what became of it. */
export function membershipMessages({
  tenants,
  recipientOf,
  publicUrl,
}: MembershipMailParts): MessageDefinition[] {
  const message = (kind: string): MessageDefinition =>
    defineMessage({
      kind,
      async load(row) {
        const membership = await MembershipModel.findById(row.subjectId).lean();
        const to = membership ? await recipientOf(String(membership.personId)) : null;
        if (!membership || !to) return null;
        const tenant = await tenants.current();
        const locale = to.locale ?? tenant.locale;
        return {
          ...envelopeOf(to, tenant),
          model: {
            name: to.name,
            place: tenant.name[locale],
            state: row.data['state'] ?? membership.state,
            reason: membership.history.at(-1)?.reason ?? null,
            link: `${publicUrl}/join`,
          },
        };
      },
    });
  return [message('memberships/submitted'), message('memberships/reviewed')];
}
