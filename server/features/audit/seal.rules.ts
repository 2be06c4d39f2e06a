import { createHash } from 'node:crypto';
import type { AuditRow } from '../../db/audit.ts';
import { linkOf } from '../../db/audit-text.ts';

/** The newest seal, as far as the next one needs it. */
export interface SealEnd {
  readonly batch: number;
  readonly sequence: number;
  readonly hash: string;
  readonly unmarked: boolean;
}

export const NO_SEAL: SealEnd = { batch: 0, sequence: 0, hash: '', unmarked: true };

export interface WaitingEntry {
  readonly id: string;
  readonly at: Date;
  readonly mac: string | null;
  /** Null when the trail holds no such entry any more. */
  readonly row: AuditRow | null;
}

export interface Batch {
  readonly batch: number;
  readonly first: number;
  readonly entries: readonly { readonly id: string; readonly hash: string }[];
  readonly suspect: readonly string[];
  readonly unmarked: boolean;
  readonly sealedAt: Date;
  readonly previousHash: string;
  readonly hash: string;
}

/** What the links of a batch begin with: where it stands, when it was sealed, and all before it. SHA-256, hex. */
export const batchRoot = (batch: Pick<Batch, 'batch' | 'first' | 'sealedAt' | 'previousHash'>): string =>
  createHash('sha256')
    .update(`${batch.previousHash} ${batch.batch} ${batch.first} ${batch.sealedAt.toISOString()}`)
    .digest('hex');

/**
 * The seal that follows: entries by their own time, then by id, each a link. An entry that is gone or is not what its mark
 * says is sealed as it is found and named, so that nothing holds up the rest.
 * @param waiting at least one
 * @param macOf the mark that an entry should have
 */
export function nextBatch(
  end: SealEnd,
  waiting: readonly WaitingEntry[],
  sealedAt: Date,
  macOf: (row: AuditRow) => string,
): Batch {
  const ordered = [...waiting].sort(
    (a, b) => a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  );
  const place = { batch: end.batch + 1, first: end.sequence + 1, sealedAt, previousHash: end.hash };
  let hash = batchRoot(place);
  const entries = ordered.map(({ id, row }, index) => {
    hash = linkOf(hash, place.first + index, row);
    return { id, hash };
  });
  // Entries from before there were marks come first, so after a batch without any there can be no more of them.
  const isSound = ({ row, mac }: WaitingEntry): boolean =>
    row !== null && (mac === null ? end.unmarked : mac === macOf(row));
  return {
    ...place,
    entries,
    suspect: ordered.filter((entry) => !isSound(entry)).map(({ id }) => id),
    unmarked: end.unmarked && ordered.some(({ mac }) => mac === null),
    hash,
  };
}

export interface EntryFault {
  readonly id: string;
  readonly fault: 'deleted' | 'changed';
}

/** Ids of the batch's entries that are gone or say something else than what was sealed, with what happened to each. */
export function faultsOf(batch: Batch, rows: ReadonlyMap<string, AuditRow>): EntryFault[] {
  let previous = batchRoot(batch);
  return batch.entries.flatMap(({ id, hash }, index): EntryFault[] => {
    const row = rows.get(id) ?? null;
    // Each link is judged by the stored one before it, so that one change is one fault.
    const link = linkOf(previous, batch.first + index, row);
    previous = hash;
    if (row === null) return [{ id, fault: 'deleted' }];
    return link === hash ? [] : [{ id, fault: 'changed' }];
  });
}
