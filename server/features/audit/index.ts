export { createAuditService } from './audit.service.ts';
export type { AuditService } from './audit.service.ts';
export { auditInvariants } from './audit.verify.ts';
export { createAnchorFile } from './seal.anchor.ts';
export { createSealService } from './seal.service.ts';
export type { SealService } from './seal.service.ts';
export { auditCsv, auditRoutes } from './audit.routes.ts';
