import { Types } from 'mongoose';
import type { Model } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { contextNow, readOnce } from '../../core/context.ts';
import { Conflict, Invalid, NotFound } from '../../core/errors.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { withRowsBeside } from '../../db/builders.ts';
import type { Beside } from '../../db/builders.ts';
import { inTransaction, requireTransaction } from '../../db/transaction.ts';
import { editRow } from '../../db/transition.ts';
import { isMinor } from './age.rules.ts';
import { CONSENT_VERSIONS, findableFilter, isCurrent } from './fitting.rules.ts';
import { CONSENT_PURPOSES, PersonModel } from './person.model.ts';
import type { Consent, ConsentPurpose, ConsentWay, Guardian, PersonRow } from './person.model.ts';

export interface ProfileInput {
  readonly name: string;
  readonly phone: string | null;
  readonly birthDate: string | null;
  readonly languages: readonly string[];
  readonly skills: readonly { readonly code: string; readonly level: number }[];
  readonly homeLabel: string;
  readonly home: { readonly latitude: number; readonly longitude: number } | null;
  readonly county: string | null;
  readonly availability: readonly {
    readonly weekday: number;
    readonly startMinute: number;
    readonly endMinute: number;
  }[];
  /** How far the person goes; null leaves it to whoever asks. */
  readonly radiusMetres: number | null;
  /** Codes of service areas. */
  readonly interests: readonly string[];
  readonly emergencyContact: {
    readonly name: string;
    readonly phone: string;
    readonly relation: string;
  } | null;
  readonly consents: readonly ConsentPurpose[];
}

export interface Profile extends Omit<ProfileInput, 'consents'> {
  readonly id: string;
  readonly version: number;
  readonly consents: readonly {
    readonly purpose: ConsentPurpose;
    readonly version: string;
    readonly givenAt: string;
  }[];
}

/** How consents came to be known that the person did not press themselves. */
export interface ConsentEvidence {
  readonly how: ConsentWay;
  /** The account of whoever took it down; null when nobody did. */
  readonly recordedBy: string | null;
}
const OWN_PRESS: ConsentEvidence = { how: 'self', recordedBy: null };

/** What a person gives and takes back as they like; the others belong to the account or to the guardian. */
export const OWN_CHOICES: readonly ConsentPurpose[] = ['asked-by-others', 'location'];

/** Where one purpose stands for one person. */
export interface ConsentState {
  readonly purpose: ConsentPurpose;
  readonly given: boolean;
  /** Agreed to a text that was changed since: it counts no longer until it is agreed to again. */
  readonly outdated: boolean;
  /** Of today's text. */
  readonly version: string;
  readonly givenAt: string | null;
  readonly withdrawnAt: string | null;
  readonly how: ConsentWay | null;
}

/** Told in the same transaction when a person's name changes: copies of it stand in other features. */
export type NameChanged = (personId: string, name: string) => Promise<void>;

