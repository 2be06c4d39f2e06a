import { Types } from 'mongoose';
import { tenantFind } from '../../db/builders.ts';
import { ExclusionModel } from './matching.model.ts';
import type { ExclusionRow } from './matching.model.ts';

/** Changes when somebody is kept from something in the current tenant, or no longer: how many exclusions hold, and the latest. */
export async function exclusionsMark(): Promise<string> {
  const last = await ExclusionModel.findOne({ liftedAt: null }).sort({ _id: -1 }).select({ _id: 1 }).lean();
  return `${await ExclusionModel.countDocuments({ liftedAt: null })}:${String(last?._id)}`;
}

/** The requests that these people are kept from in the current tenant, by person; null stands for all of it. */
export async function excludedFrom(
  personIds: readonly string[] | null,
): Promise<Map<string, (string | null)[]>> {
  const rows = await tenantFind<ExclusionRow>(
    ExclusionModel,
    {
      liftedAt: null,
      // Of very many people all that hold are fewer than the people.
      ...(personIds === null || personIds.length > 300
        ? {}
        : { personId: { $in: personIds.map((id) => new Types.ObjectId(id)) } }),
    },
    { personId: 1, requestId: 1 },
  );
  const found = new Map<string, (string | null)[]>();
  for (const { personId, requestId } of rows)
    found.set(String(personId), [
      ...(found.get(String(personId)) ?? []),
      requestId === null ? null : String(requestId),
    ]);
  return found;
}
