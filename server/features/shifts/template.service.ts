import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { recordAudit } from '../../db/audit.ts';
import { containing } from '../../db/fields.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction } from '../../db/transaction.ts';
import { editRow } from '../../db/transition.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { accessShift, listPositionsOf } from './shift.facts.ts';
import { natureOf } from './nature.rules.ts';
import { PLACE_METRES } from './shift.model.ts';
import type { PositionInput, PositionView, ShiftInput, ShiftView } from './shift.schema.ts';
import { TemplateModel } from './template.model.ts';
import type { TemplatePosition, TemplateRow } from './template.model.ts';
import type { TemplateFilter, TemplateUse, TemplateView } from './template.schema.ts';
import { wallTimesOf } from './wall.ts';

export interface TemplateParts {
  readonly tenants: TenantService;
  readonly units: UnitService;
  readonly create: (actor: AccountActor, requestId: string, input: ShiftInput) => Promise<ShiftView>;
  readonly addPosition: (actor: AccountActor, shiftId: string, input: PositionInput) => Promise<PositionView>;
}

/** More templates than a choice of names in a form is good for. */
const MOST_CHOICES = 200;
const SORT: readonly SortKey[] = [
  ['name', 1],
  ['_id', 1],
];

/** Shifts kept under a name for the next time. A template serves its unit and whatever lies below it. */
export function createTemplateService({ tenants, units, create, addPosition }: TemplateParts) {
  /** Units whose templates the actor may use: those they edit requests of, and those above. */
  async function usableUnits(actor: Actor): Promise<Set<string>> {
    const all = await units.all();
    const parents = new Map(all.map(({ id, parentId }) => [id, parentId]));
    const usable = new Set<string>();
    for (const { id } of all) {
      if (!can(actor, 'requests:edit', id)) continue;
      for (let at: string | null = id; at !== null && !usable.has(at); at = parents.get(at) ?? null)
        usable.add(at);
    }
    return usable;
  }

  const usableIds = async (actor: Actor): Promise<Types.ObjectId[]> =>
    [...(await usableUnits(actor))].map((id) => new Types.ObjectId(id));

  /** @throws NotFound when it is missing, foreign or of a unit out of reach */
  async function accessTemplate(actor: Actor, id: string): Promise<TemplateRow> {
    const row = isId(id) ? await TemplateModel.findById(id).lean() : null;
    if (!row || !(await usableUnits(actor)).has(String(row.unitId))) throw new NotFound();
    return row;
  }

  async function changeable(actor: Actor, id: string): Promise<TemplateRow> {
    const row = await accessTemplate(actor, id);
    if (!can(actor, 'requests:edit', String(row.unitId))) throw new Forbidden('not-permitted');
    return row;
  }

  async function assertFree(
    unitId: Types.ObjectId,
    name: string,
    except: Types.ObjectId | null,
  ): Promise<void> {
    const other = await TemplateModel.findOne({ unitId, name }).select({ _id: 1 }).lean();
    if (other && String(other._id) !== String(except)) throw Invalid.field('name', 'name-taken');
  }

  async function toViews(actor: Actor, rows: readonly TemplateRow[]): Promise<TemplateView[]> {
    const names = await units.names(rows.map(({ unitId }) => String(unitId)));
    const { rootUnitId } = await tenants.current();
    return rows.map((row) => ({
      id: String(row._id),
      version: row.version,
      unitId: String(row.unitId),
      unitName: names.get(String(row.unitId)) ?? { 'zh-CN': '', en: '' },
      forAll: String(row.unitId) === rootUnitId,
      name: row.name,
      startTime: row.startTime,
      endTime: row.endTime,
      breakMinutes: row.breakMinutes,
      riskLevel: row.riskLevel,
      positions: row.positions.map(({ name, required, maximum }) => ({ name, required, maximum })),
      changeable: can(actor, 'requests:edit', String(row.unitId)),
    }));
  }
  const view = async (actor: Actor, row: TemplateRow): Promise<TemplateView> =>
    (await toViews(actor, [row]))[0] as TemplateView;

  return {
    /** Those the actor may use, by name. */
    async listTemplates(actor: Actor, { q, limit, cursor }: TemplateFilter): Promise<Page<TemplateView>> {
      const rows = await TemplateModel.find({
        unitId: { $in: await usableIds(actor) },
        ...(q ? { name: containing(q) } : {}),
        ...afterCursor(SORT, cursor),
      } as never)
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .lean();
      const page = pageOf(rows, limit, (row) => [row.name, row._id]);
      return { data: await toViews(actor, page.data), nextCursor: page.nextCursor };
    },

    /** One that the actor may use. @throws NotFound */
    template: async (actor: Actor, id: string): Promise<TemplateView> =>
      view(actor, await accessTemplate(actor, id)),

    /** The same as choices of a form, at most `MOST_CHOICES`. */
    templateChoices: async (
      actor: Actor,
    ): Promise<Pick<TemplateRow, '_id' | 'name' | 'startTime' | 'endTime'>[]> =>
      TemplateModel.find({ unitId: { $in: await usableIds(actor) } })
        .sort(sortOf(SORT))
        .limit(MOST_CHOICES)
        .select({ name: 1, startTime: 1, endTime: 1 })
        .lean(),

    /** Keeps a shift's wall times and positions under a name. @throws Invalid when the unit has that name already */
    async saveTemplate(
      actor: AccountActor,
      shiftId: string,
      input: { name: string; for: 'unit' | 'tenant' },
    ): Promise<TemplateView> {
      return inTransaction(async () => {
        const shift = await accessShift(actor, shiftId, 'requests:edit');
        const { rootUnitId, zone } = await tenants.current();
        const unitId = input.for === 'tenant' ? new Types.ObjectId(rootUnitId) : shift.unitId;
        if (!can(actor, 'requests:edit', String(unitId))) throw Invalid.field('for', 'not-a-choice');
        await assertFree(unitId, input.name, null);
        const { startTime, endTime } = wallTimesOf(shift, zone);
        const positions = (await listPositionsOf([shiftId])).get(shiftId) ?? [];
        const _id = new Types.ObjectId();
        await TemplateModel.create([
          {
            _id,
            unitId,
            name: input.name,
            startTime,
            endTime,
            breakMinutes: shift.breakMinutes,
            radiusMetres: shift.radiusMetres,
            nature: natureOf(shift),
            riskLevel: shift.riskLevel,
            positions: positions.map(askedFor),
            createdBy: new Types.ObjectId(actor.accountId),
            createdAt: contextNow(),
          } as never,
        ]);
        await recordAudit({
          action: 'shift-templates/save',
          subjectType: 'ShiftTemplate',
          subjectId: _id,
          facts: { shiftId, positions: positions.length },
        });
        return view(actor, (await TemplateModel.findById(_id).lean()) as TemplateRow);
      });
    },

    async renameTemplate(
      actor: AccountActor,
      id: string,
      name: string,
      version: number | null,
    ): Promise<TemplateView> {
      return inTransaction(async () => {
        const row = await changeable(actor, id);
        await assertFree(row.unitId, name, row._id);
        return view(
          actor,
          await editRow(TemplateModel, id, { version, set: { name }, action: 'shift-templates/rename' }),
        );
      });
    },

    /** Shifts made from it stay as they are. */
    async removeTemplate(actor: AccountActor, id: string): Promise<void> {
      await inTransaction(async () => {
        await changeable(actor, id);
        await TemplateModel.deleteOne({ _id: new Types.ObjectId(id) });
        await recordAudit({ action: 'shift-templates/remove', subjectType: 'ShiftTemplate', subjectId: id });
      });
    },

    /** A draft shift of the request on the day, with the template's positions; its times may differ this once. */
    async fromTemplate(actor: AccountActor, requestId: string, input: TemplateUse): Promise<ShiftView> {
      return inTransaction(async () => {
        const template = await accessTemplate(actor, input.templateId).catch((err: unknown) => {
          throw err instanceof NotFound ? Invalid.field('templateId', 'not-a-choice') : err;
        });
        const shift = await create(actor, requestId, {
          date: input.date,
          startTime: input.startTime ?? template.startTime,
          endTime: input.endTime ?? template.endTime,
          breakMinutes: template.breakMinutes,
          radiusMetres: template.radiusMetres ?? PLACE_METRES,
          nature: natureOf(template),
          riskLevel: template.riskLevel,
        });
        const positions: PositionView[] = [];
        for (const position of template.positions)
          positions.push(await addPosition(actor, shift.id, positionInput(position)));
        const sum = (part: 'required' | 'maximum'): number =>
          positions.reduce((total, position) => total + position[part], 0);
        return {
          ...shift,
          positions,
          required: sum('required'),
          maximum: sum('maximum'),
          missing: sum('required'),
        };
      });
    },
  };
}

export type TemplateService = ReturnType<typeof createTemplateService>;

function askedFor(position: TemplatePosition): TemplatePosition {
  const { name, skills, credentials, languages, minAge, maxAge, required, maximum, admission } = position;
  const pools = position.pools ?? [];
  const trainings = position.trainings ?? [];
  return {
    name,
    skills,
    credentials,
    pools,
    trainings,
    languages,
    minAge,
    maxAge,
    required,
    maximum,
    admission,
  };
}

/** A stored position under the names of its input. */
function positionInput({ credentials, pools, trainings, ...position }: TemplatePosition): PositionInput {
  return {
    ...position,
    skills: position.skills.map(({ code, minLevel }) => ({ code, minLevel })),
    credentials: credentials.map(({ type, level }) => ({ type, level })),
    pools: (pools ?? []).map(({ id }) => id),
    trainings: (trainings ?? []).map(({ courseId }) => courseId),
  };
}
