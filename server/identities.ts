import type { Identities, Identity } from './http/authenticate.ts';
import type { TenantInfo } from './http/route.ts';
import { identityOfSession, identityOfToken, sessionWithIdentity } from './features/accounts/index.ts';
import type { FoundIdentity, SecurityService } from './features/accounts/index.ts';
import type { Tenant, TenantService } from './features/tenants/index.ts';
import { DEFAULT_LOCALE } from './core/locale.ts';

/** Glue between what the accounts feature finds and what the http layer asks for. */
export function createIdentities(tenants: TenantService, security: SecurityService): Identities {
  return {
    async forSession(session) {
      const found = await identityOfSession(session);
      return found && toIdentity(found, 'page', session.authenticatedAt);
    },
    async ofBrowser(sid) {
      const stored = await sessionWithIdentity(sid);
      if (!stored) return null;
      const { session, lastModified, found } = stored;
      return {
        session,
        lastModified,
        identity: found && toIdentity(found, 'page', Number(session['authenticatedAt'] ?? 0)),
      };
    },
    async forToken(token) {
      const found = await identityOfToken(token);
      return found && toIdentity(found, 'api', found.provedAt ?? 0);
    },
    async tenantBySlug(slug, which) {
      const tenant = await tenants.findBySlug(slug, which);
      return tenant && toTenantInfo(tenant);
    },
    prove: (actor, password) => security.prove(actor, password),
  };
}

export const toTenantInfo = (facts: Tenant): TenantInfo => {
  const { id, slug, name, zone, locale, colour } = facts;
  return { id, slug, name, zone, locale, colour, facts };
};

function toIdentity(found: FoundIdentity, door: 'page' | 'api', authenticatedAt: number): Identity {
  const { accountId, personId, name, membership } = found;
  return {
    actor: {
      kind: 'account',
      accountId,
      personId,
      name,
      locale: found.locale ?? found.tenant?.locale ?? DEFAULT_LOCALE,
      door,
      membership,
      authenticatedAt,
      firstSteps: found.firstSteps,
    },
    tenant: found.tenant ? toTenantInfo(found.tenant) : null,
    memberships: found.memberships.map((own) => ({
      id: own.id,
      state: own.state,
      tenant: toTenantInfo(own.tenant),
    })),
    // Only what the person chose; the tenant's and the browser's wishes come after it.
    locale: found.locale,
  };
}
