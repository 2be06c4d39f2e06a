import type { AccountActor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Invalid } from '../../core/errors.ts';
import { addDays, daysBetween } from '../../core/time.ts';
import { inTransaction } from '../../db/transaction.ts';
import { editRow } from '../../db/transition.ts';
import type { TenantService } from '../tenants/index.ts';
import * as facts from './shift.facts.ts';
import type { ShiftListeners } from './shift.listeners.ts';
import { natureOf } from './nature.rules.ts';
import { ShiftModel } from './shift.model.ts';
import type { ShiftRow } from './shift.model.ts';
import { CHANGEABLE, followersOf, viewOf } from './shift.reading.ts';
import { lacksPolicy, spanIssues, sumSeats } from './shift.rules.ts';
import type { ShiftPatch, ShiftView } from './shift.schema.ts';
import { spanOf, wallTimesOf } from './wall.ts';

/** @throws Invalid `people-must-be-told` when somebody has a place on one of them that was announced */
async function assertNobodyMoved(rows: readonly ShiftRow[]): Promise<void> {
  const announced = rows.filter(({ state }) => state !== 'draft').map(({ _id }) => _id);
  const positions = await facts.listPositionsOf(announced);
  const { taken } = sumSeats([...positions.values()].flat());
  if (taken > 0) throw Invalid.field('tellPeople', 'people-must-be-told', { count: taken });
}

/** Whether the edit makes something else of it. */
const isRecast = (row: ShiftRow, { nature }: Pick<ShiftPatch, 'nature'>): boolean =>
  nature !== undefined && nature !== natureOf(row);

/** What an edit changes of the row, so that the rest of its series can follow and keep what it differs in. */
function changesOf(
  row: ShiftRow,
  input: ShiftPatch,
  zone: string,
): {
  plain: ShiftPatch;
  dayShift: number;
  times: Pick<ShiftPatch, 'startTime' | 'endTime'>;
  recast: boolean;
} {
  const before = wallTimesOf(row, zone);
  const { date, startTime, endTime, tellPeople: _tellPeople, scope: _scope, ...rest } = input;
  const said: Partial<ShiftRow> = { ...row, nature: natureOf(row) };
  const plain = Object.fromEntries(
    Object.entries(rest).filter(
      ([name, value]) => value !== undefined && value !== said[name as keyof ShiftRow],
    ),
  );
  return {
    plain,
    dayShift: date === undefined ? 0 : daysBetween(before.date, date),
    recast: isRecast(row, input),
    times: {
      ...(startTime !== undefined && startTime !== before.startTime ? { startTime } : {}),
      ...(endTime !== undefined && endTime !== before.endTime ? { endTime } : {}),
    },
  };
}

/** Changing what a shift says and when it is, alone or with those after it in its series. */
export function createShiftEditing({
  tenants,
  listeners,
}: {
  tenants: TenantService;
  listeners: ShiftListeners;
}) {
  /** The fields an edit changes, and whether it moves the shift in time. */
  async function editOf(
    row: ShiftRow,
    input: ShiftPatch,
  ): Promise<{ set: Record<string, unknown>; moved: boolean }> {
    const { zone } = await tenants.current();
    const { date, startTime, endTime, tellPeople: _tellPeople, scope: _scope, ...plain } = input;
    const before = wallTimesOf(row, zone);
    const wall = {
      date: date ?? before.date,
      startTime: startTime ?? before.startTime,
      endTime: endTime ?? before.endTime,
    };
    const same =
      wall.date === before.date && wall.startTime === before.startTime && wall.endTime === before.endTime;
    const breakMinutes = plain.breakMinutes ?? row.breakMinutes;
    // Untouched times keep their instants: seconds of an imported row, the second of two equal wall times.
    const span = same
      ? { startsAt: row.startsAt, endsAt: row.endsAt }
      : spanOf({ ...wall, breakMinutes }, zone);
    const issues = spanIssues({ ...span, breakMinutes });
    if (issues.length > 0) throw new Invalid(issues);
    const moved =
      span.startsAt.getTime() !== row.startsAt.getTime() || span.endsAt.getTime() !== row.endsAt.getTime();
    const set = Object.fromEntries(
      Object.entries({ ...plain, ...span }).filter(([, value]) => value !== undefined),
    );
    return { set, moved };
  }

  /** One edit inside the transaction; the row's state was looked at. @throws Invalid beside the fields */
  async function applyEdit(row: ShiftRow, input: ShiftPatch, version: number | null): Promise<ShiftRow> {
    const { set, moved } = await editOf(row, input);
    const announced = (moved || isRecast(row, input)) && row.state !== 'draft';
    const silent = announced && input.tellPeople !== true;
    if (silent && moved) await assertNobodyMoved([row]);
    if (announced && moved && (set['startsAt'] as Date) <= contextNow())
      throw Invalid.field('date', 'starts-in-the-past');
    // What was announced as insured stays insured.
    if (row.state !== 'draft' && !lacksPolicy(row) && lacksPolicy({ ...row, ...set }))
      throw Invalid.field('policyNumber', 'policy-number-needed');
    const after = await editRow(ShiftModel, row._id, {
      version,
      set,
      action: 'shifts/edit',
      facts: { moved },
    });
    if (announced)
      await listeners.changed(after, {
        startsAt: row.startsAt,
        endsAt: row.endsAt,
        nature: natureOf(row),
      });
    // Only now: where somebody came already, telling people would not help.
    if (silent && !moved) await assertNobodyMoved([row]);
    return after;
  }

  return {
    /**
     * Moves a shift and changes its other facts; with the scope `following` also those after it in its series, by what changes
     * here. Nobody with a place is moved silently: then `tellPeople` is needed, and the listeners of `onShiftChanged`
     * tell them in the same transaction. The same holds for what it is, which stays once anybody has come.
     */
    async edit(
      actor: AccountActor,
      id: string,
      input: ShiftPatch,
      version: number | null,
    ): Promise<ShiftView> {
      return inTransaction(async () => {
        const row = await facts.accessShift(actor, id, 'requests:edit');
        if (!CHANGEABLE.includes(row.state)) throw new Conflict('wrong-state', { state: row.state });
        if (input.scope !== 'following') return viewOf(await applyEdit(row, input, version));
        const { zone } = await tenants.current();
        const followers = await followersOf(row, CHANGEABLE);
        const { plain, dayShift, times, recast } = changesOf(row, input, zone);
        const moves = dayShift !== 0 || Object.keys(times).length > 0;
        if (moves && input.tellPeople !== true) await assertNobodyMoved([row, ...followers]);
        const edits = [
          () => applyEdit(row, input, version),
          ...followers.map((follower) => () => {
            const date = addDays(wallTimesOf(follower, zone).date, dayShift);
            const moved = moves || recast ? { ...times, date, tellPeople: input.tellPeople } : {};
            return applyEdit(follower, { ...plain, ...moved }, null);
          }),
        ];
        // Moved forward, the last goes first: nobody who is on several stands on two at once in between.
        if (dayShift > 0) for (const edit of edits.toReversed()) await edit();
        else for (const edit of edits) await edit();
        return viewOf(await facts.shiftFacts(id));
      });
    },
  };
}
