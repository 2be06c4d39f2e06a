import { Types } from 'mongoose';
import { AssignmentModel, LIVE_STATES } from './assignment.model.ts';

/** Somebody's present claim on a position: offered, asked for, waiting or seated. */
export interface Claim {
  readonly positionId: Types.ObjectId;
  readonly personId: Types.ObjectId;
  readonly state: string;
  readonly startsAt: Date;
}

/** Who already has to do with these shifts of the current tenant. */
export async function claimsOn(shiftIds: readonly Types.ObjectId[]): Promise<Claim[]> {
  return AssignmentModel.find({ shiftId: { $in: [...shiftIds] }, state: { $in: [...LIVE_STATES] } })
    .select({ positionId: 1, personId: 1, state: 1, startsAt: 1 })
    .batchSize(20_000)
    .lean();
}

/** They said no or left, or the organisation took them off: it is settled that they do not come. */
const SETTLED = ['declined', 'cancelled_by_person', 'cancelled_by_org'] as const;

/** Who had to do with these shifts of the current tenant and is not to be asked for the same place once more. */
export async function settledOn(shiftIds: readonly Types.ObjectId[]): Promise<Omit<Claim, 'startsAt'>[]> {
  return AssignmentModel.find({ shiftId: { $in: [...shiftIds] }, state: { $in: [...SETTLED] } })
    .select({ positionId: 1, personId: 1, state: 1 })
    .batchSize(20_000)
    .lean();
}

/** In which state these assignments of the current tenant are, by id. */
export async function statesOf(ids: readonly (string | Types.ObjectId)[]): Promise<Map<string, string>> {
  const rows = await AssignmentModel.find({ _id: { $in: ids.map((id) => new Types.ObjectId(String(id))) } })
    .select({ state: 1 })
    .lean();
  return new Map(rows.map(({ _id, state }) => [String(_id), state]));
}
