export { createCertificateService } from './certificate.service.ts';
export { certificateBatchRoutes } from './certificate.batch.routes.ts';
export { createCertificateBatches } from './certificate.batch.service.ts';
export type { CertificateBatchService } from './certificate.batch.service.ts';
export type { CertificateService } from './certificate.service.ts';
export { inspectedCertificates } from './certificate.inspection.ts';
export type { InspectedCertificate } from './certificate.inspection.ts';
export { certificateMessages } from './certificate.mail.ts';
export { badgeRoutes } from './certificate.credential.routes.ts';
export { createBadgeService } from './certificate.credential.service.ts';
export { certificateRoutes } from './certificate.routes.ts';
export { certificateInvariants } from './certificate.verify.ts';
export { certifiedIn } from './certificate.year.ts';
export {
  COLOUR,
  CONTENT_WIDTH,
  MARGIN,
  newDocument,
  PAGE,
  textHeight,
  write,
} from './certificate.drawing.ts';
export type { TextStyle } from './certificate.drawing.ts';
