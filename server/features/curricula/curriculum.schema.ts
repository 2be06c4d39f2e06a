import { z } from 'zod';
import { id, localDate } from '../../http/schema.ts';
import { LEARNER_ROLES, TRACKS } from '../training/index.ts';
import { CHOSEN_ROLES } from './curriculum.rules.ts';

export const role = z.enum(LEARNER_ROLES);

export const curriculumBody = z.strictObject({
  role,
  effectiveFrom: localDate,
  courseIds: z.array(id).max(60).default([]),
  withinMonths: z.int().min(1).max(120).default(12),
});
export type CurriculumInput = z.output<typeof curriculumBody>;
export const curriculumFilter = z.strictObject({ role: role.optional() });

const course = z.object({ id: z.string(), title: z.string() });
export const curriculumView = z.object({
  role,
  number: z.number(),
  effectiveFrom: z.string(),
  inForce: z.boolean(),
  withinMonths: z.number(),
  courses: z.array(course),
});
export type CurriculumView = z.infer<typeof curriculumView>;
export const curriculumList = z.object({ data: z.array(curriculumView), nextCursor: z.null() });

const item = z.object({
  courseId: z.string(),
  title: z.string(),
  state: z.enum(['learned', 'renew', 'enrolled', 'missing', 'late']),
  validTo: z.string().nullable(),
  dueOn: z.string().nullable(),
});
export const learningView = z.object({
  personName: z.string(),
  /** What was said of the person, beside what certificates and memberships tell. */
  chosen: z.array(role),
  version: z.number().nullable(),
  curricula: z.array(
    z.object({
      role,
      track: z.enum(TRACKS),
      number: z.number(),
      complete: z.boolean(),
      items: z.array(item),
    }),
  ),
});
export type LearningView = z.infer<typeof learningView>;
export const rolesBody = z.strictObject({
  roles: z.array(z.enum(CHOSEN_ROLES)).max(CHOSEN_ROLES.length).default([]),
});

export const overviewView = z.object({
  on: z.string(),
  tracks: z.array(
    z.object({
      track: z.enum(TRACKS),
      roles: z.array(
        z.object({
          role,
          people: z.number(),
          complete: z.number(),
          courses: z.array(
            z.object({
              id: z.string(),
              title: z.string(),
              learned: z.number(),
              renew: z.number(),
              /** Free places in sessions ahead. */
              seatsAhead: z.number(),
            }),
          ),
        }),
      ),
    }),
  ),
});
export type OverviewView = z.infer<typeof overviewView>;
