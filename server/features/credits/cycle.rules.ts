import { addDays, addMonths, daysBetween } from '../../core/time.ts';
import { minutesOf } from './amount.rules.ts';
import type { CreditEntry, CycleBounds, CycleInput, Programme } from './credit.types.ts';

/**
 * Which cycle is looked at, from when to when, and under which version of the rules. Cycles follow each other without a gap:
 * each starts the day after the one before. They are counted from the registration's own day, so that one of 31 May or
 * 29 February comes back to it wherever the month has it; the last day of a shorter month stands in (F-32).
 */
interface Round {
  readonly start: string;
  /** First day of the following cycle. */
  readonly next: string;
  /** The version that shapes the cycle, whether or not it is in force. */
  readonly programme: Programme;
  readonly inForce: boolean;
  readonly first: boolean;
}

const knownFrom = ({ publishedOn, effective: [from] }: Programme): string =>
  publishedOn !== undefined && publishedOn > from ? publishedOn : from;

/**
 * The version in force on a cycle's first day, as it was known then: what is published later never reaches back, not even
 * by ending a version earlier. A cycle that began before all versions has the first that begins within it.
 */
function versionFor(versions: readonly Programme[], start: string): { programme: Programme; until: string } {
  const known = versions.filter((one) => knownFrom(one) <= start).at(-1);
  const successor = versions.find((one) => known !== undefined && one.effective[0] > known.effective[0]);
  const programme = known ?? versions[0];
  if (!programme) throw new RangeError('A programme has at least one version');
  // An end that only makes room for a successor is known no earlier than the successor.
  const until = successor ? '9999-12-31' : (programme.effective[1] ?? '9999-12-31');
  return { programme, until };
}

/**
 * The version that governs a cycle: the one it began under, to its end, unless a later one that was known and in force
 * before the end says that it takes over open cycles. A closed cycle therefore never changes.
 */
function governing(versions: readonly Programme[], round: Round, on: string): Programme {
  const last = on < round.next ? on : addDays(round.next, -1);
  return versions.reduce((chosen, one) => {
    const known = knownFrom(one);
    return one.openCycles === 'newRules' && known > round.start && known <= last ? one : chosen;
  }, round.programme);
}

function* registrationRounds(versions: readonly Programme[], registeredOn: string): Generator<Round> {
  let start = registeredOn;
  let origin = registeredOn;
  let passed = 0;
  let months = 0;
  for (;;) {
    const { programme, until } = versionFor(versions, start);
    if (programme.cycle.kind !== 'fromRegistration') return;
    if (programme.cycle.months !== months) {
      origin = start;
      passed = 0;
      months = programme.cycle.months;
    }
    passed += months;
    const next = addMonths(origin, passed);
    yield {
      start,
      next,
      programme,
      inForce: inForce(programme, until, start, next),
      first: passed === months,
    };
    start = next;
  }
}

const inForce = (programme: Programme, until: string, start: string, next: string): boolean =>
  programme.effective[0] < next && start <= until;

/** First day of the year of the programme that contains the day. */
export function yearStart(monthDay: string, day: string): string {
  const year = Number(day.slice(0, 4));
  return day.slice(5) >= monthDay ? `${year}-${monthDay}` : `${year - 1}-${monthDay}`;
}

function* calendarRounds(versions: readonly Programme[], from: string): Generator<Round> {
  let day = from;
  for (;;) {
    const { cycle } = versionFor(versions, day).programme;
    if (cycle.kind !== 'calendarYear') return;
    const start = yearStart(cycle.startsOn, day);
    const next = addMonths(start, 12);
    const { programme, until } = versionFor(versions, start);
    yield { start, next, programme, inForce: inForce(programme, until, start, next), first: false };
    day = next;
  }
}

/**
 * Last day on which a cycle is the one looked at. A registration that ran out is renewed by an application only: for the
 * days of grace, and for as long as its window was, it is late rather than forgotten. Whoever has renewed names
 * the new registration, or the cycle.
 */
function lastDayOf(round: Round): string {
  const { kind, graceDays, windowMonthsBefore } = round.programme.cycle;
  const grace = addDays(round.next, graceDays - 1);
  if (kind === 'calendarYear') return grace;
  const late = addDays(addMonths(round.next, windowMonthsBefore ?? 0), -1);
  return grace > late ? grace : late;
}

