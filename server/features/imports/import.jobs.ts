import { setTimeout as sleep } from 'node:timers/promises';
import { Types } from 'mongoose';
import type { Actor } from '../../core/actor.ts';
import { Conflict } from '../../core/errors.ts';
import { importLifecycle } from '../../core/states.ts';
import { wake } from '../../core/wake.ts';
import type { AuditAction } from '../../db/audit-verbs.ts';
import { retryClaim } from '../../db/claims.ts';
import { afterCommit, inTransaction } from '../../db/transaction.ts';
import { transition } from '../../db/transition.ts';
import { accessImport, accessToRun } from './import.access.ts';
import { applyBatch } from './import.apply.ts';
import type { BatchResult } from './import.apply.ts';
import { ImportLineModel, ImportModel } from './import.model.ts';
import type { ImportRow, ImportState } from './import.model.ts';
import { toImport } from './import.rows.ts';
import type { Import } from './import.rows.ts';
import { standingOf, undoableLines, undoBatch } from './import.undo.ts';

const SWEEPS = { applying: 'imports/apply', undoing: 'imports/undo' } as const;
type Working = keyof typeof SWEEPS;

/** The longest breath between two batches. */
const BREATH_MS = 250;
/** Rows that the page before an undo looks at; what lies beyond is found while it is done. */
const LOOK_AHEAD = 2_000;

export interface PlaceFacts {
  readonly zone: string;
  readonly positionName: string;
}

/** What taking an import back would come to. */
export interface UndoPreview {
  readonly removed: number;
  readonly restored: number;
  /** What somebody has touched since: it stays. */
  readonly left: readonly {
    readonly line: number;
    readonly title: string;
    readonly requestId: string | null;
    readonly reason: string;
  }[];
  /** Rows that were not looked at beforehand, because there are so many. */
  readonly beyond: number;
}

export interface DueWork {
  readonly limit: number;
  readonly except: readonly string[];
}

const wakeAfterwards = (state: Working, id: string): void =>
  afterCommit(async () => {
    await retryClaim(`${SWEEPS[state]}:${id}`);
    wake(SWEEPS[state]);
  });

/**
 * Works batch by batch for at most so long. Between batches it rests as long as half a batch took: an import is never in
 * a hurry, and whoever waits for a page is (F-38).
 * @returns whether nothing is left
 */
async function workFor(batch: () => Promise<BatchResult>, milliseconds: number): Promise<boolean> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const began = performance.now();
    if ((await batch()).done) return true;
    if (performance.now() >= end) return false;
    await sleep(Math.min(BREATH_MS, (performance.now() - began) / 2));
  }
}

const findDue = async (
  state: Working,
  { limit, except }: DueWork,
): Promise<{ tenantId: string; id: string }[]> => {
  const rows = await ImportModel.find({
    state,
    _id: { $nin: except.filter((id) => Types.ObjectId.isValid(id)).map((id) => new Types.ObjectId(id)) },
  })
    // Whoever waits longest is next; who has had no turn yet before all.
    .sort({ turnAt: 1 })
    .limit(limit)
    .select({ tenantId: 1 })
    .lean();
  return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
};

async function fall(id: string, from: Working, to: ImportState, action: AuditAction): Promise<void> {
  await inTransaction(async () => {
    await transition(ImportModel, id, { lifecycle: importLifecycle, from: [from], to, action });
  });
}

/** Counts that say what was settled, for an import that starts: a file only checked has settled its rejected rows. */
async function settledCounts(row: ImportRow): Promise<ImportRow['counts']> {
  const rejected = await ImportLineModel.countDocuments({ importId: row._id, outcome: 'rejected' });
  return row.state === 'checked'
    ? { ...row.counts, created: 0, updated: 0, unchanged: 0, rejected }
    : row.counts;
}