export interface PeopleService {
  /** A new person; consents are those given, `terms` alone if none are named. */
  create(
    input: Partial<ProfileInput> & { name: string },
    given?: { evidence: ConsentEvidence; guardian: Guardian | null },
  ): Promise<string>;
  /** A guardian spoke for a minor; inside the caller's transaction. */
  recordGuardian(
    personId: string,
    input: { birthDate: string; guardian: Guardian; evidence: ConsentEvidence },
  ): Promise<void>;
  /**
   * Somebody whose account nobody had proved yet is who the proved registration says, and nothing that another one said of
   * them is left (S-16). Inside the caller's transaction.
   */
  restate(
    personId: string,
    input: {
      name: string;
      minor: { birthDate: string; guardian: Guardian; evidence: ConsentEvidence } | null;
    },
  ): Promise<void>;
  /** The guardian takes the consent back; listeners act on it. Inside the caller's transaction. */
  withdrawGuardian(personId: string): Promise<void>;
  /** Grown up meanwhile, the person agrees alone; nothing optional comes back by itself. Inside the caller's transaction. */
  decideAnew(personId: string): Promise<void>;
  onGuardianWithdrawn(listener: (personId: string) => Promise<void>): void;
  /** The person's own profile. */
  own(actor: AccountActor): Promise<Profile>;
  /** The number at which a coordinator reached the person; inside the caller's transaction. */
  setPhone(personId: string, phone: string): Promise<void>;
  consents(actor: AccountActor): Promise<ConsentState[]>;
  /** Gives or takes back one consent. @throws Conflict for those that are not the person's to take back here */
  setConsent(actor: AccountActor, purpose: ConsentPurpose, given: boolean): Promise<ConsentState[]>;
  update(actor: AccountActor, version: number | null, input: ProfileInput): Promise<Profile>;
  /** Rows for other features, who have checked through a membership that they may be seen. */
  rows(personIds: readonly (string | Types.ObjectId)[]): Promise<PersonRow[]>;
  row(personId: string | Types.ObjectId): Promise<PersonRow>;
  /** The same with rows of other features beside it, in one read. @throws NotFound */
  rowBeside<T>(personId: string, beside: readonly Beside[]): Promise<PersonRow & T>;
  /** How many people of these counties agreed to be asked by others, counted no further than to the limit. */
  countFindable(counties: readonly string[], limit: number): Promise<number>;
  onNameChanged(listener: NameChanged): void;
}

const toProfile = (row: PersonRow): Profile => ({
  id: String(row._id),
  version: row.version,
  name: row.name,
  phone: row.phone,
  birthDate: row.birthDate,
  languages: row.languages,
  skills: row.skills.map(({ code, level }) => ({ code, level })),
  homeLabel: row.homeLabel,
  home: row.home ? { latitude: row.home.coordinates[1], longitude: row.home.coordinates[0] } : null,
  county: row.county,
  availability: row.availability.map(({ weekday, startMinute, endMinute }) => ({
    weekday,
    startMinute,
    endMinute,
  })),
  radiusMetres: row.radiusMetres ?? null,
  interests: row.interests ?? [],
  emergencyContact: row.emergencyContact,
  consents: row.consents
    .filter((consent) => consent.withdrawnAt === null && isCurrent(consent))
    .map(({ purpose, version, givenAt }) => ({ purpose, version, givenAt: givenAt.toISOString() })),
});

/**
 * Consents given and withdrawn one by one: of the purposes that were asked about, what is ticked and not yet given to
 * today's text starts now, what is no longer ticked ends now. Nothing else is touched.
 */
export function nextConsents(
  current: readonly Consent[],
  asked: readonly ConsentPurpose[],
  wanted: readonly ConsentPurpose[],
  at: Date,
  evidence: ConsentEvidence = OWN_PRESS,
): Consent[] {
  const stays = (consent: Consent): boolean =>
    consent.withdrawnAt !== null ||
    !asked.includes(consent.purpose) ||
    (wanted.includes(consent.purpose) && isCurrent(consent));
  const kept = current.map((consent) => (stays(consent) ? consent : { ...consent, withdrawnAt: at }));
  const open = new Set(
    kept.filter((consent) => consent.withdrawnAt === null).map((consent) => consent.purpose),
  );
  const added = wanted
    .filter((purpose) => asked.includes(purpose) && !open.has(purpose))
    .map((purpose): Consent => ({
      purpose,
      version: CONSENT_VERSIONS[purpose],
      givenAt: at,
      withdrawnAt: null,
      how: evidence.how,
      recordedBy: evidence.recordedBy ? new Types.ObjectId(evidence.recordedBy) : null,
    }));
  return [...kept, ...added];
}