function boundsOf(versions: readonly Programme[], round: Round, on: string): CycleBounds {
  const programme = governing(versions, round, on);
  const { windowMonthsBefore, graceDays } = round.programme.cycle;
  const end = addDays(round.next, -1);
  const early = round.first ? programme.carryOver.monthsBeforeRegistration : 0;
  return {
    programme,
    start: round.start,
    end,
    countsFrom: early > 0 ? addMonths(round.start, -early) : round.start,
    windowStart: windowMonthsBefore === null ? round.start : later(round, windowMonthsBefore),
    windowEnd: addDays(end, graceDays),
  };
}

function later(round: Round, months: number): string {
  const opens = addMonths(round.next, -months);
  return opens > round.start ? opens : round.start;
}

/** Registration that the cycles are counted from: the old one's when the programme keeps its cycle on a change of level. */
function registrationOf({ registeredOn, changedFrom }: CycleInput, levelChange: string): string {
  return (changedFrom && levelChange !== 'newCycle' ? changedFrom.registeredOn : registeredOn) ?? '';
}

export type CycleFault =
  'registration-missing' | 'change-before-registration' | 'no-such-cycle' | 'not-in-force';

const MOST_ROUNDS = 4_000;

function roundsFrom(
  versions: readonly Programme[],
  input: CycleInput,
  earliest: string,
): Iterable<Round> | null {
  const [first] = versions;
  if (!first) return null;
  if (first.cycle.kind === 'calendarYear') return calendarRounds(versions, earliest);
  const registration = registrationOf(input, versions.at(-1)?.levelChange ?? 'newCycle');
  return registration === '' ? null : registrationRounds(versions, registration);
}

/**
 * The cycles up to the one that is looked at, which is the last: the one named by `startsOn`, else the one that `on`
 * belongs to; a day before the registration belongs to the first cycle. `from` is the first day whose calendar year
 * matters. Returns a fault's code when there is no such cycle, or no version of the programme is in force for it.
 */
export function cyclesUpTo(
  versions: readonly Programme[],
  input: CycleInput,
  on: string,
  from = input.startsOn ?? on,
): readonly CycleBounds[] | CycleFault {
  if (input.changedFrom && (input.registeredOn ?? '') <= input.changedFrom.registeredOn)
    return 'change-before-registration';
  const wanted = input.startsOn ?? null;
  const grace = Math.max(...versions.map(({ cycle }) => cycle.graceDays));
  const rounds = roundsFrom(versions, input, wanted ?? addDays(from < on ? from : on, -grace));
  if (!rounds) return 'registration-missing';
  const found: CycleBounds[] = [];
  for (const round of rounds) {
    found.push(boundsOf(versions, round, on));
    if (wanted === null ? on <= lastDayOf(round) : round.start >= wanted) {
      if (wanted !== null && round.start !== wanted) return 'no-such-cycle';
      return round.inForce ? found : 'not-in-force';
    }
    if (found.length > MOST_ROUNDS) break;
  }
  return 'no-such-cycle';
}

/** The version that governs the cycle looked at on the day; null where there is no such cycle, or none in force for it. */
export function governingVersion(
  versions: readonly Programme[],
  input: CycleInput,
  on: string,
): Programme | null {
  const cycles = cyclesUpTo(versions, input, on);
  return typeof cycles === 'string' ? null : (cycles.at(-1)?.programme ?? null);
}

/** Minutes that the cycle asks for in all; by the days under each level where the programme says so (rounded up). */
export function requiredMinutes({ programme, start, end }: CycleBounds, input: CycleInput): number {
  const full = minutesOf(programme.requirement.total, programme);
  const { changedFrom, registeredOn } = input;
  if (!changedFrom || !registeredOn || programme.levelChange !== 'prorated') return full;
  if (registeredOn <= start || registeredOn > end) return full;
  const days = daysBetween(start, end) + 1;
  const old = daysBetween(start, registeredOn);
  const before = Math.round(changedFrom.total * programme.unitMinutes);
  return Math.ceil((before * old + full * (days - old)) / days);
}

/** First day of what matters to an evaluation that carries over: the first entry's. */
export const firstDay = (entries: readonly CreditEntry[], on: string): string =>
  entries.reduce((first, { date }) => (date < first ? date : first), on);
