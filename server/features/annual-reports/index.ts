export { annualReportRoutes } from './annual-report.routes.ts';
export { createAnnualReportService } from './annual-report.service.ts';
export type { AnnualReportService } from './annual-report.service.ts';
export { annualReportInvariants } from './annual-report.verify.ts';
