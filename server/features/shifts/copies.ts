import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Invalid } from '../../core/errors.ts';
import { wallClock } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import type { AuditAction } from '../../db/audit-verbs.ts';
import { requireTransaction } from '../../db/transaction.ts';
import { born } from '../../db/transition.ts';
import { clashesOf, isThereAlready } from './copies.rules.ts';
import type { Clash, NeighbourFacts } from './copies.rules.ts';
import { listPositionsOf } from './shift.facts.ts';
import { natureOf } from './nature.rules.ts';
import { PLACE_METRES, PositionModel, ShiftModel } from './shift.model.ts';
import type { PositionRow, ShiftRow } from './shift.model.ts';
import type { CopyView } from './copies.schema.ts';
import { minutesOf, spanOf, wallTimesOf } from './wall.ts';

/** Why a copy is not made: its time has come, it is there already, or the clocks leave it no time on that night. */
export type Obstacle = 'past' | 'exists' | 'impossible' | 'left-out';

/** A shift as it would be on another day: the same wall times, people and words, nobody on it yet. */
export interface PlannedCopy {
  readonly source: ShiftRow;
  readonly positions: readonly PositionRow[];
  readonly date: string;
  readonly span: { readonly startsAt: Date; readonly endsAt: Date } | null;
  readonly clock: 'once' | 'skipped' | 'twice';
  readonly obstacle: Obstacle | null;
  readonly clashes: readonly Clash[];
}

export interface WantedCopy {
  readonly source: ShiftRow;
  readonly date: string;
  /** Known from elsewhere not to be made. */
  readonly obstacle?: Obstacle | null;
}

/** Shifts that are not cancelled, around the wanted spans, of the same requests or leaders. */
async function neighboursOf(
  spans: readonly { startsAt: Date; endsAt: Date }[],
  sources: readonly ShiftRow[],
): Promise<NeighbourFacts[]> {
  if (spans.length === 0) return [];
  const earliest = Math.min(...spans.map(({ startsAt }) => startsAt.getTime()));
  const latest = Math.max(...spans.map(({ endsAt }) => endsAt.getTime()));
  const leaders = sources.flatMap(({ leaderPersonId }) => (leaderPersonId ? [leaderPersonId] : []));
  const rows = await ShiftModel.find({
    $or: [
      { requestId: { $in: sources.map(({ requestId }) => requestId) } },
      { unitId: { $in: sources.map(({ unitId }) => unitId) }, leaderPersonId: { $in: leaders } },
    ],
    state: { $ne: 'cancelled' },
    // No shift is longer than a day, so one that began earlier is over.
    startsAt: { $gt: new Date(earliest - 86_400_000), $lt: new Date(latest) },
  })
    .select({ requestId: 1, leaderPersonId: 1, title: 1, startsAt: 1, endsAt: 1 })
    .lean();
  const positions = await listPositionsOf(rows.map(({ _id }) => _id));
  return rows.map((row) => ({
    id: String(row._id),
    title: row.title,
    requestId: String(row.requestId),
    leaderPersonId: row.leaderPersonId ? String(row.leaderPersonId) : null,
    startsAt: row.startsAt,
    endsAt: row.endsAt,
    positions: (positions.get(String(row._id)) ?? []).map(({ name }) => name),
  }));
}

/** What would become of the wanted copies, in the tenant's zone; changes nothing. */
export async function planCopies(wanted: readonly WantedCopy[], zone: string): Promise<PlannedCopy[]> {
  const now = contextNow();
  const sources = [...new Map(wanted.map(({ source }) => [String(source._id), source])).values()];
  const positions = await listPositionsOf(sources.map(({ _id }) => _id));
  const timed = wanted.map((one) => ({ ...one, ...onDate(one.source, one.date, zone) }));
  const neighbours = await neighboursOf(
    timed.flatMap(({ span }) => (span ? [span] : [])),
    sources,
  );
  return timed.map(({ source, date, span, clock, obstacle }) => {
    const own = positions.get(String(source._id)) ?? [];
    const facts = span && {
      ...span,
      requestId: String(source.requestId),
      leaderPersonId: source.leaderPersonId ? String(source.leaderPersonId) : null,
      positions: own.map(({ name }) => name),
    };
    const found = (): Obstacle | null => {
      if (!facts) return 'impossible';
      if (facts.startsAt <= now) return 'past';
      return isThereAlready(facts, neighbours) ? 'exists' : null;
    };
    return {
      source,
      positions: own,
      date,
      span,
      clock,
      obstacle: obstacle ?? found(),
      clashes: facts ? clashesOf(facts, neighbours) : [],
    };
  });
}

