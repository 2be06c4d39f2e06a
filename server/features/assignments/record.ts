import { Types } from 'mongoose';
import type { Model } from 'mongoose';
import { tenantAggregate, tenantFind } from '../../db/builders.ts';
import type { PlaceRow, PositionFacts } from '../matching/index.ts';
import { teamOf } from '../matching/index.ts';
import { AssignmentModel } from './assignment.model.ts';
import type { AssignmentRow } from './assignment.model.ts';

/** Rows that the database sends in its first answer; it would send 101 and be asked again. */
const IN_ONE_GO = 10_000;

/** Places of these people that are over, kept or missed without a word, in the current tenant; null for everybody's. */
export async function placesOf(personIds: readonly string[] | null): Promise<Map<string, PlaceRow[]>> {
  const rows = await tenantFind<AssignmentRow>(
    AssignmentModel,
    {
      ...(personIds && { personId: { $in: personIds.map((id) => new Types.ObjectId(id)) } }),
      state: { $in: ['checked_out', 'no_show'] },
    },
    { personId: 1, requestId: 1, state: 1, endsAt: 1 },
    IN_ONE_GO,
  );
  return Map.groupBy(rows as (PlaceRow & { personId: Types.ObjectId })[], ({ personId }) =>
    String(personId),
  ) as Map<string, PlaceRow[]>;
}

/** How many of either track have a place of these shifts of the current tenant, in one read. */
export async function teamsOf(shiftIds: readonly unknown[]): Promise<Map<string, PositionFacts['team']>> {
  if (shiftIds.length === 0) return new Map();
  const rows = await tenantAggregate<{ _id: Types.ObjectId; members: { kind: string }[] }>(
    AssignmentModel as unknown as Model<never>,
    [
      {
        $match: { shiftId: { $in: [...shiftIds] }, state: { $in: ['accepted', 'confirmed', 'checked_in'] } },
      },
      { $group: { _id: '$shiftId', membershipIds: { $push: '$membershipId' } } },
      {
        $lookup: {
          from: 'memberships',
          localField: 'membershipIds',
          foreignField: '_id',
          as: 'members',
          pipeline: [{ $project: { kind: 1 } }],
        },
      },
    ],
  );
  return new Map(rows.map(({ _id, members }) => [String(_id), teamOf(members)]));
}

/** Who served the request of the current tenant how often. */
export async function servedBy(requestId: unknown): Promise<[personId: string, times: number][]> {
  const rows = await tenantAggregate<{ _id: Types.ObjectId; times: number }>(
    AssignmentModel as unknown as Model<never>,
    [{ $match: { requestId, state: 'checked_out' } }, { $group: { _id: '$personId', times: { $sum: 1 } } }],
  );
  return rows.map(({ _id, times }) => [String(_id), times]);
}
