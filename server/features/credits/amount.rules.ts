import type { Amount, Conversion, CreditEntry, Programme } from './credit.types.ts';

/** Whole minutes of an amount of the programme; a share is one of the required total, rounded up in the programme's favour. */
export function minutesOf(amount: Amount, { unitMinutes, requirement }: Programme): number {
  if (typeof amount === 'number') return Math.round(amount * unitMinutes);
  if ('minutes' in amount) return amount.minutes;
  const [part = 0, whole = 1] = amount.share.split('/').map(Number);
  return Math.ceil((Math.round(requirement.total * unitMinutes) * part) / whole);
}

/** An entry's raw worth in minutes by its conversion, before rounding; null when what the rule needs is missing. */
function worthOf(entry: CreditEntry, { rule, value = 0 }: Conversion, unitMinutes: number): number | null {
  switch (rule) {
    case 'actual':
    case 'actualTaught':
      return entry.minutes ?? 0;
    case 'fixed':
      return value * unitMinutes;
    case 'perUnit':
      return entry.quantity == null ? null : entry.quantity * value * unitMinutes;
  }
}

// 0.1 + 0.2: a quotient that is whole but for the last binary digit counts as whole.
const TINY = 1e-9;
const ROUND = {
  floor: (value: number) => Math.floor(value + TINY),
  nearest: (value: number) => Math.floor(value + 0.5 + TINY),
  ceil: (value: number) => Math.ceil(value - TINY),
};

/**
 * What an entry is worth by itself, in whole minutes, rounded as the programme says; null when a quantity is missing. Where
 * the programme's step is no whole number of minutes (half of a unit of 45), the result is cut down to whole minutes.
 */
export function entryMinutes(
  entry: CreditEntry,
  conversion: Conversion,
  programme: Programme,
): number | null {
  const worth = worthOf(entry, conversion, programme.unitMinutes);
  if (worth === null) return null;
  if (!programme.rounding) return Math.floor(worth + TINY);
  const step = programme.rounding.to * programme.unitMinutes;
  return Math.floor(ROUND[programme.rounding.mode](worth / step) * step + TINY);
}
