import { defineMessage, envelopeOf } from '../../mail/message.ts';
import type { MessageDefinition, Recipient } from '../../mail/message.ts';
import type { TenantService } from '../tenants/index.ts';
import type { CredentialTypeService } from './credential-type.service.ts';
import { CHECK_NOT_PASSED } from './credential.decisions.ts';
import { CredentialModel } from './credential.model.ts';

export interface CredentialMailParts {
  readonly tenants: TenantService;
  readonly types: CredentialTypeService;
  readonly recipientOf: (personId: string) => Promise<Recipient | null>;
  readonly publicUrl: string;
}

/** What the holder is told of a review, and of a validity that runs out. */
export function credentialMessages({
  tenants,
  types,
  recipientOf,
  publicUrl,
}: CredentialMailParts): MessageDefinition[] {
  return [
    defineMessage({
      kind: 'credentials/reviewed',
      async load(row) {
        const credential = await CredentialModel.findById(row.subjectId).lean();
        const to = credential ? await recipientOf(String(credential.personId)) : null;
        if (!credential || !to) return null;
        const tenant = await tenants.current();
        const locale = to.locale ?? tenant.locale;
        const reason = credential.history.at(-1)?.reason ?? null;
        return {
          ...envelopeOf(to, tenant),
          model: {
            name: to.name,
            state: row.data['state'] ?? credential.state,
            what: (await types.all()).get(credential.type)?.name[locale] ?? credential.type,
            validTo: credential.validTo,
            // Of a check nobody writes what was found.
            reason: reason === CHECK_NOT_PASSED ? null : reason,
            link: `${publicUrl}/credentials/${String(credential._id)}`,
          },
        };
      },
    }),
  ];
}
