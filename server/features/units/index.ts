export { createUnitService } from './unit.service.ts';
export type { NewUnit, Unit, UnitChoice, UnitService } from './unit.service.ts';
export { UNIT_KINDS } from './unit.model.ts';
export type { UnitKind } from './unit.model.ts';
export { unitChoices } from './unit.view.ts';
export { unitRoutes } from './unit.routes.ts';
export { unitInvariants } from './unit.verify.ts';
