import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import type { Permission } from '../../core/permissions.ts';
import { requestLifecycle } from '../../core/states.ts';
import { recordAudit } from '../../db/audit.ts';
import type { AuditAction } from '../../db/audit-verbs.ts';
import { exactly, roughly } from '../../db/fields.ts';
import type { Place, Point } from '../../db/fields.ts';
import { tenantPiece } from '../../db/builders.ts';
import type { Counting } from '../../db/builders.ts';
import { afterCursor, MOST_COUNTED, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction } from '../../db/transaction.ts';
import { born, editRow, transition } from '../../db/transition.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { RequestModel } from './request.model.ts';
import type { RequestRow } from './request.model.ts';
import { titleFilter, titleKeysOf } from './request.search.ts';
import { isEditable, isServable, mayTakeOn, stepsTo } from './request.rules.ts';
import type { AskInput, RequestInput, RequestPatch } from './request.schema.ts';

/** A request as other features may know it; ids as text, the row's own field names. */
export interface Request {
  readonly id: string;
  readonly version: number;
  readonly state: string;
  readonly unitId: string;
  readonly title: string;
  readonly description: string;
  readonly category: string;
  readonly place: {
    readonly label: string;
    readonly address: string;
    readonly point: { type: 'Point'; coordinates: number[] } | null;
    readonly atHome: boolean;
  };
  readonly county: string | null;
  readonly conditions: string;
  readonly risks: string;
  readonly support: string;
  readonly contactName: string;
  readonly contactPhone: string;
  readonly createdAt: string;
  readonly source: { readonly system: string; readonly id: string; readonly assumed: string[] } | null;
  readonly history: { at: string; from: string | null; to: string; reason: string | null }[];
}

export interface RequestFilter {
  readonly state?: string | undefined;
  readonly unitId?: string | undefined;
  readonly q?: string | undefined;
}

/** The words that shifts keep copies of. */
export interface SharedWords {
  readonly requestId: string;
  readonly title: string;
  readonly category: string;
  readonly county: string | null;
  readonly place: Place;
}

const SORT: readonly SortKey[] = [
  ['createdAt', -1],
  ['_id', -1],
];

export const toRequest = (row: Omit<RequestRow, 'titleKeys'>): Request => ({
  id: String(row._id),
  version: row.version,
  state: row.state,
  unitId: String(row.unitId),
  title: row.title,
  description: row.description,
  category: row.category,
  place: {
    label: row.place.label,
    address: row.place.address,
    point: exactly(row.place) ?? null,
    atHome: row.place.atHome === true,
  },
  county: row.county,
  conditions: row.conditions,
  risks: row.risks,
  support: row.support,
  contactName: row.contactName,
  contactPhone: row.contactPhone,
  createdAt: row.createdAt.toISOString(),
  source: row.source
    ? { system: row.source.system, id: row.source.id, assumed: [...row.source.assumed] }
    : null,
  history: row.history.map(({ at, from, to, reason }) => ({ at: at.toISOString(), from, to, reason })),
});

/** The place as it is stored; longitude first (GeoJSON). A home stays one until somebody says that it is none. */
function toPlace(
  { label, address = '', latitude, longitude, ...said }: RequestInput['place'],
  before: Pick<Place, 'atHome'> = {},
): Place {
  const atHome = said.atHome ?? before.atHome ?? false;
  const words = { label, address, ...(atHome ? { atHome } : {}) };
  if (latitude === undefined || longitude === undefined) return words;
  const point: Point = { type: 'Point', coordinates: [longitude, latitude] };
  return { ...words, ...(atHome ? { point: roughly(point), door: point } : { point }) };
}

/** A list does not tell their past, nor what they are found by. */
const UNLISTED = { history: 0, titleKeys: 0 } as const;

export type RequestService = ReturnType<typeof createRequestService>;