/** Everything that was ever agreed to, by purpose, the last word first. */
function consentStates(row: Pick<PersonRow, 'consents'>): ConsentState[] {
  return CONSENT_PURPOSES.flatMap((purpose) => {
    const known = row.consents
      .filter((consent) => consent.purpose === purpose)
      .sort((a, b) => b.givenAt.getTime() - a.givenAt.getTime());
    const last = known.find((consent) => consent.withdrawnAt === null) ?? known[0] ?? null;
    // Nobody is asked about a guardian who has none.
    if (purpose === 'guardian' && last === null) return [];
    const open = last !== null && last.withdrawnAt === null;
    return [
      {
        purpose,
        given: open && isCurrent(last),
        outdated: open && !isCurrent(last),
        version: CONSENT_VERSIONS[purpose],
        givenAt: last?.givenAt.toISOString() ?? null,
        withdrawnAt: last?.withdrawnAt?.toISOString() ?? null,
        how: last?.how ?? null,
      },
    ];
  });
}

/** Nobody makes themselves a minor without a guardian, nor of age past one. @throws Invalid */
function assertBirthDate(before: PersonRow, birthDate: string | null): void {
  if (birthDate === before.birthDate) return;
  const today = localDate(contextNow(), before.zone);
  if (birthDate !== null && birthDate > today) throw Invalid.field('birthDate', 'in-the-future');
  if (isMinor(before.birthDate, today) && before.guardian !== null)
    throw Invalid.field('birthDate', 'birth-date-fixed');
  if (isMinor(birthDate, today)) throw Invalid.field('birthDate', 'guardian-first');
}

function stored(input: Partial<ProfileInput>): Record<string, unknown> {
  const { home, consents: _consents, ...plain } = input;
  return {
    ...plain,
    ...(home === undefined
      ? {}
      : { home: home ? { type: 'Point', coordinates: [home.longitude, home.latitude] } : undefined }),
  };
}

