import type { Types } from 'mongoose';
import { localDate, localMinutes, minutesBetween } from '../../core/time.ts';
import { requestsBySource } from '../requests/index.ts';
import type { ImportedContent } from '../requests/index.ts';
import { plannedOf } from '../shifts/index.ts';
import type { Planned, ShiftBefore } from '../shifts/index.ts';
import { changesBetween, planFacts, wordFacts } from './import.change.rules.ts';
import type { Facts, FieldChange } from './import.change.rules.ts';
import type { ImportLineRow, ImportRow } from './import.model.ts';
import type { ParsedOpportunity } from './import.types.ts';

/** What a row changes of its request and shift, and the request it is about. */
export interface LinePreview {
  readonly requestId: Types.ObjectId | null;
  readonly changes: readonly FieldChange[];
  /** The shift stays as it is, though the row says otherwise: it was published, or there are several. */
  readonly shiftKept: boolean;
}

const NOTHING: LinePreview = { requestId: null, changes: [], shiftKept: false };

const contentFacts = (content: ImportedContent): Facts =>
  wordFacts({
    ...content,
    organisation: content.contactName,
    placeLabel: content.place.label,
    address: content.place.address,
    latitude: content.place.point?.coordinates[1] ?? null,
    longitude: content.place.point?.coordinates[0] ?? null,
  });

const spanFacts = (
  { startsAt, endsAt }: { startsAt: Date; endsAt: Date },
  people: number | null,
  zone: string,
): Facts =>
  planFacts({
    date: localDate(startsAt, zone),
    startMinutes: localMinutes(startsAt, zone),
    minutes: minutesBetween(startsAt, endsAt),
    people,
  });

const beforeFacts = (before: ShiftBefore | null, zone: string): Facts =>
  before ? spanFacts(before.shift, before.position?.maximum ?? null, zone) : planFacts(null);

function plannedFacts({ shift, positions }: Planned, zone: string): Facts {
  const [only, ...more] = positions;
  return spanFacts(shift, only && more.length === 0 ? only.maximum : null, zone);
}

/** What the row would make of the request's shift: as `planImported` decides it. */
function shiftChanges(
  parsed: ParsedOpportunity,
  planned: readonly Planned[],
  zone: string,
): Pick<LinePreview, 'changes' | 'shiftKept'> {
  const [only] = planned;
  if (!parsed.shift) return { changes: [], shiftKept: false };
  if (!only) return { changes: changesBetween(planFacts(null), planFacts(parsed.shift)), shiftKept: false };
  const changes = changesBetween(plannedFacts(only, zone), planFacts(parsed.shift));
  return planned.length === 1 && only.shift.state === 'draft'
    ? { changes, shiftKept: false }
    : { changes: [], shiftKept: changes.length > 0 };
}

/** Before and after of the lines, in their order: by what is there now, or by what was there when they were applied. */
export async function previewLines(
  job: ImportRow,
  lines: readonly ImportLineRow[],
  zone: string,
): Promise<LinePreview[]> {
  const waiting = lines.filter(({ outcome, parsed }) => outcome === 'pending' && parsed !== null);
  const requests = await requestsBySource(
    job.mapping.system,
    waiting.map(({ key }) => key),
  );
  const planned = await plannedOf([...requests.values()].map(({ _id }) => _id));
  return lines.map((line): LinePreview => {
    const { parsed, trace } = line;
    if (!parsed) return NOTHING;
    const words = wordFacts(parsed);
    if (line.outcome === 'updated' && trace?.before) {
      const shift = trace.shift
        ? changesBetween(beforeFacts(trace.shift.before, zone), parsed.shift ? planFacts(parsed.shift) : {})
        : [];
      const changes = [...changesBetween(contentFacts(trace.before), words), ...shift];
      return { requestId: line.requestId, changes, shiftKept: trace.shift === null && parsed.shift !== null };
    }
    const request = line.outcome === 'pending' ? requests.get(line.key) : undefined;
    if (!request || line.expected !== 'updated') return { ...NOTHING, requestId: line.requestId };
    const shift = shiftChanges(parsed, planned.get(String(request._id)) ?? [], zone);
    return {
      requestId: request._id,
      changes: [...changesBetween(contentFacts(request), words), ...shift.changes],
      shiftKept: shift.shiftKept,
    };
  });
}
