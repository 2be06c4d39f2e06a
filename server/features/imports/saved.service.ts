import { Types } from 'mongoose';
import type { Actor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import { editRow } from '../../db/transition.ts';
import { accessToRun } from './import.access.ts';
import { ImportModel } from './import.model.ts';
import { fitOf } from './import.saved.rules.ts';
import type { SavedChoice } from './import.saved.rules.ts';
import type { ImportKind } from './import.model.ts';
import { SavedMappingModel } from './saved.model.ts';
import type { SavedMappingRow } from './saved.model.ts';

/** A saved mapping as other layers know it. */
export interface SavedMapping {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly system: string;
  readonly dateOrder: string;
  readonly shiftDates: string;
  readonly columns: SavedMappingRow['mapping']['columns'];
  readonly defaults: SavedMappingRow['mapping']['defaults'];
  readonly header: readonly string[];
  readonly usedAt: string;
}

/** More than a list of names is good for. */
const MOST_SAVED = 100;

const keyOf = (name: string): string => name.normalize('NFKC').toLowerCase();
const mayUse = (actor: Actor): boolean => actor.kind === 'operator' || can(actor, 'imports:run');

const toSaved = (row: SavedMappingRow): SavedMapping => ({
  id: String(row._id),
  version: row.version,
  name: row.name,
  system: row.mapping.system,
  dateOrder: row.mapping.dateOrder,
  shiftDates: row.mapping.shiftDates,
  columns: row.mapping.columns,
  defaults: row.mapping.defaults,
  header: row.header,
  usedAt: row.usedAt.toISOString(),
});

/** Those of the tenant, the most recently used first. */
const findSaved = async (kind: ImportKind): Promise<SavedMappingRow[]> =>
  SavedMappingModel.find({ kind }).sort({ usedAt: -1 }).limit(MOST_SAVED).lean();

/** The saved mappings among which the best fitting one is chosen. */
export async function savedChoices(kind: ImportKind): Promise<SavedChoice[]> {
  return (await findSaved(kind)).map((row) => ({
    id: String(row._id),
    name: row.name,
    header: row.header,
    mapping: row.mapping,
  }));
}

/** @throws NotFound for missing and foreign; Forbidden for who may not bring files */
async function accessSaved(actor: Actor, id: string): Promise<SavedMappingRow> {
  const row = isId(id) ? await SavedMappingModel.findById(id).lean() : null;
  if (!row) throw new NotFound();
  if (!mayUse(actor)) throw new Forbidden('not-permitted');
  return row;
}

/** The saved mapping chosen in a form. @throws Invalid on `saved` when there is none */
export async function chosenSaved(kind: ImportKind, id: string): Promise<SavedChoice> {
  const choice = (await savedChoices(kind)).find((one) => one.id === id);
  if (!choice) throw Invalid.field('saved', 'not-a-choice');
  return choice;
}

/** The latest used is proposed before its equals. */
export async function noteUsed(id: string): Promise<void> {
  await SavedMappingModel.updateOne({ _id: id }, { $set: { usedAt: contextNow() } });
}

async function taken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await inTransaction(work);
  } catch (err) {
    throw isDuplicateKey(err) ? Invalid.field('name', 'name-taken') : err;
  }
}

async function assertFree(kind: ImportKind, name: string, except: string | null): Promise<void> {
  const other = await SavedMappingModel.findOne({ kind, nameKey: keyOf(name) })
    .select({ _id: 1 })
    .lean();
  if (other && String(other._id) !== except) throw Invalid.field('name', 'name-taken');
}

/** Mappings kept under a name for a tenant's next files. */
export const savedMappings = {
  async listSaved(actor: Actor): Promise<SavedMapping[]> {
    if (!mayUse(actor)) throw new Forbidden('not-permitted');
    return (await findSaved('opportunities')).map(toSaved);
  },

  /** Saved mappings with how well each fits a file's header, best first: to choose another one. */
  async fittingSaved(columns: readonly string[]): Promise<{ id: string; name: string; fit: number }[]> {
    return (await savedChoices('opportunities'))
      .map((choice) => ({ id: choice.id, name: choice.name, fit: fitOf(choice, columns) }))
      .sort((a, b) => b.fit - a.fit);
  },

  /** Keeps the mapping of an import under a name. @throws Invalid on `name` when it is taken */
  async saveMapping(actor: Actor, importId: string, name: string): Promise<SavedMapping> {
    return taken(async () => {
      const job = await accessToRun(actor, importId);
      await assertFree(job.kind, name, null);
      const _id = new Types.ObjectId();
      await SavedMappingModel.create([
        {
          _id,
          kind: job.kind,
          name,
          nameKey: keyOf(name),
          mapping: { ...job.mapping, preset: 'saved', from: null },
          header: job.columns,
          usedAt: contextNow(),
          createdBy: actor.kind === 'account' ? new Types.ObjectId(actor.accountId) : null,
          createdAt: contextNow(),
        } as never,
      ]);
      await editRow(ImportModel, job._id, {
        version: job.version,
        set: { saved: { id: _id, name } },
        action: 'imports/save-mapping',
      });
      await recordAudit({
        action: 'import-mappings/save',
        subjectType: 'ImportMapping',
        subjectId: _id,
        facts: { importId },
      });
      return toSaved((await SavedMappingModel.findById(_id).lean()) as SavedMappingRow);
    });
  },

  async renameMapping(actor: Actor, id: string, name: string, version: number | null): Promise<SavedMapping> {
    return taken(async () => {
      const row = await accessSaved(actor, id);
      await assertFree(row.kind, name, id);
      return toSaved(
        await editRow(SavedMappingModel, id, {
          version,
          set: { name, nameKey: keyOf(name) },
          action: 'import-mappings/rename',
        }),
      );
    });
  },

  /** Imports that were read by it keep what they read. */
  async removeMapping(actor: Actor, id: string): Promise<void> {
    await inTransaction(async () => {
      await accessSaved(actor, id);
      await SavedMappingModel.deleteOne({ _id: new Types.ObjectId(id) });
      await recordAudit({ action: 'import-mappings/remove', subjectType: 'ImportMapping', subjectId: id });
    });
  },
};
