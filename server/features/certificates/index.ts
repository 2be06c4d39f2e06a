export { createCertificateService } from './certificate.service.ts';
export type { CertificateService } from './certificate.service.ts';
export { certificateMessages } from './certificate.mail.ts';
export { badgeRoutes } from './certificate.credential.routes.ts';
export { createBadgeService } from './certificate.credential.service.ts';
export { certificateRoutes } from './certificate.routes.ts';
export { certificateInvariants } from './certificate.verify.ts';
