import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import type { Humans } from '../../core/humans.ts';
import { isId } from '../../core/ids.ts';
import { FORMER, hoursClaimLifecycle } from '../../core/states.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { countEach } from '../../db/builders.ts';
import { addMessage } from '../../db/outbox.ts';
import { afterCursor, MOST_COUNTED, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import { born, transition } from '../../db/transition.ts';
import type { AssignmentRow } from '../assignments/index.ts';
import { keepFiles } from '../attachments/index.ts';
import type { AttachmentService } from '../attachments/index.ts';
import { moveRows } from '../memberships/index.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import { hasConsent, isMinor, lockPerson } from '../people/index.ts';
import type { PeopleService } from '../people/index.ts';
import { natureFaults } from '../shifts/index.ts';
import type { Nature } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { ClaimedPlace, Corrections } from './claim.correction.ts';
import { lineOf, rootOf } from './claim.correction.ts';
import type { ClaimDuty } from './claim.duty.ts';
import { HoursClaimModel } from './claim.model.ts';
import type { HoursClaimRow } from './claim.model.ts';
import { whyNotAnswer } from './claim.rules.ts';
import type { ClaimWrong, SaidBy, ServedTime } from './claim.rules.ts';
import { HoursModel } from './hours.model.ts';
import type { HoursRow } from './hours.model.ts';
import { accessHours } from './hours.queries.ts';
import { wallSpan } from './hours.record.ts';
import { formerPersonsOf, personsNow } from './merge.moves.ts';

/** Places in shifts, as far as claims ask about them. */
export interface ClaimablePlaces {
  row(id: string): Promise<AssignmentRow | null>;
  /** Places of these people that are over, the latest first: they were there, or were expected and may have been. */
  over(personIds: readonly string[], limit: number): Promise<PlaceOver[]>;
}

/** A place that is over, and what its shift was. */
export interface PlaceOver {
  readonly row: AssignmentRow;
  readonly title: string;
}

/** Wall time as it is typed. */
export interface TypedTime {
  readonly date: string;
  readonly startTime: string;
  readonly endTime: string;
  readonly breakMinutes: number;
}

export interface ClaimInput {
  readonly wrong: ClaimWrong;
  /** Null where nothing was served. */
  readonly time: TypedTime | null;
  readonly assignmentId: string | null;
  readonly name: string;
  readonly place: string;
  readonly text: string;
  /** In whose name the actor takes it down; null for their own. */
  readonly saidBy: SaidBy | null;
  /** Null where it was asked and not said. */
  readonly nature: Nature | null | undefined;
}

export interface AnswerInput {
  readonly verdict: 'founded' | 'refused';
  readonly reason: string;
  /** What was found, where it is not what was claimed. */
  readonly time: TypedTime | null;
}

export interface ClaimParts {
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
  readonly people: Pick<PeopleService, 'row'>;
  readonly humans: Humans;
  readonly attachments: AttachmentService;
  readonly places: ClaimablePlaces;
  readonly duty: ClaimDuty;
  readonly corrections: Corrections;
}

export type ClaimService = ReturnType<typeof createClaims>;

const OWN_SORT: readonly SortKey[] = [
  ['createdAt', -1],
  ['_id', -1],
];
const DESK_SORT: readonly SortKey[] = [
  ['dueOn', 1],
  ['_id', 1],
];
/** Places that a form offers to choose from. */
const PLACES_OFFERED = 40;
/** Of a record so many claims are shown; nobody makes more in earnest. */
const SHOWN_OF_RECORD = 20;

/** Claims that recorded hours are wrong or missing: made, withdrawn, answered, reminded of, moved along with a human. */
export function createClaims(parts: ClaimParts) {
  const { memberships, tenants, people, humans, attachments, places, duty, corrections } = parts;

  /** One's own, or one of a member whose hours one may see; everything else is missing. */
  async function access(actor: Actor, id: string): Promise<HoursClaimRow> {
    const row = isId(id) ? await HoursClaimModel.findById(id).lean() : null;
    const own = row !== null && actor.kind === 'account' && String(row.personId) === actor.personId;
    if (!row || (!own && !can(actor, 'hours:see', String(row.unitId)))) throw new NotFound();
    return row;
  }

  /** Whether it is the actor's own claim, or one that they took down. */
  const speaksFor = (actor: AccountActor, row: HoursClaimRow): boolean =>
    String(row.personId) === actor.personId || String(row.claimedByPersonId) === actor.personId;

  async function accessOwnOpen(actor: AccountActor, id: string): Promise<HoursClaimRow> {
    const row = await access(actor, id);
    if (!speaksFor(actor, row)) throw new Forbidden('only-the-person');
    if (row.state !== 'claimed') throw new Conflict('wrong-state', { state: row.state });
    return row;
  }

  /**
   * By what the person may claim: hours outlive a suspension and the membership itself, and so does the right to have them put right
   * . A record that became another's of the same human has none any more: the other's are put right.
   * @throws Conflict `members-only`
   */
  async function membershipOf(personId: Types.ObjectId): Promise<MembershipRow> {
    const membership = await memberships.stoodOf(personId);
    const gone = membership?.state === FORMER && (await personsNow([String(personId)])).has(String(personId));
    if (!membership || gone) throw new Conflict('members-only');
    return membership;
  }

  /** For whom the actor may claim: themselves, or in the name of a member whose hours they enter. */
  async function claimantOf(
    actor: AccountActor,
    personId: Types.ObjectId,
    saidBy: SaidBy | null,
  ): Promise<MembershipRow> {
    const own = String(personId) === actor.personId;
    const membership = await membershipOf(personId);
    if (own) {
      if (saidBy !== null) throw Invalid.field('saidBy', 'claim-is-own');
      return membership;
    }
    if (!can(actor, 'hours:back-enter', String(membership.unitId))) throw new Forbidden('only-the-person');
    if (saidBy === null) throw Invalid.field('saidBy', 'required');
    if (saidBy === 'guardian') {
      const person = await people.row(personId);
      const today = localDate(contextNow(), (await tenants.current()).zone);
      const speaks =
        person.birthDate !== null && isMinor(person.birthDate, today) && hasConsent(person, 'guardian');
      if (!speaks) throw Invalid.field('saidBy', 'no-guardian');
    }
    return membership;
  }

  /** The member for whom the actor takes a claim down. @throws NotFound, Forbidden */
  async function memberFor(actor: AccountActor, membershipId: string): Promise<MembershipRow> {
    const membership = await memberships.access(actor, membershipId, 'hours:back-enter');
    if (String(membership.personId) === actor.personId) throw new Forbidden('not-your-own');
    if (!can(actor, 'hours:back-enter', String(membership.unitId))) throw new Forbidden('not-permitted');
    await membershipOf(membership.personId);
    return membership;
  }

  async function spanOf(time: TypedTime | null): Promise<ServedTime | null> {
    if (time === null) return null;
    const { zone } = await tenants.current();
    return { ...wallSpan(time, zone), breakMinutes: time.breakMinutes };
  }

  /** A place of the person, under whichever of their records here, of which nothing is recorded. @throws Invalid */
  async function placeFor(personId: Types.ObjectId, id: string | null): Promise<ClaimedPlace | null> {
    if (id === null) return null;
    const row = isId(id) ? await places.row(id) : null;
    const theirs = new Set([String(personId), ...(await formerPersonsOf(String(personId)))]);
    if (!row || !theirs.has(String(row.personId))) throw Invalid.field('assignmentId', 'not-an-option');
    const recorded = await HoursModel.exists({
      assignmentId: row._id,
      state: { $nin: ['rejected', 'reversed'] },
    } as never);
    if (recorded) throw Invalid.field('assignmentId', 'recorded-already');
    return corrections.placeOf(row);
  }

  async function insert(
    actor: AccountActor,
    membership: MembershipRow,
    input: ClaimInput,
    root: HoursRow | null,
  ): Promise<HoursClaimRow> {
    const claimed = await spanOf(input.time);
    const place = await placeFor(membership.personId, input.assignmentId);
    const typedAnew = place === null && (root === null || input.wrong === 'shift');
    const faults = typedAnew && claimed !== null ? natureFaults(input.nature) : [];
    if (typedAnew && claimed !== null && input.name === '') faults.push({ path: 'name', code: 'required' });
    if (faults.length > 0) throw new Invalid(faults);
    const named = place !== null || (input.wrong === 'shift' && input.name !== '');
    const about = { wrong: input.wrong, personId: membership.personId, named };
    const since = earlier(membership.createdAt, place?.shift.startsAt);
    await corrections.assertClaimable(about, claimed, { root, since, until: leftAt(membership) });
    if (root === null && claimed) await assertNoneOpen(membership.personId, claimed);
    const service = place?.shift.title ?? (typedAnew ? input.name : (root?.activity.name ?? ''));
    const _id = new Types.ObjectId();
    const own = String(membership.personId) === actor.personId;
    const partPersons = [root?.confirmedByPersonId, root?.enteredBy, own ? null : actor.personId];
    const row = {
      _id,
      ...born('claimed'),
      personId: membership.personId,
      membershipId: membership._id,
      personName: membership.personName,
      unitId: root?.unitId ?? place?.unitId ?? membership.unitId,
      wrong: input.wrong,
      hoursId: root?._id ?? null,
      assignmentId: place?.assignmentId ?? null,
      recorded: root && {
        from: root.servedFrom,
        to: root.servedTo,
        breakMinutes: root.breakMinutes,
        name: root.activity.name,
        minutes: root.recordedMinutes,
      },
      claimed: claimed && { ...claimed, name: service, place: typedAnew ? input.place : '' },
      text: input.text,
      saidBy: input.saidBy,
      claimedByPersonId: new Types.ObjectId(actor.personId),
      parties: partPersons.filter((one) => one != null).map((one) => new Types.ObjectId(String(one))),
      ...(await duty.begin()),
      createdAt: contextNow(),
    };
    try {
      await HoursClaimModel.create([row as never]);
    } catch (err) {
      if (isDuplicateKey(err)) throw new Conflict('claim-open-already');
      throw err;
    }
    await recordAudit({
      action: 'hours/claim',
      subjectType: 'HoursClaim',
      subjectId: _id,
      to: 'claimed',
      facts: { wrong: input.wrong },
    });
    return (await HoursClaimModel.findById(_id).lean()) as HoursClaimRow;
  }

  /** Service that nobody scheduled has no place to be unique by: its time is. Under the lock on the person's days. */
  async function assertNoneOpen(personId: Types.ObjectId, { from, to }: ServedTime): Promise<void> {
    const open = await HoursClaimModel.find({ personId, state: 'claimed', hoursId: null } as never)
      .select({ claimed: 1 })
      .lean();
    if (open.some(({ claimed }) => claimed && claimed.from < to && from < claimed.to))
      throw Invalid.field('startTime', 'claim-open-already');
  }

  async function whyNot(actor: AccountActor, row: HoursClaimRow, root: HoursRow | null) {
    const others = [root?.confirmedByPersonId, root?.enteredBy, ...row.parties];
    const isSubject = await humans.isSame(actor.personId, { personIds: [String(row.personId)] });
    const parties = others.filter((one) => one != null).map(String);
    return whyNotAnswer({ isSubject, hadPart: await humans.isSame(actor.personId, { personIds: parties }) });
  }

  const rootRow = async ({ hoursId }: HoursClaimRow): Promise<HoursRow | null> =>
    hoursId === null ? null : await HoursModel.findById(hoursId).lean();

  /** Whether the actor answers it: by no right of theirs, or why not in spite of it. */
  async function answering(
    actor: AccountActor,
    row: HoursClaimRow,
  ): Promise<{ readonly may: boolean; readonly whyNot: ReturnType<typeof whyNotAnswer> }> {
    if (row.state !== 'claimed' || !can(actor, 'hours:answer-claims', String(row.unitId)))
      return { may: false, whyNot: null };
    const code = await whyNot(actor, row, await rootRow(row));
    return { may: code === null, whyNot: code };
  }

  function deskFilter(actor: AccountActor): Record<string, unknown> {
    const reach = reachOf(actor, 'hours:answer-claims');
    const self = new Types.ObjectId(actor.personId);
    return {
      state: 'claimed',
      personId: { $ne: self },
      parties: { $ne: self },
      ...(reach === 'tenant'
        ? {}
        : { unitId: { $in: [...reach].map((unitId) => new Types.ObjectId(unitId)) } }),
    };
  }

  const subjectOf = (row: HoursClaimRow) =>
    ({ type: 'hours-claim', id: row._id, personId: row.personId }) as const;

  return {
    access,
    answering,
    speaksFor,
    recount: duty.recount,
    dueToRemind: duty.dueToRemind,
    remind: duty.remind,

    /** Whether the actor may claim for themselves at all, for what a page offers. */
    mayClaim: async (actor: AccountActor): Promise<boolean> =>
      can(actor, 'records:speak-own') &&
      (await membershipOf(new Types.ObjectId(actor.personId)).then(
        () => true,
        () => false,
      )),

    /** The form of a claim that service is missing is for who may make it. @throws Conflict `members-only` */
    async assertMayClaim(actor: AccountActor): Promise<void> {
      await membershipOf(new Types.ObjectId(actor.personId));
    },

    /** Places of the person that are over and of which nothing is recorded, the latest first: what a form offers. */
    async placesOf(personId: string): Promise<PlaceOver[]> {
      const found = await places.over([personId, ...(await formerPersonsOf(personId))], PLACES_OFFERED);
      const recorded = await HoursModel.find({
        assignmentId: { $in: found.map(({ row }) => row._id) },
        state: { $nin: ['rejected', 'reversed'] },
      } as never)
        .select({ assignmentId: 1 })
        .lean();
      const known = new Set(recorded.map(({ assignmentId }) => String(assignmentId)));
      return found.filter(({ row }) => !known.has(String(row._id)));
    },

    /** A record that may be claimed about, for the form. @throws NotFound, Forbidden, Conflict */
    async recordFor(actor: AccountActor, id: string): Promise<HoursRow> {
      const record = await accessHours(actor, id);
      const own = String(record.personId) === actor.personId;
      if (!own && !can(actor, 'hours:back-enter', String(record.unitId)))
        throw new Forbidden('only-the-person');
      await membershipOf(record.personId);
      const root = await rootOf(record);
      if (!['posted', 'moved'].includes(root.state)) throw new Conflict('wrong-state', { state: root.state });
      return record;
    },

    memberFor,

    /** Claims that a posted record is wrong: one's own, or in a member's name. */
    async claim(actor: AccountActor, id: string, input: ClaimInput): Promise<HoursClaimRow> {
      return inTransaction(async () => {
        const record = await accessHours(actor, id);
        const membership = await claimantOf(actor, record.personId, input.saidBy);
        // A merge of the person's records and this meet here.
        await lockPerson(String(record.personId));
        const root = await rootOf(record);
        if (!['posted', 'moved'].includes(root.state))
          throw new Conflict('wrong-state', { state: root.state });
        return insert(actor, membership, input, root);
      });
    },

    /** Claims that service is missing; `membershipId` null for one's own. */
    async claimGap(
      actor: AccountActor,
      membershipId: string | null,
      input: ClaimInput,
    ): Promise<HoursClaimRow> {
      return inTransaction(async () => {
        const personId =
          membershipId === null
            ? new Types.ObjectId(actor.personId)
            : (await memberFor(actor, membershipId)).personId;
        const membership = await claimantOf(actor, personId, input.saidBy);
        await lockPerson(String(personId));
        return insert(actor, membership, input, null);
      });
    },

    async withdraw(actor: AccountActor, id: string): Promise<HoursClaimRow> {
      return inTransaction(async () => {
        const row = await accessOwnOpen(actor, id);
        return transition(HoursClaimModel, row._id, {
          lifecycle: hoursClaimLifecycle,
          from: ['claimed'],
          to: 'withdrawn',
          action: 'hours/withdraw',
          set: { remindAt: null },
        });
      });
    },

    /**
     * Somebody who had no part in it answers: founded, and everything is corrected in this transaction, or refused with a reason.
     * @throws Forbidden with why not, Invalid or Conflict when facts stand against what was found; nothing is changed then
     */
    async answer(actor: AccountActor, id: string, input: AnswerInput): Promise<HoursClaimRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        const root = await rootRow(row);
        const refusal = await whyNot(actor, row, root);
        if (refusal) throw new Forbidden(refusal);
        if (!can(actor, 'hours:answer-claims', String(row.unitId))) throw new Forbidden('not-permitted');
        if (input.reason === '') throw Invalid.field('reason', 'required');
        const founded = input.verdict === 'founded';
        const found = founded && row.claimed ? ((await spanOf(input.time)) ?? timeOf(row.claimed)) : null;
        const after = await transition(HoursClaimModel, row._id, {
          lifecycle: hoursClaimLifecycle,
          from: ['claimed'],
          to: input.verdict,
          reason: input.reason,
          action: 'hours/answer',
          set: {
            answeredByPersonId: new Types.ObjectId(actor.personId),
            answeredAt: contextNow(),
            answer: input.reason,
            found,
            late: await duty.isLate(row),
            remindAt: null,
          },
        });
        if (founded) {
          const place = await placeFor(row.personId, row.assignmentId && String(row.assignmentId));
          const membership = await memberships.stoodOf(row.personId);
          const typedAnew = row.hoursId === null || row.wrong === 'shift';
          await corrections.assertClaimable({ ...row, named: typedAnew }, found, {
            root,
            // What could be claimed then can be found now, whichever record the person has kept since.
            since: earlier(membership?.createdAt ?? row.createdAt, row.claimed?.from),
            until: membership && leftAt(membership),
          });
          await corrections.correct(actor, row, found, { root, place, reason: input.reason });
        }
        await addMessage({
          kind: 'hours/claim-answered',
          subjectId: row._id,
          data: { state: after.state },
          dedupeKey: `hours-claim-answered:${String(row._id)}`,
        });
        return after;
      });
    },

    async own(actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<HoursClaimRow>> {
      const rows = await HoursClaimModel.find({
        personId: new Types.ObjectId(actor.personId),
        ...afterCursor(OWN_SORT, cursor),
      } as never)
        .sort(sortOf(OWN_SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.createdAt, row._id]);
    },

    /** What waits for the actor's answer, the soonest due first; what only others may answer is left out. */
    async desk(actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<HoursClaimRow>> {
      const rows = await HoursClaimModel.find({
        ...deskFilter(actor),
        ...afterCursor(DESK_SORT, cursor),
      } as never)
        .sort(sortOf(DESK_SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.dueOn, row._id]);
    },

    /** How many wait for the actor, at most one more than `MOST_COUNTED`. */
    async waiting(actor: AccountActor): Promise<number> {
      if (!can(actor, 'hours:answer-claims')) return 0;
      const counting = { model: HoursClaimModel, match: deskFilter(actor), most: MOST_COUNTED + 1 };
      return (await countEach([counting]))[0] ?? 0;
    },

    /** Claims about a record, or that made it, oldest first; whoever sees the record sees them. */
    async ofRecord(record: HoursRow): Promise<HoursClaimRow[]> {
      const root = await rootOf(record).catch((err: unknown) => {
        if (err instanceof Conflict) return null;
        throw err;
      });
      if (root === null) return [];
      return HoursClaimModel.find({ $or: [{ hoursId: root._id }, { _id: root._id }] } as never)
        .sort({ createdAt: 1 })
        .limit(SHOWN_OF_RECORD)
        .lean();
    },

    /** The records that a claim is about and that it made, as they stand now here; null for none. */
    async recordsOf(row: HoursClaimRow): Promise<{ before: HoursRow | null; after: HoursRow | null }> {
      const [before, made] = [await rootRow(row), await HoursModel.findById(row._id).lean()];
      const now = async (one: HoursRow | null): Promise<HoursRow | null> =>
        one === null ? null : ((await lineOf(one)).at(-1) ?? one);
      return { before: await now(before), after: await now(made) };
    },

    /** One human's record became another: their claims go along, answered ones too. Inside the transaction of the merge. */
    follow: (from: string, into: string): Promise<void> =>
      moveRows(HoursClaimModel, 'hours/move', { from, into }),

    /** Pictures and documents: whoever speaks for the claim changes them while it is open. */
    evidence: keepFiles({ attachments, subjectOf, access, accessToChange: accessOwnOpen }),
  };
}

const earlier = (one: Date, other: Date | undefined): Date => (other && other < one ? other : one);
/** When the person left; null for who is here. */
const leftAt = ({ state, history }: MembershipRow): Date | null =>
  state === FORMER ? (history.at(-1)?.at ?? null) : null;
const timeOf = ({ from, to, breakMinutes }: ServedTime): ServedTime => ({ from, to, breakMinutes });
