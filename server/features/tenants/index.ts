export { createTenantService, toTenant } from './tenant.service.ts';
export type { NewTenant, Tenant, TenantService } from './tenant.service.ts';
export { tenantRoutes } from './tenant.routes.ts';
export { DEFAULT_MATCHING, DEFAULT_NEEDS, TENANT_KINDS } from './tenant.model.ts';
export type {
  CredentialNeed,
  TenantKind,
  TenantMatching,
  TenantRow,
  TenantSettings,
} from './tenant.model.ts';
export { dueByLocalDate } from './tenant.due.ts';
export type { DueQuery, DueRow } from './tenant.due.ts';
