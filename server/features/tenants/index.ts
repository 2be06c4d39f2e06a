export { createTenantService, toTenant } from './tenant.service.ts';
export type { NewTenant, Tenant, TenantService } from './tenant.service.ts';
export { TENANT_KINDS } from './tenant.model.ts';
export type { TenantKind, TenantRow, TenantSettings } from './tenant.model.ts';
export { tenantRoutes } from './tenant.routes.ts';
