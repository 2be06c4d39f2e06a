import { Types } from 'mongoose';
import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck } from '../../core/invariant.ts';
import { now } from '../../core/clock.ts';
import { AuditModel, UnsealedModel } from '../../db/audit.ts';
import type { AuditRow } from '../../db/audit.ts';
import type { AnchorFile } from './seal.anchor.ts';
import { SealModel } from './seal.model.ts';
import type { SealRow } from './seal.model.ts';
import { faultsOf } from './seal.rules.ts';
import type { Batch } from './seal.rules.ts';

type Tally = ReturnType<typeof invariantTally>;

/** Longest an entry may wait for its seal while Linli runs. */
const LONGEST_WAIT_MS = 60_000;
const BATCH = 1_000;

const batchOf = (row: SealRow): Batch => ({
  ...row,
  entries: row.entries.map(({ id, hash }) => ({ id: String(id), hash })),
  suspect: row.suspect.map(String),
});

/** What was found of a tenant's chain: which entries it covers and where it ends. */
interface Chain {
  readonly sealed: Set<string>;
  readonly heads: Map<number, string>;
  batches: number;
}

/** Walks a tenant's seals from the first (or after `after`) to the newest, comparing each with the entries it covers. */
async function walk(
  tenantId: Types.ObjectId,
  chain: Chain,
  tally: Tally,
  end: { sequence: number; hash: string },
): Promise<void> {
  for await (const row of SealModel.find({ tenantId, batch: { $gt: chain.batches } })
    .sort({ batch: 1 })
    .lean()
    .cursor({ batchSize: 20 })) {
    const where = `tenant ${String(tenantId)}: seal ${row.batch}`;
    const batch = batchOf(row);
    const links = batch.batch === chain.batches + 1 && batch.first === end.sequence + 1;
    if (!links || batch.previousHash !== end.hash || batch.entries.at(-1)?.hash !== batch.hash)
      tally.violate(`${where} does not follow the one before`);
    const ids = row.entries.map(({ id }) => id);
    const rows = new Map<string, AuditRow>(
      (await AuditModel.find({ tenantId, _id: { $in: ids } }).lean()).map((one) => [String(one._id), one]),
    );
    tally.examine(ids.length);
    const known = new Set(batch.suspect);
    for (const { id, fault } of faultsOf(batch, rows)) {
      known.delete(id);
      tally.violate(`audit entry ${id} was ${fault} by hand`);
    }
    for (const id of known) tally.violate(`audit entry ${id} was changed by hand before it was sealed`);
    for (const { id } of batch.entries) {
      if (chain.sealed.has(id)) tally.violate(`audit entry ${id} is sealed twice`);
      chain.sealed.add(id);
    }
    chain.heads.set(batch.batch, batch.hash);
    chain.batches = batch.batch;
    end = { sequence: batch.first + batch.entries.length - 1, hash: batch.hash };
  }
}

/** Entries of a tenant that no seal covers: they wait for one, for too long, or were written by hand. */
async function strays(tenantId: Types.ObjectId, chain: Chain, tally: Tally, until: number): Promise<void> {
  const unsealed: Pick<AuditRow, '_id' | 'at'>[] = [];
  for await (const row of AuditModel.find({ tenantId })
    .select({ _id: 1, at: 1 })
    .sort({ at: -1, _id: -1 })
    .lean()
    .cursor({ batchSize: BATCH }))
    if (!chain.sealed.has(String(row._id))) unsealed.push(row);
  const waiting = new Map<string, Date>();
  for (let at = 0; at < unsealed.length; at += BATCH) {
    const ids = unsealed.slice(at, at + BATCH).map(({ _id }) => _id);
    for (const row of await UnsealedModel.find({ tenantId, _id: { $in: ids } }).lean())
      waiting.set(String(row._id), row.at);
  }
  // What was neither may have been sealed while this looked.
  const later = new Set<string>();
  if (unsealed.length > waiting.size)
    for (const row of await SealModel.find({ tenantId, batch: { $gt: chain.batches } }).lean())
      for (const { id } of row.entries) later.add(String(id));
  for (const { _id } of unsealed) {
    const id = String(_id);
    const since = waiting.get(id);
    if (since === undefined) {
      if (!later.has(id)) tally.violate(`audit entry ${id} was inserted by hand`);
    } else if (until - since.getTime() > LONGEST_WAIT_MS)
      tally.violate(`audit entry ${id} stayed unsealed for over a minute`);
  }
}

export interface AuditVerifyParts {
  readonly anchors: AnchorFile;
  /** Whether processes of Linli run besides the command that checks: only then could anything have been sealed. */
  readonly isRunning: () => boolean;
}

/** Invariant 11: every entry of the trail is sealed in its tenant's chain and is what was sealed; the chain is what was noted outside. */
export const auditInvariants = ({ anchors, isRunning }: AuditVerifyParts): InvariantCheck[] => [
  {
    name: 'audit/sealed-and-unchanged',
    async run() {
      const tally = invariantTally();
      const noted = Map.groupBy(await anchors.read(), ({ tenantId }) => tenantId);
      const ids = new Set([
        ...(await SealModel.distinct('tenantId')).map(String),
        ...(await AuditModel.distinct('tenantId')).map(String),
        ...noted.keys(),
      ]);
      const until = isRunning() ? now().getTime() : await lastActivity();
      for (const id of ids) {
        const tenantId = new Types.ObjectId(id);
        const chain: Chain = { sealed: new Set(), heads: new Map(), batches: 0 };
        await walk(tenantId, chain, tally, { sequence: 0, hash: '' });
        for (const { batch, hash } of noted.get(id) ?? [])
          // What was sealed and noted since is not missing.
          if (
            batch <= chain.batches
              ? chain.heads.get(batch) !== hash
              : !(await isSealed(tenantId, batch, hash))
          )
            tally.violate(`tenant ${id}: seal ${batch} is not the one that was noted outside the database`);
        await strays(tenantId, chain, tally, until);
      }
      return tally.result();
    },
  },
];

const isSealed = async (tenantId: Types.ObjectId, batch: number, hash: string): Promise<boolean> =>
  (await SealModel.exists({ tenantId, batch, hash })) !== null;

/** When Linli last did anything that it wrote down: while it is stopped nothing can be sealed. */
async function lastActivity(): Promise<number> {
  const [seal, waiting] = await Promise.all([
    SealModel.findOne({}).sort({ _id: -1 }).select({ sealedAt: 1 }).lean(),
    UnsealedModel.findOne({}).sort({ _id: -1 }).select({ at: 1 }).lean(),
  ]);
  return Math.max(seal?.sealedAt.getTime() ?? 0, waiting?.at.getTime() ?? 0);
}
