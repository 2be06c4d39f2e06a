import { Types } from 'mongoose';
import type { Cell } from '../../core/csv.ts';
import { inspectedCertificates } from '../certificates/index.ts';
import type { InspectedCertificate } from '../certificates/index.ts';
import { inspectedClosings, inspectedHours, instantsOf } from '../hours/index.ts';
import type { HoursRow, InspectedHours, InspectedPeriod, LedgerEntryRow } from '../hours/index.ts';
import type { IdentityDocumentService } from '../identity-documents/index.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import type { PeopleService, PersonRow } from '../people/index.ts';
import type { ProposalRow, ProposalService } from '../proposals/index.ts';
import type { UnitService } from '../units/index.ts';
import { TABLES } from './inspection.rules.ts';
import type { TableName } from './inspection.rules.ts';

/** Members of one step, and acts of one step. */
export const PEOPLE_A_STEP = 50;
const ACTS_A_STEP = 500;

/** Rows by table, each by the table's columns. */
export type Gathered = Partial<Record<TableName, Record<string, Cell>[]>>;

/** What a step found, how many members it went through, and where the next goes on; null where nothing is left. */
export interface Step {
  readonly rows: Gathered;
  readonly done: number;
  readonly cursor: string | null;
}

export interface GatheringParts {
  readonly identityDocuments: Pick<IdentityDocumentService, 'shownOf'>;
  readonly memberships: Pick<MembershipService, 'everAfter' | 'namesOfAccounts' | 'namesOfPeople'>;
  readonly people: Pick<PeopleService, 'rows'>;
  readonly proposals: Pick<ProposalService, 'madeIn'>;
  readonly units: Pick<UnitService, 'all'>;
}

type Names = ReadonlyMap<string, string>;
const instant = (at: Date | null | undefined): string => at?.toISOString() ?? '';
const yes = (is: boolean): string => (is ? 'yes' : 'no');
const text = (value: unknown): string => (value === null || value === undefined ? '' : String(value));

/** Reads, step by step, what an inspection export states; the rows of one person are read together. */
export function createGathering(parts: GatheringParts) {
  const { identityDocuments, memberships, people, proposals, units } = parts;

  /** Members after this one with all that is theirs in the period. In a transaction what is read of a person is of one moment. */
  async function ofPeople(period: InspectedPeriod, after: string | null): Promise<Step> {
    const rows = await memberships.everAfter(after ? new Types.ObjectId(after) : null, PEOPLE_A_STEP);
    // Of one person the latest membership stands for all; the next step goes on after the person.
    const members = new Map<string, MembershipRow>();
    for (const row of rows) if (!members.has(String(row.personId))) members.set(String(row.personId), row);
    const ids = [...members.values()].map(({ personId }) => personId);
    const last = ids.at(-1);
    if (!last) return { rows: {}, done: 0, cursor: null };
    const found = await inspectedHours(ids, period);
    const certificates = await inspectedCertificates(ids, instantsOf(period));
    return {
      rows: await tablesOf(members, found, certificates),
      done: rows.length,
      cursor: rows.length < PEOPLE_A_STEP ? null : String(last),
    };
  }

  async function tablesOf(
    members: ReadonlyMap<string, MembershipRow>,
    found: InspectedHours,
    certificates: readonly InspectedCertificate[],
  ): Promise<Gathered> {
    const concerned = new Set(
      [
        ...found.records.map(({ personId }) => personId),
        ...found.claims.map(({ personId }) => personId),
        ...certificates.map(({ personId }) => personId),
      ].map(String),
    );
    for (const { account } of found.entries)
      if (account.startsWith('person:') && members.has(ownerOf(account))) concerned.add(ownerOf(account));
    if (concerned.size === 0) return {};
    const accountNames = await memberships.namesOfAccounts(accountsIn(found, certificates));
    const personNames = await memberships.namesOfPeople(personsIn(found));
    return {
      people: await peopleRows([...concerned], members),
      records: found.records.map((row) => recordRow(row, accountNames, personNames)),
      steps: found.records.flatMap((row) => stepRows(row, accountNames)),
      held: found.records.flatMap((row) => heldRows(row, accountNames)),
      entries: found.entries.map((row) => entryRow(row, accountNames)),
      accounts: found.heads
        .filter(({ account }) => concerned.has(ownerOf(account)))
        .map(({ account, entries, minutes, head }) => ({
          account,
          person: ownerOf(account),
          entries,
          minutes,
          head,
        })),
      claims: found.claims.map((row) => ({
        claim: String(row._id),
        record: text(row.hoursId),
        person: String(row.personId),
        wrong: row.wrong,
        state: row.state,
        recordedMinutes: row.recorded?.minutes ?? '',
        text: row.text,
        claimedAt: instant(row.createdAt),
        claimedBy: personNames.get(String(row.claimedByPersonId)) ?? '',
        dueOn: row.dueOn,
        late: yes(row.late),
        answeredAt: instant(row.answeredAt),
        answeredBy: personNames.get(text(row.answeredByPersonId)) ?? '',
        answer: row.answer,
      })),
      certificates: certificates.map((row) => certificateRow(row, accountNames)),
    };
  }

  async function peopleRows(
    personIds: readonly string[],
    members: ReadonlyMap<string, MembershipRow>,
  ): Promise<Record<string, Cell>[]> {
    const persons = new Map((await people.rows([...personIds])).map((row) => [String(row._id), row]));
    const documents = await identityDocuments.shownOf(personIds);
    const unitNames = new Map((await units.all()).map(({ id, name }) => [id, name['zh-CN']]));
    return personIds.flatMap((id) => {
      const [member, person] = [members.get(id), persons.get(id)];
      if (!member || !person) return [];
      const { type, maskedNumber, level } = documents.get(id) ?? {
        type: null,
        maskedNumber: null,
        level: 'none',
      };
      return [
        {
          ...basicsOf(person, member),
          documentType: text(type),
          documentNumber: text(maskedNumber),
          identity: level,
          unit: unitNames.get(String(member.unitId)) ?? '',
        },
      ];
    });
  }

  /** What two persons did in the period. */
  async function ofActs(period: InspectedPeriod, after: string | null): Promise<Step> {
    const [at = '', id = ''] = after?.split(' ') ?? [];
    const rows = await proposals.madeIn(
      instantsOf(period),
      after ? { createdAt: new Date(at), id } : null,
      ACTS_A_STEP,
    );
    const last = rows.at(-1);
    return {
      rows: { 'two-persons': rows.map(actRow) },
      done: 0,
      cursor: last && rows.length === ACTS_A_STEP ? `${instant(last.createdAt)} ${String(last._id)}` : null,
    };
  }

  /** Months of the ledger that were closed, and what was drawn of them. */
  async function ofClosings(period: InspectedPeriod): Promise<Step> {
    const found = await inspectedClosings(period);
    const names = await memberships.namesOfAccounts(found.map(({ closing }) => closing.closedBy));
    const rows = found.flatMap(({ closing, statement }): Record<string, Cell>[] => {
      const of = {
        number: closing.number,
        after: text(closing.after),
        through: closing.through,
        closedAt: instant(closing.closedAt),
        closedBy: names.get(String(closing.closedBy)) ?? '',
        digest: text(statement?.digest),
      };
      const nothing = { month: '', entries: '', minutes: '', lateEntries: '', lateMinutes: '' };
      return statement && statement.months.length > 0
        ? statement.months.map(({ month, entries, minutes, lateEntries, lateMinutes }) => ({
            ...of,
            month,
            entries,
            minutes,
            lateEntries,
            lateMinutes,
          }))
        : [{ ...of, ...nothing }];
    });
    return { rows: { closings: rows }, done: 0, cursor: null };
  }

  return { ofPeople, ofActs, ofClosings };
}

