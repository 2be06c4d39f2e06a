export { createCertificateService } from './certificate.service.ts';
export type { CertificateService } from './certificate.service.ts';
export { certificateRoutes } from './certificate.routes.ts';
