import { defineMessage, envelopeOf } from '../../mail/message.ts';
import type { MessageDefinition, Recipient } from '../../mail/message.ts';
import type { TenantService } from '../tenants/index.ts';
import { PoolMemberModel, TalentPoolModel } from './pool.model.ts';
import { RECHECKED } from './member.routes.ts';

export interface PoolMailParts {
  readonly tenants: TenantService;
  readonly recipientOf: (personId: string) => Promise<Recipient | null>;
  readonly publicUrl: string;
}

/** What people are told of their place in a pool. */
export function poolMessages({ tenants, recipientOf, publicUrl }: PoolMailParts): MessageDefinition[] {
  return [
    defineMessage({
      kind: 'talent-pools/moved',
      async load(row) {
        const member = await PoolMemberModel.findById(row.subjectId).lean();
        const pool = member ? await TalentPoolModel.findById(member.poolId).lean() : null;
        const to = member ? await recipientOf(String(member.personId)) : null;
        if (!member || !pool || !to) return null;
        const tenant = await tenants.current();
        const locale = to.locale ?? tenant.locale;
        const reason = member.history.at(-1)?.reason ?? null;
        return {
          ...envelopeOf(to, tenant),
          model: {
            name: to.name,
            pool: pool.name[locale],
            state: row.data['state'] ?? member.state,
            rechecked: reason === RECHECKED,
            reason: reason === RECHECKED ? null : reason,
            link: `${publicUrl}/pool-memberships/${String(member._id)}`,
          },
        };
      },
    }),
  ];
}