export function createRequestService({ units, tenants }: { units: UnitService; tenants: TenantService }) {
  const editedListeners: ((words: SharedWords) => Promise<void>)[] = [];

  /** The only way to a request by id: unknown, foreign and out of reach are all missing. @throws Forbidden when it may only be seen */
  async function accessRequest(
    actor: Actor,
    id: string,
    permission: Permission = 'requests:see',
  ): Promise<RequestRow> {
    const row = isId(id) ? await RequestModel.findById(id).lean() : null;
    if (!row || !can(actor, 'requests:see', String(row.unitId))) throw new NotFound();
    if (!can(actor, permission, String(row.unitId))) throw new Forbidden('not-permitted');
    return row;
  }

  /** County of the unit's official code, else the first that the tenant serves. */
  async function countyOf(unitId: string): Promise<string | null> {
    const [unit, tenant] = [await units.get(unitId), await tenants.current()];
    const code = /^\d{6}/.exec(unit.code ?? '')?.[0];
    return code ?? tenant.serviceCounties[0] ?? null;
  }

  async function insert(
    fields: Omit<
      RequestRow,
      '_id' | 'tenantId' | 'state' | 'version' | 'history' | 'createdAt' | 'source' | 'planned' | 'titleKeys'
    >,
  ): Promise<string> {
    const _id = new Types.ObjectId();
    await RequestModel.create([
      {
        _id,
        ...born('draft'),
        ...fields,
        titleKeys: titleKeysOf(fields.title),
        createdAt: contextNow(),
        source: null,
      } as never,
    ]);
    await recordAudit({
      action: 'requests/create',
      subjectType: 'Request',
      subjectId: _id,
      to: 'draft',
      facts: { unitId: String(fields.unitId), category: fields.category },
    });
    return String(_id);
  }

  async function walk(
    id: string,
    goal: Parameters<typeof stepsTo>[0],
    from: string,
    reason: string,
    action: AuditAction,
  ): Promise<void> {
    for (const step of stepsTo(goal, from, reason)) {
      await transition(RequestModel, id, {
        lifecycle: requestLifecycle,
        from: [step.from],
        to: step.to,
        reason: step.reason,
        action,
      });
    }
  }

  const get = async (id: string): Promise<Request> => {
    const row = isId(id) ? await RequestModel.findById(id).lean() : null;
    if (!row) throw new NotFound();
    return toRequest(row);
  };

  return {
    accessRequest,
    access: accessRequest,

    /** The stored row, without asking who wants it, inside the current tenant. @throws NotFound */
    async row(id: string | Types.ObjectId): Promise<RequestRow> {
      const row = isId(String(id)) ? await RequestModel.findById(id).lean() : null;
      if (!row) throw new NotFound();
      return row;
    },

    /** Told by whoever plans a shift for it, in the same transaction: a rival that takes the request away must notice. */
    async notePlanned(id: string | Types.ObjectId): Promise<void> {
      await RequestModel.updateOne({ _id: id }, { $inc: { planned: 1 } });
    },

    /** Called in the editing transaction whenever words change that shifts keep copies of. */
    onEdited: (listener: (words: SharedWords) => Promise<void>): void => void editedListeners.push(listener),

    /** Without asking who wants it, inside the current tenant. @throws NotFound */
    getRequest: get,

    async show(actor: Actor, id: string): Promise<Request> {
      return toRequest(await accessRequest(actor, id));
    },

    /** Newest first, within the actor's reach; `q` finds a part of the title. */
    async list(
      actor: Actor,
      filter: RequestFilter,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<Request>> {
      const reach = reachOf(actor, 'requests:see');
      const below = filter.unitId ? [...(await units.expand([filter.unitId]))] : null;
      const allowed = reach === 'tenant' ? below : below ? below.filter((id) => reach.has(id)) : [...reach];
      const rows = await tenantPiece(RequestModel, {
        filter: {
          ...(filter.state ? { state: filter.state } : {}),
          ...(allowed ? { unitId: { $in: allowed.map((id) => new Types.ObjectId(id)) } } : {}),
          ...titleFilter(filter.q ?? ''),
          ...afterCursor(SORT, cursor),
        },
        without: UNLISTED,
        sort: sortOf(SORT),
        limit: limit + 1,
      });
      const page = pageOf(rows, limit, (row) => [row.createdAt, row._id]);
      return { ...page, data: page.data.map((row) => toRequest({ ...row, history: [] })) };
    },

    /** Requests that wait for an officer's first look, within the actor's reach. */
    waiting(actor: Actor): Counting {
      const reach = reachOf(actor, 'requests:screen');
      return {
        model: RequestModel,
        match: {
          state: 'submitted',
          ...(reach === 'tenant' ? {} : { unitId: { $in: [...reach].map((id) => new Types.ObjectId(id)) } }),
        },
        most: MOST_COUNTED + 1,
      };
    },

    /** A new draft of a unit within reach. */
    async create(actor: AccountActor, input: RequestInput): Promise<Request> {
      return inTransaction(async () => {
        await units.get(input.unitId).catch(unitIssue);
        if (!can(actor, 'requests:edit', input.unitId)) throw Invalid.field('unitId', 'not-a-choice');
        const id = await insert({
          unitId: new Types.ObjectId(input.unitId),
          title: input.title,
          description: input.description ?? '',
          category: input.category,
          place: toPlace(input.place),
          county: await countyOf(input.unitId),
          conditions: input.conditions ?? '',
          risks: input.risks ?? '',
          support: input.support ?? '',
          contactName: input.contactName ?? '',
          contactPhone: input.contactPhone ?? '',
          createdBy: new Types.ObjectId(actor.accountId),
        });
        return get(id);
      });
    },

    /** A resident's ask for help without an account: a submitted request of the tenant's root unit. */
    async ask(input: AskInput): Promise<{ id: string }> {
      return inTransaction(async () => {
        const tenant = await tenants.current();
        const id = await insert({
          unitId: new Types.ObjectId(tenant.rootUnitId),
          title: input.title,
          description: input.description ?? '',
          category: input.category ?? 'other',
          // Most residents need help at home; the desk says where it is otherwise.
          place: { label: input.placeLabel, address: input.address ?? '', atHome: true },
          county: await countyOf(tenant.rootUnitId),
          conditions: '',
          risks: '',
          support: '',
          contactName: input.contactName,
          contactPhone: input.contactPhone,
          createdBy: null,
        });
        await walk(id, 'submitted', 'draft', 'asked-by-resident', 'requests/ask');
        return { id };
      });
    },

    /** Changes the words; shifts that are not over follow. @throws PreconditionFailed when the version has moved on */
    async edit(
      actor: AccountActor,
      id: string,
      input: RequestPatch,
      version: number | null,
    ): Promise<Request> {
      return inTransaction(async () => {
        const row = await accessRequest(actor, id, 'requests:edit');
        if (!isEditable(row.state)) throw new Conflict('wrong-state', { state: row.state });
        const { place, unitId, ...words } = input;
        if (unitId !== undefined && unitId !== String(row.unitId))
          throw Invalid.field('unitId', 'unit-is-fixed');
        const after = await editRow(RequestModel, id, {
          version,
          set: {
            ...defined(words),
            ...(words.title === undefined ? {} : { titleKeys: titleKeysOf(words.title) }),
            ...(place ? { place: toPlace(place, row.place) } : {}),
          },
          action: 'requests/edit',
        });
        const { title, category, county } = after;
        for (const listener of editedListeners)
          await listener({ requestId: id, title, category, county, place: after.place });
        return toRequest(after);
      });
    },

    /**
     * Submits a draft. Who may publish for its unit serves it too, so it travels on to `accepted` at once, each legal
     * step with the reason `own-request`; everybody else's waits for an officer.
     */
    async submit(actor: AccountActor, id: string): Promise<Request> {
      return inTransaction(async () => {
        const row = await accessRequest(actor, id, 'requests:edit');
        if (row.state !== 'draft') throw new Conflict('wrong-state', { state: row.state });
        const own = can(actor, 'shifts:publish', String(row.unitId));
        await walk(id, own ? 'accepted' : 'submitted', 'draft', 'own-request', 'requests/submit');
        return get(id);
      });
    },

    /** An officer's first look at what was submitted. */
    async screen(
      actor: AccountActor,
      id: string,
      input: { verdict: 'screened' | 'rejected'; reason: string },
    ): Promise<Request> {
      return inTransaction(async () => {
        const row = await accessRequest(actor, id, 'requests:screen');
        if (input.verdict === 'rejected' && input.reason === '') throw Invalid.field('reason', 'required');
        if (String(row.createdBy) === actor.accountId) throw new Forbidden('not-your-own');
        return toRequest(
          await transition(RequestModel, id, {
            lifecycle: requestLifecycle,
            from: input.verdict === 'screened' ? ['submitted'] : ['submitted', 'screened'],
            to: input.verdict,
            reason: input.reason || null,
            action: 'requests/screen',
          }),
        );
      });
    },

    /** The unit's coordinator takes on what others asked for. @throws Conflict when an officer has to screen it first */
    async takeOn(actor: AccountActor, id: string): Promise<Request> {
      return inTransaction(async () => {
        const row = await accessRequest(actor, id, 'shifts:publish');
        const tenant = await tenants.current();
        if (row.state === 'submitted' && !mayTakeOn(row.state, tenant.kind))
          throw new Conflict('screening-needed');
        if (!mayTakeOn(row.state, tenant.kind)) throw new Conflict('wrong-state', { state: row.state });
        await walk(id, 'accepted', row.state, 'taken-on', 'requests/take-on');
        return get(id);
      });
    },

    /** Called when a shift is about to be published: brings the coordinator's own draft all the way. */
    async beginService(actor: AccountActor, id: string): Promise<Request> {
      return inTransaction(async () => {
        const row = await accessRequest(actor, id, 'shifts:publish');
        if (row.state === 'draft') await walk(id, 'in_progress', 'draft', 'own-request', 'requests/submit');
        else if (row.state === 'accepted')
          await walk(id, 'in_progress', 'accepted', 'shift-published', 'requests/begin');
        else if (!isServable(row.state)) throw new Conflict('request-not-accepted', { state: row.state });
        return get(id);
      });
    },

    /** The help was given (`done`), or a draft is thrown away (`closed`). */
    async finish(
      actor: AccountActor,
      id: string,
      input: { to: 'done' | 'closed'; reason: string },
    ): Promise<Request> {
      return inTransaction(async () => {
        await accessRequest(actor, id, 'requests:edit');
        return toRequest(
          await transition(RequestModel, id, {
            lifecycle: requestLifecycle,
            from: input.to === 'done' ? ['in_progress', 'extended', 'blocked'] : ['draft'],
            to: input.to,
            reason: input.reason || null,
            action: input.to === 'done' ? 'requests/finish' : 'requests/discard',
          }),
        );
      });
    },

    /** What the actor may do with it now, for pages. */
    async abilitiesFor(actor: Actor, request: Request): Promise<RequestAbilities> {
      const on = (permission: Permission): boolean => can(actor, permission, request.unitId);
      const tenant = await tenants.current();
      return {
        edit: on('requests:edit') && isEditable(request.state),
        submit: on('requests:edit') && request.state === 'draft',
        discard: on('requests:edit') && request.state === 'draft',
        screen: on('requests:screen') && request.state === 'submitted',
        takeOn: on('shifts:publish') && mayTakeOn(request.state, tenant.kind),
        finish: on('requests:edit') && ['in_progress', 'extended', 'blocked'].includes(request.state),
        addShift: on('requests:edit') && isEditable(request.state),
      };
    },
  };
}

export interface RequestAbilities {
  readonly edit: boolean;
  readonly submit: boolean;
  readonly discard: boolean;
  readonly screen: boolean;
  readonly takeOn: boolean;
  readonly finish: boolean;
  readonly addShift: boolean;
}

function unitIssue(err: unknown): never {
  if (err instanceof NotFound) throw Invalid.field('unitId', 'not-a-choice');
  throw err;
}

const defined = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
