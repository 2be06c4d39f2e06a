export { allVersions, createCurriculumService } from './curriculum.service.ts';
export type { CurriculumService } from './curriculum.service.ts';
export { curriculumRoutes } from './curriculum.routes.ts';
export { progressOf, versionOn } from './curriculum.rules.ts';
export type { CurriculumVersion, LearningItem } from './curriculum.rules.ts';
export { peopleOfRoles } from './learner.reading.ts';
