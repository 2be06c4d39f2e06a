import type { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { contextNow, requireTenantId } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid } from '../../core/errors.ts';
import { localDate } from '../../core/time.ts';
import { lockPersonDays } from '../people/index.ts';
import type { Booking } from '../people/index.ts';
import { givesHours } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import type { HoursClaimRow } from './claim.model.ts';
import { claimFaults, correctedGrade, isWithinEvidence } from './claim.rules.ts';
import type { ServedTime } from './claim.rules.ts';
import type { createApprovals } from './hours.approval.ts';
import { meeting, stretchOf } from './hours.back-entry.ts';
import type { WithoutHours } from './hours.back-entry.ts';
import { HoursModel } from './hours.model.ts';
import type { HoursRow } from './hours.model.ts';
import { minutesOfDay, overlappingHours } from './hours.queries.ts';
import { CLAIMED_STATES, computedTime } from './hours.record.ts';
import type { ServedShiftFacts } from './hours.record.ts';
import type { HoursTrust } from './hours.trust.ts';
import { formerPersonsOf } from './merge.moves.ts';

export type InsertHours = (
  row: Record<string, unknown> & Pick<HoursRow, 'activity'>,
  clock?: Pick<HoursRow, 'dueOn' | 'remindAt'>,
) => Promise<HoursRow>;

export interface CorrectionParts {
  readonly tenants: TenantService;
  readonly units: UnitService;
  readonly trust: HoursTrust;
  readonly shiftFacts: (shiftId: string) => Promise<ServedShiftFacts>;
  readonly withoutHours: WithoutHours;
  readonly insert: InsertHours;
  readonly approvals: Pick<ReturnType<typeof createApprovals>, 'submit' | 'postOne'>;
  /** Takes a posting back, wherever its minutes went since; the one way there is. */
  readonly takeBack: (row: HoursRow, reason: string) => Promise<HoursRow>;
}

/** The shift of the place that a claim names, and who had it. */
export interface ClaimedPlace {
  readonly assignmentId: Types.ObjectId;
  readonly shiftId: Types.ObjectId;
  readonly unitId: Types.ObjectId;
  readonly shift: ServedShiftFacts;
}

/**
 * The record as it was first made in this organisation: what two records of one human became one by is walked back.
 * @throws Conflict `claim-at-origin` when another organisation recorded it, which alone corrects it
 */
export async function rootOf(record: HoursRow): Promise<HoursRow> {
  let row = record;
  while (row.origin) {
    if (!row.origin.tenantId.equals(requireTenantId())) throw new Conflict('claim-at-origin');
    const before = await HoursModel.findById(row.origin.hoursId).lean();
    if (!before) throw new Error(`${String(row._id)} came from nowhere`);
    row = before;
  }
  return row;
}

/** That record and all that it became in this organisation since. */
export async function lineOf(root: HoursRow): Promise<HoursRow[]> {
  const line = [root];
  for (let last: HoursRow | null = root; last?.movedTo?.tenantId.equals(requireTenantId());) {
    last = await HoursModel.findOne({ 'origin.hoursId': last._id } as never).lean();
    if (last) line.push(last);
  }
  return line;
}

