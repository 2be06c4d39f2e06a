import { Types } from 'mongoose';
import { acrossTenants, asTenant } from '../../core/context.ts';
import { recordAudit } from '../../db/audit.ts';
import { requireTransaction } from '../../db/transaction.ts';
import { HoursModel } from './hours.model.ts';

const STANDING = { state: { $in: ['posted', 'moved'] } };

/**
 * The person turned out to be the human of these other accounts: what one of them confirmed or entered before that was known is
 * shown to the desk and certified no more. Nothing is taken back by itself, for anybody may type anybody's number.
 */
export async function markOwnHand(personId: string, others: readonly string[]): Promise<void> {
  requireTransaction('A mark');
  const people = others.map((id) => new Types.ObjectId(id));
  const rows = await acrossTenants('hours: whoever confirmed them was the same human', () =>
    HoursModel.find({
      ...STANDING,
      personId: new Types.ObjectId(personId),
      'anomalies.code': { $ne: 'same-human' },
      $or: [{ confirmedByPersonId: { $in: people } }, { enteredBy: { $in: people } }],
    } as never)
      .select({ tenantId: 1 })
      .lean(),
  );
  for (const { _id, tenantId } of rows)
    await asTenant(String(tenantId), async () => {
      await HoursModel.updateOne({ _id } as never, {
        $push: { anomalies: { code: 'same-human', facts: {} } },
      });
      await recordAudit({ action: 'hours/mark', subjectType: 'HoursRecord', subjectId: _id });
    });
}

/** Whether hours of the person that count are known to have been confirmed or entered by themselves. */
export const isOwnHand = async (personId: string): Promise<boolean> =>
  (await HoursModel.exists({
    ...STANDING,
    personId: new Types.ObjectId(personId),
    'anomalies.code': 'same-human',
  } as never)) !== null;
