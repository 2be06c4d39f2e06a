import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import type { Humans } from '../../core/humans.ts';
import { isId } from '../../core/ids.ts';
import { appraisalLifecycle } from '../../core/states.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction } from '../../db/transaction.ts';
import { born, transition } from '../../db/transition.ts';
import { createDuty, DUTY_DAYS } from '../hours/index.ts';
import type { Duty, DutyParts, HoursRow } from '../hours/index.ts';
import { authoritiesOf, moveRows, whyNotSpeak } from '../memberships/index.ts';
import type { Authority, MembershipRow, MembershipService } from '../memberships/index.ts';
import type { ShiftService } from '../shifts/index.ts';
import { AppraisalModel } from './appraisal.model.ts';
import type { AppraisalRow } from './appraisal.model.ts';
import { readSheet, saidFaults } from './appraisal.rules.ts';
import type { ForAll, Said, SheetLine } from './appraisal.rules.ts';

export interface AppraisalParts extends DutyParts {
  readonly memberships: MembershipService;
  readonly humans: Humans;
  readonly shifts: Pick<ShiftService, 'access'>;
}

/** Said of a person whose appraisal is asked for: everybody of one shift, and who of them may be said something of. */
export interface Sheet {
  readonly title: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly rows: readonly AppraisalRow[];
  /** Of these nothing is said yet, and the reader may. */
  readonly due: readonly AppraisalRow[];
}

export type AppraisalService = ReturnType<typeof createAppraisalService>;

const OWN_SORT: readonly SortKey[] = [
  ['startsAt', -1],
  ['_id', -1],
];
/** People of one shift stand together. */
const DESK_SORT: readonly SortKey[] = [
  ['dueOn', 1],
  ['shiftId', 1],
  ['_id', 1],
];
/** What the person reads: something was said. */
const SAID = ['made', 'contested'];
/** More people than a shift has. */
const MOST_OF_SHIFT = 500;

const placeOf = ({ shiftId, personId }: Pick<HoursRow, 'shiftId' | 'personId'>): string =>
  `${String(shiftId)} ${String(personId)}`;

/**
 * What is said of people's service after it was given, within ten working days: due from the check-out on,
 * said by who ran the shift, read by its person, who may contest it. Nothing here ranks or matches anybody.
 */