/** The shift's wall times on another date; no span where a change of the clocks swallows it. */
function onDate(source: ShiftRow, date: string, zone: string): Pick<PlannedCopy, 'span' | 'clock'> {
  const { startTime, endTime } = wallTimesOf(source, zone);
  const clock = wallClock({ date, minutes: minutesOf(startTime), zone });
  try {
    return { span: spanOf({ date, startTime, endTime, breakMinutes: source.breakMinutes }, zone), clock };
  } catch (err) {
    if (err instanceof Invalid) return { span: null, clock };
    throw err;
  }
}

/**
 * Makes the copies that nothing stands against, as drafts with their positions, all or none of them.
 * @returns the new shifts, in the order of the plan
 */
export async function makeCopies(
  actor: AccountActor,
  copies: readonly PlannedCopy[],
  options: { action: AuditAction; seriesId?: Types.ObjectId },
): Promise<ShiftRow[]> {
  requireTransaction('A copy of a shift');
  const createdAt = contextNow();
  const made = copies.flatMap((copy) =>
    copy.span && copy.obstacle === null ? [{ copy, span: copy.span, _id: new Types.ObjectId() }] : [],
  );
  if (made.length === 0) return [];
  await ShiftModel.updateMany(
    { _id: { $in: made.map(({ copy }) => copy.source._id) } },
    { $inc: { copied: 1 } },
  );
  await ShiftModel.insertMany(
    made.map(({ copy: { source, date }, span, _id }) => ({
      _id,
      ...born('draft'),
      ...span,
      requestId: source.requestId,
      unitId: source.unitId,
      title: source.title,
      category: source.category,
      county: source.county,
      place: source.place,
      breakMinutes: source.breakMinutes,
      leaderName: source.leaderName,
      leaderPersonId: source.leaderPersonId,
      riskLevel: source.riskLevel,
      policyNumber: source.policyNumber,
      radiusMetres: source.radiusMetres ?? PLACE_METRES,
      nature: natureOf(source),
      skillCodes: source.skillCodes,
      seriesId: options.seriesId ?? null,
      seriesDate: options.seriesId ? date : null,
      createdBy: new Types.ObjectId(actor.accountId),
      createdAt,
    })) as never[],
    { throwOnValidationError: true },
  );
  const positions = made.flatMap(({ copy, _id }) => copy.positions.map((position) => copyOf(position, _id)));
  if (positions.length > 0)
    await PositionModel.insertMany(positions as never[], { throwOnValidationError: true });
  for (const { copy, _id } of made)
    await recordAudit({
      action: options.action,
      subjectType: 'Shift',
      subjectId: _id,
      to: 'draft',
      facts: { from: String(copy.source._id), date: copy.date, positions: copy.positions.length },
    });
  const rows = await ShiftModel.find({ _id: { $in: made.map(({ _id }) => _id) } }).lean();
  const byId = new Map(rows.map((row) => [String(row._id), row]));
  return made.map(({ _id }) => byId.get(String(_id)) as ShiftRow);
}

/** What a position asks for, on another shift, with every seat free. */
const copyOf = (position: PositionRow, shiftId: Types.ObjectId): object => ({
  requestId: position.requestId,
  shiftId,
  unitId: position.unitId,
  name: position.name,
  skills: position.skills,
  credentials: position.credentials,
  pools: position.pools ?? [],
  trainings: position.trainings ?? [],
  languages: position.languages,
  minAge: position.minAge,
  maxAge: position.maxAge,
  required: position.required,
  maximum: position.maximum,
  admission: position.admission,
});

/** A planned copy as both doors show it. */
export const toCopyView = (copy: PlannedCopy): CopyView => ({
  shiftId: String(copy.source._id),
  title: copy.source.title,
  date: copy.date,
  startsAt: copy.span?.startsAt.toISOString() ?? null,
  endsAt: copy.span?.endsAt.toISOString() ?? null,
  clock: copy.clock,
  obstacle: copy.obstacle,
  clashes: copy.clashes.map((clash) => ({
    ...clash,
    startsAt: clash.startsAt.toISOString(),
    endsAt: clash.endsAt.toISOString(),
  })),
});
