/** Small invented files with the columns and the traps of real ones. */
export const NYC_HEADER = [
  'opportunity_id',
  'vol_requests',
  'event_time',
  'title',
  'summary',
  'category_desc',
  'org_title',
  'locality',
  'region',
  'Postcode',
  'recurrence_type',
  'hours',
  'start_date_date',
  'end_date_date',
  'Borough',
  'Latitude',
  'Longitude',
] as const;

type NycRow = Partial<Record<(typeof NYC_HEADER)[number], string>>;

export const LOCALITY =
  `{'longitude': '-73.9', 'latitude': '40.7', 'human_address': ` +
  `'{"address": "1 Sample\\'s Row", "city": "Exampleville", "state": "NY", "zip": "10000"}'}`;

let number = 0;
/** A row that is accepted as it stands; each call makes another opportunity. */
export function nycRow(overrides: NycRow = {}): NycRow {
  number += 1;
  return {
    opportunity_id: String(9_000 + number),
    vol_requests: '3',
    event_time: '0',
    title: `Read to neighbours ${number}`,
    summary: 'Read the newspaper to people who cannot.',
    category_desc: 'Education',
    org_title: 'Sample Readers',
    locality: LOCALITY,
    region: 'NY',
    Postcode: '10000',
    recurrence_type: 'ongoing',
    hours: '0',
    start_date_date: 'June 05 2011',
    end_date_date: 'June 04 2012',
    Borough: '',
    Latitude: '',
    Longitude: '',
    ...overrides,
  };
}

const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

export function nycFile(rows: readonly NycRow[]): string {
  return [
    NYC_HEADER.join(','),
    ...rows.map((row) => NYC_HEADER.map((column) => quoted(row[column] ?? '')).join(',')),
    '',
  ].join('\n');
}
