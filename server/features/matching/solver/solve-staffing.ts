import { solveOnMarket } from './staffing-market.ts';
import { solveOnNetwork } from './staffing-network.ts';
import { isPlain } from './staffing.ts';
import type { Staffing, StaffingOptions, StaffingPlan } from './staffing.ts';

/**
 * The best plan with slots of decreasing value, caps inside caps and a minimum of certified people: all of them are flows,
 * so it is exact where the budget lasts. Plans with the first alone take the fast way of the b-matching.
 * @throws RangeError where a bonus rises; Error where a cap is inside itself
 */
export function solveStaffing(staffing: Staffing, options: StaffingOptions = {}): StaffingPlan {
  const { bonusStart, bonus, slots } = staffing;
  for (let r = 0; r < slots.length; r++) {
    for (let i = bonusStart[r]! + 1; i < bonusStart[r + 1]!; i++) {
      if (bonus[i]! > bonus[i - 1]!) throw new RangeError('a bonus rises');
    }
  }
  return isPlain(staffing) ? solveOnMarket(staffing, options) : solveOnNetwork(staffing, options);
}
