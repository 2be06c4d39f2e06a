export { createTenantService, toTenant } from './tenant.service.ts';
export type { NewTenant, Tenant, TenantService } from './tenant.service.ts';
export { tenantRoutes } from './tenant.routes.ts';
export { DEFAULT_MATCHING, TENANT_KINDS } from './tenant.model.ts';
export type { TenantKind, TenantMatching, TenantRow, TenantSettings } from './tenant.model.ts';
