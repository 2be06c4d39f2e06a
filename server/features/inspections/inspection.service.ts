import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { reachOf } from '../../core/actor.ts';
import { asTenant, contextNow, requireTenantId } from '../../core/context.ts';
import { csvLines } from '../../core/csv.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { isId, randomToken } from '../../core/ids.ts';
import type { SigningKeys } from '../../core/keys.ts';
import type { Locale } from '../../core/locale.ts';
import { signJson } from '../../core/signed-json.ts';
import { inspectionLifecycle } from '../../core/states.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { tenantInsert } from '../../db/builders.ts';
import { addMessage } from '../../db/outbox.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { wakeFor } from '../../db/runs.ts';
import { inTransaction } from '../../db/transaction.ts';
import { born, transition } from '../../db/transition.ts';
import type { SealService } from '../audit/index.ts';
import { inspectedClosings } from '../hours/index.ts';
import type { InspectedPeriod } from '../hours/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import type { ProposalRow } from '../proposals/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { createPacker } from './inspection.archive.ts';
import { cellsOf, createGathering } from './inspection.gathering.ts';
import type { GatheringParts, Step } from './inspection.gathering.ts';
import { bytesOf, InspectionModel, InspectionPieceModel } from './inspection.model.ts';
import type { InspectionRow, InspectionStage } from './inspection.model.ts';
import { exportRefusal, fileOf, noSums, sumsOf, TABLE_NAMES, TABLES } from './inspection.rules.ts';
import type { TableName } from './inspection.rules.ts';
import { INSPECTION_TYPE, INSPECTION_VERSION, MANIFEST, SUMMARY } from './inspection.types.ts';
import type { InspectionStatement } from './inspection.types.ts';

/** The sweep that goes on with what is being made. */
export const INSPECTION_SWEEP = 'inspections/make';
/** Largest part of a table that is kept as one piece, bytes; a document holds 16 MB. */
const LARGEST_PART = 4 * 1024 * 1024;
const DAY_MS = 86_400_000;
/** Exports that began before there was the setting. */
const USUAL_DAYS = 14;

const SORT: readonly SortKey[] = [
  ['createdAt', -1],
  ['_id', -1],
];

/** What an authority demanded, as it is asked for. */
export interface InspectionWish {
  /** Local dates, both inclusive. */
  readonly from: string;
  readonly to: string;
  readonly authority: string;
  readonly reference: string;
}

/** A stored file, read piece by piece while it is sent. */
export interface StoredArchive {
  readonly length: number;
  read(): AsyncIterable<Buffer>;
}

export interface InspectionParts extends GatheringParts {
  readonly memberships: GatheringParts['memberships'] & Pick<MembershipService, 'countEver'>;
  readonly tenants: TenantService;
  readonly seals: Pick<SealService, 'state'>;
  readonly keys: SigningKeys;
  /** The page that tells people what is in the archive. */
  readonly renderSummary: (statement: Omit<InspectionStatement, 'keyId'>, locale: Locale) => string;
}

export type InspectionService = ReturnType<typeof createInspectionService>;

