import { Types } from 'mongoose';
import type { Actor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { Conflict, Invalid, NotFound, PreconditionFailed } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { recordAudit } from '../../db/audit.ts';
import { tenantBulkWrite, tenantFind } from '../../db/builders.ts';
import type { LocalText, Point } from '../../db/fields.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction } from '../../db/transaction.ts';
import { editRow } from '../../db/transition.ts';
import { UnitModel } from './unit.model.ts';
import type { UnitKind, UnitRow } from './unit.model.ts';

export interface Unit {
  readonly id: string;
  readonly parentId: string | null;
  readonly kind: UnitKind;
  readonly name: LocalText;
  readonly code: string | null;
  readonly centre: Point | null;
  readonly depth: number;
  readonly version: number;
}

/** What a form says of a unit that can be chosen. */
export type UnitChoice = Pick<Unit, 'id' | 'parentId' | 'name' | 'depth'>;

export interface NewUnit {
  readonly parentId: string;
  readonly kind: UnitKind;
  readonly name: LocalText;
  readonly centre?: Point | null;
}

export interface UnitService {
  /** The first unit of a new tenant; inside that tenant's context and the creating transaction. */
  createRoot(id: Types.ObjectId, name: LocalText): Promise<void>;
  create(actor: Actor, input: NewUnit): Promise<Unit>;
  /**
   * Puts a unit with everything below it below another one. Ids, members, shifts and hours stay what they are; who may see
   * them follows the tree with the next request (S-7).
   * @param version the one that was seen (F-40)
   * @throws NotFound, PreconditionFailed; Conflict for the root; Invalid beside `parentId`
   */
  move(
    actor: Actor,
    id: string,
    input: { readonly version: number | null; readonly parentId: string; readonly reason: string },
  ): Promise<Unit>;
  /** @throws NotFound for a missing and for a foreign unit alike */
  access(actor: Actor, id: string): Promise<Unit>;
  /** Without asking who wants it, inside the current tenant. */
  get(id: string): Promise<Unit>;
  /** The unit and everything above it, the root first; empty for one that is gone. */
  pathOf(unitId: string | Types.ObjectId): Promise<readonly Types.ObjectId[]>;
  list(parentId: string | null, limit: number, cursor: string | undefined): Promise<Page<Unit>>;
  /** Every unit of the tenant, parents before children, at most 2,000: for choosing one in a form. */
  all(): Promise<Unit[]>;
  /** The same with no more than a choice shows: a county has hundreds, and lists that can be narrowed ask for all of them. */
  choices(): Promise<UnitChoice[]>;
  /** Ids of these units and everything below them. */
  expand(unitIds: readonly string[]): Promise<Set<string>>;
  names(unitIds: readonly string[]): Promise<Map<string, LocalText>>;
}

/** More than a county and its neighbours have; all of them come in one answer. */
const MOST_UNITS = 2_000;
const SORT: readonly SortKey[] = [['_id', 1]];

const toUnit = (row: UnitRow): Unit => ({
  id: String(row._id),
  parentId: row.parentId ? String(row.parentId) : null,
  kind: row.kind,
  name: row.name,
  code: row.codes.find((code) => code.to === null)?.code ?? null,
  centre: row.centre ?? null,
  depth: row.path.length - 1,
  version: row.version,
});

/** One change of a tree after the other: a unit put below one that moves, or two moved below each other, would lose the path. */
async function takeTurn(path: readonly Types.ObjectId[]): Promise<void> {
  await UnitModel.updateOne({ _id: path[0] as Types.ObjectId }, { $inc: { turns: 1 } });
}

/** Every row below the unit gets the path of its new place; what is below it keeps its own steps. */
async function setPaths(row: UnitRow, above: readonly Types.ObjectId[]): Promise<number> {
  const rows = await UnitModel.find({ path: row._id }).select({ path: 1 }).lean();
  const depth = row.path.length - 1;
  await tenantBulkWrite(
    UnitModel,
    rows.map(({ _id, path }) => ({
      updateOne: { filter: { _id }, update: { $set: { path: [...above, ...path.slice(depth)] } } },
    })),
  );
  return rows.length;
}

export function createUnitService(): UnitService {
  const get = async (id: string): Promise<Unit> => {
    const row = isId(id) ? await UnitModel.findById(id).lean() : null;
    if (!row) throw new NotFound();
    return toUnit(row);
  };
  return {
    get,
    pathOf: async (unitId) => (await UnitModel.findById(unitId).select({ path: 1 }).lean())?.path ?? [],
    async createRoot(id, name) {
      await UnitModel.create([{ _id: id, parentId: null, path: [id], kind: 'root', name } as never]);
    },
    async create(actor, input) {
      return inTransaction(async () => {
        const parent = isId(input.parentId) ? await UnitModel.findById(input.parentId).lean() : null;
        if (!parent || !can(actor, 'units:edit', input.parentId)) throw new NotFound();
        await takeTurn(parent.path);
        const id = new Types.ObjectId();
        await UnitModel.create([
          {
            _id: id,
            parentId: parent._id,
            path: [...parent.path, id],
            kind: input.kind,
            name: input.name,
            ...(input.centre ? { centre: input.centre } : {}),
          } as never,
        ]);
        await recordAudit({
          action: 'units/create',
          subjectType: 'Unit',
          subjectId: id,
          facts: { kind: input.kind },
        });
        return get(String(id));
      });
    },
    async move(actor, id, { version, parentId, reason }) {
      return inTransaction(async () => {
        const unit = await get(id);
        if (!can(actor, 'units:edit', id)) throw new NotFound();
        if (version !== null && version !== unit.version) throw new PreconditionFailed();
        if (unit.parentId === null) throw new Conflict('root-stays');
        const parent = isId(parentId) ? await UnitModel.findById(parentId).lean() : null;
        if (!parent || !can(actor, 'units:edit', parentId)) throw Invalid.field('parentId', 'not-a-choice');
        if (parent.path.some((step) => String(step) === id)) throw Invalid.field('parentId', 'below-itself');
        if (unit.parentId === parentId) throw Invalid.field('parentId', 'is-there-already');
        await takeTurn(parent.path);
        const row = await UnitModel.findById(id).lean();
        if (!row) throw new NotFound();
        const moved = await setPaths(row, parent.path);
        await editRow(UnitModel, id, {
          version,
          set: { parentId: parent._id },
          action: 'units/move',
          facts: { from: unit.parentId, to: parentId, reason, units: moved },
        });
        return get(id);
      });
    },
    async access(actor, id) {
      const unit = await get(id);
      if (!can(actor, 'units:see', id)) throw new NotFound();
      return unit;
    },
    async list(parentId, limit, cursor) {
      const filter = parentId ? { parentId: new Types.ObjectId(parentId) } : {};
      const rows = await UnitModel.find({ ...filter, ...afterCursor(SORT, cursor) })
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .lean();
      const page = pageOf(rows, limit, (row) => [row._id]);
      return { ...page, data: page.data.map(toUnit) };
    },
    async all() {
      const rows = await UnitModel.find({ active: true }).limit(MOST_UNITS).batchSize(MOST_UNITS).lean();
      return inTreeOrder(rows.map(toUnit), (unit) => unit);
    },
    async choices() {
      const rows = await UnitModel.find({ active: true })
        .select({ parentId: 1, name: 1 })
        .limit(MOST_UNITS)
        .batchSize(MOST_UNITS)
        .lean();
      const found = rows.map((row) => ({
        id: String(row._id),
        parentId: row.parentId ? String(row.parentId) : null,
        name: row.name,
      }));
      return inTreeOrder(found, (unit, depth) => ({ ...unit, depth }));
    },
    async expand(unitIds) {
      if (unitIds.length === 0) return new Set();
      const rows = await UnitModel.find({ path: { $in: unitIds.map((id) => new Types.ObjectId(id)) } })
        .select({ _id: 1 })
        .lean();
      return new Set(rows.map((row) => String(row._id)));
    },
    async names(unitIds) {
      const ids = [...new Set(unitIds)].map((id) => new Types.ObjectId(id));
      const rows = await tenantFind(UnitModel, { _id: { $in: ids } }, { name: 1 });
      return new Map(rows.map((row) => [String(row._id), row.name]));
    },
  };
}

/** Depth first, so that a flat list of choices reads like the tree. */
function inTreeOrder<Node extends Pick<Unit, 'id' | 'parentId'>, Shown>(
  units: readonly Node[],
  show: (unit: Node, depth: number) => Shown,
): Shown[] {
  const children = Map.groupBy(units, (unit) => unit.parentId);
  const ordered: Shown[] = [];
  const walk = (parentId: string | null, depth: number): void => {
    for (const unit of children.get(parentId) ?? []) {
      ordered.push(show(unit, depth));
      walk(unit.id, depth + 1);
    }
  };
  walk(null, 0);
  return ordered;
}