/** Corrects what a claim is about: the posting is taken back and the right one posted, in the transaction of the answer. */
export function createCorrections(parts: CorrectionParts) {
  const { tenants, units, trust, shiftFacts, withoutHours, insert, takeBack } = parts;
  const { submit, postOne } = parts.approvals;

  /** Facts are read under the lock on the person's days, which whoever books, logs or checks out anything for them takes too. */
  async function assertClaimable(
    claim: Pick<HoursClaimRow, 'wrong' | 'personId'> & { readonly named: boolean },
    claimed: ServedTime | null,
    of: { readonly root: HoursRow | null; readonly since: Date; readonly until: Date | null },
  ): Promise<void> {
    if (claimed === null) return;
    const { root } = of;
    const span = { from: claimed.from, to: claimed.to };
    // A place stays with the record under which it was taken, also where that record became another's since.
    const people = [String(claim.personId), ...(await formerPersonsOf(String(claim.personId)))];
    const bookings: Booking[] = [];
    for (const personId of people)
      bookings.push(...(await lockPersonDays(personId, { startsAt: span.from, endsAt: span.to })));
    const own = new Set((root ? await lineOf(root) : []).map(({ _id }) => String(_id)));
    const others = await overlappingHours(claim.personId, span, CLAIMED_STATES);
    const faults = claimFaults({
      wrong: claim.wrong,
      claimed,
      named: claim.named,
      recorded: root ? { from: root.servedFrom, to: root.servedTo, breakMinutes: root.breakMinutes } : null,
      now: contextNow(),
      since: root && root.activity.startsAt < of.since ? root.activity.startsAt : of.since,
      until: of.until,
      others: others
        .filter(({ _id }) => !own.has(String(_id)))
        .map(({ servedFrom, servedTo }) => ({ from: servedFrom, to: servedTo })),
      withoutHours: (await withoutHours(bookings.filter(meeting(span)))).map(stretchOf),
    });
    if (faults.length > 0) throw new Invalid(faults);
  }

  /** What the corrected record says of the service itself. */
  async function activityOf(
    claim: HoursClaimRow,
    root: HoursRow | null,
    place: ClaimedPlace | null,
    found: ServedTime,
  ) {
    const { locale, zone } = await tenants.current();
    if (place) {
      const { shift } = place;
      const { name } = await units.get(String(place.unitId));
      const taken = await HoursModel.exists({ assignmentId: place.assignmentId } as never);
      return {
        unitId: place.unitId,
        // One record for an assignment: what was rejected or taken back of it keeps it.
        assignmentId: taken ? null : place.assignmentId,
        shiftId: place.shiftId,
        category: shift.category,
        at: shift.at ? [...shift.at] : null,
        activity: {
          name: shift.title,
          content: shift.description.slice(0, 500),
          place: shift.place,
          startsAt: shift.startsAt,
          endsAt: shift.endsAt,
          unitName: name[locale],
          leaderName: shift.leaderName,
        },
      };
    }
    const span = { startsAt: found.from, endsAt: found.to };
    if (root && claim.wrong !== 'shift') {
      const sameDay = localDate(found.from, zone) === localDate(root.activity.startsAt, zone);
      return {
        unitId: root.unitId,
        shiftId: root.shiftId,
        category: root.category,
        at: root.at,
        activity: { ...root.activity, ...(sameDay ? {} : span) },
      };
    }
    const { name } = await units.get(String(claim.unitId));
    return {
      unitId: claim.unitId,
      shiftId: null,
      category: '',
      at: null,
      activity: {
        name: claim.claimed?.name ?? '',
        content: '',
        place: claim.claimed?.place ?? '',
        ...span,
        unitName: name[locale],
        leaderName: '',
      },
    };
  }

  /** How it is evidenced: by what the record was, as far as that goes; else by somebody's word. */
  function evidenceOf(claim: HoursClaimRow, root: HoursRow | null, found: ServedTime, sameService: boolean) {
    const attended =
      root?.attendedFrom && root.attendedTo ? { from: root.attendedFrom, to: root.attendedTo } : null;
    const within = root !== null && isWithinEvidence(found, { ...root, attended }, sameService);
    const grade = correctedGrade(within, root?.grade ?? null, claim.saidBy);
    const typed = claim.saidBy === null ? null : claim.claimedByPersonId;
    return {
      grade,
      witness: within ? root.witness : '',
      presence: within ? root.presence : null,
      enteredBy: within ? root.enteredBy : typed,
      entryReason: grade === 'back-entry' ? root?.entryReason || claim.text : '',
    };
  }

  async function record(
    claim: HoursClaimRow,
    found: ServedTime,
    { root, place }: { root: HoursRow | null; place: ClaimedPlace | null },
  ): Promise<HoursRow> {
    const tenant = await tenants.current();
    const service = await activityOf(claim, root, place, found);
    const sameService =
      root !== null && place === null && +service.activity.startsAt === +root.activity.startsAt;
    const computed = computedTime(
      { planned: found, attended: found, breakMinutes: found.breakMinutes },
      tenant.settings,
      await minutesOfDay(claim.personId, service.activity.startsAt, tenant),
    );
    const { _id } = await insert(
      {
        _id: claim._id,
        personId: claim.personId,
        membershipId: claim.membershipId,
        personName: claim.personName,
        ...service,
        ...evidenceOf(claim, root, found, sameService && claim.wrong !== 'shift'),
        ...computed,
        notes: [...computed.notes, root ? 'corrected-on-claim' : 'added-on-claim'],
        // A correction comes late by nature; what was late before stays marked.
        late: root?.late ?? false,
      },
      root ? { dueOn: null, remindAt: null } : undefined,
    );
    return submit(_id);
  }

  return {
    assertClaimable,

    /** The place, where it gives hours at all. @throws Invalid beside the field */
    async placeOf(row: {
      readonly _id: Types.ObjectId;
      readonly shiftId: Types.ObjectId;
      readonly unitId: Types.ObjectId;
    }): Promise<ClaimedPlace> {
      const shift = await shiftFacts(String(row.shiftId));
      if (!givesHours(shift)) throw Invalid.field('assignmentId', 'shift-without-hours');
      return { assignmentId: row._id, shiftId: row.shiftId, unitId: row.unitId, shift };
    },

    /**
     * Takes back what was wrong and posts what is right, both or neither; keys of the postings follow from the record's id and the
     * claim's, so that neither is posted twice.
     * @param found null where nothing was served
     * @throws Forbidden when the actor may not say that it is true, Invalid or Conflict when facts stand against it
     */
    async correct(
      actor: AccountActor,
      claim: HoursClaimRow,
      found: ServedTime | null,
      of: { readonly root: HoursRow | null; readonly place: ClaimedPlace | null; readonly reason: string },
    ): Promise<void> {
      const { root, reason } = of;
      if (root && ['posted', 'moved'].includes(root.state)) await takeBack(root, reason);
      if (found === null) return;
      const row = await record(claim, found, of);
      const by = can(actor, 'hours:review', String(row.unitId)) ? 'hours:review' : 'hours:confirm';
      if (!can(actor, by, String(row.unitId))) throw new Forbidden('not-permitted');
      // What is worth a second look goes to somebody who decides such things; nothing of this answer stays.
      const held = row.state === 'under_check' || (await trust.approverAnomaly(actor, row)) !== null;
      if (held && by === 'hours:confirm') throw new Forbidden('claim-needs-reviewer');
      const refusal = await trust.whyNot(actor, row, by);
      if (refusal) throw new Forbidden(refusal);
      await postOne(actor, row, reason, { tell: false });
    },
  };
}

export type Corrections = ReturnType<typeof createCorrections>;
