import type { AssignmentRow, AttendanceMark, LeavingReason } from '../assignments/index.ts';
import type { ProposalRow } from '../proposals/index.ts';
import type { HoursClaimRow } from './claim.model.ts';
import type { HoursRow } from './hours.model.ts';

/**
 * How an hour came to be what it is: who took each step, when, and how. Everything is read from what the rows themselves remember,
 * so that nothing is told which nothing proves. Pure: rows come in, steps come out; who may read which name is asked elsewhere.
 */

export const STORY_STEPS = [
  'checked-in',
  'no-show',
  'checked-out',
  'recorded',
  'logged',
  'drafted',
  'entered-afterwards',
  'taken-in',
  'joined',
  'corrected',
  'added',
  'handed-in',
  'held',
  'confirmed',
  'released',
  'rejected',
  'contested',
  'moved',
  'reversed',
  'claimed',
  'claim-founded',
  'claim-refused',
  'claim-withdrawn',
  'reversal-proposed',
  'reversal-declined',
  'reversal-withdrawn',
  'reversal-lapsed',
] as const;
export type StoryStepName = (typeof STORY_STEPS)[number];

/** By what means, or on what occasion. */
export const STORY_WAYS = [
  'code',
  'code-kept-offline',
  'kiosk',
  'coordinator',
  'automatic',
  'forgotten',
  'shift-cancelled',
  'membership-stopped',
  'at-submission',
  'at-confirmation',
  'for-person',
  'for-guardian',
] as const;
export type StoryWay = (typeof STORY_WAYS)[number];

const LEAVING: readonly (string | null)[] = [
  'forgotten',
  'shift-cancelled',
  'membership-stopped',
] satisfies LeavingReason[];
const isLeavingReason = (reason: string | null): reason is LeavingReason => LEAVING.includes(reason);

/** As whom somebody acted. */
export type StoryPart = 'self' | 'coordinator' | 'reviewer' | 'organisation' | 'system';

/** Who took a step: ids of ours that a service turns into what the reader may know. */
export interface StoryActor {
  readonly part: StoryPart;
  readonly accountId: string | null;
  readonly personId: string | null;
}

export interface StoryStep {
  readonly at: Date;
  readonly what: StoryStepName;
  readonly way: StoryWay | null;
  readonly by: StoryActor;
  readonly reason: string | null;
  /** The instant that counts, where it is another than when it was noted. */
  readonly counted: Date | null;
  /** Metres from the place, where the person agreed to be measured. */
  readonly distanceMetres: number | null;
  /** The organisation it went to or came from. */
  readonly organisationId: string | null;
}

/** One record of the story: what an earlier record was is told before what it became. */
export interface StoryRecord {
  readonly row: HoursRow;
  /** The place in a shift that it records; null where nobody scheduled it. */
  readonly place: Pick<AssignmentRow, 'checkIn' | 'checkOut' | 'history'> | null;
  readonly shiftWasCancelled: boolean;
  /** The claim that made it, where one did. */
  readonly madeBy: HoursClaimRow | null;
}

export interface StoryFacts {
  /** The organisation whose story it is. */
  readonly tenantId: string;
  /** Accounts of the person, also of records that became this one's. */
  readonly ownAccounts: ReadonlySet<string>;
  readonly ownPersons: ReadonlySet<string>;
  readonly records: readonly StoryRecord[];
  readonly claims: readonly HoursClaimRow[];
  readonly proposals: readonly ProposalRow[];
}

type Id = { toString(): string } | null | undefined;
const text = (id: Id): string | null => (id ? String(id) : null);
const SYSTEM: StoryActor = { part: 'system', accountId: null, personId: null };
/** Noted less than this apart, two instants are one. */
const SAME_MS = 60_000;

const step = (
  at: Date,
  what: StoryStepName,
  by: StoryActor,
  more: Partial<Omit<StoryStep, 'at' | 'what' | 'by'>> = {},
): StoryStep => ({
  way: null,
  reason: null,
  counted: null,
  distanceMetres: null,
  organisationId: null,
  ...more,
  at,
  what,
  by,
});

/** The whole story, oldest first. */
export function storyOf(facts: StoryFacts): StoryStep[] {
  const steps = [
    ...facts.records.flatMap((record, at) => recordSteps(facts, record, facts.records[at + 1] ?? null)),
    ...facts.claims.flatMap((claim) => claimSteps(facts, claim)),
    ...facts.proposals.flatMap((proposal) => proposalSteps(facts, proposal)),
  ];
  return steps.sort((a, b) => a.at.getTime() - b.at.getTime() || rank(a) - rank(b));
}

