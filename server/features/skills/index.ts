export {
  findServiceArea,
  findSkill,
  isServiceArea,
  isSkillCode,
  SERVICE_AREAS,
  SKILL_CODES,
  SKILL_GROUPS,
  SKILL_LEVELS,
} from './skill.catalogue.ts';
export type { CatalogueEntry, SkillGroup, SkillLevel } from './skill.catalogue.ts';
export { findLanguage, isLanguageCode, LANGUAGES } from './language.catalogue.ts';
export { skillRoutes } from './skill.routes.ts';
