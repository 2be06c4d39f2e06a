import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { localDate } from '../../core/time.ts';
import { sideBySide } from '../../db/transaction.ts';
import { registrationsOf, registrationsOfAll } from '../credentials/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { programmesFor } from './claim.rules.ts';
import type { Registration } from './claim.rules.ts';
import { ACTIVITIES, EVIDENCE } from './credit.catalogue.ts';
import { CreditModel } from './credit.model.ts';
import type { CreditRow } from './credit.model.ts';
import { CycleError, evaluate } from './credit.rules.ts';
import { governingVersion } from './cycle.rules.ts';
import type { CreditEntry, CycleInput, Evaluation, Programme } from './credit.types.ts';
import { personOutlook } from './outlook.rules.ts';
import type { PersonOutlook, PlannedLearning } from './outlook.rules.ts';
import type { ProgrammeService } from './programme.service.ts';

/** Far more than a professional life; an evaluation reads them all. */
const MOST_CLAIMS = 2_000;

const ENTRY_FIELDS = {
  personId: 1,
  activity: 1,
  category: 1,
  mode: 1,
  date: 1,
  minutes: 1,
  quantity: 1,
  evidence: 1,
} as const;

/** What somebody may name in a claim. */
export interface ClaimChoices {
  readonly activities: string[];
  readonly evidence: string[];
  /** Whether something that concerns them is counted in units, such as semester credits. */
  readonly countsUnits: boolean;
}

/** What one programme says of a person today. */
export interface OwnEvaluation {
  readonly programme: Programme;
  readonly registeredOn: string | null;
  readonly evaluation: Evaluation;
}

/** A person and the registration that is asked about. */
export interface Registered {
  readonly personId: string;
  readonly registration: Registration;
}

interface Asked {
  readonly versions: readonly Programme[];
  readonly cycle: CycleInput;
  readonly entries: readonly CreditEntry[];
}

/** What the engine says; null where no rules are in force for a cycle, as when a version ended and none followed it. */
function inForce<T>(ask: () => T): T | null {
  try {
    return ask();
  } catch (err) {
    if (err instanceof CycleError) return null;
    throw err;
  }
}

const toEntry = (
  row: Pick<
    CreditRow,
    '_id' | 'activity' | 'category' | 'mode' | 'date' | 'minutes' | 'quantity' | 'evidence'
  >,
): CreditEntry => ({
  id: String(row._id),
  activity: row.activity,
  category: row.category || null,
  mode: row.mode || null,
  date: row.date,
  minutes: row.minutes,
  quantity: row.quantity,
  evidence: row.evidence,
});

export type CreditReading = ReturnType<typeof createCreditReading>;

