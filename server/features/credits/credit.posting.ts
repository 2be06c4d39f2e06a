import { inTransaction } from '../../db/transaction.ts';
import { applyAllToLedger } from '../hours/index.ts';
import { CreditModel } from './credit.model.ts';
import { postedFacts } from './credit.training.ts';

/** Postings of one transaction. */
const AT_ONCE = 100;

/** Posts every claim of the current tenant that says it is posted and has no entry yet: raw minutes, as a review would; for seeds. */
export async function postStoredClaims(zone: string): Promise<void> {
  const rows = await CreditModel.find({ state: 'posted' }).sort({ date: 1, _id: 1 }).limit(10_000).lean();
  for (let at = 0; at < rows.length; at += AT_ONCE)
    await inTransaction(() =>
      applyAllToLedger(
        rows.slice(at, at + AT_ONCE).map((row) => ({
          command: {
            kind: 'post',
            source: 'credit',
            recordId: String(row._id),
            personId: String(row.personId),
            counterAccount: `claim:${String(row._id)}`,
            minutes: row.minutes,
          },
          facts: postedFacts(row, zone),
        })),
      ),
    );
}
