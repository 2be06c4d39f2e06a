import { Types } from 'mongoose';
import type { Model } from 'mongoose';
import { Conflict } from '../../core/errors.ts';
import { recordAudit } from '../../db/audit.ts';
import type { AuditAction } from '../../db/audit-verbs.ts';
import { MembershipModel } from './membership.model.ts';

/**
 * One human's record became another: these rows go along. Every row is written, so that whatever else happens to it at the same
 * moment meets it. Inside the transaction of the merge.
 * @throws Conflict `not-a-member` where the record that is kept is none here
 */
export async function moveRows<Row>(
  model: Model<Row>,
  action: AuditAction,
  { from, into }: { readonly from: string; readonly into: string },
): Promise<void> {
  const kept = await MembershipModel.findOne({ personId: new Types.ObjectId(into) })
    .sort({ _id: -1 })
    .lean();
  if (!kept) throw new Conflict('not-a-member');
  const rows = (await model
    .find({ personId: new Types.ObjectId(from) } as never)
    .select({ _id: 1 })
    .lean()) as { _id: Types.ObjectId }[];
  for (const { _id } of rows) {
    await model.updateOne(
      { _id } as never,
      {
        $set: { personId: kept.personId, membershipId: kept._id, personName: kept.personName },
        $inc: { version: 1 },
      } as never,
    );
    await recordAudit({
      action,
      subjectType: model.modelName,
      subjectId: _id,
      facts: { into: String(kept._id) },
    });
  }
}
