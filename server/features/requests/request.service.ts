import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { requestLifecycle } from '../../core/states.ts';
import { recordAudit } from '../../db/audit.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction } from '../../db/transaction.ts';
import { born, editRow, transition } from '../../db/transition.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { RequestModel } from './request.model.ts';
import type { RequestRow } from './request.model.ts';
import type { RequestView } from './request.schema.ts';

export interface RequestInput {
  readonly title: string;
  readonly description: string;
  readonly category: string;
  readonly unitId: string;
  readonly place: {
    readonly label: string;
    readonly address: string;
    readonly latitude?: number | undefined;
    readonly longitude?: number | undefined;
  };
  readonly conditions: string;
  readonly risks: string;
  readonly support: string;
  readonly contactName: string;
  readonly contactPhone: string;
}

const SORT: readonly SortKey[] = [
  ['createdAt', -1],
  ['_id', -1],
];
/** States in which shifts may be planned and published. */
export const SERVED_STATES: readonly string[] = ['accepted', 'in_progress', 'extended', 'reopened'];

export type RequestService = ReturnType<typeof createRequestService>;

export function createRequestService({ units, tenants }: { units: UnitService; tenants: TenantService }) {
  /** The only way to a request by id. @throws NotFound for missing, foreign and out of reach alike */
  async function access(actor: Actor, id: string): Promise<RequestRow> {
    const row = isId(id) ? await RequestModel.findById(id).lean() : null;
    if (!row || !can(actor, 'requests:see', String(row.unitId))) throw new NotFound();
    return row;
  }

  async function toViews(rows: readonly RequestRow[], locale: 'zh-CN' | 'en'): Promise<RequestView[]> {
    const names = await units.names(rows.map((row) => String(row.unitId)));
    return rows.map((row) => toView(row, names.get(String(row.unitId))?.[locale] ?? ''));
  }

  const view = async (row: RequestRow, locale: 'zh-CN' | 'en'): Promise<RequestView> =>
    (await toViews([row], locale))[0] as RequestView;

  /** Walks a row along legal edges, one history entry each. */
  async function walk(
    id: string | Types.ObjectId,
    way: readonly string[],
    reason: string,
  ): Promise<RequestRow> {
    let row: RequestRow | null = null;
    for (const [index, to] of way.slice(1).entries()) {
      row = await transition(RequestModel, id, {
        lifecycle: requestLifecycle,
        from: [way[index] as string],
        to,
        reason,
        action: 'requests/move',
      });
    }
    if (!row) throw new NotFound();
    return row;
  }

  async function insert(actor: Actor, input: RequestInput, county: string | null): Promise<Types.ObjectId> {
    const _id = new Types.ObjectId();
    await RequestModel.create([
      {
        _id,
        ...born('draft'),
        ...stored(input),
        unitId: new Types.ObjectId(input.unitId),
        county,
        createdBy: actor.kind === 'account' ? new Types.ObjectId(actor.accountId) : null,
        createdAt: contextNow(),
      } as never,
    ]);
    await recordAudit({ action: 'requests/create', subjectType: 'Request', subjectId: _id, to: 'draft' });
    return _id;
  }

  return {
    access,

    /** Without asking who wants it, inside the current tenant. */
    async row(id: string | Types.ObjectId): Promise<RequestRow> {
      const row = await RequestModel.findById(id).lean();
      if (!row) throw new NotFound();
      return row;
    },

    async show(actor: Actor, id: string, locale: 'zh-CN' | 'en'): Promise<RequestView> {
      return view(await access(actor, id), locale);
    },

    async list(
      actor: Actor,
      filter: { state?: string | undefined; unitId?: string | undefined },
      limit: number,
      cursor: string | undefined,
      locale: 'zh-CN' | 'en',
    ): Promise<Page<RequestView>> {
      const reach = reachOf(actor, 'requests:see');
      const allowed = reach === 'tenant' ? null : [...reach];
      const unitIds = filter.unitId
        ? [filter.unitId].filter((unitId) => !allowed || allowed.includes(unitId))
        : allowed;
      const rows = await RequestModel.find({
        ...(filter.state ? { state: filter.state } : {}),
        ...(unitIds ? { unitId: { $in: unitIds.map((unitId) => new Types.ObjectId(unitId)) } } : {}),
        ...afterCursor(SORT, cursor),
      } as never)
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .lean();
      const page = pageOf(rows, limit, (row) => [row.createdAt, row._id]);
      return { data: await toViews(page.data, locale), nextCursor: page.nextCursor };
    },

    /**
     * A coordinator's own need: whoever may publish shifts in the unit is also the one who would be sent it, so it walks
     * the whole way to `in_progress` at once, every edge recorded with the reason `own-need`.
     */
    async create(actor: AccountActor, input: RequestInput, locale: 'zh-CN' | 'en'): Promise<RequestView> {
      return inTransaction(async () => {
        await units.get(input.unitId);
        if (!can(actor, 'requests:edit', input.unitId)) throw new NotFound();
        const tenant = await tenants.current();
        const id = await insert(actor, input, tenant.serviceCounties[0] ?? null);
        const direct = can(actor, 'shifts:publish', input.unitId);
        const way = direct
          ? ['draft', 'submitted', 'screened', 'dispatched', 'accepted', 'in_progress']
          : ['draft', 'submitted'];
        return view(await walk(id, way, direct ? 'own-need' : 'submitted'), locale);
      });
    },

    /** A resident asks for help; it waits with the root unit until somebody looks at it. */
    async ask(
      actor: Actor,
      input: { title: string; description: string; place: string; contactName: string; contactPhone: string },
    ): Promise<void> {
      await inTransaction(async () => {
        const tenant = await tenants.current();
        const id = await insert(
          actor,
          {
            ...input,
            category: 'other',
            unitId: tenant.rootUnitId,
            place: { label: input.place, address: '' },
            conditions: '',
            risks: '',
            support: '',
          },
          tenant.serviceCounties[0] ?? null,
        );
        await walk(id, ['draft', 'submitted'], 'asked-by-resident');
      });
    },

    async edit(
      actor: AccountActor,
      id: string,
      version: number | null,
      input: RequestInput,
      locale: 'zh-CN' | 'en',
    ): Promise<RequestView> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (!can(actor, 'requests:edit', String(row.unitId))) throw new Forbidden('not-permitted');
        if (!can(actor, 'requests:edit', input.unitId)) throw new NotFound();
        await units.get(input.unitId);
        const set = { ...stored(input), unitId: new Types.ObjectId(input.unitId) };
        return view(await editRow(RequestModel, id, { version, set, action: 'requests/edit' }), locale);
      });
    },

    /** An officer takes a submitted request on, or refuses it with a reason. */
    async screen(
      actor: AccountActor,
      id: string,
      input: { verdict: 'accepted' | 'rejected'; reason: string },
      locale: 'zh-CN' | 'en',
    ): Promise<RequestView> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (!can(actor, 'requests:screen', String(row.unitId))) throw new Forbidden('not-permitted');
        if (input.verdict === 'rejected') {
          if (input.reason === '') throw Invalid.field('reason', 'required');
          const rejected = await transition(RequestModel, id, {
            lifecycle: requestLifecycle,
            from: ['submitted', 'screened'],
            to: 'rejected',
            reason: input.reason,
            action: 'requests/screen',
          });
          return view(rejected, locale);
        }
        return view(
          await walk(
            id,
            ['submitted', 'screened', 'dispatched', 'accepted', 'in_progress'],
            input.reason || 'screened',
          ),
          locale,
        );
      });
    },
  };
}

function stored(input: RequestInput): Record<string, unknown> {
  const { place, unitId: _unitId, ...plain } = input;
  const { latitude, longitude } = place;
  const point =
    latitude === undefined || longitude === undefined
      ? {}
      : { point: { type: 'Point', coordinates: [longitude, latitude] } };
  return { ...plain, place: { label: place.label, address: place.address, ...point } };
}

const toView = (row: RequestRow, unitName: string): RequestView => ({
  id: String(row._id),
  version: row.version,
  state: row.state,
  title: row.title,
  description: row.description,
  category: row.category,
  unitId: String(row.unitId),
  unitName,
  place: {
    label: row.place.label,
    address: row.place.address,
    latitude: row.place.point?.coordinates[1] ?? null,
    longitude: row.place.point?.coordinates[0] ?? null,
  },
  conditions: row.conditions,
  risks: row.risks,
  support: row.support,
  contactName: row.contactName,
  contactPhone: row.contactPhone,
  createdAt: row.createdAt.toISOString(),
  assumed: row.source?.assumed ?? [],
});
