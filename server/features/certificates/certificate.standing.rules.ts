import type { ServiceEntry } from './certificate.types.ts';

/**
 * Minutes of a certificate that still stand: of the services posted up to its snapshot, what later reversals left. Service
 * posted since does not make up for what was taken back, since the certificate never stated it.
 * Service that its holder took along to another organisation was given all the same.
 * @param sequence number of the last entry that the certificate summed
 * @param entries every entry of the account in the period, also later ones
 */
export function standingMinutes(sequence: number, entries: readonly ServiceEntry[]): number {
  const stated = new Set(entries.filter((entry) => entry.sequence <= sequence).map((entry) => entry.hoursId));
  return entries.reduce((sum, entry) => {
    const left = entry.wentAlong === true && entry.minutes < 0;
    return stated.has(entry.hoursId) && !left ? sum + entry.minutes : sum;
  }, 0);
}
