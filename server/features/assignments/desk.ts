import type { Types } from 'mongoose';
import { accountHolds, holdersOf } from '../memberships/index.ts';
import type { ShiftRow } from '../shifts/index.ts';

const RUNS = 'assignments:manage';
/** Coordinators who are told at once, where who planned the shift runs it no more. */
const TOLD = 5;

/** Whether the account still runs what happens in the unit; `path` is the unit and all above it. */
export const runs = (accountId: string, path: readonly Types.ObjectId[]): Promise<boolean> =>
  accountHolds(accountId, RUNS, path);

/** The accounts that are written to about people of a shift: who planned it while they run it, else who runs it now (S-8). */
export async function deskOf({ createdBy }: ShiftRow, path: readonly Types.ObjectId[]): Promise<string[]> {
  if (createdBy && (await runs(String(createdBy), path))) return [String(createdBy)];
  const holders = await holdersOf(RUNS, path, TOLD);
  return holders.flatMap(({ accountId }) => (accountId ? [String(accountId)] : []));
}
