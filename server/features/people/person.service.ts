import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { NotFound } from '../../core/errors.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction, requireTransaction } from '../../db/transaction.ts';
import { editRow } from '../../db/transition.ts';
import { PersonModel } from './person.model.ts';
import type { Consent, ConsentPurpose, ConsentWay, Guardian, PersonRow } from './person.model.ts';

/** Versions of the consent texts: a changed text is a new version and asks again. */
export const CONSENT_VERSIONS: Record<ConsentPurpose, string> = {
  terms: '2026-11',
  'asked-by-others': '2026-11',
  location: '2026-11',
  guardian: '2026-11',
};

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
  /** The guardian takes the consent back; listeners act on it. Inside the caller's transaction. */
  withdrawGuardian(personId: string): Promise<void>;
  onGuardianWithdrawn(listener: (personId: string) => Promise<void>): void;
  /** The person's own profile. */
  own(actor: AccountActor): Promise<Profile>;
  /** The number at which a coordinator reached the person; inside the caller's transaction. */
  setPhone(personId: string, phone: string): Promise<void>;
  update(actor: AccountActor, version: number | null, input: ProfileInput): Promise<Profile>;
  /** Rows for other features, who have checked through a membership that they may be seen. */
  rows(personIds: readonly (string | Types.ObjectId)[]): Promise<PersonRow[]>;
  row(personId: string | Types.ObjectId): Promise<PersonRow>;
  /** People of these counties who agreed to be asked by others. */
  findable(counties: readonly string[], limit: number): Promise<PersonRow[]>;
  onNameChanged(listener: NameChanged): void;
}

export const hasConsent = (person: Pick<PersonRow, 'consents'>, purpose: ConsentPurpose): boolean =>
  person.consents.some((consent) => consent.purpose === purpose && consent.withdrawnAt === null);

const openPurposes = (consents: readonly Consent[]): ConsentPurpose[] =>
  consents
    .filter((consent) => consent.withdrawnAt === null && consent.purpose !== 'guardian')
    .map(({ purpose }) => purpose);

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
  emergencyContact: row.emergencyContact,
  consents: row.consents
    .filter((consent) => consent.withdrawnAt === null)
    .map(({ purpose, version, givenAt }) => ({ purpose, version, givenAt: givenAt.toISOString() })),
});

/** Consents given and withdrawn one by one: what is ticked and not yet given starts now, what is no longer ticked ends now. */
export function nextConsents(
  current: readonly Consent[],
  wanted: readonly ConsentPurpose[],
  at: Date,
  evidence: ConsentEvidence = OWN_PRESS,
): Consent[] {
  const kept = current.map((consent) =>
    consent.withdrawnAt === null &&
    consent.purpose !== 'terms' &&
    // A guardian's word is the guardian's to take back.
    consent.purpose !== 'guardian' &&
    !wanted.includes(consent.purpose)
      ? { ...consent, withdrawnAt: at }
      : consent,
  );
  const open = new Set(
    kept.filter((consent) => consent.withdrawnAt === null).map((consent) => consent.purpose),
  );
  const added = wanted
    .filter((purpose) => !open.has(purpose))
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
    const found = await PersonModel.findById(personId).lean();
    if (!found) throw new NotFound();
    return found;
  };
  return {
    row,
    rows: async (personIds) =>
      PersonModel.find({ _id: { $in: personIds.map((id) => new Types.ObjectId(String(id))) } }).lean(),
    findable: async (counties, limit) =>
      PersonModel.find({
        county: { $in: [...counties] },
        consents: { $elemMatch: { purpose: 'asked-by-others', withdrawnAt: null } },
      })
        .sort({ _id: 1 })
        .limit(limit)
        .lean(),
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
            consents: nextConsents([], input.consents ?? ['terms'], at, given?.evidence),
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
              [...openPurposes(before.consents), 'guardian'],
              contextNow(),
              evidence,
            ),
          },
          $inc: { version: 1 },
        },
      );
      await recordAudit({ action: 'people/record-guardian', subjectType: 'Person', subjectId: before._id });
    },
    async withdrawGuardian(personId) {
      requireTransaction('A guardian’s withdrawal');
      const before = await row(personId);
      await PersonModel.updateOne(
        { _id: before._id },
        {
          $set: {
            consents: before.consents.map((consent) =>
              consent.purpose === 'guardian' && consent.withdrawnAt === null
                ? { ...consent, withdrawnAt: contextNow() }
                : consent,
            ),
          },
          $inc: { version: 1 },
        },
      );
      await recordAudit({ action: 'people/withdraw-guardian', subjectType: 'Person', subjectId: before._id });
      for (const listener of guardianListeners) await listener(personId);
    },
    async setPhone(personId, phone) {
      requireTransaction('A proved number');
      await PersonModel.updateOne({ _id: personId }, { $set: { phone }, $inc: { version: 1 } });
    },
    own: async (actor) => toProfile(await row(actor.personId)),
    async update(actor, version, input) {
      return inTransaction(async () => {
        const before = await row(actor.personId);
        const consents = nextConsents(
          before.consents,
          ['terms', ...input.consents.filter((purpose) => purpose !== 'terms')],
          contextNow(),
        );
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
