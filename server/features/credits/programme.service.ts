import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Invalid } from '../../core/errors.ts';
import { addDays, localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import type { TenantService } from '../tenants/index.ts';
import { ProgrammeVersionModel } from './credit.model.ts';
import type { ProgrammeVersionRow } from './credit.model.ts';
import type { Programme } from './credit.types.ts';
import { PRESETS } from './presets/index.ts';
import { programmeSchema } from './programme.schema.ts';

export interface StoredProgramme {
  readonly name: string;
  readonly versions: readonly Programme[];
  /** How many of the versions the tenant added to what comes with Linli. */
  readonly own: number;
}

export type ProgrammeService = ReturnType<typeof createProgrammeService>;

/** A version ends the day before the next one begins; stored versions themselves never change. */
const succeeded = (versions: readonly Programme[]): Programme[] =>
  versions.map((one, at) => {
    const next = versions[at + 1];
    return next ? { ...one, effective: [one.effective[0], addDays(next.effective[0], -1)] } : one;
  });

function assembled(name: string, rows: readonly ProgrammeVersionRow[]): StoredProgramme {
  const own = rows
    .filter((row) => row.name === name)
    .sort((a, b) => a.number - b.number)
    .map((row) => programmeSchema.parse(JSON.parse(row.rules)));
  return { name, versions: succeeded([...(PRESETS.get(name) ?? []), ...own]), own: own.length };
}

/** What a place's programmes are: those that come with Linli, and the versions that the tenant published. */
export function createProgrammeService({ tenants }: { tenants: TenantService }) {
  return {
    /** One programme with all its versions, or null. */
    async find(name: string): Promise<StoredProgramme | null> {
      const rows = await ProgrammeVersionModel.find({ name }).limit(100).lean();
      return rows.length > 0 || PRESETS.has(name) ? assembled(name, rows) : null;
    },

    /** These programmes by name, with all their versions, in one read; names that there are none of are left out. */
    async findAll(names: readonly string[]): Promise<Map<string, StoredProgramme>> {
      const wanted = [...new Set(names)];
      if (wanted.length === 0) return new Map();
      const rows = await ProgrammeVersionModel.find({ name: { $in: wanted } })
        .limit(300)
        .lean();
      return new Map(
        wanted
          .filter((name) => PRESETS.has(name) || rows.some((row) => row.name === name))
          .map((name) => [name, assembled(name, rows)]),
      );
    },

    async all(): Promise<StoredProgramme[]> {
      const rows = await ProgrammeVersionModel.find({}).sort({ name: 1, number: 1 }).limit(1_000).lean();
      const names = [...new Set([...PRESETS.keys(), ...rows.map((row) => row.name)])];
      return names.map((name) => assembled(name, rows));
    },

    /**
     * Publishes a version: it begins after the one before it and not before today, so that nothing that was evaluated
     * changes behind it. @throws Invalid at `rules` with the first fault; Conflict when somebody published meanwhile
     */
    async publish(actor: AccountActor, text: string): Promise<StoredProgramme> {
      const today = localDate(contextNow(), (await tenants.current()).zone);
      const rules = readRules(text);
      if (rules.effective[0] < today) throw Invalid.field('rules', 'rules-in-the-past');
      return inTransaction(async () => {
        const before = await this.find(rules.programme);
        const last = before?.versions.at(-1);
        if (last && rules.effective[0] <= last.effective[0])
          throw Invalid.field('rules', 'rules-before-the-last', { from: last.effective[0] });
        if (last && last.cycle.kind !== rules.cycle.kind) throw Invalid.field('rules', 'rules-other-cycle');
        const _id = new Types.ObjectId();
        const row = {
          _id,
          name: rules.programme,
          number: (before?.own ?? 0) + 1,
          rules: JSON.stringify({ ...rules, publishedOn: today }),
          publishedBy: new Types.ObjectId(actor.accountId),
          publishedAt: contextNow(),
        };
        try {
          await ProgrammeVersionModel.create([row as never]);
        } catch (err) {
          if (isDuplicateKey(err)) throw new Conflict('already-exists');
          throw err;
        }
        await recordAudit({
          action: 'programmes/publish',
          subjectType: 'ProgrammeVersion',
          subjectId: _id,
          to: 'published',
        });
        return (await this.find(rules.programme)) as StoredProgramme;
      });
    },
  };
}

function readRules(text: string): Programme {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw Invalid.field('rules', 'not-json');
  }
  const parsed = programmeSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw Invalid.field('rules', 'rules-faulty', {
    place: issue?.path.map(String).join('.') || '–',
    fault: (issue?.message ?? '').slice(0, 200),
  });
}
