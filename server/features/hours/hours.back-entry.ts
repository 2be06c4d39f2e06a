import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid } from '../../core/errors.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import { lockPersonDays } from '../people/index.ts';
import type { Booking } from '../people/index.ts';
import { natureFaults } from '../shifts/index.ts';
import type { Nature } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import type { HoursRow } from './hours.model.ts';
import { minutesOfDay, overlappingHours } from './hours.queries.ts';
import { CLAIMED_STATES, computedTime, wallSpan } from './hours.record.ts';
import type { Stretch } from './hours.record.ts';
import { logFaults } from './hours.rules.ts';

/** Service that the organisation enters for a member afterwards. */
export interface BackEntryInput {
  readonly membershipId: string;
  readonly name: string;
  readonly content: string;
  readonly place: string;
  /** Service area; empty when it is not said. */
  readonly category: string;
  readonly date: string;
  readonly startTime: string;
  readonly endTime: string;
  readonly reason: string;
  /** Null where whoever enters it was asked and did not say; left out, it is volunteer service. */
  readonly nature?: Nature | null | undefined;
}

/** Of booked stretches those on shifts that give no volunteer hours, in whatever tenants; injected, as assignments know them. */
export type WithoutHours = (booked: readonly Booking[]) => Promise<Booking[]>;

/** A booking as the rules of logging see it. */
export const stretchOf = ({ startsAt, endsAt }: Booking): Stretch => ({ from: startsAt, to: endsAt });
/** Bookings that meet the stretch. */
export const meeting =
  ({ from, to }: Stretch) =>
  (booking: Booking): boolean =>
    booking.startsAt < to && from < booking.endsAt;

export interface BackEntryParts {
  readonly memberships: MembershipService;
  readonly units: UnitService;
  readonly tenants: TenantService;
  readonly withoutHours: WithoutHours;
  readonly insert: (row: Record<string, unknown> & Pick<HoursRow, 'activity'>) => Promise<HoursRow>;
  readonly submit: (id: Types.ObjectId) => Promise<HoursRow>;
}

/**
 * Back-entry (invariant 5): with a reason, never for oneself, marked for ever, and worth nothing before a second person
 * who has no part in it confirms it.
 */
export function createBackEntries({
  memberships,
  units,
  tenants,
  withoutHours,
  insert,
  submit,
}: BackEntryParts) {
  /** The member for whom something may be entered. @throws NotFound, Forbidden for oneself, Conflict */
  async function backEntryFor(actor: AccountActor, membershipId: string): Promise<MembershipRow> {
    const membership = await memberships.access(actor, membershipId, 'hours:back-enter');
    if (String(membership.personId) === actor.personId) throw new Forbidden('not-your-own');
    if (!can(actor, 'hours:back-enter', String(membership.unitId))) throw new Forbidden('not-permitted');
    if (membership.state !== 'approved') throw new Conflict('members-only');
    return membership;
  }

  return {
    backEntryFor,
    async backEnter(actor: AccountActor, input: BackEntryInput): Promise<HoursRow> {
      return inTransaction(async () => {
        const membership = await backEntryFor(actor, input.membershipId);
        const { zone, locale, settings } = await tenants.current();
        const span = wallSpan(input, zone);
        const bookings = await lockPersonDays(String(membership.personId), {
          startsAt: span.from,
          endsAt: span.to,
        });
        const others = await overlappingHours(membership.personId, span, CLAIMED_STATES);
        const faults = [
          ...natureFaults(input.nature),
          ...logFaults(span, {
            now: contextNow(),
            memberSince: membership.createdAt,
            others: others.map((row) => ({ from: row.servedFrom, to: row.servedTo })),
            // A place in a shift whose check-in was forgotten is the very reason for such an entry.
            booked: [],
            // One in a shift that gives no hours is not.
            withoutHours: (await withoutHours(bookings.filter(meeting(span)))).map(stretchOf),
          }),
        ];
        if (faults.length > 0) throw new Invalid(faults);
        const unit = await units.get(String(membership.unitId));
        const { _id } = await insert({
          personId: membership.personId,
          membershipId: membership._id,
          personName: membership.personName,
          unitId: membership.unitId,
          activity: {
            name: input.name,
            content: input.content,
            place: input.place,
            startsAt: span.from,
            endsAt: span.to,
            unitName: unit.name[locale],
            leaderName: actor.name,
          },
          category: input.category,
          grade: 'back-entry',
          enteredBy: new Types.ObjectId(actor.personId),
          entryReason: input.reason,
          ...computedTime(
            { planned: span, attended: span, breakMinutes: 0 },
            settings,
            await minutesOfDay(membership.personId, span.from, { zone, settings }),
          ),
        });
        return submit(_id);
      });
    },
  };
}
