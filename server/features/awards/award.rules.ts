import type { FieldIssue } from '../../core/errors.ts';

/** Which awards an organisation records, on what ground, and who decides (R-1.11, 令67 art. 9). Pure: no clock, no database. */

/**
 * Whose award it is: the organisation's own, recorded promptly; that of a government from the county up, on the volunteer's
 * evidence; that of anybody else, on request and after verification.
 */
export const AWARD_ORIGINS = ['own', 'government', 'other'] as const;
export type AwardOrigin = (typeof AWARD_ORIGINS)[number];

/** Governments whose awards are recorded on evidence: what is below the county is another body's award. */
export const GOVERNMENT_LEVELS = ['county', 'city', 'province', 'nation'] as const;
export type GovernmentLevel = (typeof GOVERNMENT_LEVELS)[number];

/** How it was verified: in the organisation's own files, by the original, by asking who gave it, by what they announced. */
export const AWARD_CHECKS = ['own-files', 'original', 'issuer', 'announcement'] as const;
export type AwardCheck = (typeof AWARD_CHECKS)[number];

/** States in which it stands or waits: the same award is in one of them at most once. */
export const LIVING_AWARD = ['claimed', 'recorded', 'contested'] as const;

/** The award itself: what asks to be recorded, and whose it is. */
export interface AwardFacts {
  readonly origin: AwardOrigin;
  /** Of a government; null for others. */
  readonly level: GovernmentLevel | null;
  readonly name: string;
  /** Local day. */
  readonly awardedOn: string;
  /** The awarding unit. */
  readonly awardedBy: string;
}

/** What is wrong with these facts on this local day, beside the fields; empty when nothing is. */
export function awardFaults(award: AwardFacts, today: string): FieldIssue[] {
  const faults: FieldIssue[] = [];
  const ofGovernment = award.origin === 'government';
  if (ofGovernment && award.level === null) faults.push({ path: 'level', code: 'required' });
  if (!ofGovernment && award.level !== null)
    faults.push({ path: 'level', code: 'award-level-of-government' });
  if (award.awardedBy === '') faults.push({ path: 'awardedBy', code: 'required' });
  if (award.awardedOn > today) faults.push({ path: 'awardedOn', code: 'award-in-future' });
  return faults;
}

/** Marks that people set or leave out as they like: they tell no two awards apart. */
const MARKS = /[\s《》〈〉「」『』“”‘’"'()（）·.,，。、-]+/gu;
const folded = (text: string): string => text.normalize('NFKC').toLowerCase().replace(MARKS, '');

/** The same for two ways of writing one award of one day down: what a unique index keeps apart. */
export const awardKey = ({ name, awardedBy, awardedOn }: Omit<AwardFacts, 'origin' | 'level'>): string =>
  [awardedOn, folded(name), folded(awardedBy)].join('|');

/** How an award of this origin can be verified: what others gave is in no file of the organisation. */
export const checksFor = (origin: AwardOrigin): readonly AwardCheck[] =>
  origin === 'own' ? AWARD_CHECKS : AWARD_CHECKS.filter((check) => check !== 'own-files');

/** What is missing for recording what somebody asks for: an award of a government needs its evidence on file. */
export function whyNotRecord(
  { origin }: Pick<AwardFacts, 'origin'>,
  found: { readonly check: AwardCheck | null; readonly files: number },
): FieldIssue | null {
  if (found.check === null) return { path: 'check', code: 'required' };
  if (!checksFor(origin).includes(found.check)) return { path: 'check', code: 'not-an-option' };
  if (origin === 'government' && found.files === 0) return { path: 'check', code: 'award-evidence-needed' };
  return null;
}
