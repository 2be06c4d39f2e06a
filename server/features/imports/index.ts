export { createImportService } from './import.service.ts';
export type { ImportDetail, ImportService, MappingChoice, NewImport } from './import.service.ts';
export type { Import } from './import.rows.ts';
export { importRoutes } from './import.routes.ts';
export { mappingChoice } from './import.schema.ts';
export { FILE_LIMITS } from './import.decode.ts';
