import { contextNow } from '../../core/context.ts';
import { localDate } from '../../core/time.ts';
import { mayDecideAnew } from '../people/index.ts';
import type { PeopleService } from '../people/index.ts';
import type { AccountRow } from './account.model.ts';

/** The law of ages is that of the mainland. */
const ZONE = 'Asia/Shanghai';

/** Whether an account is closed because a guardian took the consent back, and its owner is of age by now (R-1.36, PIPL 14). */
export async function mayReturn(
  account: Pick<AccountRow, 'state' | 'personId'>,
  people: Pick<PeopleService, 'row'>,
): Promise<boolean> {
  return (
    account.state === 'disabled' &&
    mayDecideAnew(await people.row(account.personId), localDate(contextNow(), ZONE))
  );
}
