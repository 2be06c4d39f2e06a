import type { ImportService } from '../../server/features/imports/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';
import { TURN_MS } from './apply.sweep.ts';

/** Imports that somebody takes back go batch by batch, in turns like those that are applied. */
export const undoImports = (imports: ImportService): Sweep =>
  defineSweep({
    name: 'imports/undo',
    everyMs: 5_000,
    leaseMs: 90_000,
    batch: 10,
    due: (query) => imports.dueUndo(query),
    run: ({ id }) => imports.undoFor(id, TURN_MS),
    onDead: ({ id }) => imports.giveUpUndo(id),
  });