const ownerOf = (account: string): string => account.slice(account.indexOf(':') + 1);

const accountsIn = (
  { records, entries }: InspectedHours,
  certificates: readonly InspectedCertificate[],
): Types.ObjectId[] =>
  [
    ...records.flatMap((row) => [
      row.confirmedBy,
      row.presence?.byAccountId ?? null,
      ...row.history.map(({ accountId }) => accountId),
    ]),
    ...entries.map(({ accountId }) => accountId),
    ...certificates.flatMap(({ issuedBy, revokedBy }) => [issuedBy, revokedBy]),
  ].filter((id) => id !== null);

const personsIn = ({ records, claims }: InspectedHours): Types.ObjectId[] =>
  [
    ...records.map(({ enteredBy }) => enteredBy),
    ...claims.flatMap(({ claimedByPersonId, answeredByPersonId }) => [claimedByPersonId, answeredByPersonId]),
  ].filter((id) => id !== null);

/** The name behind an account; of sweeps and operators what the trail calls them. */
const nameOf = (accountId: Types.ObjectId | null, actor: string, names: Names): string =>
  names.get(text(accountId)) ?? actor;

/** The basic information of, as far as it is kept; sex is not. */
const basicsOf = (person: PersonRow, member: MembershipRow): Record<string, Cell> => ({
  person: String(person._id),
  name: person.name,
  birthDate: text(person.birthDate),
  phone: text(person.phone),
  county: text(person.county),
  residence: person.homeLabel,
  skills: person.skills.map(({ code, level }) => `${code}:${level}`).join(' '),
  interests: person.interests.join(' '),
  kind: member.kind,
  membership: member.state,
  memberSince: instant(member.createdAt),
});