/** Material that an authority demands of a period: two persons agree, a job makes it, the two take it, a sweep removes it. */
export function createInspectionService(parts: InspectionParts) {
  const { memberships, tenants, seals, keys, renderSummary } = parts;
  const gathering = createGathering(parts);

  /** It states everybody's service, so only who answers for the whole organisation has to do with it. */
  function assertWhole(actor: AccountActor): void {
    if (reachOf(actor, 'inspections:export') !== 'tenant') throw new Forbidden('inspection-needs-whole');
  }

  async function access(actor: AccountActor, id: string): Promise<InspectionRow> {
    assertWhole(actor);
    const row = isId(id) ? await InspectionModel.findById(id).lean() : null;
    if (!row) throw new NotFound();
    return row;
  }

  const mayTake = (actor: AccountActor, row: InspectionRow): boolean =>
    [row.requestedBy, row.confirmedBy].some((id) => String(id) === actor.accountId);

  const periodOf = async (row: InspectionRow): Promise<InspectedPeriod> => ({
    from: row.periodFrom,
    to: row.periodTo,
    zone: (await tenants.current()).zone,
  });

  /** Does one step of a stage; false when another worker has it or nothing is left to gather. */
  const gather = (id: string): Promise<boolean> =>
    inTransaction(async () => {
      const row = await InspectionModel.findById(id).lean();
      if (row?.state !== 'running' || row.stage === 'archive') return false;
      const found = await stepOf(row);
      await keep(row, found);
      const rows = Object.fromEntries(
        Object.entries(found.rows).map(([table, list]) => [`rows.${table}`, list.length]),
      );
      const { modifiedCount } = await InspectionModel.updateOne(
        { _id: row._id, state: 'running', step: row.step },
        {
          $inc: { step: 1, done: found.done, ...rows, ...sumsIn(found) },
          $set: {
            cursor: found.cursor,
            stage: found.cursor === null ? AFTER[row.stage] : row.stage,
          },
        },
      );
      if (modifiedCount === 0) throw new Conflict('wrong-state');
      return true;
    });

  async function stepOf(row: InspectionRow): Promise<Step> {
    const period = await periodOf(row);
    if (row.stage === 'people') return gathering.ofPeople(period, row.cursor);
    if (row.stage === 'acts') return gathering.ofActs(period, row.cursor);
    return gathering.ofClosings(period);
  }

  /** Keeps what a step found, each table in parts that fit into a document. */
  async function keep(row: InspectionRow, { rows }: Step): Promise<void> {
    for (const [table, list] of Object.entries(rows) as [TableName, NonNullable<Step['rows'][TableName]>][]) {
      const lines = list.map((one) => csvLines([cellsOf(table, one)]));
      const parts: string[] = [];
      let part = '';
      for (const line of lines) {
        if (part !== '' && (part.length + line.length) * 3 > LARGEST_PART) {
          parts.push(part);
          part = '';
        }
        part += line;
      }
      if (part !== '') parts.push(part);
      await tenantInsert(
        InspectionPieceModel,
        parts.map((content, at) => ({
          exportId: row._id,
          file: fileOf(table),
          place: row.step * 1_000 + at,
          content: Buffer.from(content, 'utf8'),
        })),
      );
    }
  }

  /** Pieces of a file in their order; each is read when it is wanted. */
  async function* piecesOf(exportId: Types.ObjectId, file: string): AsyncGenerator<Buffer> {
    for (let after = -1; ;) {
      const piece = await InspectionPieceModel.findOne({ exportId, file, place: { $gt: after } } as never)
        .sort({ place: 1 })
        .lean();
      if (!piece) return;
      after = piece.place;
      yield bytesOf(piece);
    }
  }

  async function* tableOf(exportId: Types.ObjectId, table: TableName): AsyncGenerator<Buffer> {
    yield Buffer.from(csvLines([], TABLES[table]), 'utf8');
    yield* piecesOf(exportId, fileOf(table));
  }

  async function statementOf(
    row: InspectionRow,
    finishedAt: Date,
    files: InspectionStatement['files'],
  ): Promise<Omit<InspectionStatement, 'keyId'>> {
    const { slug, name } = await tenants.current();
    const period = await periodOf(row);
    const { sequence, sealedAt, hash } = await seals.state();
    const closed = (await inspectedClosings(period)).flatMap(({ closing, statement }) =>
      statement ? [{ through: closing.through, digest: statement.digest }] : [],
    );
    return {
      type: INSPECTION_TYPE,
      version: INSPECTION_VERSION,
      tenant: { slug, name: { 'zh-CN': name['zh-CN'], en: name.en } },
      period: { ...period },
      demand: { authority: row.authority, reference: row.reference, reason: row.reason },
      askedBy: { name: row.requesterName, at: row.requestedAt.toISOString() },
      agreedBy: { name: row.confirmerName, at: row.createdAt.toISOString() },
      begunAt: row.createdAt.toISOString(),
      finishedAt: finishedAt.toISOString(),
      files,
      sums: { ...row.sums },
      chains: {
        audit: { sequence, sealedAt: sealedAt?.toISOString() ?? null, hash },
        closed: closed.at(-1) ?? null,
      },
    };
  }

  /** The two who agreed are told what became of it; inside the transaction that ends the making. */
  async function tell(row: InspectionRow, state: 'ready' | 'failed'): Promise<void> {
    for (const accountId of new Set([row.requestedBy, row.confirmedBy].map(String)))
      await addMessage({
        kind: 'inspections/finished',
        subjectId: row._id,
        data: { state, accountId },
        dedupeKey: `inspection:${String(row._id)}:${state}:${accountId}`,
      });
  }

  /** Packs what was gathered; made anew as a whole by whoever finds it unfinished. */
  async function pack(id: string): Promise<void> {
    const row = await InspectionModel.findById(id).lean();
    if (row?.state !== 'running' || row.stage !== 'archive') return;
    const { locale, settings } = await tenants.current();
    const file = `archive-${randomToken(9)}`;
    const finishedAt = contextNow();
    const packer = createPacker(finishedAt, (content, place) =>
      tenantInsert(InspectionPieceModel, [{ exportId: row._id, file, place, content }]),
    );
    const files: InspectionStatement['files'] = [];
    for (const table of TABLE_NAMES)
      files.push({
        name: fileOf(table),
        rows: row.rows[table] ?? 0,
        ...(await packer.add(fileOf(table), tableOf(row._id, table))),
      });
    const stated = await statementOf(row, finishedAt, files);
    const page = Buffer.from(renderSummary(stated, locale), 'utf8');
    files.push({ name: SUMMARY, rows: 0, ...(await packer.add(SUMMARY, [page])) });
    const manifest = signJson({ ...stated, files, keyId: keys.currentId } as InspectionStatement, keys);
    await packer.add(MANIFEST, [Buffer.from(manifest, 'utf8')]);
    const archive = await packer.end();
    const expiresAt = new Date(finishedAt.getTime() + (settings.inspectionDays ?? USUAL_DAYS) * DAY_MS);
    await inTransaction(async () => {
      await transition(InspectionModel, row._id, {
        lifecycle: inspectionLifecycle,
        from: ['running'],
        to: 'ready',
        where: { step: row.step },
        set: { archive: { file, ...archive }, finishedAt, expiresAt },
        action: 'inspections/finish',
        facts: { bytes: archive.bytes, sha256: archive.sha256, records: row.sums.records },
      });
      await tell(row, 'ready');
      // The parts, and what a worker left that was lost on the way.
      await InspectionPieceModel.deleteMany({ exportId: row._id, file: { $ne: file } } as never);
    }).catch(async (err: unknown) => {
      // Somebody else was first: nobody would ever read this one.
      const now = await InspectionModel.findById(id).lean();
      if (now?.state !== 'running' && now?.archive?.file !== file)
        await InspectionPieceModel.deleteMany({ exportId: row._id, file });
      throw err;
    });
  }

  /** Ends it, and nothing of it is left but that it was there. */
  async function end(row: InspectionRow, to: 'expired' | 'failed'): Promise<void> {
    await transition(InspectionModel, row._id, {
      lifecycle: inspectionLifecycle,
      from: [to === 'expired' ? 'ready' : 'running'],
      to,
      action: to === 'expired' ? 'inspections/expire' : 'inspections/give-up',
    });
    await InspectionPieceModel.deleteMany({ exportId: row._id });
  }

  const dueOf = async (
    filter: object,
    sort: Record<string, 1>,
    query: { limit: number; except: readonly string[] },
  ) => {
    const rows = await InspectionModel.find({
      ...filter,
      _id: { $nin: query.except.map((id) => new Types.ObjectId(id)) },
    } as never)
      .sort(sort)
      .limit(query.limit)
      .select({ tenantId: 1 })
      .lean();
    return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
  };

  return {
    assertWhole,
    access,
    mayTake,

    /**
     * What would be proposed. @throws Forbidden for who has part of the organisation only
     * @throws Invalid by field for a period that cannot be exported, Conflict `inspection-running` while another is made
     */
    async toPropose(actor: AccountActor, { from, to }: InspectionWish): Promise<void> {
      assertWhole(actor);
      const refusal = exportRefusal({ from, to }, localDate(contextNow(), (await tenants.current()).zone));
      if (refusal) throw Invalid.field('to', refusal);
    },

    /** Two agreed: the job begins, in the transaction of the second's word. @throws Conflict `inspection-running` */
    async begin(proposal: ProposalRow, { from, to, authority, reference }: InspectionWish): Promise<void> {
      if (await InspectionModel.exists({ state: 'running' })) throw new Conflict('inspection-running');
      const { zone } = await tenants.current();
      const refusal = exportRefusal({ from, to }, localDate(contextNow(), zone));
      if (refusal || !proposal.decidedBy) throw new Conflict('wrong-state');
      const _id = new Types.ObjectId();
      await InspectionModel.create([
        {
          _id,
          ...born('running', proposal.reason),
          proposalId: proposal._id,
          periodFrom: from,
          periodTo: to,
          authority,
          reference,
          reason: proposal.reason,
          requestedBy: proposal.proposedBy,
          requesterName: proposal.proposerName,
          requestedAt: proposal.createdAt,
          confirmedBy: proposal.decidedBy,
          confirmerName: proposal.deciderName,
          stage: 'people',
          total: await memberships.countEver(),
          sums: noSums(),
          createdAt: contextNow(),
        } as never,
      ]);
      await recordAudit({
        action: 'inspections/begin',
        subjectType: 'InspectionExport',
        subjectId: _id,
        to: 'running',
        reason: proposal.reason,
        facts: { from, to, authority, reference },
      });
      wakeFor(INSPECTION_SWEEP, String(_id));
    },

    /** Newest first. @throws Forbidden */
    async list(actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<InspectionRow>> {
      assertWhole(actor);
      const rows = await InspectionModel.find(afterCursor(SORT, cursor) as never)
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.createdAt, row._id]);
    },

    /**
     * The archive, for one of the two who agreed to it, while it is there; each time is an entry of the trail. Inside the caller's
     * transaction; the bytes are read while they are sent.
     * @throws Conflict, Forbidden `only-the-two`
     */
    async take(actor: AccountActor, id: string): Promise<{ archive: StoredArchive; fileName: string }> {
      const row = await access(actor, id);
      if (row.state !== 'ready' || !row.archive || !row.expiresAt || row.expiresAt <= contextNow())
        throw new Conflict('wrong-state', { state: row.state });
      if (!mayTake(actor, row)) throw new Forbidden('only-the-two');
      const { bytes, file, sha256 } = row.archive;
      await InspectionModel.updateOne({ _id: row._id, state: 'ready' }, { $inc: { taken: 1 } });
      await recordAudit({
        action: 'inspections/export',
        subjectType: 'InspectionExport',
        subjectId: row._id,
        reason: row.reason,
        facts: { authority: row.authority, reference: row.reference, bytes, sha256 },
      });
      const tenantId = requireTenantId();
      return {
        archive: {
          length: bytes,
          async *read() {
            const pieces = piecesOf(row._id, file);
            for (;;) {
              const { value, done } = await asTenant(tenantId, () => pieces.next());
              if (done) return;
              yield value;
            }
          },
        },
        fileName: `inspection-${row.periodFrom}-${row.periodTo}.zip`,
      };
    },

    /** Unfinished ones of all tenants, for the sweep. */
    due: (query: { readonly limit: number; readonly except: readonly string[] }) =>
      dueOf({ state: 'running' }, { _id: 1 }, query),

    /** Goes on for about so long; the next turn goes on from there, also after a kill. */
    async workFor(id: string, milliseconds: number): Promise<void> {
      const until = performance.now() + milliseconds;
      do if (!(await gather(id))) return pack(id);
      while (performance.now() < until);
    },

    /** It failed too often: whoever asked finds it failed, and may ask again. */
    giveUp: (id: string): Promise<void> =>
      inTransaction(async () => {
        const row = await InspectionModel.findById(id).lean();
        if (row?.state !== 'running') return;
        await end(row, 'failed');
        await tell(row, 'failed');
      }),

    /** Archives of all tenants whose time is over. */
    over: (query: { readonly now: Date; readonly limit: number; readonly except: readonly string[] }) =>
      dueOf({ state: 'ready', expiresAt: { $lte: query.now } }, { expiresAt: 1 }, query),

    /** Removes an archive whose time is over; twice changes nothing. */
    expire: (id: string): Promise<void> =>
      inTransaction(async () => {
        const row = await InspectionModel.findById(id).lean();
        if (row?.state === 'ready' && row.expiresAt && row.expiresAt <= contextNow())
          await end(row, 'expired');
      }),
  };
}

const AFTER: Readonly<Record<Exclude<InspectionStage, 'archive'>, InspectionStage>> = {
  people: 'acts',
  acts: 'closings',
  closings: 'archive',
};

/** What the rows of a step add to the sums, as an update's increments. */
function sumsIn({ rows }: Step): Record<string, number> {
  const added: Record<string, number> = {};
  for (const [table, list] of Object.entries(rows))
    for (const row of list)
      for (const [name, part] of Object.entries(sumsOf(table as TableName, row)))
        added[`sums.${name}`] = (added[`sums.${name}`] ?? 0) + part;
  return added;
}
