/** What a row changes of the thing it stands for, field by field: texts, for people and for programs. */

export const CHANGE_FIELDS = [
  'title',
  'description',
  'category',
  'organisation',
  'placeLabel',
  'address',
  'coordinates',
  'risks',
  'support',
  'date',
  'startTime',
  'hours',
  'people',
] as const;
export type ChangeField = (typeof CHANGE_FIELDS)[number];

/** A thing as texts; a field that is not there is not compared. */
export type Facts = Readonly<Partial<Record<ChangeField, string>>>;

export interface FieldChange {
  readonly field: ChangeField;
  readonly before: string;
  readonly after: string;
}

/** The fields that both name and that differ, in the order people read them. */
export function changesBetween(before: Facts, after: Facts): FieldChange[] {
  return CHANGE_FIELDS.flatMap((field) => {
    const [was, becomes] = [before[field], after[field]];
    return was === undefined || becomes === undefined || was === becomes
      ? []
      : [{ field, before: was, after: becomes }];
  });
}

interface Words {
  readonly title: string;
  readonly description: string;
  readonly category: string;
  readonly organisation: string;
  readonly placeLabel: string;
  readonly address: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly risks: string;
  readonly support: string;
}

/** The words of an opportunity as comparable texts. */
export function wordFacts(words: Words): Facts {
  const { latitude, longitude, title, description, category, organisation, placeLabel, address } = words;
  return {
    title,
    description,
    category,
    organisation,
    placeLabel,
    address,
    coordinates: latitude === null || longitude === null ? '' : `${latitude}, ${longitude}`,
    risks: words.risks,
    support: words.support,
  };
}

interface Plan {
  readonly date: string;
  readonly startMinutes: number;
  /** Length. */
  readonly minutes: number;
  readonly people: number | null;
}

const clock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

/** When a shift is, as comparable texts on the tenant's wall clock; empty texts for no shift. */
export function planFacts(plan: Plan | null): Facts {
  if (!plan) return { date: '', startTime: '', hours: '', people: '' };
  return {
    date: plan.date,
    startTime: clock(plan.startMinutes),
    hours: String(Math.round((plan.minutes / 60) * 100) / 100),
    people: plan.people === null ? '' : String(plan.people),
  };
}