const recordRow = (row: HoursRow, accountNames: Names, personNames: Names): Record<string, Cell> => {
  const [first] = row.history;
  return {
    record: String(row._id),
    person: String(row.personId),
    state: row.state,
    activity: row.activity.name,
    content: row.activity.content,
    place: row.activity.place,
    unit: row.activity.unitName,
    leader: row.activity.leaderName,
    category: row.category,
    activityFrom: instant(row.activity.startsAt),
    activityTo: instant(row.activity.endsAt),
    servedFrom: instant(row.servedFrom),
    servedTo: instant(row.servedTo),
    breakMinutes: row.breakMinutes,
    minutes: row.recordedMinutes,
    evidence: row.grade,
    presence: text(row.presence?.method),
    presenceBy: accountNames.get(text(row.presence?.byAccountId)) ?? '',
    witness: row.witness,
    recordedBy: first ? nameOf(first.accountId, first.actor, accountNames) : '',
    recordedAt: instant(row.createdAt),
    enteredBy: row.enteredBy ? (personNames.get(String(row.enteredBy)) ?? String(row.enteredBy)) : '',
    entryReason: row.entryReason,
    approvedBy: row.confirmedBy ? nameOf(row.confirmedBy, String(row.confirmedBy), accountNames) : '',
    postedAt: instant(row.postedAt),
    dueOn: text(row.dueOn),
    late: yes(row.late),
    anomalies: row.anomalies.map(({ code }) => code).join(' '),
    notes: row.notes.join(' '),
    rejectionReason: row.rejectionReason,
    recordedElsewhere: text(row.origin?.recordedBy['zh-CN']),
    movedOn: yes(Boolean(row.movedTo)),
    rule: row.policyVersion,
  };
};

const stepRows = (row: HoursRow, names: Names): Record<string, Cell>[] =>
  row.history.map((step) => ({
    record: String(row._id),
    at: instant(step.at),
    from: text(step.from),
    to: step.to,
    by: nameOf(step.accountId, step.actor, names),
    reason: text(step.reason),
  }));

/** What made a record worth a second look, and what came of it: one row an anomaly. */
function heldRows(row: HoursRow, names: Names): Record<string, Cell>[] {
  const heldAt = row.history.findIndex(({ to }) => to === 'under_check');
  const outcome = heldAt < 0 ? undefined : row.history[heldAt + 1];
  return row.anomalies.map(({ code, facts }) => ({
    record: String(row._id),
    person: String(row.personId),
    heldAt: instant(row.history[heldAt]?.at),
    anomaly: code,
    facts: JSON.stringify(facts),
    outcome: outcome?.to ?? (heldAt < 0 ? row.state : ''),
    decidedAt: instant(outcome?.at),
    decidedBy: outcome ? nameOf(outcome.accountId, outcome.actor, names) : '',
    reason: text(outcome?.reason),
  }));
}

const entryRow = (row: LedgerEntryRow, names: Names): Record<string, Cell> => ({
  account: row.account,
  seq: row.seq,
  postingId: row.postingId,
  cause: row.cause,
  minutes: row.minutes,
  balance: row.balance,
  hoursId: text(row.hoursId),
  creditId: text(row.creditId),
  bankId: text(row.bankId),
  serviceDate: row.serviceDate,
  serviceFrom: instant(row.serviceFrom),
  serviceTo: instant(row.serviceTo),
  period: text(row.period),
  postedAt: instant(row.postedAt),
  actor: row.actor,
  by: nameOf(row.accountId, row.actor, names),
  ruleVersion: row.ruleVersion,
  sourceKey: row.sourceKey,
  reversalOf: text(row.reversalOf),
  reason: text(row.reason),
  previousHash: row.previousHash,
  hash: row.hash,
});

const certificateRow = (row: InspectedCertificate, names: Names): Record<string, Cell> => ({
  number: row.number,
  person: String(row.personId),
  periodFrom: row.periodFrom,
  periodTo: row.periodTo,
  activity: row.activityKey === '' ? '' : (JSON.parse(row.activityKey) as string[]).join(' · '),
  minutes: row.totalMinutes,
  ledgerEntries: row.ledgerEntries,
  ledgerHead: row.ledgerHead,
  pdfSha256: text(row.pdfSha256),
  keyId: text(row.keyId),
  issuedAt: instant(row.issuedAt),
  issuedBy: nameOf(row.issuedBy, String(row.issuedBy), names),
  revokedAt: instant(row.revokedAt),
  revokedBy: row.revokedBy ? nameOf(row.revokedBy, String(row.revokedBy), names) : '',
  revocationReason: text(row.revocationReason),
});

const actRow = (row: ProposalRow): Record<string, Cell> => ({
  kind: row.kind,
  subject: row.subjectId,
  title: [row.what.title, row.what.personName].filter(Boolean).join(' · '),
  minutes: row.what.minutes ?? '',
  reason: row.reason,
  proposedBy: row.proposerName,
  proposedAt: instant(row.createdAt),
  state: row.state,
  decidedBy: row.deciderName,
  decidedAt: instant(row.decidedAt),
  answer: row.answer,
});

/** A row in the order of its table's columns. */
export const cellsOf = (table: TableName, row: Readonly<Record<string, Cell>>): Cell[] =>
  TABLES[table].map((column) => row[column] ?? '');
