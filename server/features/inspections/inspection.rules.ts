import { periodDays, periodRefusals } from '../certificates/certificate.rules.ts';
import { SUMS } from './inspection.types.ts';
import type { Sums } from './inspection.types.ts';

/** The tables of an inspection export and what each states; the order is that of the archive. */
export const TABLES = {
  people: [
    'person',
    'name',
    'birthDate',
    'phone',
    'county',
    'residence',
    'skills',
    'interests',
    'documentType',
    'documentNumber',
    'identity',
    'kind',
    'membership',
    'unit',
    'memberSince',
  ],
  records: [
    'record',
    'person',
    'state',
    'activity',
    'content',
    'place',
    'unit',
    'leader',
    'category',
    'activityFrom',
    'activityTo',
    'servedFrom',
    'servedTo',
    'breakMinutes',
    'minutes',
    'evidence',
    'presence',
    'presenceBy',
    'witness',
    'recordedBy',
    'recordedAt',
    'enteredBy',
    'entryReason',
    'approvedBy',
    'postedAt',
    'dueOn',
    'late',
    'anomalies',
    'notes',
    'rejectionReason',
    'recordedElsewhere',
    'movedOn',
    'rule',
  ],
  steps: ['record', 'at', 'from', 'to', 'by', 'reason'],
  held: ['record', 'person', 'heldAt', 'anomaly', 'facts', 'outcome', 'decidedAt', 'decidedBy', 'reason'],
  entries: [
    'account',
    'seq',
    'postingId',
    'cause',
    'minutes',
    'balance',
    'hoursId',
    'creditId',
    'bankId',
    'serviceDate',
    'serviceFrom',
    'serviceTo',
    'period',
    'postedAt',
    'actor',
    'by',
    'ruleVersion',
    'sourceKey',
    'reversalOf',
    'reason',
    'previousHash',
    'hash',
  ],
  accounts: ['account', 'person', 'entries', 'minutes', 'head'],
  claims: [
    'claim',
    'record',
    'person',
    'wrong',
    'state',
    'recordedMinutes',
    'text',
    'claimedAt',
    'claimedBy',
    'dueOn',
    'late',
    'answeredAt',
    'answeredBy',
    'answer',
  ],
  certificates: [
    'number',
    'person',
    'periodFrom',
    'periodTo',
    'activity',
    'minutes',
    'ledgerEntries',
    'ledgerHead',
    'pdfSha256',
    'keyId',
    'issuedAt',
    'issuedBy',
    'revokedAt',
    'revokedBy',
    'revocationReason',
  ],
  closings: [
    'number',
    'after',
    'through',
    'closedAt',
    'closedBy',
    'month',
    'entries',
    'minutes',
    'lateEntries',
    'lateMinutes',
    'digest',
  ],
  'two-persons': [
    'kind',
    'subject',
    'title',
    'minutes',
    'reason',
    'proposedBy',
    'proposedAt',
    'state',
    'decidedBy',
    'decidedAt',
    'answer',
  ],
} as const;
export type TableName = keyof typeof TABLES;
export const TABLE_NAMES = Object.keys(TABLES) as TableName[];
export const fileOf = (table: TableName): string => `${table}.csv`;

/** Longest period of one export, days: five years, and what a spreadsheet and a checker still open. */
export const MOST_DAYS = 1_830;

/** Why nobody exports this period, as a code; null where one may. @param today local date of the tenant */
export function exportRefusal(
  period: { readonly from: string; readonly to: string },
  today: string,
): string | null {
  const [refusal] = periodRefusals(period, today);
  return refusal ?? (periodDays(period) > MOST_DAYS ? 'period-too-long' : null);
}

export const noSums = (): Sums => Object.fromEntries(SUMS.map((name) => [name, 0])) as unknown as Sums;

/** A row of a table by its columns, as far as sums read them. */
type Row = Readonly<Record<string, string | number>>;

/** What rows of one table add to the sums; the exporter and the checker ask the same. */
export function sumsOf(table: TableName, row: Row): Partial<Sums> {
  const minutes = Number(row['minutes'] ?? 0);
  switch (table) {
    case 'people':
      return { people: 1 };
    case 'records':
      return {
        records: 1,
        recordedMinutes: minutes,
        late: row['late'] === 'yes' ? 1 : 0,
        backEntries: row['enteredBy'] === '' ? 0 : 1,
      };
    case 'held':
      return { held: 1 };
    case 'entries': {
      const ofPerson = String(row['account']).startsWith('person:');
      return {
        entries: 1,
        postedMinutes: ofPerson ? minutes : 0,
        reversedMinutes: ofPerson && row['cause'] === 'reversal' ? -minutes : 0,
      };
    }
    case 'claims':
      return { claims: 1, foundedClaims: row['state'] === 'founded' ? 1 : 0 };
    case 'certificates':
      return { certificates: 1, revoked: row['revokedAt'] === '' ? 0 : 1 };
    case 'steps':
    case 'accounts':
    case 'closings':
    case 'two-persons':
      return {};
  }
}
