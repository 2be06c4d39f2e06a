import type { Problem } from '../../server/features/training-plans/planner/planner.types.ts';
import { chance } from './county.ts';

/** A dozen sessions at most and a handful of people: small enough to try everything. */
export function small(seed: number): Problem {
  const random = chance(seed * 7_919 + 13);
  const pick = (most: number): number => Math.floor(random() * most);
  const people = 3 + pick(5);
  const sessions = 4 + pick(9);
  const needs: Problem['needs'][number][] = [];
  const ofPerson = Array.from({ length: people }, (_unused, person) =>
    Array.from(
      { length: 1 + pick(2) },
      () => needs.push({ person, minutes: 60 * (1 + pick(12)), weight: [1, 2, 4, 8][pick(4)] ?? 1 }) - 1,
    ),
  );
  const candidates = Array.from({ length: sessions }, () => {
    const start = pick(8) * 120;
    return {
      start,
      end: start + 120 * (1 + pick(3)),
      course: pick(5),
      room: pick(3) - (random() < 0.2 ? 3 : 0),
      instructor: pick(3),
      seats: 1 + pick(3),
      cost: 100 * (1 + pick(20)),
      minutes: 60 * (1 + pick(6)),
    };
  }).map((one) => ({ ...one, room: Math.max(-1, one.room) }));
  const options = ofPerson.flatMap((own, person) =>
    candidates.flatMap(({ minutes }, candidate) => {
      const served = own.filter(() => random() < 0.6);
      if (random() >= 0.55 || served.length === 0) return [];
      // What one course closes of a person's first need, in whatever session, goes through a room.
      return [
        {
          person,
          candidate,
          serves: served.map((need) => ({
            need,
            minutes,
            room: need === own[0] && candidates[candidate]?.course === seed % 5 ? person : -1,
          })),
        },
      ];
    }),
  );
  const rooms = ofPerson.map(() => 60 * (1 + pick(6)));
  const all = candidates.reduce((sum, { cost }) => sum + cost, 0);
  return {
    people,
    needs,
    candidates,
    options,
    rooms,
    budget: Math.round(all * (0.3 + random() * 0.7)),
    mostEach: 1 + pick(3),
  };
}