/** Steps of one transaction bear one instant: an answer comes before what it did; all else stands in its own order already. */
const rank = ({ what }: StoryStep): number => (what.startsWith('claim-') ? 0 : 1);

function whoIs(
  { ownAccounts, ownPersons }: StoryFacts,
  part: StoryPart,
  who: { accountId?: Id; personId?: Id },
): StoryActor {
  const [accountId, personId] = [text(who.accountId), text(who.personId)];
  if ((accountId && ownAccounts.has(accountId)) || (personId && ownPersons.has(personId)))
    return { part: 'self', accountId, personId };
  return accountId || personId ? { part, accountId, personId } : SYSTEM;
}

function recordSteps(facts: StoryFacts, record: StoryRecord, next: StoryRecord | null): StoryStep[] {
  const { row } = record;
  const steps = record.place ? placeSteps(facts, record, record.place) : [];
  for (const [at, entry] of row.history.entries()) {
    const found = at === 0 ? birthStep(facts, record, entry) : laterStep(facts, record, { entry, at, next });
    if (found) steps.push(found);
  }
  return steps;
}

type Entry = HoursRow['history'][number];

/** How it came to be written down. */
function birthStep(facts: StoryFacts, { row, madeBy }: StoryRecord, entry: Entry): StoryStep {
  const by = (part: StoryPart): StoryActor => whoIs(facts, part, entry);
  if (row.origin) {
    const here = String(row.origin.tenantId) === facts.tenantId;
    return here
      ? step(entry.at, 'joined', by('organisation'))
      : step(entry.at, 'taken-in', by('organisation'), { organisationId: String(row.origin.tenantId) });
  }
  if (madeBy)
    return step(entry.at, madeBy.hoursId ? 'corrected' : 'added', by('organisation'), {
      reason: madeBy.answer || null,
    });
  if (row.grade === 'back-entry')
    return step(entry.at, 'entered-afterwards', whoIs(facts, 'coordinator', { personId: row.enteredBy }), {
      reason: row.entryReason || null,
    });
  if (row.grade !== 'self') return step(entry.at, 'recorded', SYSTEM);
  const [, second] = row.history;
  return step(
    entry.at,
    second?.at.getTime() === entry.at.getTime() ? 'logged' : 'drafted',
    by('coordinator'),
  );
}

function laterStep(
  facts: StoryFacts,
  record: StoryRecord,
  { entry, at, next }: { entry: Entry; at: number; next: StoryRecord | null },
): StoryStep | null {
  const { row, madeBy } = record;
  const before = row.history[at - 1];
  const together = before !== undefined && before.at.getTime() === entry.at.getTime();
  const why = { reason: entry.reason };
  const decider = isReviewed(row, at) ? 'reviewer' : 'coordinator';
  switch (entry.to) {
    case 'submitted':
      // Handed in by what made it; only a draft is handed in on its own.
      return together ? null : step(entry.at, 'handed-in', whoIs(facts, 'coordinator', entry));
    case 'under_check':
      return together
        ? step(entry.at, 'held', SYSTEM, { way: 'at-submission' })
        : step(entry.at, 'held', whoIs(facts, 'coordinator', entry), { way: 'at-confirmation' });
    case 'approved':
      // A founded claim confirms what it corrects in the same breath.
      if (madeBy && together) return null;
      return step(
        entry.at,
        entry.from === 'under_check' ? 'released' : 'confirmed',
        whoIs(facts, decider, entry),
        why,
      );
    case 'rejected':
      return step(entry.at, 'rejected', whoIs(facts, decider, entry), why);
    case 'appealed':
      return step(entry.at, 'contested', whoIs(facts, 'organisation', entry), why);
    case 'moved':
      // Told by the record that it became.
      if (next && String(next.row.origin?.hoursId) === String(row._id)) return null;
      return step(entry.at, 'moved', whoIs(facts, 'organisation', entry), {
        organisationId: row.movedTo ? String(row.movedTo.tenantId) : null,
      });
    case 'reversed':
      return step(entry.at, 'reversed', whoIs(facts, 'reviewer', entry), why);
    default:
      return null;
  }
}

/** A reviewer decides what was held, also when its rejection is contested. */
const isReviewed = (row: HoursRow, at: number): boolean =>
  row.history.slice(0, at).some(({ to }) => to === 'under_check');

