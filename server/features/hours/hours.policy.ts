import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { allow, deny } from '../../core/policy.ts';
import type { Decision } from '../../core/policy.ts';
import type { HoursRow } from './hours.model.ts';
import { whyNotConfirm } from './hours.rules.ts';
import { wasRecordedElsewhere } from './transfer.moves.ts';

type Subject = Pick<
  HoursRow,
  'personId' | 'unitId' | 'grade' | 'witness' | 'state' | 'confirmedByPersonId' | 'anomalies'
>;

const isOwn = (actor: AccountActor, row: Subject): boolean => String(row.personId) === actor.personId;
const rejecterOf = (row: Subject): string | null =>
  row.state === 'appealed' && row.confirmedByPersonId ? String(row.confirmedByPersonId) : null;

/** What a reviewer decides: what is held, and a contest of what once was, which no confirmer of the day lets by. */
export const isForReviewer = (row: Pick<Subject, 'state' | 'anomalies'>): boolean =>
  row.state === 'under_check' || (row.state === 'appealed' && row.anomalies.length > 0);

/** What stands against the actor's word whatever they may do (S-10). */
const whyNotBy = (actor: AccountActor, row: Subject): string | null =>
  whyNotConfirm({
    confirmerPersonId: actor.personId,
    subjectPersonId: String(row.personId),
    confirmerName: actor.name,
    grade: row.grade,
    witness: row.witness,
    rejectedByPersonId: rejecterOf(row),
  });

/** Nobody confirms their own hours, by any door and whatever else they may do (S-10); asked before any permission. */
export function canConfirm(actor: AccountActor, row: Subject): Decision {
  const refusal = whyNotBy(actor, row);
  if (refusal) return deny(refusal);
  return can(actor, 'hours:confirm', String(row.unitId)) ? allow : deny('not-permitted');
}

/** A witness may well say that it was otherwise; the person may not, nor whoever rejected it before. */
export function canReject(actor: AccountActor, row: Subject): Decision {
  if (isOwn(actor, row)) return deny('not-your-own');
  if (rejecterOf(row) === actor.personId) return deny('appeal-needs-another');
  return can(actor, 'hours:confirm', String(row.unitId)) ? allow : deny('not-permitted');
}

/** What was held is decided by a reviewer, never one's own, never by its only witness nor by whoever typed it in. */
export function canReview(actor: AccountActor, row: Subject & Pick<HoursRow, 'enteredBy'>): Decision {
  const refusal = whyNotBy(actor, row);
  if (refusal) return deny(refusal);
  if (row.enteredBy && String(row.enteredBy) === actor.personId) return deny('entered-by-yourself');
  return can(actor, 'hours:review', String(row.unitId)) ? allow : deny('not-permitted');
}

export function canReverse(actor: AccountActor, row: Subject): Decision {
  if (isOwn(actor, row)) return deny('not-your-own');
  return can(actor, 'hours:reverse', String(row.unitId)) ? allow : deny('not-permitted');
}

/** Whether the person took the record along to another of their own here: claims are about what it is there. */
const becameAnother = (row: Pick<HoursRow, 'movedTo' | 'tenantId'>): boolean =>
  row.movedTo?.tenantId.equals(String(row.tenantId)) ?? false;

/** Handing in a draft, contesting a rejection: the person alone. */
export const canSpeakFor = (actor: AccountActor, row: Subject): Decision =>
  isOwn(actor, row) ? allow : deny('only-the-person');

/** Whether the page of a posted record offers to claim that it is wrong: to its person, or to who enters hours for others. */
export const mayClaimOn = (
  actor: AccountActor,
  row: Subject & Pick<HoursRow, 'origin' | 'movedTo' | 'tenantId'>,
): boolean =>
  ['posted', 'moved'].includes(row.state) &&
  !wasRecordedElsewhere(row) &&
  !becameAnother(row) &&
  ((isOwn(actor, row) && can(actor, 'records:speak-own')) ||
    can(actor, 'hours:back-enter', String(row.unitId)));

export interface HoursAbilities {
  readonly submit: boolean;
  readonly confirm: boolean;
  readonly reject: boolean;
  readonly appeal: boolean;
  readonly reverse: boolean;
  readonly review: boolean;
}

/** What the page of a record offers. */
export function abilitiesFor(
  actor: AccountActor,
  row: Subject & Pick<HoursRow, 'enteredBy' | 'origin'>,
): HoursAbilities {
  const waiting = ['submitted', 'appealed'].includes(row.state) && !isForReviewer(row);
  const speaks = canSpeakFor(actor, row).allowed;
  return {
    submit: row.state === 'open' && speaks && can(actor, 'hours:log-own'),
    confirm: waiting && canConfirm(actor, row).allowed,
    reject: waiting && canReject(actor, row).allowed,
    appeal: row.state === 'rejected' && speaks && can(actor, 'records:speak-own'),
    reverse: ['posted', 'moved'].includes(row.state) && !row.origin && canReverse(actor, row).allowed,
    review: isForReviewer(row) && canReview(actor, row).allowed,
  };
}
