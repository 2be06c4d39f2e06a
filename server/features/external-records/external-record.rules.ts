/**
 * How far a record kept here is entered in the designated national system (R-1.6: 条例 art. 19, 令67 art. 4). Nothing here speaks
 * with that system: people carry a file there and bring its answer back. Pure.
 */

/** Records of one file: what two people still look over, and what one transaction holds. */
export const MOST_EXPORTED = 1_000;
/** Rows of one answer. */
export const MOST_ANSWERED = 5_000;

/** What the file states: how the rows are known, the seven items of a service record, and what the answer fills in. */
export const ENTRY_COLUMNS = [
  'record',
  'action',
  'name',
  'birthDate',
  'phone',
  'documentType',
  'documentNumber',
  'activity',
  'date',
  'place',
  'content',
  'minutes',
  'unit',
  'leader',
  'externalId',
  'refusedBecause',
] as const;

/** One row of an answer, as it was read. */
export interface AnswerRow {
  /** Of the file, the heading being line 1. */
  readonly line: number;
  readonly record: string;
  readonly action: string;
  readonly externalId: string;
  readonly refusedBecause: string;
}

/** What an answer does to a row. */
export type AnswerStep =
  | { readonly to: 'confirmed'; readonly externalId: string }
  | { readonly to: 'failed'; readonly reason: string }
  | { readonly to: 'withdrawn' }
  /** It was taken back here while the answer was on its way. */
  | { readonly to: 'to_withdraw'; readonly externalId: string }
  | { readonly to: 'dropped' };

export type AnswerFault =
  | 'record-unknown'
  | 'record-twice'
  | 'nothing-answered'
  | 'both-answered'
  | 'external-id-long'
  | 'external-id-taken'
  | 'not-to-be-answered';

const LONGEST_ID = 100;
const LONGEST_REASON = 300;

/** What a row of an answer means for a record in this state: a step, a fault, or null where it says what is known already. */
export function answerOf(
  row: AnswerRow,
  known: { readonly state: string; readonly externalId: string | null },
): AnswerStep | AnswerFault | null {
  const [id, reason] = [row.externalId.trim(), row.refusedBecause.trim()];
  if (id === '' && reason === '') return 'nothing-answered';
  if (id.length > LONGEST_ID) return 'external-id-long';
  if (known.state === 'to_withdraw' && known.externalId === null) {
    // Sent, and taken back here before the answer came: what was entered has to go, what was refused never was there.
    if (id !== '' && reason !== '') return 'both-answered';
    return id === '' ? { to: 'dropped' } : { to: 'to_withdraw', externalId: id };
  }
  if (known.state === 'to_withdraw') {
    // What was taken back here is taken back there when the answer names the record that it was.
    if (row.action !== 'withdraw' || reason !== '' || id !== known.externalId) return 'not-to-be-answered';
    return { to: 'withdrawn' };
  }
  if (id !== '' && reason !== '') return 'both-answered';
  if (known.state === 'confirmed') return id === known.externalId ? null : 'not-to-be-answered';
  if (!['waiting', 'exported', 'failed'].includes(known.state)) return 'not-to-be-answered';
  if (id !== '') return { to: 'confirmed', externalId: id };
  return known.state === 'waiting'
    ? 'not-to-be-answered'
    : { to: 'failed', reason: reason.slice(0, LONGEST_REASON) };
}

/** What becomes of an entry when its record is taken back here; null where there is nothing to do. */
export function afterReversal(state: string): 'dropped' | 'to_withdraw' | null {
  if (state === 'waiting' || state === 'failed') return 'dropped';
  return state === 'exported' || state === 'confirmed' ? 'to_withdraw' : null;
}