/** Coming and going as they were noted. */
function placeSteps(
  facts: StoryFacts,
  record: StoryRecord,
  { checkIn, checkOut, history }: NonNullable<StoryRecord['place']>,
): StoryStep[] {
  const entryOf = (state: string) => history.findLast(({ to }) => to === state);
  const [came, missed, left] = [entryOf('checked_in'), entryOf('no_show'), entryOf('checked_out')];
  const steps: StoryStep[] = [];
  if (checkIn) steps.push(markStep(facts, 'checked-in', checkIn, { noted: came?.at, way: wayOf(checkIn) }));
  if (missed)
    steps.push(
      step(missed.at, 'no-show', whoIs(facts, 'coordinator', missed), {
        reason: missed.accountId ? missed.reason : null,
      }),
    );
  if (!checkOut) return steps;
  if (checkOut.method !== 'automatic') {
    steps.push(markStep(facts, 'checked-out', checkOut, { noted: left?.at, way: wayOf(checkOut) }));
    return steps;
  }
  const way = leavingOf(left, record.shiftWasCancelled);
  steps.push({
    ...markStep(facts, 'checked-out', checkOut, { noted: left?.at, way }),
    // Whoever called the shift off, or stopped the membership, ended the service too.
    by: way === 'forgotten' || !left ? SYSTEM : whoIs(facts, 'organisation', left),
  });
  return steps;
}

const wayOf = ({ method, lateMinutes }: AttendanceMark): StoryWay =>
  method === 'code' && lateMinutes ? 'code-kept-offline' : method;

/** Rows of before it was kept say it by who noted it: the sweep sees to what was forgotten only. */
function leavingOf(left: Entry | undefined, shiftWasCancelled: boolean): StoryWay {
  if (!left) return 'automatic';
  if (isLeavingReason(left.reason)) return left.reason;
  if (!left.accountId) return 'forgotten';
  return shiftWasCancelled ? 'shift-cancelled' : 'membership-stopped';
}

function markStep(
  facts: StoryFacts,
  what: 'checked-in' | 'checked-out',
  mark: AttendanceMark,
  { noted, way }: { noted: Date | undefined; way: StoryWay },
): StoryStep {
  const at = noted && noted > mark.at ? noted : mark.at;
  const by: StoryActor =
    mark.method === 'code'
      ? { part: 'self', accountId: text(mark.by), personId: null }
      : mark.method === 'automatic'
        ? SYSTEM
        : whoIs(facts, 'coordinator', { accountId: mark.by });
  return step(at, what, by, {
    way,
    counted: at.getTime() - mark.at.getTime() >= SAME_MS ? mark.at : null,
    distanceMetres: mark.distanceMetres ?? null,
  });
}

function claimSteps(facts: StoryFacts, claim: HoursClaimRow): StoryStep[] {
  const steps = [
    step(
      claim.createdAt,
      'claimed',
      whoIs(facts, 'organisation', {
        personId: claim.claimedByPersonId,
        accountId: claim.history[0]?.accountId,
      }),
      {
        way: claim.saidBy === 'person' ? 'for-person' : claim.saidBy === 'guardian' ? 'for-guardian' : null,
        reason: claim.text,
      },
    ),
  ];
  const last = claim.history.at(-1);
  if (last && claim.state !== 'claimed')
    steps.push(
      step(
        last.at,
        `claim-${claim.state}` as StoryStepName,
        whoIs(facts, 'organisation', { ...last, personId: claim.answeredByPersonId }),
        { reason: claim.answer || last.reason },
      ),
    );
  return steps;
}

/** What two persons agreed on is told as what it did; who proposed it, before that. */
function proposalSteps(facts: StoryFacts, proposal: ProposalRow): StoryStep[] {
  const steps = [
    step(
      proposal.createdAt,
      'reversal-proposed',
      whoIs(facts, 'reviewer', { accountId: proposal.proposedBy, personId: proposal.proposerPersonId }),
      { reason: proposal.reason },
    ),
  ];
  const { state, decidedAt } = proposal;
  if (decidedAt && state !== 'open' && state !== 'confirmed')
    steps.push(
      step(
        decidedAt,
        `reversal-${state}` as StoryStepName,
        state === 'lapsed'
          ? SYSTEM
          : state === 'withdrawn'
            ? whoIs(facts, 'reviewer', {
                accountId: proposal.proposedBy,
                personId: proposal.proposerPersonId,
              })
            : whoIs(facts, 'reviewer', { accountId: proposal.decidedBy, personId: proposal.deciderPersonId }),
        { reason: proposal.answer || null },
      ),
    );
  return steps;
}
