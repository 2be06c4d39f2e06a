import { distanceMetres } from '../../core/geo.ts';
import type { LatLng } from '../../core/geo.ts';

/**
 * What makes an entry of hours worth a second look. Each rule is pure and says what it saw; a finding is a question for a
 * reviewer, never a verdict. Findings hold the record (`under_check`) until somebody independent has decided.
 */
export const ANOMALIES = [
  'overlap-elsewhere',
  'impossible-travel',
  'fresh-account',
  'round-numbers',
  'burst',
  'one-approver-many-strangers',
  'unseen-and-unverified',
  /** Somebody wanted to confirm it of whom, as of whoever saw the person come, only a typed number is known. */
  'nobody-known',
  /** Whoever wanted to confirm it had noted the coming themselves, and nobody else knows who the person is. */
  'sole-witness',
  /** Found out later: whoever confirmed or entered it was the same human by another account. */
  'same-human',
] as const;
export type AnomalyCode = (typeof ANOMALIES)[number];

export interface Anomaly {
  readonly code: AnomalyCode;
  /** What was counted or measured: whole numbers, for the explanation. */
  readonly facts: Readonly<Record<string, number>>;
}

/** One service of the same human, in whatever account and organisation. */
export interface OtherService {
  readonly from: Date;
  readonly to: Date;
  readonly at: LatLng | null;
}

export interface EntryFacts {
  readonly from: Date;
  readonly to: Date;
  readonly at: LatLng | null;
  readonly enteredAt: Date;
  /** Typed in by somebody, not measured at a shift. */
  readonly byHand: boolean;
  readonly seenByThird: boolean;
  readonly subjectVerified: boolean;
  readonly personSince: Date;
  /** Within a day of this one, this one left out. */
  readonly others: readonly OtherService[];
  /** The human's entries by hand of the last 30 days, newest first, this one left out. */
  readonly entriesByHand: readonly { readonly enteredAt: Date; readonly minutes: number }[];
  readonly minutes: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export const THRESHOLDS = {
  /** Metres: nearer places need no journey. */
  travelFrom: 5_000,
  /** Kilometres an hour, straight line: faster than any road or rail of a county. */
  travelSpeed: 120,
  freshHours: 24,
  roundEntries: 5,
  burstEntries: 4,
  burstMinutes: 30,
  strangers: 15,
  strangersHours: 24,
} as const;

type Rule = (facts: EntryFacts) => Anomaly | null;

const overlaps: Rule = ({ from, to, others }) => {
  const clashing = others.filter((other) => other.from < to && from < other.to);
  const minutes = clashing.reduce(
    (total, other) => total + Math.floor((Math.min(+other.to, +to) - Math.max(+other.from, +from)) / MINUTE),
    0,
  );
  return minutes > 0 ? { code: 'overlap-elsewhere', facts: { minutes, services: clashing.length } } : null;
};

const travel: Rule = ({ from, to, at, others }) => {
  if (!at) return null;
  for (const other of others) {
    if (!other.at) continue;
    const metres = distanceMetres(at, other.at);
    const gapMs = other.to <= from ? +from - +other.to : other.from >= to ? +other.from - +to : null;
    if (gapMs === null || metres < THRESHOLDS.travelFrom) continue;
    if (metres / 1000 > (gapMs / HOUR) * THRESHOLDS.travelSpeed)
      return {
        code: 'impossible-travel',
        facts: { kilometres: Math.round(metres / 1000), minutes: Math.floor(gapMs / MINUTE) },
      };
  }
  return null;
};

const fresh: Rule = ({ byHand, enteredAt, personSince }) => {
  const minutes = Math.floor((+enteredAt - +personSince) / MINUTE);
  return byHand && minutes < THRESHOLDS.freshHours * 60
    ? { code: 'fresh-account', facts: { minutes } }
    : null;
};

const round: Rule = ({ byHand, entriesByHand, minutes }) => {
  if (!byHand || minutes % 60 !== 0) return null;
  const last = entriesByHand.slice(0, THRESHOLDS.roundEntries - 1);
  const even = last.filter((entry) => entry.minutes % 60 === 0);
  return last.length === THRESHOLDS.roundEntries - 1 && even.length === last.length
    ? { code: 'round-numbers', facts: { entries: THRESHOLDS.roundEntries } }
    : null;
};

const burst: Rule = ({ byHand, entriesByHand, enteredAt }) => {
  const near = entriesByHand.filter(
    (entry) => +enteredAt - +entry.enteredAt < THRESHOLDS.burstMinutes * MINUTE,
  );
  return byHand && near.length + 1 >= THRESHOLDS.burstEntries
    ? { code: 'burst', facts: { entries: near.length + 1, minutes: THRESHOLDS.burstMinutes } }
    : null;
};

const unseen: Rule = ({ seenByThird, subjectVerified }) =>
  !seenByThird && !subjectVerified ? { code: 'unseen-and-unverified', facts: {} } : null;

const RULES: readonly Rule[] = [overlaps, travel, fresh, round, burst, unseen];

/** Everything worth a second look in this entry, in the order of the list; empty when nothing is. */
export const anomaliesOf = (facts: EntryFacts): Anomaly[] =>
  RULES.flatMap((rule) => {
    const found = rule(facts);
    return found ? [found] : [];
  });

/**
 * One approver who confirms what no third person saw for many whose shifts they never ran.
 * @param strangers people whose unseen hours the approver confirmed within the window, this one included
 */
export const manyStrangers = (strangers: number): Anomaly | null =>
  strangers > THRESHOLDS.strangers
    ? { code: 'one-approver-many-strangers', facts: { people: strangers, hours: THRESHOLDS.strangersHours } }
    : null;
