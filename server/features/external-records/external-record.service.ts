import { parse } from 'csv-parse/sync';
import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { csvLines, plainCell } from '../../core/csv.ts';
import type { Cell } from '../../core/csv.ts';
import { Conflict, Forbidden, Invalid } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { externalLifecycle } from '../../core/states.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { afterCursor, MOST_COUNTED, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import { born, transition } from '../../db/transition.ts';
import { wasRecordedElsewhere } from '../hours/index.ts';
import type { HoursRow, HoursService } from '../hours/index.ts';
import type { IdentityDocumentService } from '../identity-documents/index.ts';
import type { PeopleService } from '../people/index.ts';
import type { ProposalRow } from '../proposals/index.ts';
import type { Tenant, TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { ExternalRecordModel } from './external-record.model.ts';
import type { ExternalRecordRow } from './external-record.model.ts';
import {
  afterReversal,
  answerOf,
  ENTRY_COLUMNS,
  MOST_ANSWERED,
  MOST_EXPORTED,
} from './external-record.rules.ts';
import type { AnswerFault, AnswerRow } from './external-record.rules.ts';

/** Rows of an answer that share a transaction. */
const TOGETHER = 100;
const FAULTS_SHOWN = 100;

const SORT: readonly SortKey[] = [
  ['date', 1],
  ['_id', 1],
];

export interface ExternalFilter {
  readonly state: string;
  readonly unitId?: string | undefined;
  /** Local dates of the service, both inclusive. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}
export interface ExportWish {
  readonly from: string;
  readonly to: string;
  readonly unitId: string;
}

/** What an answer came to; each row that could not be taken is named with its line. */
export interface AnswerOutcome {
  read: number;
  confirmed: number;
  failed: number;
  withdrawn: number;
  unchanged: number;
  rejected: number;
  faults: { line: number; record: string; code: string }[];
}

export interface ExternalParts {
  readonly hours: Pick<HoursService, 'rowsOf'>;
  readonly identityDocuments: Pick<IdentityDocumentService, 'shownOf'>;
  readonly people: Pick<PeopleService, 'rows'>;
  readonly tenants: TenantService;
  readonly units: UnitService;
}

export type ExternalRecordService = ReturnType<typeof createExternalRecordService>;

/** Which records of service are entered in the designated national system, and which are not yet. */
export function createExternalRecordService({
  hours,
  identityDocuments,
  people,
  tenants,
  units,
}: ExternalParts) {
  /** Units within reach of the permission, below a unit where one is named; null for the whole tenant. */
  async function unitsWithin(
    actor: AccountActor,
    permission: 'external-records:see' | 'external-records:enter',
    unitId: string | undefined,
  ): Promise<Types.ObjectId[] | null> {
    const reach = reachOf(actor, permission);
    const whole = !unitId || unitId === (await tenants.current()).rootUnitId;
    if (whole && reach === 'tenant') return null;
    const wanted = whole ? [...(reach as ReadonlySet<string>)] : [...(await units.expand([unitId]))];
    return wanted.filter((id) => reach === 'tenant' || reach.has(id)).map((id) => new Types.ObjectId(id));
  }

  const datesOf = ({ from, to }: { from?: string | undefined; to?: string | undefined }): object =>
    from || to ? { date: { ...(from ? { $gte: from } : {}), ...(to ? { $lte: to } : {}) } } : {};

  const move = (
    row: ExternalRecordRow,
    to: string,
    action: 'export' | 'confirm' | 'refuse' | 'withdraw' | 'discard' | 'reopen',
    set: Record<string, unknown> = {},
    reason: string | null = null,
  ): Promise<ExternalRecordRow> =>
    transition(ExternalRecordModel, row._id, {
      lifecycle: externalLifecycle,
      from: [row.state],
      to,
      reason,
      set,
      action: `external-records/${action}`,
      facts: { hoursId: String(row.hoursId) },
    });

  /** Takes in one row of an answer, inside the caller's transaction. */
  async function answerOne(actor: AccountActor, row: AnswerRow): Promise<keyof AnswerOutcome | AnswerFault> {
    const known = isId(row.record)
      ? await ExternalRecordModel.findOne({ hoursId: new Types.ObjectId(row.record) }).lean()
      : null;
    if (!known || !can(actor, 'external-records:enter', String(known.unitId))) return 'record-unknown';
    const step = answerOf(row, known);
    if (step === null) return 'unchanged';
    if (typeof step === 'string') return step;
    if (step.to === 'withdrawn') {
      await move(known, 'withdrawn', 'withdraw');
      return 'withdrawn';
    }
    if (step.to === 'dropped') {
      await move(known, 'dropped', 'discard');
      return 'failed';
    }
    if (step.to === 'failed') {
      await move(known, 'failed', 'refuse', { reason: step.reason }, step.reason);
      return 'failed';
    }
    const taken = await ExternalRecordModel.exists({ externalId: step.externalId });
    if (taken) return 'external-id-taken';
    await move(known, step.to, 'confirm', { externalId: step.externalId, reason: '' });
    return 'confirmed';
  }

  return {
    /** Posted service has to be entered there; what another organisation recorded is for that one to enter. */
    async onPosted(rows: readonly HoursRow[], { zone }: Tenant): Promise<void> {
      const own = rows.filter((row) => !wasRecordedElsewhere(row));
      await ExternalRecordModel.insertMany(
        own.map((row) => ({
          ...born('waiting'),
          hoursId: row._id,
          personId: row.personId,
          personName: row.personName,
          unitId: row.unitId,
          date: localDate(row.activity.startsAt, zone),
          activity: row.activity.name,
          minutes: row.recordedMinutes,
          createdAt: contextNow(),
        })) as never,
        { ordered: true },
      );
    },

    /** What is taken back here must not stay there. */
    async onReversed(hour: HoursRow, reason: string): Promise<void> {
      const row = await ExternalRecordModel.findOne({ hoursId: hour._id }).lean();
      const to = row ? afterReversal(row.state) : null;
      if (!row || to === null) return;
      await move(row, to, to === 'dropped' ? 'discard' : 'reopen', {}, reason);
    },

    /** Oldest service first, within reach. */
    async list(
      actor: AccountActor,
      filter: ExternalFilter,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<ExternalRecordRow>> {
      const within = await unitsWithin(actor, 'external-records:see', filter.unitId);
      const rows = await ExternalRecordModel.find({
        state: filter.state,
        ...(within ? { unitId: { $in: within } } : {}),
        $and: [datesOf(filter), afterCursor(SORT, cursor)],
      } as never)
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.date, row._id]);
    },

    /** How many are in each of these states within reach, counted no further than one beyond `MOST_COUNTED`. */
    async counts<S extends string>(actor: AccountActor, states: readonly S[]): Promise<Record<S, number>> {
      const within = await unitsWithin(actor, 'external-records:see', undefined);
      const found: [S, number][] = [];
      for (const state of states)
        found.push([
          state,
          await ExternalRecordModel.countDocuments(
            { state, ...(within ? { unitId: { $in: within } } : {}) } as never,
            { limit: MOST_COUNTED + 1 },
          ),
        ]);
      return Object.fromEntries(found) as Record<S, number>;
    },

    /** Units for whose records the actor may make a file, in the order of the tree. */
    choices: async (actor: AccountActor) =>
      (await units.all()).filter(({ id }) => can(actor, 'external-records:see', id)),

    /**
     * What would be exported. @throws Forbidden for a unit out of reach, Invalid when nothing waits or the period is none
     */
    async toExport(actor: AccountActor, wish: ExportWish): Promise<{ count: number }> {
      if (!can(actor, 'external-records:enter', wish.unitId)) throw new Forbidden('not-permitted');
      if (wish.from > wish.to) throw Invalid.field('to', 'period-reversed');
      const count = (await this.wanted(wish)).length;
      if (count === 0) throw Invalid.field('from', 'nothing-to-enter');
      return { count };
    },

    /** What is not entered of a period and unit, oldest first: new ones, refused ones, and what must be taken back there. */
    async wanted({ from, to, unitId }: ExportWish): Promise<ExternalRecordRow[]> {
      const whole = unitId === (await tenants.current()).rootUnitId;
      const below = whole ? null : [...(await units.expand([unitId]))].map((id) => new Types.ObjectId(id));
      return ExternalRecordModel.find({
        // What is to be taken back there has a name there; without one its answer is still on the way.
        $or: [
          { state: { $in: ['waiting', 'failed'] } },
          { state: 'to_withdraw', externalId: { $type: 'string' } },
        ],
        ...(below ? { unitId: { $in: below } } : {}),
        ...datesOf({ from, to }),
      } as never)
        .sort(sortOf(SORT))
        .limit(MOST_EXPORTED)
        .lean();
    },

    /** Two agreed: what waits goes into their file. Inside the transaction of the second's word. */
    async export(proposal: ProposalRow, wish: ExportWish): Promise<void> {
      const rows = await this.wanted(wish);
      if (rows.length === 0) throw new Conflict('nothing-to-enter');
      for (const row of rows) {
        const set = { exportId: proposal._id };
        if (row.state === 'to_withdraw')
          await ExternalRecordModel.updateOne({ _id: row._id, version: row.version }, { $set: set });
        else await move(row, 'exported', 'export', set);
      }
    },

    /** The file of an export: one row a record, with the columns that the answer fills in. That it was taken is an entry of the trail. */
    async file(proposal: ProposalRow): Promise<Buffer> {
      const rows = await ExternalRecordModel.find({ exportId: proposal._id }).sort(sortOf(SORT)).lean();
      const personIds = [...new Set(rows.map(({ personId }) => String(personId)))];
      const persons = new Map((await people.rows(personIds)).map((row) => [String(row._id), row]));
      const documents = await identityDocuments.shownOf(personIds);
      const records = new Map(
        (await hours.rowsOf(rows.map(({ hoursId }) => hoursId))).map((row) => [String(row._id), row]),
      );
      await recordAudit({
        action: 'external-records/take',
        subjectType: 'ExternalRecord',
        subjectId: 'many',
        facts: { records: rows.length, proposalId: String(proposal._id) },
      });
      const lines = rows.map((row): Cell[] => {
        const [person, document, record] = [
          persons.get(String(row.personId)),
          documents.get(String(row.personId)),
          records.get(String(row.hoursId)),
        ];
        const withdraws = row.state === 'to_withdraw';
        const cells: Record<(typeof ENTRY_COLUMNS)[number], Cell> = {
          record: String(row.hoursId),
          action: withdraws ? 'withdraw' : 'enter',
          name: person?.name ?? row.personName,
          birthDate: person?.birthDate ?? '',
          phone: person?.phone ?? '',
          documentType: document?.type ?? '',
          documentNumber: document?.maskedNumber ?? '',
          activity: row.activity,
          date: row.date,
          place: record?.activity.place ?? '',
          content: record?.activity.content ?? '',
          minutes: row.minutes,
          unit: record?.activity.unitName ?? '',
          leader: record?.activity.leaderName ?? '',
          externalId: withdraws ? (row.externalId ?? '') : '',
          refusedBecause: '',
        };
        return ENTRY_COLUMNS.map((column) => cells[column]);
      });
      return Buffer.from(csvLines(lines, ENTRY_COLUMNS), 'utf8');
    },

    /**
     * Takes in what came back from the national system, row by row: what cannot be taken is named, the rest counts.
     * @throws Invalid for a file that is no such table, or too long
     */
    async answer(actor: AccountActor, bytes: Buffer): Promise<AnswerOutcome> {
      const rows = readAnswer(bytes);
      const outcome: AnswerOutcome = {
        read: rows.length,
        confirmed: 0,
        failed: 0,
        withdrawn: 0,
        unchanged: 0,
        rejected: 0,
        faults: [],
      };
      const seen = new Set<string>();
      for (let at = 0; at < rows.length; at += TOGETHER) {
        const some = rows.slice(at, at + TOGETHER);
        const results = await inTransaction(async () => {
          const found: string[] = [];
          const before = new Set(seen);
          for (const row of some) {
            found.push(before.has(row.record) ? 'record-twice' : await answerOne(actor, row));
            before.add(row.record);
          }
          return found;
        }).catch((err: unknown) => {
          // Somebody else brought the same answer at the same moment.
          throw isDuplicateKey(err) ? new Conflict('wrong-state') : err;
        });
        for (const [index, result] of results.entries()) {
          const row = some[index] as AnswerRow;
          seen.add(row.record);
          if (isCounted(result)) outcome[result] += 1;
          else {
            outcome.rejected += 1;
            if (outcome.faults.length < FAULTS_SHOWN)
              outcome.faults.push({ line: row.line, record: row.record, code: result });
          }
        }
      }
      return outcome;
    },
  };
}

const COUNTED = ['confirmed', 'failed', 'withdrawn', 'unchanged'] as const;
const isCounted = (result: string): result is (typeof COUNTED)[number] =>
  (COUNTED as readonly string[]).includes(result);

/** Rows of an answer by its headings. @throws Invalid */
function readAnswer(bytes: Buffer): AnswerRow[] {
  let rows: Record<string, string>[];
  try {
    rows = parse(bytes, {
      bom: true,
      columns: true,
      skip_empty_lines: true,
      max_record_size: 100_000,
      to: MOST_ANSWERED + 1,
    });
  } catch (err) {
    throw Object.assign(Invalid.field('file', 'answer-unreadable'), { cause: err });
  }
  const [first] = rows;
  if (!first) throw Invalid.field('file', 'answer-empty');
  if (!['record', 'externalId', 'refusedBecause'].every((name) => name in first))
    throw Invalid.field('file', 'answer-columns');
  if (rows.length > MOST_ANSWERED) throw Invalid.field('file', 'answer-too-long', { most: MOST_ANSWERED });
  return rows.map((row, index) => {
    const cell = (name: string): string => plainCell(row[name] ?? '').trim();
    return {
      line: index + 2,
      record: cell('record'),
      action: cell('action') || 'enter',
      externalId: cell('externalId'),
      refusedBecause: cell('refusedBecause'),
    };
  });
}
