import type { Beside } from '../../db/builders.ts';

/** Places of a person in the current tenant that are over, kept or missed: read beside the person. */
export const PAST_PLACES: Beside = {
  from: 'assignments',
  foreignField: 'personId',
  as: 'places',
  match: { state: { $in: ['checked_out', 'no_show'] } },
  fields: { requestId: 1, state: 1, endsAt: 1 },
};

/** Exclusions of a person that hold in the current tenant. */
export const EXCLUSIONS_BESIDE: Beside = {
  from: 'exclusions',
  foreignField: 'personId',
  as: 'exclusions',
  match: { liftedAt: null },
  fields: { requestId: 1 },
};
