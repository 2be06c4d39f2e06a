import type { ServiceEntry } from './certificate.types.ts';

/**
 * Minutes of a certificate that still stand: of the services posted up to its snapshot, what later reversals left. Service
 * posted since does not make up for what was taken back, since the certificate never stated it.
 * @param sequence number of the last entry that the certificate summed
 * @param entries every entry of the account in the period, also later ones
 */
export function standingMinutes(sequence: number, entries: readonly ServiceEntry[]): number {
  const stated = new Set(entries.filter((entry) => entry.sequence <= sequence).map((entry) => entry.hoursId));
  return entries.reduce((sum, entry) => (stated.has(entry.hoursId) ? sum + entry.minutes : sum), 0);
}
