import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { AppError, Conflict, Forbidden, Invalid, NotFound, Unavailable } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import type { Locale } from '../../core/locale.ts';
import { addDays, startOfDay } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { tenantInsert } from '../../db/builders.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { I18n } from '../../i18n/index.ts';
import type { HoursService, ServedActivity } from '../hours/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { CertificateBatchItemModel, CertificateBatchModel } from './certificate.batch.model.ts';
import type { CertificateBatchItemRow, CertificateBatchRow } from './certificate.batch.model.ts';
import { CertificateModel } from './certificate.model.ts';
import { renderCertificates } from './certificate.pdf.ts';
import type { CertificateService, CertificateWish } from './certificate.service.ts';

/** People of one job, and how many share a transaction. */
export const LARGEST_BATCH = 5_000;
const TOGETHER = 10;
/** Certificates of one file to print. */
export const PRINTED_TOGETHER = 100;
const ACTIVITIES = 50;
const REFUSED_SHOWN = 100;

const SORT: readonly SortKey[] = [
  ['createdAt', -1],
  ['_id', -1],
];

export interface BatchParts {
  readonly certificates: CertificateService;
  readonly hours: HoursService;
  readonly tenants: TenantService;
  readonly units: UnitService;
  readonly i18n: I18n;
}

export interface BatchWish extends CertificateWish {
  /** Those who served here or below; the whole of what the actor may certify for when it is left out. */
  readonly unitId?: string | undefined;
}

export interface BatchDetail {
  readonly batch: CertificateBatchRow;
  readonly refused: readonly CertificateBatchItemRow[];
}

export type CertificateBatchService = ReturnType<typeof createCertificateBatches>;