/** What happens to an import in the background: applying it and taking it back, each in batches that may be killed. */
export function createImportJobs({ place }: { place: () => Promise<PlaceFacts> }) {
  return {
    /** From here on the rows are applied in the background; also goes on with an import that was given up, and with rows mended since. */
    async start(actor: Actor, id: string, version: number | null): Promise<Import> {
      return inTransaction(async () => {
        const row = await accessToRun(actor, id);
        const waiting = await ImportLineModel.exists({ importId: row._id, outcome: 'pending' });
        if (row.state === 'done' && !waiting) throw new Conflict('wrong-state', { state: row.state });
        const after = await transition(ImportModel, id, {
          lifecycle: importLifecycle,
          from: ['checked', 'failed', 'done'],
          to: 'applying',
          version,
          set: { counts: await settledCounts(row), appliedTo: 0, turnAt: null },
          action: 'imports/start',
        });
        wakeAfterwards('applying', id);
        return toImport(after);
      });
    },

    /** Applies the next batch; whether called by the sweep or by a command makes no difference. */
    async applyNext(id: string): Promise<BatchResult> {
      return applyBatch(id, await place());
    },

    /** Applies batches for at most so long, so that one large import does not hold up the others. */
    async applyFor(id: string, milliseconds: number): Promise<void> {
      const facts = await place();
      // Work left over is taken up at once, after the others have had their turn.
      if (!(await workFor(() => applyBatch(id, facts), milliseconds))) wake(SWEEPS.applying);
    },

    /** For the sweeps: imports of any tenant that are being applied. */
    due: (query: DueWork) => findDue('applying', query),

    /** The sweep gave up: people see it and may start it again; what was applied stays. */
    giveUp: (id: string) => fall(id, 'applying', 'failed', 'imports/give-up'),

    /** What taking it back would come to now, with what would be left by name; nothing for an import that has come to nothing yet. */
    async previewUndo(actor: Actor, id: string): Promise<UndoPreview> {
      const row = await accessImport(actor, id);
      if (!importLifecycle.canMove(row.state, 'undoing'))
        return { removed: 0, restored: 0, left: [], beyond: 0 };
      const lines = await undoableLines(row._id, { limit: LOOK_AHEAD });
      const open = lines.filter(({ undo }) => !undo || undo.outcome === 'left');
      const standing = await standingOf(row, open);
      const free = standing.filter(({ reason }) => reason === null);
      const made = free.filter(({ line }) => line.trace?.before === null).length;
      return {
        removed: made,
        restored: free.length - made,
        left: standing.flatMap(({ line, request, reason }) =>
          reason === null
            ? []
            : [
                {
                  line: line.line,
                  title: request?.title ?? line.parsed?.title ?? '',
                  requestId: request ? String(request._id) : null,
                  reason,
                },
              ],
        ),
        beyond: Math.max(0, row.counts.created + row.counts.updated - lines.length),
      };
    },

    /**
     * From here on everything the import made is taken back in the background, and what it changed is restored; what
     * somebody has touched since is left and named. Once more tries what was left the last time.
     */
    async undo(actor: Actor, id: string, version: number | null): Promise<Import> {
      return inTransaction(async () => {
        const row = await accessToRun(actor, id);
        const { created, updated } = row.counts;
        const again = row.state === 'undone';
        if ((again && !row.undo?.left) || (row.state !== 'undo_failed' && created + updated === 0))
          throw new Conflict('wrong-state', { state: row.state });
        if (again)
          await ImportLineModel.updateMany(
            { importId: row._id, 'undo.outcome': 'left' },
            { $set: { undo: null }, $inc: { version: 1 } },
          );
        const fresh = { total: created + updated, removed: 0, restored: 0, left: 0 };
        const after = await transition(ImportModel, id, {
          lifecycle: importLifecycle,
          from: ['done', 'failed', 'undo_failed', 'undone'],
          to: 'undoing',
          version,
          set: { turnAt: null, undo: row.undo ? { ...row.undo, ...(again ? { left: 0 } : {}) } : fresh },
          action: 'imports/undo',
          facts: { created, updated },
        });
        wakeAfterwards('undoing', id);
        return toImport(after);
      });
    },

    /** Takes the next batch back. */
    undoNext: (id: string): Promise<BatchResult> => undoBatch(id),

    async undoFor(id: string, milliseconds: number): Promise<void> {
      if (!(await workFor(() => undoBatch(id), milliseconds))) wake(SWEEPS.undoing);
    },

    /** For the sweeps: imports of any tenant that are being taken back. */
    dueUndo: (query: DueWork) => findDue('undoing', query),

    /** The sweep gave up taking it back; what was taken back stays so. */
    giveUpUndo: (id: string) => fall(id, 'undoing', 'undo_failed', 'imports/give-up-undo'),
  };
}
