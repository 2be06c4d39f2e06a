import { Types } from 'mongoose';
import { requireTenantId } from '../../core/context.ts';
import { sideBySide } from '../../db/transaction.ts';
import type { Staffing, StaffingProof } from '../matching/index.ts';
import { PlanArrayModel, PlanLineModel } from './plan.model.ts';
import type { Priced } from './plan.priced.ts';
import type { Lines } from './plan.run.ts';

/** Bytes of one piece of an array: well within what a row may hold. */
const PIECE_BYTES = 8 * 2 ** 20;
/** Lines written in one go; and how many goes are under way at once, so that some are packed while others are written. */
const LINES_AT_ONCE = 500;
const GOES = 3;

const KINDS = { Int32Array, Float64Array, Uint8Array } as const;
type Stored = Int32Array | Float64Array | Uint8Array;

/** What a plan was solved on and came to: enough to explain any pair exactly, and to go on from. */
export interface PlanArrays {
  readonly staffing: Staffing;
  readonly used: Uint8Array;
  readonly proof: StaffingProof;
  /** The positions and people that numbers stand for, twelve bytes each; and the person of each option. */
  readonly positionIds: Uint8Array;
  readonly personIds: Uint8Array;
  readonly personOf: Int32Array;
  /** Way of each option, -1 unknown. */
  readonly metres: Int32Array;
  /** Whom it needs when; missing on plans made before this was stored. */
  readonly priced?: Priced;
}

/** Ids as bytes, in their order. */
export function packIds(ids: readonly (string | Types.ObjectId)[]): Uint8Array {
  const bytes = Buffer.alloc(12 * ids.length);
  ids.forEach((id, i) => bytes.write(String(id), 12 * i, 'hex'));
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

export const idAt = (packed: Uint8Array, i: number): string =>
  Buffer.from(packed.buffer, packed.byteOffset + 12 * i, 12).toString('hex');

/** Place of an id among packed ones; -1 where it is missing. */
export function placeOf(packed: Uint8Array, id: string): number {
  const buffer = Buffer.from(packed.buffer, packed.byteOffset, packed.length);
  const wanted = Buffer.from(id, 'hex');
  for (let at = buffer.indexOf(wanted); at >= 0; at = buffer.indexOf(wanted, at + 1)) {
    if (at % 12 === 0) return at / 12;
  }
  return -1;
}

const flatten = ({ staffing, proof, priced, ...rest }: PlanArrays): Record<string, Stored> => ({
  ...rest,
  ...Object.fromEntries(Object.entries(priced ?? {}).map(([name, array]) => [`c.${name}`, array as Stored])),
  ...Object.fromEntries(Object.entries(staffing).map(([name, array]) => [`s.${name}`, array as Stored])),
  ...Object.fromEntries(Object.entries(proof).map(([name, array]) => [`p.${name}`, array as Stored])),
});

/** Stores the arrays under an attempt; what an earlier try left there is replaced. */
export async function storeArrays(
  planId: Types.ObjectId,
  attempt: number,
  arrays: PlanArrays,
): Promise<void> {
  await PlanArrayModel.deleteMany({ planId, attempt });
  const tenantId = new Types.ObjectId(requireTenantId());
  const pieces = Object.entries(flatten(arrays)).flatMap(([name, array]) => {
    const bytes = Buffer.from(array.buffer, array.byteOffset, array.byteLength);
    const kind = array.constructor.name;
    return Array.from({ length: Math.max(1, Math.ceil(bytes.length / PIECE_BYTES)) }, (_, piece) => ({
      tenantId,
      planId,
      attempt,
      name: `${name}:${kind}`,
      piece,
      bytes: bytes.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES),
    }));
  });
  await Promise.all(pieces.map((piece) => PlanArrayModel.collection.insertOne(piece as never)));
}

/** Reads them again, onto memory that threads share; null when they are gone. */
export async function readArrays(planId: Types.ObjectId, attempt: number): Promise<PlanArrays | null> {
  const found = await readStored({ planId, attempt, name: { $not: PRICED } });
  if (!found) return null;
  const under = (prefix: string): object => underPrefix(found, prefix);
  const { used, positionIds, personIds, personOf, metres } = found as unknown as PlanArrays;
  return {
    staffing: under('s.') as Staffing,
    proof: under('p.') as StaffingProof,
    used,
    positionIds,
    personIds,
    personOf,
    metres,
  };
}

/** Names of what `readPriced` reads. */
const PRICED = /^c\./;

/** Whom a plan needs when, without all it was solved on; null for plans that did not store it. */
export async function readPriced(planId: Types.ObjectId, attempt: number): Promise<Priced | null> {
  const found = await readStored({ planId, attempt, name: PRICED });
  return found && (underPrefix(found, 'c.') as Priced);
}

const underPrefix = (found: Record<string, Stored>, prefix: string): object =>
  Object.fromEntries(
    Object.entries(found)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, array]) => [name.slice(prefix.length), array]),
  );

async function readStored(which: Record<string, unknown>): Promise<Record<string, Stored> | null> {
  const rows = await PlanArrayModel.find(which).sort({ name: 1, piece: 1 }).lean();
  if (rows.length === 0) return null;
  const found: Record<string, Stored> = {};
  for (const [label, pieces] of Map.groupBy(rows, ({ name }) => name)) {
    const [name = '', kind = ''] = label.split(':');
    const parts = pieces.map(({ bytes }) => toBytes(bytes));
    const shared = new SharedArrayBuffer(parts.reduce((sum, part) => sum + part.length, 0));
    const whole = new Uint8Array(shared);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    found[name] = new (KINDS[kind as keyof typeof KINDS] as new (memory: SharedArrayBuffer) => Stored)(
      shared,
    );
  }
  return found;
}

const toBytes = (bytes: unknown): Uint8Array =>
  bytes instanceof Uint8Array ? bytes : (bytes as { buffer: Uint8Array }).buffer;

/** Stores the lines of an attempt; what an earlier try left there is replaced. */
export async function storeLines(planId: Types.ObjectId, attempt: number, lines: Lines): Promise<void> {
  await PlanLineModel.deleteMany({ planId, attempt });
  const tenantId = new Types.ObjectId(requireTenantId());
  let next = 0;
  const go = async (): Promise<void> => {
    while (next < lines.length) {
      const some = lines.some(next, (next += LINES_AT_ONCE));
      // Rows made here by the thousand: casting each would take as long as solving the plan.
      await PlanLineModel.collection.insertMany(some.map((line) => ({ ...line, tenantId })) as never);
    }
  };
  await sideBySide(Array.from({ length: GOES }, () => go));
}

/** Takes away what other attempts of the plan wrote. */
export async function forgetAttempts(planId: Types.ObjectId, keep: number | null): Promise<void> {
  const others = keep === null ? { planId } : { planId, attempt: { $ne: keep } };
  await PlanLineModel.deleteMany(others);
  await PlanArrayModel.deleteMany(others);
}
