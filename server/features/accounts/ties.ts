import { Types } from 'mongoose';
import type { PeopleService } from '../people/index.ts';
import { AccountModel } from './account.model.ts';
import type { AccountRow } from './account.model.ts';
import { phoneKey } from './account.rules.ts';
import { browserNameOf } from './device.rules.ts';
import { areTied } from './ties.rules.ts';
import type { AccountTraces } from './ties.rules.ts';

/** Browsers that are remembered of an account. */
const BROWSERS = 8;

/** Notes in which browser an account signed in, by the mark that it has. */
export async function noteBrowser(
  account: Pick<AccountRow, '_id' | 'browsers'>,
  mark: string,
): Promise<void> {
  const name = browserNameOf(mark);
  if (name === null || account.browsers?.includes(name)) return;
  await AccountModel.updateOne(
    { _id: account._id },
    { $push: { browsers: { $each: [name], $slice: -BROWSERS } } },
  );
}

/** What these people's accounts leave behind, by person id. */
async function tracesOf(
  personIds: readonly string[],
  people: Pick<PeopleService, 'rows'>,
): Promise<Map<string, AccountTraces>> {
  const accounts = await AccountModel.find({
    personId: { $in: personIds.map((id) => new Types.ObjectId(id)) },
  })
    .select({ personId: 1, emailKey: 1, phone: 1, browsers: 1, phoneVerifiedBy: 1 })
    .lean();
  const persons = new Map((await people.rows([...personIds])).map((row) => [String(row._id), row.phone]));
  return new Map(
    accounts.map((row) => {
      const stated = phoneKey(persons.get(String(row.personId)) ?? '');
      return [
        String(row.personId),
        {
          accountId: String(row._id),
          emailKey: row.emailKey,
          phones: [row.phone, stated].filter((one) => one !== null),
          // Accounts of before browsers were noted have none.
          browsers: row.browsers ?? [],
          madeBy: row.phoneVerifiedBy ? String(row.phoneVerifiedBy) : null,
        },
      ];
    }),
  );
}

/** Which of these people may be this one under another name, by what their accounts share. */
export async function tiedPeople(
  personId: string,
  others: readonly string[],
  people: Pick<PeopleService, 'rows'>,
): Promise<string[]> {
  const different = [...new Set(others)].filter((one) => one !== personId);
  if (different.length === 0) return [];
  const traces = await tracesOf([personId, ...different], people);
  const own = traces.get(personId);
  if (!own) return [];
  return different.filter((id) => {
    const theirs = traces.get(id);
    return theirs !== undefined && areTied(own, theirs);
  });
}
