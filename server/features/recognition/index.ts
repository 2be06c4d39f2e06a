export { recognitionMessages } from './recognition.mail.ts';
export { recognitionRoutes } from './recognition.routes.ts';
export { createRecognitionService } from './recognition.service.ts';
export type { RecognitionService } from './recognition.service.ts';
export { recognitionInvariants } from './recognition.verify.ts';
export { createSchemeService } from './scheme.service.ts';
