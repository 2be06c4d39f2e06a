import { Types } from 'mongoose';
import type { Model } from 'mongoose';
import { acrossTenants, asTenant, contextNow } from '../../core/context.ts';
import { AuditModel, auditMac, UnsealedModel } from '../../db/audit.ts';
import { tenantAggregate } from '../../db/builders.ts';
import { readShared } from '../../db/shared-reading.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import type { AnchorFile } from './seal.anchor.ts';
import { SealModel } from './seal.model.ts';
import type { SealRow } from './seal.model.ts';
import { nextBatch, NO_SEAL } from './seal.rules.ts';
import type { SealEnd } from './seal.rules.ts';

/** Entries of one seal. */
const MOST = 500;
/** Seals of one turn: the rest waits for the next, so that one busy tenant does not hold up the others. */
const TURNS = 40;

export interface SealState {
  /** Up to which entry, in the order of sealing, the trail is sealed. */
  readonly sequence: number;
  /** When the newest seal was set; null when there is none. */
  readonly sealedAt: Date | null;
  readonly hash: string;
  /** Entries that wait for the next seal. */
  readonly waiting: number;
}

export type SealService = ReturnType<typeof createSealService>;

const endOf = (row: Pick<SealRow, 'batch' | 'first' | 'hash' | 'unmarked' | 'entries'> | null): SealEnd =>
  row
    ? {
        batch: row.batch,
        sequence: row.first + row.entries.length - 1,
        hash: row.hash,
        unmarked: row.unmarked,
      }
    : NO_SEAL;

const newest = (): Promise<SealRow | null> => SealModel.findOne({}).sort({ batch: -1 }).lean();

/** Orders what was written to the trail and chains it, tenant by tenant; notes the heads outside the database. */
export function createSealService({ anchors }: { anchors: AnchorFile }) {
  /** Batch of each tenant that this process noted or found noted. */
  let noted: Map<string, number> | null = null;

  /** Notes the head of a chain unless it is noted; also what a process noted late that was killed after sealing. */
  async function anchor(row: SealRow): Promise<void> {
    const tenantId = String(row.tenantId);
    noted ??= new Map((await anchors.read()).map(({ tenantId: id, batch }) => [id, batch]));
    if ((noted.get(tenantId) ?? 0) >= row.batch) return;
    const { batch, sequence, hash } = endOf(row);
    await anchors.append([{ tenantId, batch, sequence, hash, sealedAt: row.sealedAt.toISOString() }]);
    noted.set(tenantId, batch);
  }

  /** Seals the oldest entries that wait, at most `MOST`; null when none does. */
  const sealOnce = (): Promise<SealRow | null> =>
    inTransaction(async () => {
      const marks = await UnsealedModel.find({}).sort({ _id: 1 }).limit(MOST).lean();
      if (marks.length === 0) return null;
      const ids = marks.map(({ _id }) => _id);
      const rows = new Map(
        (await AuditModel.find({ _id: { $in: ids } }).lean()).map((row) => [String(row._id), row]),
      );
      const waiting = marks.map(({ _id, at, mac }) => {
        const row = rows.get(String(_id)) ?? null;
        return { id: String(_id), at: row?.at ?? at, mac, row };
      });
      const batch = nextBatch(endOf(await newest()), waiting, contextNow(), auditMac);
      const _id = new Types.ObjectId();
      await SealModel.create([{ _id, ...batch } as never]);
      // Whoever seals the same entries at the same time conflicts here or at the batch's number: each is sealed once.
      const { deletedCount } = await UnsealedModel.deleteMany({ _id: { $in: ids } });
      if (deletedCount !== ids.length) throw new Error('Entries were sealed twice');
      return (await SealModel.findById(_id).lean()) as SealRow;
    });

  /** Seals what waits in the current tenant. @returns how many entries */
  async function seal(): Promise<number> {
    let sealed = 0;
    let last: SealRow | null = null;
    try {
      for (let turn = 0; turn < TURNS; turn += 1) {
        const row = await sealOnce();
        if (!row) break;
        last = row;
        sealed += row.entries.length;
        if (row.entries.length < MOST) break;
      }
    } catch (err) {
      // Another process was quicker; what it left comes with the next turn.
      if (!isDuplicateKey(err)) throw err;
    }
    last ??= await newest();
    if (last) await anchor(last);
    return sealed;
  }

  /** Tenants with entries that wait; at first also those whose head a killed process did not note. */
  async function tenantsDue(): Promise<string[]> {
    const waiting = (await UnsealedModel.distinct('tenantId')).map(String);
    if (noted !== null) return waiting;
    const sealed = (await SealModel.distinct('tenantId')).map(String);
    return [...new Set([...waiting, ...sealed])];
  }

  return {
    /** For the sweep: one row a tenant. */
    async due(query: { readonly limit: number; readonly except: readonly string[] }) {
      const ids = (await tenantsDue()).filter((id) => !query.except.includes(id));
      return ids.slice(0, query.limit).map((id) => ({ tenantId: id, id }));
    },

    seal,

    /** Seals everything that waits, in every tenant: at the end of a command that no sweep follows. */
    async sealAll(): Promise<void> {
      for (;;) {
        const ids = await acrossTenants('audit: seal what waits', tenantsDue);
        let sealed = 0;
        for (const id of ids) sealed += await asTenant(id, seal);
        if (sealed === 0) return;
      }
    },

    /** How far the current tenant's trail is sealed; every page of the trail tells it, the same to all. */
    state: (): Promise<SealState> =>
      readShared('audit-seals', async () => {
        // Not the seal itself: it names each of its entries.
        const rows = await tenantAggregate<
          { sequence: number; sealedAt: Date; hash: string } | { waiting: number }
        >(SealModel as unknown as Model<never>, [
          { $sort: { batch: -1 } },
          { $limit: 1 },
          {
            $project: {
              _id: 0,
              sequence: { $subtract: [{ $add: ['$first', { $size: '$entries' }] }, 1] },
              sealedAt: 1,
              hash: 1,
            },
          },
          { $unionWith: { coll: UnsealedModel.collection.name, pipeline: [{ $count: 'waiting' }] } },
        ]);
        const newestSeal = { sequence: NO_SEAL.sequence, sealedAt: null, hash: NO_SEAL.hash, waiting: 0 };
        return Object.assign(newestSeal, ...rows) as SealState;
      }),
  };
}