/** What is read of credit hours: somebody's programmes, what they may claim, what it counts today. */
export function createCreditReading({
  programmes,
  tenants,
}: {
  programmes: ProgrammeService;
  tenants: TenantService;
}) {
  /** Activities and evidence that somebody may name: Linli's own, and those of the programmes that concern them. */
  async function choicesFor(personId: string): Promise<ClaimChoices> {
    const found = await ownProgrammes(personId);
    const versions = found.flatMap((one) => one.versions);
    const conversions = versions.flatMap((one) => one.conversions);
    const pieces = versions.flatMap(({ requirement: { minPieces } }) =>
      minPieces !== null && typeof minPieces === 'object'
        ? minPieces.conditions.flatMap(({ evidence }) => evidence ?? [])
        : [],
    );
    return {
      activities: [...new Set([...ACTIVITIES, ...conversions.map(({ activity }) => activity)])],
      evidence: [...new Set([...EVIDENCE, ...conversions.flatMap(({ needs }) => needs), ...pieces])],
      countsUnits: conversions.some(({ rule }) => rule === 'perUnit'),
    };
  }

  async function ownProgrammes(
    personId: string,
  ): Promise<{ versions: readonly Programme[]; cycle: CycleInput }[]> {
    const [{ zone }, registrations] = await sideBySide([
      () => tenants.current(),
      () => registrationsOf(personId),
    ]);
    const on = localDate(contextNow(), zone);
    // One that begins later is not owed for yet; before the first there is nothing else to look at.
    const begun = registrations.filter(({ validFrom }) => validFrom <= on);
    const wanted = programmesFor(begun.length > 0 ? begun : registrations);
    // All programmes that matter in one read: a person has two or three.
    const stored = await programmes.findAll(
      wanted.flatMap(({ name, changedFrom }) => (changedFrom ? [name, changedFrom.name] : [name])),
    );
    return wanted.flatMap(({ name, cycle, changedFrom }) => {
      const total = changedFrom && stored.get(changedFrom.name)?.versions.at(-1)?.requirement.total;
      const change =
        changedFrom && total !== undefined && total !== null
          ? { registeredOn: changedFrom.registeredOn, total }
          : null;
      const own = stored.get(name);
      return own ? [{ versions: own.versions, cycle: { ...cycle, changedFrom: change } }] : [];
    });
  }

  /** Everything somebody claimed, newest first, and what each programme that concerns them says of it today. */
  async function of(
    personId: string,
  ): Promise<{ on: string; rows: CreditRow[]; evaluations: OwnEvaluation[] }> {
    const [{ zone }, rows, wanted] = await sideBySide([
      () => tenants.current(),
      () =>
        CreditModel.find({ personId: new Types.ObjectId(personId) })
          .sort({ date: -1 })
          .limit(MOST_CLAIMS)
          .select({ history: { $slice: -1 } })
          .lean(),
      () => ownProgrammes(personId),
    ]);
    const on = localDate(contextNow(), zone);
    const entries = rows.filter(({ state }) => state === 'posted').map(toEntry);
    const evaluations = wanted.flatMap(({ versions, cycle }) => {
      // What is shown of the programme is of the version that counts, not of the newest.
      const programme = governingVersion(versions, cycle, on) ?? versions.at(-1);
      if (!programme) return [];
      const evaluation = inForce(() => evaluate(versions, cycle, entries, on));
      return evaluation ? [{ programme, registeredOn: cycle.registeredOn ?? null, evaluation }] : [];
    });
    return { on, rows, evaluations };
  }

  /** The programme of each person's registration as the engine wants it, and what is posted for them: the same few reads for all. */
  async function readAll(people: readonly Registered[]): Promise<(Asked | null)[]> {
    const ids = people.map(({ personId }) => personId);
    const [stored, rows] = await sideBySide([
      () => programmes.all(),
      () =>
        CreditModel.find({
          personId: { $in: ids.map((id) => new Types.ObjectId(id)) },
          state: 'posted',
        })
          .select(ENTRY_FIELDS)
          .lean(),
    ]);
    const versionsOf = new Map(stored.map(({ name, versions }) => [name, versions]));
    // What somebody held before matters only where a programme says so: few places read it.
    const isAsked = stored.some(({ versions }) =>
      versions.some(({ levelChange }) => levelChange !== 'newCycle'),
    );
    const before = isAsked ? await registrationsOfAll(ids) : new Map<string, Registration[]>();
    const entries = Map.groupBy(rows, (row) => String(row.personId));
    return people.map(({ personId, registration }) => {
      const earlier = (before.get(personId) ?? []).filter(
        ({ validFrom }) => validFrom < registration.validFrom,
      );
      const [wanted] = programmesFor([registration, ...earlier]);
      const versions = wanted && versionsOf.get(wanted.name);
      if (!wanted || !versions) return null;
      const { changedFrom } = wanted;
      const total = changedFrom && versionsOf.get(changedFrom.name)?.at(-1)?.requirement.total;
      const change =
        changedFrom && typeof total === 'number' ? { registeredOn: changedFrom.registeredOn, total } : null;
      return {
        versions,
        cycle: { ...wanted.cycle, changedFrom: change },
        entries: (entries.get(personId) ?? []).map(toEntry),
      };
    });
  }

  /**
   * What the programme of each registration says on a day, in a few reads however many there are; null where there is no such
   * programme. In the order of the people, and the same as each person's own page says. The reads come first, the evaluation
   * when it is asked for: so the next people can be read while these are evaluated.
   */
  async function evaluator(people: readonly Registered[]): Promise<(on: string) => (Evaluation | null)[]> {
    const all = await readAll(people);
    return (on) =>
      all.map((asked) => asked && inForce(() => evaluate(asked.versions, asked.cycle, asked.entries, on)));
  }

  /**
   * What the programme of each registration still asks for when everything planned has been learned, and what further learning
   * would count. Null where there is no such programme; in the order of the people.
   */
  async function outlooks(
    people: readonly (Registered & { readonly planned: readonly PlannedLearning[] })[],
    on: string,
  ): Promise<(PersonOutlook | null)[]> {
    return (await readAll(people)).map(
      (asked, at) =>
        asked &&
        inForce(() =>
          personOutlook(asked.versions, asked.cycle, asked.entries, people[at]?.planned ?? [], on),
        ),
    );
  }

  /** The same of one person and everything that concerns them, for what they have planned. */
  async function ownOutlooks(
    personId: string,
    planned: readonly PlannedLearning[],
  ): Promise<{ programme: Programme; outlook: PersonOutlook }[]> {
    const on = localDate(contextNow(), (await tenants.current()).zone);
    const [rows, found] = await sideBySide([
      () =>
        CreditModel.find({ personId: new Types.ObjectId(personId), state: 'posted' })
          .limit(MOST_CLAIMS)
          .select(ENTRY_FIELDS)
          .lean(),
      () => ownProgrammes(personId),
    ]);
    return found.flatMap(({ versions, cycle }) => {
      const programme = governingVersion(versions, cycle, on) ?? versions.at(-1);
      const outlook = inForce(() => personOutlook(versions, cycle, rows.map(toEntry), planned, on));
      return programme && outlook ? [{ programme, outlook }] : [];
    });
  }

  return {
    choicesFor,
    of,
    evaluator,
    outlooks,
    ownOutlooks,

    own: (actor: AccountActor) => of(actor.personId),
  };
}
