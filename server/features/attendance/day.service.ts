import { Types } from 'mongoose';
import type { Actor } from '../../core/actor.ts';
import { reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { addDays, startOfDay } from '../../core/time.ts';
import type { AssignmentService, HeadsOfState } from '../assignments/index.ts';
import { listShiftsBetween } from '../shifts/index.ts';
import type { ShiftOfDay } from '../shifts/index.ts';
import type { UnitService } from '../units/index.ts';
import { presenceOf, PRESENCES, sumHeads } from './day.rules.ts';
import type { Heads, Presence } from './day.rules.ts';

/** Names that one shift shows; the rest stand on its own list. */
export const NAMED = 40;

export interface PersonOfDay {
  /** Of the place, not of the person. */
  readonly id: string;
  readonly name: string;
  readonly presence: Presence;
  readonly cameAt: Date | null;
  readonly leftAt: Date | null;
}

export interface BoardOfShift {
  readonly shift: ShiftOfDay;
  readonly heads: Heads;
  /** Who is missed first, then who is here, who is still to come, who has gone; each by name, at most `NAMED`. */
  readonly people: readonly PersonOfDay[];
}

export interface DayBoard {
  readonly data: readonly BoardOfShift[];
  readonly nextCursor: string | null;
}

export type DayBoards = ReturnType<typeof createDayBoards>;

/** Who is here, over all shifts of a local day that the actor runs. */
export function createDayBoards({
  assignments,
  units,
}: {
  assignments: Pick<AssignmentService, 'headsAt'>;
  units: UnitService;
}) {
  /** Units whose list of people the actor may see and run: both, as on a shift's own list. Null for all. */
  async function withinReach(actor: Actor, unitId: string | undefined): Promise<Types.ObjectId[] | null> {
    const reaches = [
      reachOf(actor, 'attendance:run'),
      reachOf(actor, 'assignments:see'),
      ...(unitId ? [await units.expand([unitId])] : []),
    ].filter((reach) => reach !== 'tenant');
    const [first, ...others] = reaches;
    if (!first) return null;
    const within = others.reduce<ReadonlySet<string>>((all, one) => all.intersection(one), first);
    return [...within].map((id) => new Types.ObjectId(id));
  }

  return {
    async of(
      actor: Actor,
      { day, unitId, zone }: { day: string; unitId: string | undefined; zone: string },
      limit: number,
      cursor: string | undefined,
    ): Promise<DayBoard> {
      const span = { from: startOfDay(day, zone), to: startOfDay(addDays(day, 1), zone) };
      const page = await listShiftsBetween(span, await withinReach(actor, unitId), limit, cursor);
      const now = contextNow();
      const heads = await assignments.headsAt(
        page.data.map(({ _id }) => _id),
        NAMED,
      );
      return {
        data: page.data.map((shift) => boardOf(shift, heads.get(String(shift._id)) ?? [], now)),
        nextCursor: page.nextCursor,
      };
    },
  };
}

function boardOf(shift: ShiftOfDay, heads: readonly HeadsOfState[], now: Date): BoardOfShift {
  const at = { startsAt: shift.startsAt, now };
  const parts = heads.map(({ state, count, people }) => {
    const presence = presenceOf(state, at);
    return {
      heads: { ...sumHeads([]), [presence]: count },
      people: people.map((one) => ({
        id: String(one._id),
        name: one.personName,
        presence,
        cameAt: one.cameAt ?? null,
        leftAt: one.leftAt ?? null,
      })),
    };
  });
  const rank = new Map(PRESENCES.map((presence, index) => [presence, index]));
  const people = parts
    .flatMap((part) => part.people)
    .sort(
      (a, b) =>
        (rank.get(a.presence) ?? 0) - (rank.get(b.presence) ?? 0) ||
        (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1),
    );
  return { shift, heads: sumHeads(parts.map((part) => part.heads)), people: people.slice(0, NAMED) };
}
