import { z } from 'zod';
import { id, pageOf, paging, prose } from '../../http/schema.ts';
import { NATURES } from '../shifts/index.ts';
import { ATTENDANCE_METHODS } from './assignment.model.ts';

const finding = z.object({
  code: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
});
const mark = z.object({ at: z.string(), method: z.enum(ATTENDANCE_METHODS) }).nullable();

export const assignmentView = z.object({
  id: z.string(),
  version: z.number(),
  state: z.string(),
  shiftId: z.string(),
  positionId: z.string(),
  requestId: z.string(),
  title: z.string(),
  position: z.string(),
  place: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  /** Empty for somebody asked from elsewhere who has not accepted. */
  personName: z.string(),
  note: z.string(),
  /** 1 is next in line; null when not waiting. */
  placeInLine: z.number().nullable(),
  /** What the shift is: only `volunteer` gives volunteer hours. */
  nature: z.enum(NATURES),
  answerBy: z.string().nullable(),
  checkIn: mark,
  checkOut: mark,
});
export type AssignmentView = z.infer<typeof assignmentView>;
/** One's own offer or place, of whichever tenant. */
export const ownOffer = assignmentView.extend({
  tenant: z.object({
    id: z.string(),
    slug: z.string(),
    name: z.object({ 'zh-CN': z.string(), en: z.string() }),
  }),
  /** Accepting also makes the person a member there. */
  joins: z.boolean(),
});
export type OwnOffer = z.infer<typeof ownOffer>;
export const ownOffers = pageOf(ownOffer);
export const assignmentPage = pageOf(assignmentView);

export const positionParams = z.strictObject({ positionId: id });
export const signUpBody = z.strictObject({ note: prose(500).default('') });
/** Several places in one go. */
export const signUpsBody = z.strictObject({
  positionIds: z.array(id).min(1).max(10),
  note: prose(500).default(''),
});
export const reasonBody = z.strictObject({ reason: prose(300).default('') });
export const ownFilter = z.strictObject({ ...paging });
export const fullId = z.strictObject({ id });

/** What a standing plan wants of somebody. */
export const neededSchema = z.object({
  /** Points that the plan gives up by losing them; 0 where it proposes them just here. */
  price: z.number(),
  /** It proposes them for this position. */
  here: z.boolean(),
  /** Where else it has them; nulls where whoever asks may not know. */
  elsewhere: z.object({ positionId: z.string().nullable(), title: z.string().nullable() }).nullable(),
});
/** The plan whose prices rank; its id where whoever asks may read it. */
export const countedPlanSchema = z.object({
  id: z.string().nullable(),
  madeAt: z.string(),
  /** Whether the position is one of those it planned. */
  covers: z.boolean(),
});

/** Something the person could do so that a position fits. */
export const changeSchema = z.object({
  code: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  way: z.enum(['profile', 'credentials', 'membership', 'consents', 'training', 'guardian', 'pools']),
});

export const suited = z.object({
  positionId: z.string(),
  shiftId: z.string(),
  title: z.string(),
  position: z.string(),
  place: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  open: z.number(),
  admission: z.enum(['direct', 'approval']),
  score: z.number(),
  distanceMetres: z.number().nullable(),
  nature: z.enum(NATURES),
  reasons: z.array(finding),
  refusals: z.array(finding),
  /** All of these would make it fit; null when something cannot be changed, empty when it fits. */
  changes: z.array(changeSchema).nullable(),
  point: z.object({ latitude: z.number(), longitude: z.number() }).nullable(),
  /** Places one has so close to it that one may be late. */
  warnings: z.array(finding),
  /** The state of one's own row on the position, if any. */
  state: z.string().nullable(),
  assignmentId: z.string().nullable(),
});
export type SuitedView = z.infer<typeof suited>;
/** `cursor` goes on in the list of the tab. */
export const suitingFilter = z.strictObject({
  skill: z.string().max(40).optional(),
  category: z.string().max(40).optional(),
  tab: z.enum(['suiting', 'others']).default('suiting'),
  view: z.enum(['list', 'map']).default('list'),
  limit: paging.limit.unwrap().optional(),
  cursor: paging.cursor,
});
export const suitedList = z.object({
  data: z.array(suited),
  others: z.array(suited),
  /** All that there are, of which `data` and `others` are a page. */
  counts: z.object({ suiting: z.number(), others: z.number() }),
  nextCursor: z.string().nullable(),
});
export const signUpOutcomes = z.object({
  signedUp: z.number(),
  data: z.array(
    z.object({
      positionId: z.string(),
      title: z.string(),
      startsAt: z.string().nullable(),
      endsAt: z.string().nullable(),
      /** Null when it was refused. */
      assignmentId: z.string().nullable(),
      state: z.string().nullable(),
      refusal: z.string().nullable(),
      /** Every rule that stands against it; an overlap names the shift. */
      reasons: z.array(finding),
      /** Places one has so close to it that one may be late. */
      warnings: z.array(finding),
    }),
  ),
});
export type SignUpOutcomes = z.infer<typeof signUpOutcomes>;
export const findingSchema = finding;
