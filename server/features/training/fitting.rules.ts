import type { Beside } from '../../db/builders.ts';
import { TRAINED_STATES } from './training.catalogue.ts';

/** Courses that a person passed in the current tenant, to be read beside the person. */
export const TRAINED: Beside = {
  from: 'enrolments',
  foreignField: 'personId',
  as: 'trained',
  match: { state: { $in: [...TRAINED_STATES] } },
  fields: { courseId: 1, passedOn: 1, validTo: 1 },
};
