import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { Conflict, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { TenantService } from '../tenants/index.ts';
import { RecognitionSchemeModel } from './recognition.model.ts';
import type { RecognitionSchemeRow } from './recognition.model.ts';
import { isInForce, LEAST_OBJECTION_DAYS, overlaps } from './recognition.rules.ts';
import { PRESETS } from './recognition.variants.ts';
import type { Variant } from './recognition.variants.ts';
import type { SchemeKind } from './recognition.rules.ts';

export interface NewScheme {
  readonly code: string;
  readonly kind: SchemeKind;
  readonly nameZh: string;
  readonly nameEn: string;
  readonly level: number;
  readonly hours: number;
  readonly months: number;
  /** Kinds of service of which `areaHours` must be. */
  readonly areas?: readonly string[];
  readonly areaHours?: number;
  readonly objectionDays: number;
  readonly effectiveFrom: string;
}

/** @throws Invalid beside the field when kinds are named without hours, or hours without kinds */
function kindsOf({ areas = [], areaHours = 0, hours }: NewScheme): { areas: string[]; areaMinutes: number } {
  if (areas.length > 0 && areaHours === 0) throw Invalid.field('areaHours', 'required');
  if (areaHours > 0 && areas.length === 0) throw Invalid.field('areas', 'required');
  if (areaHours > hours) throw Invalid.field('areaHours', 'too-big', { max: hours });
  return { areas: [...areas], areaMinutes: areaHours * 60 };
}

export type SchemeService = ReturnType<typeof createSchemeService>;

/** What the tenant recognises. */
export function createSchemeService({ tenants }: { tenants: TenantService }) {
  const today = async (): Promise<string> => localDate(contextNow(), (await tenants.current()).zone);

  async function insert(
    row: Omit<RecognitionSchemeRow, '_id' | 'tenantId' | 'createdAt'>,
  ): Promise<RecognitionSchemeRow> {
    const same = await RecognitionSchemeModel.find({ code: row.code }).lean();
    if (same.some((other) => overlaps(row, other))) throw Invalid.field('code', 'scheme-in-force');
    const _id = new Types.ObjectId();
    await RecognitionSchemeModel.create([{ _id, ...row, createdAt: contextNow() } as never]);
    await recordAudit({
      action: 'recognition/add-scheme',
      subjectType: 'RecognitionScheme',
      subjectId: _id,
      facts: { code: row.code, minutes: row.minutes },
    });
    return (await RecognitionSchemeModel.findById(_id).lean()) as RecognitionSchemeRow;
  }

  return {
    today,

    /** All there ever were, those in force first, by kind and level. */
    async list(): Promise<RecognitionSchemeRow[]> {
      const rows = await RecognitionSchemeModel.find({}).limit(200).lean();
      const on = await today();
      const order = (row: RecognitionSchemeRow): string =>
        [
          isInForce(row, on) ? 0 : 1,
          row.kind === 'star' ? 0 : 1,
          row.level,
          row.code,
          row.effectiveFrom,
        ].join(' ');
      return rows.sort((a, b) => (order(a) < order(b) ? -1 : 1));
    },

    async inForce(): Promise<RecognitionSchemeRow[]> {
      const on = await today();
      return (await this.list()).filter((row) => isInForce(row, on));
    },

    async get(id: string): Promise<RecognitionSchemeRow> {
      const row = isId(id) ? await RecognitionSchemeModel.findById(id).lean() : null;
      if (!row) throw new NotFound();
      return row;
    },

    /** @throws Invalid when rules of that code are in force then */
    add: (scheme: NewScheme): Promise<RecognitionSchemeRow> =>
      inTransaction(() =>
        insert({
          code: scheme.code,
          kind: scheme.kind,
          name: { 'zh-CN': scheme.nameZh, en: scheme.nameEn },
          level: scheme.kind === 'star' ? scheme.level : 0,
          minutes: scheme.hours * 60,
          months: scheme.months,
          ...kindsOf(scheme),
          objectionDays: scheme.objectionDays,
          effectiveFrom: scheme.effectiveFrom,
          effectiveTo: null,
        }),
      ),

    /** A variant of stars and medals from today; those whose code is in force already stay as they are. @returns how many came */
    adopt: (variant: Variant): Promise<number> =>
      inTransaction(async () => {
        const on = await today();
        const known = new Set((await RecognitionSchemeModel.find({}).lean()).map(({ code }) => code));
        const missing = PRESETS[variant].filter(({ code }) => !known.has(code));
        for (const one of missing)
          await insert({
            ...one,
            areas: [...(one.areas ?? [])],
            areaMinutes: one.areaMinutes ?? 0,
            objectionDays: LEAST_OBJECTION_DAYS,
            effectiveFrom: on,
            effectiveTo: null,
          });
        return missing.length;
      }),

    /** Ends on that local day; who applied before goes on by the rules as they were. @throws Conflict when it has an end */
    async end(id: string, effectiveTo: string): Promise<RecognitionSchemeRow> {
      const scheme = await this.get(id);
      if (effectiveTo < scheme.effectiveFrom) throw Invalid.field('effectiveTo', 'period-reversed');
      return inTransaction(async () => {
        const after = await RecognitionSchemeModel.findOneAndUpdate(
          { _id: scheme._id, effectiveTo: null },
          { $set: { effectiveTo } },
          { returnDocument: 'after' },
        ).lean();
        if (!after) throw new Conflict('scheme-ended');
        await recordAudit({
          action: 'recognition/end-scheme',
          subjectType: 'RecognitionScheme',
          subjectId: scheme._id,
          facts: { effectiveTo },
        });
        return after;
      });
    },
  };
}
