import { Types } from 'mongoose';
import type { Booking } from '../people/index.ts';
import type { OpenPosition, Somebody } from './plan.ground.ts';
import type { Planned } from './plan.outcome.ts';
import type { DraftPair } from './plan.pairs.ts';

/** A place of the plan as the person's calendar would have it. */
export function bookingOf({ ground, input }: Pick<Planned, 'ground' | 'input'>, pair: DraftPair): Booking {
  const { facts, position, tenant } = ground.positions[pair.position] as OpenPosition;
  return {
    assignmentId: position._id,
    tenantId: new Types.ObjectId(input.members[tenant]?.tenant.id),
    startsAt: facts.startsAt,
    endsAt: facts.endsAt,
  };
}

/**
 * Caps say how often somebody is proposed, and each pair by itself keeps the rules; two places of one person may still touch across
 * midnight, leave too little rest between them, or be more than a week allows.
 * @param chosen options of the plan
 * @returns those of them that the rules refuse beside the person's others, the better of two staying
 */
export function clashing(
  { ground, input, judge, pairs, pinned }: Planned,
  chosen: readonly number[],
): number[] {
  const times = new Uint8Array(ground.people.length);
  const count = (v: number): number => (times[v] = Math.min(2, (times[v] ?? 0) + 1));
  for (const { person } of pinned) count(person);
  for (const k of chosen) count(pairs.person[k] ?? 0);
  const several = chosen.filter((k) => times[pairs.person[k] ?? 0] === 2);
  const beside = new Map<number, Booking[]>();
  const add = (pair: DraftPair): void => {
    const own = beside.get(pair.person);
    if (own) own.push(bookingOf({ ground, input }, pair));
    else beside.set(pair.person, [bookingOf({ ground, input }, pair)]);
  };
  if (several.length > 0) for (const pair of pinned) add(pair);
  several.sort((a, b) => (pairs.score[b] ?? 0) - (pairs.score[a] ?? 0) || a - b);
  return several.filter((k) => {
    const pair = pairs.at(k);
    const [open, one] = [ground.positions[pair.position], ground.people[pair.person]];
    const others = beside.get(pair.person) ?? [];
    if (others.length > 0 && !judge.fit(open as OpenPosition, one as Somebody, others).eligible) return true;
    add(pair);
    return false;
  });
}