/** Certificates for everybody who served, in one job with progress. */
export function createCertificateBatches({ certificates, hours, tenants, units, i18n }: BatchParts) {
  /** Units below a unit, itself included; null for the whole tenant. @throws Forbidden out of reach */
  async function unitsOf(actor: AccountActor, unitId: string): Promise<readonly string[] | null> {
    if (!can(actor, 'certificates:issue', unitId)) throw new Forbidden('not-permitted');
    return unitId === (await tenants.current()).rootUnitId ? null : [...(await units.expand([unitId]))];
  }

  async function access(actor: AccountActor, id: string): Promise<CertificateBatchRow> {
    const row = isId(id) ? await CertificateBatchModel.findById(id).lean() : null;
    if (!row || !can(actor, 'certificates:issue', String(row.unitId))) throw new NotFound();
    return row;
  }

  /** Whom the wish is for. */
  async function peopleOf(
    actor: AccountActor,
    wish: BatchWish,
    unitId: string,
  ): Promise<{
    people: { personId: string; name: string }[];
    wanted: Awaited<ReturnType<CertificateService['resolved']>>;
  }> {
    const wanted = await certificates.resolved(wish);
    const { zone } = await tenants.current();
    const people = await hours.peopleServing({
      from: wanted.period ? startOfDay(wanted.period.from, zone) : null,
      to: wanted.period ? startOfDay(addDays(wanted.period.to, 1), zone) : null,
      unitIds: await unitsOf(actor, unitId),
      activity: wanted.activity,
      limit: LARGEST_BATCH + 1,
    });
    return { people, wanted };
  }

  async function workOn(
    batch: CertificateBatchRow,
    items: readonly CertificateBatchItemRow[],
  ): Promise<Types.ObjectId[]> {
    const wanted = {
      scope: batch.scope,
      period: batch.periodFrom && batch.periodTo ? { from: batch.periodFrom, to: batch.periodTo } : null,
      activity: batch.activity,
    };
    return inTransaction(async () => {
      const made: Types.ObjectId[] = [];
      const counts = { issued: 0, found: 0, refused: 0 };
      // Another process may have had the same ten.
      const waiting = await CertificateBatchItemModel.find({
        _id: { $in: items.map(({ _id }) => _id) },
        state: 'waiting',
      })
        .sort({ place: 1 })
        .lean();
      for (const item of waiting) {
        const outcome = await outcomeOf(batch, item, wanted);
        counts[outcome.state] += 1;
        if (outcome.certificateId) made.push(outcome.certificateId);
        await CertificateBatchItemModel.updateOne({ _id: item._id, state: 'waiting' }, { $set: outcome });
      }
      await CertificateBatchModel.updateOne({ _id: batch._id }, { $inc: counts });
      return made;
    });
  }

  async function outcomeOf(
    batch: CertificateBatchRow,
    item: CertificateBatchItemRow,
    wanted: Parameters<CertificateService['reserve']>[1],
  ): Promise<
    Pick<CertificateBatchItemRow, 'refusal' | 'certificateId'> & { state: 'issued' | 'found' | 'refused' }
  > {
    const holder = {
      personId: String(item.personId),
      issuedBy: String(batch.requestedBy),
      handler: batch.handlerName,
    };
    try {
      const { row, isNew } = await certificates.reserve(holder, wanted, batch.locale as Locale);
      return { state: isNew ? 'issued' : 'found', refusal: null, certificateId: row._id };
    } catch (err) {
      // Refused before anything was written; anything else undoes the ten and is tried again.
      if (!(err instanceof AppError) || err instanceof Unavailable) throw err;
      const refusal = err instanceof Invalid ? (err.issues[0]?.code ?? err.code) : err.code;
      return { state: 'refused', refusal, certificateId: null };
    }
  }

  const waitingOf = (batchId: Types.ObjectId): Promise<CertificateBatchItemRow[]> =>
    CertificateBatchItemModel.find({ batchId, state: 'waiting' }).sort({ place: 1 }).limit(TOGETHER).lean();

  /**
   * Signs what a process that was killed had given numbers to and no more: at most those who shared its last transaction, which are
   * the last that got one.
   */
  async function signLast(batchId: Types.ObjectId): Promise<void> {
    const items = await CertificateBatchItemModel.find({
      batchId,
      state: { $in: ['issued', 'found'] },
    } as never)
      .sort({ place: -1 })
      .limit(TOGETHER)
      .lean();
    for (const { certificateId } of items) if (certificateId) await certificates.complete(certificateId);
  }

  return {
    /** Activities within reach, the latest first. */
    async activities(actor: AccountActor): Promise<ServedActivity[]> {
      const reach = reachOf(actor, 'certificates:issue');
      return hours.activitiesIn(reach === 'tenant' ? null : [...reach], ACTIVITIES);
    },

    /** The units for which the actor may have certificates made, in the order of the tree. */
    async choices(
      actor: AccountActor,
    ): Promise<{ id: string; name: Record<Locale, string>; depth: number }[]> {
      return (await units.all()).filter(({ id }) => can(actor, 'certificates:issue', id));
    },

    /**
     * Begins the job.
     * @throws Forbidden for a unit out of reach, Invalid when nobody served, or too many did
     */
    async start(actor: AccountActor, wish: BatchWish, locale: Locale): Promise<CertificateBatchRow> {
      const unitId = wish.unitId ?? (await tenants.current()).rootUnitId;
      return inTransaction(async () => {
        const { people, wanted } = await peopleOf(actor, wish, unitId);
        if (people.length === 0)
          throw Invalid.field(wish.scope === 'activity' ? 'hoursId' : 'from', 'nobody-served');
        if (people.length > LARGEST_BATCH)
          throw Invalid.field('unitId', 'too-many-people', { count: LARGEST_BATCH });
        const _id = new Types.ObjectId();
        await CertificateBatchModel.create([
          {
            _id,
            state: 'running',
            scope: wanted.scope,
            periodFrom: wanted.period?.from ?? null,
            periodTo: wanted.period?.to ?? null,
            activity: wanted.activity,
            unitId: new Types.ObjectId(unitId),
            locale,
            total: people.length,
            requestedBy: new Types.ObjectId(actor.accountId),
            handlerName: actor.name,
            createdAt: contextNow(),
          } as never,
        ]);
        await tenantInsert(
          CertificateBatchItemModel,
          people.map(({ personId, name }, place) => ({
            batchId: _id,
            personId: new Types.ObjectId(personId),
            name,
            place,
            state: 'waiting',
            refusal: null,
            certificateId: null,
          })),
        );
        await recordAudit({
          action: 'certificates/start-batch',
          subjectType: 'CertificateBatch',
          subjectId: _id,
          facts: { people: people.length, scope: wanted.scope },
        });
        return (await CertificateBatchModel.findById(_id).lean()) as CertificateBatchRow;
      });
    },

    /** Jobs within reach, newest first. */
    async list(
      actor: AccountActor,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<CertificateBatchRow>> {
      const reach = reachOf(actor, 'certificates:issue');
      const rows = await CertificateBatchModel.find({
        ...(reach === 'tenant' ? {} : { unitId: { $in: [...reach].map((id) => new Types.ObjectId(id)) } }),
        ...afterCursor(SORT, cursor),
      } as never)
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.createdAt, row._id]);
    },

    /** A job with the people who got none, and why. */
    async show(actor: AccountActor, id: string): Promise<BatchDetail> {
      const batch = await access(actor, id);
      const refused = await CertificateBatchItemModel.find({ batchId: batch._id, state: 'refused' })
        .sort({ place: 1 })
        .limit(REFUSED_SHOWN)
        .lean();
      return { batch, refused };
    },

    /**
     * A part of the job's certificates as one document to print, by name.
     * @param part 1, 2, 3 …
     * @throws Conflict `nothing-to-print` while none of that part is made
     */
    async print(actor: AccountActor, id: string, part: number): Promise<Buffer> {
      const batch = await access(actor, id);
      const items = await CertificateBatchItemModel.find({
        batchId: batch._id,
        state: { $in: ['issued', 'found'] },
        place: { $gte: (part - 1) * PRINTED_TOGETHER, $lt: part * PRINTED_TOGETHER },
      } as never)
        .sort({ place: 1 })
        .lean();
      const rows = await CertificateModel.find({
        _id: { $in: items.map(({ certificateId }) => certificateId) },
        revokedAt: null,
      } as never)
        .select({ draft: 1 })
        .lean();
      const drafts = new Map(rows.map((row) => [String(row._id), row.draft]));
      const printed = items.flatMap(({ certificateId }) => drafts.get(String(certificateId)) ?? []);
      if (printed.length === 0) throw new Conflict('nothing-to-print');
      return (await renderCertificates(printed, { i18n })).pdf;
    },

    /** Unfinished jobs of all tenants, for the sweep. */
    async due(query: { readonly limit: number; readonly except: readonly string[] }) {
      const rows = await CertificateBatchModel.find({
        state: 'running',
        _id: { $nin: query.except.map((id) => new Types.ObjectId(id)) },
      } as never)
        .sort({ _id: 1 })
        .limit(query.limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /** Goes on with a job for about so long; the next turn goes on from there, also after a kill. */
    async workFor(id: string, milliseconds: number): Promise<void> {
      const batch = await CertificateBatchModel.findById(id).lean();
      if (batch?.state !== 'running') return;
      const until = performance.now() + milliseconds;
      const cpu = process.cpuUsage();
      await signLast(batch._id);
      let items = await waitingOf(batch._id);
      for (; items.length > 0 && performance.now() < until; items = await waitingOf(batch._id))
        for (const made of await workOn(batch, items)) await certificates.complete(made);
      const { user, system } = process.cpuUsage(cpu);
      await CertificateBatchModel.updateOne(
        { _id: batch._id, state: 'running' },
        {
          $inc: { cpuMs: Math.round((user + system) / 1_000) },
          ...(items.length === 0 ? { $set: { state: 'done', finishedAt: contextNow() } } : {}),
        },
      );
    },
  };
}
