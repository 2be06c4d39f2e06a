import type { EvidenceGrade } from '../hours/index.ts';

/** What an organisation recorded and certified in a year of its calendar; counts, and whole minutes. */
export interface YearFigures {
  /** Records of service that were confirmed here, and minutes and people in them. */
  records: number;
  minutes: number;
  people: number;
  /** Records by how it is known that the service was given. */
  grades: { grade: EvidenceGrade; records: number }[];
  /** Records that were completed after their ten working days. */
  late: number;
  /** Records taken back. */
  reversed: number;
  /** Claims that a record is wrong or missing, made in the year. */
  claims: { founded: number; refused: number; open: number };
  /** Service certificates issued in the year, and revoked in it whenever they were issued. */
  certificates: { issued: number; revoked: number };
}

/** As everybody may read them: null for what would tell of single people. */
export interface PublicFigures extends Omit<YearFigures, 'people' | 'minutes' | 'grades'> {
  readonly people: number | null;
  readonly minutes: number | null;
  readonly grades: YearFigures['grades'] | null;
}

/** Of fewer people than these a sum is what one of them did. */
export const FEWEST_PEOPLE = 5;
/** Years back that a report can be made for. */
const YEARS_BACK = 10;

export const forPublic = (figures: YearFigures): PublicFigures =>
  figures.people === 0 || figures.people >= FEWEST_PEOPLE
    ? figures
    : { ...figures, people: null, minutes: null, grades: null };

/**
 * Years that are over and have no report yet, the latest first.
 * @param today local date of the organisation
 */
export function reportableYears(today: string, reported: readonly number[]): number[] {
  const last = Number(today.slice(0, 4)) - 1;
  return Array.from({ length: YEARS_BACK }, (_, at) => last - at).filter((year) => !reported.includes(year));
}
