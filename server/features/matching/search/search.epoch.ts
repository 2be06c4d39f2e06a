import { setImmediate as breathe } from 'node:timers/promises';
import type { PersonSources } from '../matching.facts.ts';
import { idBytes } from './codes.ts';
import { bytesOf, ColumnBuilder, entryOf, FLAG, rowOf, slotsOf } from './columns.ts';
import { entryOfSources, placeBeside, sparseOf } from './entry.ts';
import type { Sparse } from './entry.ts';
import type { Epoch } from './query.ts';
import type { PoolReader, SearchedTenant } from './search.reading.ts';

/** So many changes beside the columns cost less than laying them out anew. */
const MOST_LATE = 1_000;
/** Rows laid out before others get their turn. */
const AT_ONCE = 20_000;
const SOME = 1_000;
/** So many people are an answer to begin with while the others are read; the next part is so many times as large. */
const FIRST_PART = 5_000;
const NEXT_PART = 3;
/** People read before what reading them left behind is let go. */
const BETWEEN_RESTS = 50_000;
/** No part is larger than the whole divided by this: it stays in memory until the whole is there. */
const LARGEST_PART = 4;

interface ReadingWatch {
  readonly onPart: (part: TenantEpoch, read: number) => void;
  readonly onRest: () => void;
}
const NOBODY_WATCHES: ReadingWatch = { onPart: () => undefined, onRest: () => undefined };

/** One tenant's people in memory: columns, what few have beside them, and who changed since. */
export class TenantEpoch {
  readonly tenant: SearchedTenant;
  /** Counted up with every laying out and every change. */
  version = 0;
  /** The latest instant of which everything is known. */
  asOf: Date;
  usedAt = 0;
  bytes = 0;
  private epoch: Epoch & { readonly overlay: Map<string, PersonSources>; readonly gone: Set<number> };

  private readonly reader: PoolReader;

  private constructor(reader: PoolReader, asOf: Date, epoch: TenantEpoch['epoch']) {
    this.reader = reader;
    this.tenant = reader.tenant;
    this.asOf = asOf;
    this.epoch = epoch;
    this.bytes = bytesOf(epoch.columns);
  }

  get now(): Epoch {
    return this.epoch;
  }

  /**
   * Reads everybody. Whatever changes meanwhile is read again from `asOf` on.
   * @param watch `onPart` is given now and then those who were read so far, as an epoch of their own; `onRest` is called
   *   where much was read that is no longer needed
   */
  static async read(
    reader: PoolReader,
    asOf: Date,
    { onPart, onRest }: ReadingWatch = NOBODY_WATCHES,
  ): Promise<TenantEpoch> {
    const { tenant } = reader;
    const builder = new ColumnBuilder(FIRST_PART);
    const byId = new Map<string, Sparse>();
    const epochOf = (columns: Epoch['columns']): TenantEpoch =>
      new TenantEpoch(reader, asOf, {
        columns,
        ...placeBeside(columns, byId),
        overlay: new Map(),
        gone: new Set(),
      });
    let [read, part, all, rested] = [0, FIRST_PART, Infinity, 0];
    for await (const batch of reader.everybody(asOf)) {
      for (const { sources, tally } of batch) {
        builder.add(tally ? entryOfSources(sources, tenant, tally) : entryOfSources(sources, tenant));
        const few = sparseOf(sources);
        if (few) byId.set(String(sources.person._id), few);
      }
      read += batch.length;
      if (read - rested >= BETWEEN_RESTS) {
        onRest();
        rested = read;
      }
      if (read < part || read > all / LARGEST_PART) continue;
      // Ever fewer, so that all parts together take less time than the whole.
      part = NEXT_PART * read;
      onPart(epochOf(builder.build()), read);
      all = await reader.most(asOf);
      builder.reserve(all);
      onRest();
    }
    onRest();
    return epochOf(builder.finish());
  }

  /** Reads these people again. */
  async refresh(personIds: readonly string[], now: Date): Promise<void> {
    for (let at = 0; at < personIds.length; at += SOME) {
      const found = await this.reader.some(personIds.slice(at, at + SOME), now);
      const { columns, overlay, gone } = this.epoch;
      for (const [id, sources] of found) {
        const row = rowOf(columns, idBytes(id));
        if (row >= 0) {
          columns.flags[row]! |= FLAG.gone;
          gone.add(row);
        }
        if (sources) overlay.set(id, sources);
        else overlay.delete(id);
      }
    }
    if (personIds.length > 0) this.version += 1;
    if (this.epoch.overlay.size > MOST_LATE) await this.layOut();
  }

  /** Puts the changed among the others. Questions meanwhile are answered from what was. */
  private async layOut(): Promise<void> {
    const { columns, sparse, overlay } = this.epoch;
    const builder = new ColumnBuilder(columns.size + overlay.size);
    const slots = slotsOf(columns.patterns);
    const byId = new Map<string, Sparse>();
    for (let row = 0; row < columns.size; row++) {
      if (row % AT_ONCE === AT_ONCE - 1) await breathe();
      if ((columns.flags[row] ?? 0) & FLAG.gone) continue;
      const entry = entryOf(columns, slots, row);
      builder.add(entry);
      const few = sparse.get(row);
      if (few) byId.set(Buffer.from(entry.id).toString('hex'), few);
    }
    for (const [id, sources] of overlay) {
      builder.add(entryOfSources(sources, this.tenant));
      const few = sparseOf(sources);
      if (few) byId.set(id, few);
    }
    const next = builder.finish();
    this.epoch = { columns: next, ...placeBeside(next, byId), overlay: new Map(), gone: new Set() };
    this.bytes = bytesOf(next);
    this.version += 1;
  }
}
