import { z } from 'zod';
import { route } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { LANGUAGES } from './language.catalogue.ts';
import { SERVICE_AREAS, SKILL_CATALOGUE_VERSION, SKILL_GROUPS, SKILL_LEVELS } from './skill.catalogue.ts';

const entry = z.object({ code: z.string(), 'zh-CN': z.string(), en: z.string() });

/** The catalogues for programs; pages show them inside their forms. */
export const skillRoutes = (): Route[] => [
  route({
    name: 'skills/list',
    method: 'get',
    path: '/skills',
    doors: ['api'],
    access: 'public',
    tenant: 'none',
    summary: 'Catalogue of skills, languages and service areas.',
    input: {},
    output: z.object({
      version: z.string(),
      levels: z.array(z.number()),
      groups: z.array(entry.extend({ skills: z.array(entry) })),
      languages: z.array(entry),
      serviceAreas: z.array(entry),
    }),
    run: async () => ({
      version: SKILL_CATALOGUE_VERSION,
      levels: [...SKILL_LEVELS],
      groups: SKILL_GROUPS.map((group) => ({ ...group, skills: [...group.skills] })),
      languages: [...LANGUAGES],
      serviceAreas: [...SERVICE_AREAS],
    }),
  }),
];
