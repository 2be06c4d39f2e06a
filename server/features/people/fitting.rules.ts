import { localDate } from '../../core/time.ts';
import type { Booking, Consent, ConsentPurpose, PersonRow } from './person.model.ts';

/** Versions of the consent texts: a changed text is a new version and asks again. */
export const CONSENT_VERSIONS: Record<ConsentPurpose, string> = {
  terms: '2026-11',
  'asked-by-others': '2026-11',
  location: '2026-11',
  guardian: '2026-11',
};

/** Of a consent, what says whether it stands. */
export type ConsentStanding = Pick<Consent, 'purpose' | 'version' | 'withdrawnAt'>;

/** Whether a consent is to the text as it stands today: a changed text asks again. */
export const isCurrent = (consent: Pick<Consent, 'purpose' | 'version'>): boolean =>
  consent.version === CONSENT_VERSIONS[consent.purpose];

export const hasConsent = (
  person: { readonly consents: readonly ConsentStanding[] },
  purpose: ConsentPurpose,
): boolean =>
  person.consents.some(
    (consent) => consent.purpose === purpose && consent.withdrawnAt === null && isCurrent(consent),
  );

/** Whom others may ask: people of these counties who agreed to it, to today's text. */
export const findableFilter = (counties: readonly string[], now: Date): Record<string, unknown> => ({
  county: { $in: [...counties] },
  // Minors are asked by their own organisations only (S-49); who gave no birth date said to be of age.
  $or: [{ birthDate: null }, { birthDate: { $lte: bornBefore(localDate(now, 'Asia/Shanghai')) } }],
  consents: {
    $elemMatch: {
      purpose: 'asked-by-others',
      version: CONSENT_VERSIONS['asked-by-others'],
      withdrawnAt: null,
    },
  },
});

/** The same of one person: whether an organisation of these counties may ask somebody who is not its member (S-49). */
export const isFindable = (
  person: Pick<PersonToFit, 'county' | 'birthDate' | 'consents'>,
  counties: readonly string[],
  now: Date,
): boolean =>
  person.county !== null &&
  counties.includes(person.county) &&
  (person.birthDate === null || person.birthDate <= bornBefore(localDate(now, 'Asia/Shanghai'))) &&
  hasConsent(person, 'asked-by-others');

/** The latest birth date of somebody who is eighteen on the day; both `YYYY-MM-DD`, which sort like dates. */
const bornBefore = (day: string): string => `${Number(day.slice(0, 4)) - 18}${day.slice(4)}`;

/** What fitting asks of a person. */
export type PersonToFit = Pick<
  PersonRow,
  | '_id'
  | 'birthDate'
  | 'languages'
  | 'skills'
  | 'home'
  | 'county'
  | 'availability'
  | 'radiusMetres'
  | 'interests'
> & { readonly consents: readonly ConsentStanding[] };
/** The same with the name, for whoever may be told it. */
export type NamedToFit = PersonToFit & Pick<PersonRow, 'name'>;
export const FIT_FIELDS = {
  birthDate: 1,
  languages: 1,
  skills: 1,
  home: 1,
  county: 1,
  availability: 1,
  radiusMetres: 1,
  interests: 1,
  // Of a consent only whether it stands.
  'consents.purpose': 1,
  'consents.version': 1,
  'consents.withdrawnAt': 1,
} as const;

/** Each booking once, however many days it touches. */
export const bookingsIn = (days: readonly { readonly bookings: readonly Booking[] }[]): Booking[] => [
  ...new Map(
    days.flatMap(({ bookings }) => bookings.map((one) => [String(one.assignmentId), one] as const)),
  ).values(),
];