export function createAppraisalService(parts: AppraisalParts) {
  const { memberships, tenants, units, humans, shifts } = parts;
  const duty: Duty = createDuty(parts);
  const isOwn = (actor: AccountActor, row: AppraisalRow): boolean => String(row.personId) === actor.personId;
  const today = async (): Promise<string> => localDate(contextNow(), (await tenants.current()).zone);

  /** One's own once something was said, or one of the desk's reach; everything else is missing. */
  async function access(actor: Actor, id: string): Promise<AppraisalRow> {
    const row = isId(id) ? await AppraisalModel.findById(id).lean() : null;
    const own = row !== null && actor.kind === 'account' && isOwn(actor, row) && row.state !== 'due';
    if (!row || (!own && !can(actor, 'appraisals:see', String(row.unitId)))) throw new NotFound();
    return row;
  }

  const permissionOf = ({ state }: AppraisalRow): 'appraisals:answer' | 'appraisals:make' =>
    state === 'contested' ? 'appraisals:answer' : 'appraisals:make';
  /** Who said what is contested; null where nothing is. */
  const speakerOf = (row: AppraisalRow): string | null =>
    row.state === 'contested' && row.appraisedByPersonId ? String(row.appraisedByPersonId) : null;

  /**
   * Why the actor may not say each of these, or answer what is contested; null when they may. However many there are, rights are
   * read once for each unit, and who is who once.
   */
  async function whyNots(
    actor: AccountActor,
    rows: readonly AppraisalRow[],
  ): Promise<(row: AppraisalRow) => string | null> {
    const placeOfRight = (row: AppraisalRow): string => `${permissionOf(row)} ${String(row.unitId)}`;
    const rights = new Map<string, readonly Authority[]>();
    for (const [place, [row]] of Map.groupBy(rows, placeOfRight)) {
      if (!row) continue;
      const path = await units.pathOf(row.unitId);
      rights.set(place, await authoritiesOf(actor.personId, permissionOf(row), path));
    }
    const human = await humans.behind([
      actor.personId,
      ...rows.flatMap((row) => [String(row.personId), speakerOf(row) ?? actor.personId]),
      ...[...rights.values()].flat().flatMap(({ granters }) => granters),
    ]);
    const self = human(actor.personId);
    return (row) => {
      const subject = human(String(row.personId));
      const speaker = speakerOf(row);
      const refusal = whyNotSpeak({
        isSubject: subject === self,
        may: can(actor, permissionOf(row), String(row.unitId)),
        hadPart: speaker !== null && human(speaker) === self,
        holdsApart: (rights.get(placeOfRight(row)) ?? []).some(
          ({ granters }) => !granters.some((granter) => human(granter) === subject),
        ),
      });
      return refusal === 'spoke-before' ? 'appraisal-needs-another' : refusal;
    };
  }
  const whyNot = async (actor: AccountActor, row: AppraisalRow): Promise<string | null> =>
    (await whyNots(actor, [row]))(row);

  const tell = (row: AppraisalRow): Promise<void> =>
    addMessage({
      kind: 'appraisals/made',
      subjectId: row._id,
      data: { state: row.state },
      dedupeKey: `appraisal:${String(row._id)}:${row.version}`,
    });

  const saidOf = ({ quality, completion, note, feedback, feedbackText }: Said): Said => ({
    quality,
    completion,
    note,
    feedback,
    feedbackText,
  });

  async function sayOne(actor: AccountActor, row: AppraisalRow, said: Said): Promise<AppraisalRow> {
    const after = await transition(AppraisalModel, row._id, {
      lifecycle: appraisalLifecycle,
      from: ['due'],
      to: 'made',
      action: 'appraisals/assess',
      set: {
        ...saidOf(said),
        appraisedByPersonId: new Types.ObjectId(actor.personId),
        appraisedOn: await today(),
        late: await duty.isLate(row.dueOn),
        remindAt: null,
      },
    });
    await tell(after);
    return after;
  }

  /** @throws NotFound, Forbidden */
  async function sheet(actor: AccountActor, shiftId: string): Promise<Sheet> {
    const { _id, title, startsAt, endsAt } = await shifts.access(actor, shiftId, 'appraisals:make');
    const rows = await AppraisalModel.find({ shiftId: _id } as never)
      .sort({ _id: 1 })
      .limit(MOST_OF_SHIFT)
      .lean();
    const waiting = rows.filter(({ state }) => state === 'due');
    const whyNotOf = await whyNots(actor, waiting);
    const due = waiting.filter((row) => whyNotOf(row) === null);
    return { title, startsAt, endsAt, rows, due };
  }

  function within(actor: AccountActor, permission: 'appraisals:make' | 'appraisals:answer') {
    const reach = reachOf(actor, permission);
    return {
      personId: { $ne: new Types.ObjectId(actor.personId) },
      ...(reach === 'tenant'
        ? {}
        : { unitId: { $in: [...reach].map((unitId) => new Types.ObjectId(unitId)) } }),
    };
  }

  async function waiting(
    filter: Record<string, unknown>,
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<AppraisalRow>> {
    const rows = await AppraisalModel.find({ ...filter, ...afterCursor(DESK_SORT, cursor) } as never)
      .sort(sortOf(DESK_SORT))
      .limit(limit + 1)
      .lean();
    return pageOf(rows, limit, (row) => [row.dueOn, row.shiftId, row._id]);
  }

  async function listOf(
    personId: Types.ObjectId,
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<AppraisalRow>> {
    const rows = await AppraisalModel.find({
      personId,
      state: { $in: SAID },
      ...afterCursor(OWN_SORT, cursor),
    } as never)
      .sort(sortOf(OWN_SORT))
      .limit(limit + 1)
      .lean();
    return pageOf(rows, limit, (row) => [row.startsAt, row._id]);
  }

  /** Service on a place of a shift is recorded: something is to be said of it, on the same clock. Inside a transaction. */
  async function begin(record: HoursRow): Promise<void> {
    const { assignmentId, shiftId, personId, membershipId, personName, unitId, activity } = record;
    if (!assignmentId || !shiftId || (await AppraisalModel.exists({ assignmentId } as never))) return;
    const { zone } = await tenants.current();
    const begunOn = localDate(activity.endsAt, zone);
    const _id = new Types.ObjectId();
    await AppraisalModel.create([
      {
        _id,
        ...born('due'),
        personId,
        membershipId,
        personName,
        unitId,
        shiftId,
        assignmentId,
        title: activity.name,
        startsAt: activity.startsAt,
        endsAt: activity.endsAt,
        days: DUTY_DAYS,
        begunOn,
        ...(await duty.from(begunOn, DUTY_DAYS, zone)),
        createdAt: contextNow(),
      } as never,
    ]);
    await recordAudit({ action: 'appraisals/open', subjectType: 'Appraisal', subjectId: _id, to: 'due' });
  }

  return {
    access,
    begin,
    sheet,
    dueToRemind: (query: Parameters<Duty['dueToRemind']>[1]) => duty.dueToRemind(AppraisalModel, query),

    mayAnswer: async (actor: AccountActor, row: AppraisalRow): Promise<boolean> =>
      SAID.includes(row.state) && (await whyNot(actor, row)) === null,

    /** The hours of the place were taken back: what was said of it stands for nothing. In that transaction. */
    async voidFor({ shiftId, personId }: HoursRow, reason: string): Promise<void> {
      const row = shiftId ? await AppraisalModel.findOne({ shiftId, personId } as never).lean() : null;
      if (!row || row.state === 'void') return;
      await transition(AppraisalModel, row._id, {
        lifecycle: appraisalLifecycle,
        from: [row.state],
        to: 'void',
        reason,
        action: 'appraisals/undo',
        set: { remindAt: null, contest: '' },
      });
    },

    /**
     * Hours of places are posted: what was said of a place whose hours had been taken back counts again, and of one that nobody
     * left, as a claim found it, something is to be said. In that transaction.
     */
    async posted(records: readonly HoursRow[]): Promise<void> {
      const ofShifts = records.filter(({ shiftId }) => shiftId !== null);
      if (ofShifts.length === 0) return;
      // A record that corrects another has its shift and no place of its own.
      const wanted = new Set(ofShifts.map(placeOf));
      const rows = (
        await AppraisalModel.find({
          shiftId: { $in: ofShifts.map(({ shiftId }) => shiftId) },
          personId: { $in: ofShifts.map(({ personId }) => personId) },
        } as never).lean()
      ).filter((row) => wanted.has(placeOf(row)));
      const known = new Set(rows.map(placeOf));
      for (const record of ofShifts) if (!known.has(placeOf(record))) await begin(record);
      for (const row of rows.filter(({ state }) => state === 'void')) {
        const { zone } = await tenants.current();
        const said = row.quality !== null;
        await transition(AppraisalModel, row._id, {
          lifecycle: appraisalLifecycle,
          from: ['void'],
          to: said ? 'made' : 'due',
          action: 'appraisals/restore',
          set: said ? {} : await duty.from(row.begunOn, row.days, zone),
        });
      }
    },

    /** Says of everybody on the sheet what is said of all, or of each. All of it, or nothing. @throws Invalid, Forbidden, Conflict */
    async make(
      actor: AccountActor,
      shiftId: string,
      all: ForAll,
      lines: readonly SheetLine[],
    ): Promise<Sheet> {
      return inTransaction(async () => {
        const { rows } = await sheet(actor, shiftId);
        const { said, faults } = readSheet(all, lines);
        if (faults.length > 0) throw new Invalid(faults);
        const byId = new Map(rows.map((row) => [String(row._id), row]));
        const whyNotOf = await whyNots(actor, rows);
        for (const one of said) {
          const row = byId.get(one.id);
          if (!row) throw Invalid.field('quality', 'not-an-option');
          const refusal = whyNotOf(row);
          if (refusal) throw new Forbidden(refusal);
          await sayOne(actor, row, one);
        }
        return sheet(actor, shiftId);
      });
    },

    /** The person says that it is wrong; somebody who did not say it answers, on a clock of its own. */
    async contest(actor: AccountActor, id: string, text: string): Promise<AppraisalRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (!isOwn(actor, row)) throw new Forbidden('only-the-person');
        const { zone, settings } = await tenants.current();
        const [begunOn, days] = [await today(), settings.claimDays ?? DUTY_DAYS];
        return transition(AppraisalModel, row._id, {
          lifecycle: appraisalLifecycle,
          from: ['made'],
          to: 'contested',
          reason: text,
          action: 'appraisals/appeal',
          set: { contest: text, begunOn, days, ...(await duty.from(begunOn, days, zone)) },
        });
      });
    },

    /** What was said is put right by who said it, or contested answered by somebody else, changed or not; with a reason. */
    async correct(actor: AccountActor, id: string, said: Said, reason: string): Promise<AppraisalRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        const refusal = await whyNot(actor, row);
        if (refusal) throw new Forbidden(refusal);
        const faults = saidFaults(said);
        if (faults.length > 0) throw new Invalid(faults);
        const after = await transition(AppraisalModel, row._id, {
          lifecycle: appraisalLifecycle,
          from: SAID,
          to: 'made',
          reason,
          action: row.state === 'contested' ? 'appraisals/answer' : 'appraisals/correct',
          set: {
            ...saidOf(said),
            // Who answered speaks now: whoever contests it again is heard by somebody else once more.
            appraisedByPersonId: new Types.ObjectId(actor.personId),
            answer: reason,
            contest: '',
            remindAt: null,
          },
          facts: { before: row.quality, after: said.quality },
        });
        await tell(after);
        return after;
      });
    },

    own: (actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<AppraisalRow>> =>
      listOf(new Types.ObjectId(actor.personId), limit, cursor),

    /** Of a member within reach, with whose they are. @throws NotFound, Forbidden */
    async ofMember(
      actor: AccountActor,
      membershipId: string,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<AppraisalRow> & { readonly member: MembershipRow }> {
      const member = await memberships.access(actor, membershipId, 'appraisals:see');
      if (!can(actor, 'appraisals:see', String(member.unitId))) throw new Forbidden('not-permitted');
      return { ...(await listOf(member.personId, limit, cursor)), member };
    },

    /** Of whom something is to be said, the soonest due first. */
    desk: (actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<AppraisalRow>> =>
      waiting({ state: 'due', ...within(actor, 'appraisals:make') }, limit, cursor),

    /** What is contested and waits for the actor's answer, the soonest due first. */
    contested: (
      actor: AccountActor,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<AppraisalRow>> =>
      waiting(
        {
          state: 'contested',
          appraisedByPersonId: { $ne: new Types.ObjectId(actor.personId) },
          ...within(actor, 'appraisals:answer'),
        },
        limit,
        cursor,
      ),

    /** Somebody changed days of the calendar: limits that run across them are counted again. Inside a transaction. */
    async recount(first: string, last: string): Promise<void> {
      const { zone } = await tenants.current();
      const rows = await AppraisalModel.find({
        state: { $in: ['due', 'contested'] },
        dueOn: { $gte: duty.movableFrom(first, zone) },
      } as never)
        .select({ begunOn: 1, days: 1, dueOn: 1, state: 1 })
        .lean();
      for (const { _id, begunOn, days, dueOn, state } of rows) {
        if (begunOn > last) continue;
        const clock = await duty.from(begunOn, days, zone);
        if (clock.dueOn !== dueOn) await AppraisalModel.updateOne({ _id, state } as never, { $set: clock });
      }
    },

    /** Reminds whoever may say or answer it, each once a day until its last day; twice changes nothing. Inside a transaction. */
    remind: (id: string): Promise<void> =>
      duty.remind(AppraisalModel, id, (row) => ({
        waits: ['due', 'contested'].includes(row.state),
        last: row.dueOn,
        permission: row.state === 'contested' ? 'appraisals:answer' : 'appraisals:make',
        apart: new Set([row.personId, row.appraisedByPersonId].map(String)),
        kind: row.state === 'contested' ? 'appraisals/contest-due' : 'appraisals/due',
        dedupe: 'together',
      })),

    /** One human's record became another: what was said of their service goes along. Inside the transaction of the merge. */
    follow: (from: string, into: string): Promise<void> =>
      moveRows(AppraisalModel, 'appraisals/move', { from, into }),
  };
}