export function createPeopleService(): PeopleService {
  const listeners: NameChanged[] = [];
  const guardianListeners: ((personId: string) => Promise<void>)[] = [];
  const row = async (personId: string | Types.ObjectId): Promise<PersonRow> => {
    const found = await readOnce(`person:${String(personId)}`, async () =>
      PersonModel.findById(personId).lean<PersonRow>(),
    );
    if (!found) throw new NotFound();
    return found;
  };
  return {
    row,
    async rowBeside<T>(personId: string, beside: readonly Beside[]) {
      const found = await withRowsBeside<PersonRow & T>(
        PersonModel as unknown as Model<never>,
        new Types.ObjectId(personId),
        beside,
      );
      if (!found) throw new NotFound();
      // Whoever asks for the person alone on the same page has them here.
      void readOnce(`person:${personId}`, () => Promise.resolve<PersonRow | null>(found));
      return found;
    },
    rows: async (personIds) =>
      PersonModel.find({ _id: { $in: personIds.map((id) => new Types.ObjectId(String(id))) } }).lean(),
    countFindable: (counties, limit) =>
      PersonModel.countDocuments(findableFilter(counties, contextNow()) as never, { limit }),
    onNameChanged: (listener) => void listeners.push(listener),
    onGuardianWithdrawn: (listener) => void guardianListeners.push(listener),
    async create(input, given) {
      return inTransaction(async () => {
        const at = contextNow();
        const _id = new Types.ObjectId();
        await PersonModel.create([
          {
            ...stored(input),
            _id,
            consents: nextConsents([], CONSENT_PURPOSES, input.consents ?? ['terms'], at, given?.evidence),
            guardian: given?.guardian ?? null,
            createdAt: at,
          } as never,
        ]);
        await recordAudit({ action: 'people/create', subjectType: 'Person', subjectId: _id });
        return String(_id);
      });
    },
    async recordGuardian(personId, { birthDate, guardian, evidence }) {
      requireTransaction('A guardian’s consent');
      const before = await row(personId);
      await PersonModel.updateOne(
        { _id: before._id },
        {
          $set: {
            birthDate,
            guardian,
            consents: nextConsents(
              before.consents.map((consent) =>
                consent.purpose === 'guardian' && consent.withdrawnAt === null
                  ? { ...consent, withdrawnAt: contextNow() }
                  : consent,
              ),
              ['guardian', 'terms'],
              ['guardian', 'terms'],
              contextNow(),
              evidence,
            ),
          },
          $inc: { version: 1 },
        },
      );
      await recordAudit({ action: 'people/record-guardian', subjectType: 'Person', subjectId: before._id });
    },
    async restate(personId, { name, minor }) {
      requireTransaction('Who somebody is');
      const wanted = minor ? (['terms', 'guardian'] as const) : (['terms'] as const);
      await PersonModel.updateOne(
        { _id: new Types.ObjectId(personId) },
        {
          $set: {
            name,
            birthDate: minor?.birthDate ?? null,
            guardian: minor?.guardian ?? null,
            consents: nextConsents([], CONSENT_PURPOSES, wanted, contextNow(), minor?.evidence),
          },
          $inc: { version: 1 },
        },
      );
      for (const listener of listeners) await listener(personId, name);
    },
    async withdrawGuardian(personId) {
      requireTransaction('A guardian’s withdrawal');
      const before = await row(personId);
      const at = contextNow();
      await PersonModel.updateOne(
        { _id: before._id },
        {
          // What was kept only because it was agreed to is gone; name and birth date stay with the hours given.
          $set: {
            consents: before.consents.map((consent) =>
              consent.withdrawnAt === null ? { ...consent, withdrawnAt: at } : consent,
            ),
            phone: null,
            homeLabel: '',
            availability: [],
            radiusMetres: null,
            interests: [],
            emergencyContact: null,
          },
          $unset: { home: 1 },
          $inc: { version: 1 },
        },
      );
      await recordAudit({ action: 'people/withdraw-guardian', subjectType: 'Person', subjectId: before._id });
      for (const listener of guardianListeners) await listener(personId);
    },
    async decideAnew(personId) {
      requireTransaction('One’s own consent');
      const before = await row(personId);
      await PersonModel.updateOne(
        { _id: before._id },
        {
          $set: { consents: nextConsents(before.consents, ['terms'], ['terms'], contextNow()) },
          $inc: { version: 1 },
        },
      );
      await recordAudit({
        action: 'people/give-consent',
        subjectType: 'Person',
        subjectId: before._id,
        facts: { purpose: 'terms', version: CONSENT_VERSIONS.terms },
      });
    },
    async setPhone(personId, phone) {
      requireTransaction('A proved number');
      await PersonModel.updateOne({ _id: personId }, { $set: { phone }, $inc: { version: 1 } });
    },
    own: async (actor) => toProfile(await row(actor.personId)),
    consents: async (actor) => consentStates(await row(actor.personId)),
    async setConsent(actor, purpose, given) {
      if (purpose === 'guardian') throw new Conflict('consent-of-guardian');
      // Without it there is no account to keep.
      if (purpose === 'terms' && !given) throw new Conflict('consent-by-leaving');
      return inTransaction(async () => {
        const before = await row(actor.personId);
        const consents = nextConsents(before.consents, [purpose], given ? [purpose] : [], contextNow());
        // Pressed twice, it was given once.
        if (consents.every((consent, at) => consent === before.consents[at])) return consentStates(before);
        const after = await editRow(PersonModel, actor.personId, {
          version: before.version,
          set: { consents },
          action: given ? 'people/give-consent' : 'people/withdraw-consent',
          facts: { purpose, version: CONSENT_VERSIONS[purpose] },
        });
        return consentStates(after);
      });
    },
    async update(actor, version, input) {
      return inTransaction(async () => {
        const before = await row(actor.personId);
        assertBirthDate(before, input.birthDate);
        const consents = nextConsents(before.consents, OWN_CHOICES, input.consents, contextNow());
        const after = await editRow(PersonModel, actor.personId, {
          version,
          set: { ...stored(input), consents },
          action: 'people/edit-own',
        });
        if (before.name !== after.name)
          for (const listener of listeners) await listener(actor.personId, after.name);
        return toProfile(after);
      });
    },
  };
}
