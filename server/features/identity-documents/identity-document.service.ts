import { createHmac } from 'node:crypto';
import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { contextNow, requireContext, requireTenantId } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid } from '../../core/errors.ts';
import { openSeal, seal } from '../../core/sealing.ts';
import type { SealedPlace, SealingKeys } from '../../core/sealing.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import type { AuditAction } from '../../db/audit-verbs.ts';
import { inTransaction } from '../../db/transaction.ts';
import { authoritiesOf } from '../memberships/index.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import { isMinor } from '../people/index.ts';
import type { PeopleService, PersonRow } from '../people/index.ts';
import { IdentityDocumentModel } from './identity-document.model.ts';
import type { IdentityDocumentRow, Verification } from './identity-document.model.ts';
import {
  humanKeys,
  isIdentified,
  isVerified,
  lifelongPart,
  maskNumber,
  numbersOf,
  readDocument,
  shareNumber,
} from './identity-document.rules.ts';
import type { DocumentFacts, DocumentType, IdentityLevel } from './identity-document.rules.ts';

/** What its holder reads of it; the number masked. */
export interface IdentityDocument {
  readonly level: IdentityLevel;
  readonly type: DocumentType | null;
  readonly maskedNumber: string | null;
  readonly otherBirthDate: boolean;
  readonly statedAt: string | null;
  readonly verifiedAt: string | null;
}

/** Who a person is, as far as it is known: what decides whether two accounts may be one human's. */
export interface HumanFacts {
  /** The same for every account of one human that stated its number. */
  readonly human: string;
  readonly level: IdentityLevel;
  /** Stated at least: hours may be certified, and those of others confirmed. */
  readonly identified: boolean;
  /** Somebody has seen the document. */
  readonly verified: boolean;
  readonly verification: {
    /** The verifying human; null for the operator. */
    readonly by: string | null;
    readonly tenantId: string | null;
    /** Humans through whom the verifier came to the right. */
    readonly granters: readonly string[];
  } | null;
}

export interface IdentityParts {
  readonly people: PeopleService;
  readonly memberships: MembershipService;
  readonly sealing: SealingKeys;
  /** Key of the blind index, kept apart from the sealing key and from the database. */
  readonly blindKey: Buffer;
}

export interface StatedNumber {
  readonly type: DocumentType;
  readonly number: string;
}

type StatedListener = (personId: string, others: readonly string[]) => Promise<void>;

/** The law of ages is that of the mainland. */
const ZONE = 'Asia/Shanghai';

const placeOf = (personId: unknown): SealedPlace => ({
  tenant: 'platform',
  collection: 'identitydocuments',
  document: String(personId),
  field: 'number',
});

export type IdentityDocumentService = ReturnType<typeof createIdentityDocumentService>;

export function createIdentityDocumentService({ people, memberships, sealing, blindKey }: IdentityParts) {
  const blindOf = (type: DocumentType, number: string): string =>
    createHmac('sha256', blindKey)
      .update(`${type}:${lifelongPart(type, number)}`)
      .digest('base64url');
  const findDocument = (personId: string | Types.ObjectId): Promise<IdentityDocumentRow | null> =>
    IdentityDocumentModel.findOne({ personId: new Types.ObjectId(String(personId)) }).lean();

  /** @throws Invalid beside the number, when it cannot be one of its type */
  function read({ type, number }: StatedNumber): DocumentFacts {
    const facts = readDocument(type, number, localDate(contextNow(), ZONE));
    if ('fault' in facts) throw Invalid.field('number', facts.fault);
    return facts;
  }

  const statedListeners: StatedListener[] = [];

  /** Writes the number; what was verified of another number is void. */
  async function write(
    person: PersonRow,
    facts: DocumentFacts,
    verification: Verification | null,
    action: AuditAction,
  ): Promise<void> {
    const before = await findDocument(person._id);
    const blind = blindOf(facts.type, facts.number);
    const same = before !== null && before.blind === blind;
    const alike = same
      ? []
      : await IdentityDocumentModel.find({ blind, personId: { $ne: person._id } })
          .select({ personId: 1, place: 1 })
          .sort({ place: -1 })
          .limit(50)
          .lean();
    const set = {
      type: facts.type,
      blind,
      place: same ? before.place : (alike[0]?.place ?? -1) + 1,
      sealed: same ? before.sealed : seal(sealing, facts.number, placeOf(person._id)),
      otherBirthDate:
        facts.birthDate !== null && person.birthDate !== null && facts.birthDate !== person.birthDate,
      statedAt: same ? before.statedAt : contextNow(),
      verification: verification ? { ...verification, name: person.name } : same ? before.verification : null,
    };
    const left = before !== null && !same ? before.blind : null;
    await IdentityDocumentModel.updateOne(
      { personId: person._id },
      { $set: set, $inc: { version: 1 }, ...(left ? { $addToSet: { former: left } } : {}) },
      { upsert: true },
    );
    await recordAudit({
      action,
      subjectType: 'Person',
      subjectId: person._id,
      facts: { type: facts.type, changed: before !== null && !same },
    });
    const others = alike.map(({ personId }) => String(personId));
    if (others.length > 0) for (const listener of statedListeners) await listener(String(person._id), others);
  }

  /** Nobody becomes of age by a number, nor a minor without a guardian. */
  function assertAge(person: PersonRow, facts: DocumentFacts): void {
    const today = localDate(contextNow(), ZONE);
    if (isMinor(facts.birthDate, today) && person.guardian === null)
      throw Invalid.field('number', 'guardian-first');
  }

  const toDocument = (person: PersonRow, row: IdentityDocumentRow | null): IdentityDocument => ({
    level: levelOf(person, row),
    type: row?.type ?? null,
    maskedNumber: row ? maskNumber(openSeal(sealing, row.sealed, placeOf(person._id))) : null,
    otherBirthDate: row?.otherBirthDate ?? false,
    statedAt: row?.statedAt.toISOString() ?? null,
    verifiedAt: row?.verification?.at.toISOString() ?? null,
  });

  /** Facts of these people, by person id; whoever is not on the platform is left out. */
  async function humansOf(personIds: readonly string[]): Promise<Map<string, HumanFacts>> {
    const persons = await people.rows([...new Set(personIds)]);
    const documents = await IdentityDocumentModel.find({
      personId: { $in: persons.map((person) => person._id) },
    })
      .select({ personId: 1, blind: 1, former: 1, verification: 1 })
      .lean();
    const keys = humanKeys(documents.map((row) => ({ ...row, personId: String(row.personId) })));
    const byPerson = new Map(documents.map((row) => [String(row.personId), row]));
    const others = documents.flatMap(({ verification }) =>
      verification ? [verification.byPersonId, ...verification.granters] : [],
    );
    const names = await humanNames(others.filter((one) => one !== null));
    return new Map(
      persons.map((person) => {
        const row = byPerson.get(String(person._id)) ?? null;
        const nameOf = (id: Types.ObjectId): string => names.get(String(id)) ?? personName(String(id));
        return [
          String(person._id),
          {
            human: keys.get(String(person._id)) ?? personName(String(person._id)),
            ...standing(levelOf(person, row)),
            verification: row?.verification
              ? {
                  by: row.verification.byPersonId ? nameOf(row.verification.byPersonId) : null,
                  tenantId: row.verification.tenantId ? String(row.verification.tenantId) : null,
                  granters: row.verification.granters.map(nameOf),
                }
              : null,
          },
        ];
      }),
    );
  }

  return {
    humansOf,

    /** Told in the transaction in which a person turns out to be the human of other accounts. */
    onSameHuman(listener: StatedListener): void {
      statedListeners.push(listener);
    },

    async own(actor: AccountActor): Promise<IdentityDocument> {
      return toDocument(await people.row(actor.personId), await findDocument(actor.personId));
    },

    /** What a reader within reach sees of a member: the level alone. */
    async levelOf(personId: string | Types.ObjectId): Promise<IdentityLevel> {
      return levelOf(await people.row(personId), await findDocument(personId));
    },

    /** What may be shown of these people's documents, numbers masked, by person id. */
    async shownOf(personIds: readonly string[]): Promise<Map<string, IdentityDocument>> {
      const persons = await people.rows(personIds);
      const rows = await IdentityDocumentModel.find({
        personId: { $in: persons.map(({ _id }) => _id) },
      }).lean();
      const byPerson = new Map(rows.map((row) => [String(row.personId), row]));
      return new Map(
        persons.map((person) => [
          String(person._id),
          toDocument(person, byPerson.get(String(person._id)) ?? null),
        ]),
      );
    },

    /** The person states the number of their own document; a changed number has to be seen again. */
    async state(actor: AccountActor, stated: StatedNumber): Promise<IdentityDocument> {
      return inTransaction(async () => {
        const person = await people.row(actor.personId);
        const facts = read(stated);
        assertAge(person, facts);
        await write(person, facts, null, 'identity-documents/state');
        return toDocument(person, await findDocument(person._id));
      });
    },

    /** The member whose document somebody has before them. @throws NotFound, Forbidden */
    async member(actor: AccountActor, membershipId: string): Promise<MembershipRow> {
      const row = await memberships.access(actor, membershipId, 'identities:verify');
      if (!can(actor, 'identities:verify', String(row.unitId))) throw new Forbidden('not-permitted');
      return row;
    },

    /**
     * Somebody types what stands on the document that the person shows. It must be what the person stated, which the
     * verifier never gets to read; who stated nothing has it stated here.
     */
    async verify(actor: AccountActor, membershipId: string, seen: StatedNumber): Promise<IdentityLevel> {
      return inTransaction(async () => {
        const membership = await this.member(actor, membershipId);
        const person = await people.row(membership.personId);
        const facts = read(seen);
        assertAge(person, facts);
        const before = await findDocument(person._id);
        const blind = blindOf(facts.type, facts.number);
        const own = await findDocument(actor.personId);
        const verifier = levelOf(await people.row(actor.personId), own);
        // Two accounts of one human do not vouch for each other (S-10).
        if (String(person._id) === actor.personId || own?.blind === blind)
          throw new Forbidden('not-your-own');
        // Trust begins with the operator and is handed on by those who were seen themselves.
        if (!isVerified(verifier)) throw new Conflict('verifier-not-verified');
        if (before && before.blind !== blind) throw Invalid.field('number', 'document-differs');
        if (facts.birthDate !== null && person.birthDate !== null && facts.birthDate !== person.birthDate)
          throw Invalid.field('number', 'document-birth-date');
        await write(person, facts, await verificationBy(actor), 'identity-documents/verify');
        return levelOf(person, await findDocument(person._id));
      });
    },

    /** The operator saw the document, outside every organisation: where each chain of trust begins. */
    async verifyAsOperator(personId: string, seen: StatedNumber): Promise<void> {
      if (requireContext().actor.kind !== 'operator') throw new Forbidden('not-permitted');
      await inTransaction(async () => {
        const person = await people.row(personId);
        const facts = read(seen);
        const before = await findDocument(person._id);
        if (before && before.blind !== blindOf(facts.type, facts.number))
          throw Invalid.field('number', 'document-differs');
        const verification = {
          at: contextNow(),
          byAccountId: null,
          byPersonId: null,
          tenantId: null,
          granters: [],
        };
        await write(person, facts, verification, 'identity-documents/verify');
      });
    },

    /** Everybody whose number is this person's, or was, as far as nobody has seen that they are two; the person first. */
    async personsLike(personId: string): Promise<string[]> {
      const row = await findDocument(personId);
      if (!row) return [personId];
      const numbers = [...numbersOf(row)];
      const alike = [];
      // One index each: both at once would be read without either.
      for (const field of ['blind', 'former'])
        alike.push(
          ...(await IdentityDocumentModel.find({ [field]: { $in: numbers } } as never)
            .select({ personId: 1, blind: 1, former: 1, verification: 1 })
            .limit(50)
            .lean()),
        );
      const same = alike.filter((other) => shareNumber(row, other)).map((one) => String(one.personId));
      return [...new Set([personId, ...same])];
    },

    /** Which of these people may be this one under another name, by a number that both stated once. */
    async onceLike(personId: string, others: readonly string[]): Promise<string[]> {
      const own = await findDocument(personId);
      if (!own) return [];
      const rows = await IdentityDocumentModel.find({
        personId: { $in: others.filter((id) => id !== personId).map((id) => new Types.ObjectId(id)) },
      })
        .select({ personId: 1, blind: 1, former: 1, verification: 1 })
        .lean();
      return rows.filter((row) => shareNumber(own, row)).map((row) => String(row.personId));
    },

    /** Whether whoever saw the person's document saw it under the name that they have now. */
    async isNameSeen(personId: string): Promise<boolean> {
      const { name } = await people.row(personId);
      return (await findDocument(personId))?.verification?.name === name;
    },
  };
}

const standing = (level: IdentityLevel): Pick<HumanFacts, 'level' | 'identified' | 'verified'> => ({
  level,
  identified: isIdentified(level),
  verified: isVerified(level),
});

const personName = (personId: string): string => `person:${personId}`;

function levelOf(
  person: Pick<PersonRow, 'documentType'>,
  row: Pick<IdentityDocumentRow, 'verification'> | null,
): IdentityLevel {
  if (person.documentType === 'demo') return 'demo';
  if (!row) return 'none';
  return row.verification ? 'verified' : 'stated';
}

/** The humans behind these people: those with a stated number by its blind index. */
async function humanNames(personIds: readonly Types.ObjectId[]): Promise<Map<string, string>> {
  if (personIds.length === 0) return new Map();
  const rows = await IdentityDocumentModel.find({ personId: { $in: [...personIds] } })
    .select({ personId: 1, blind: 1 })
    .lean();
  return new Map(rows.map((row) => [String(row.personId), row.blind]));
}

/** Where and by whose leave the actor verifies; every chain that gives the right counts. */
async function verificationBy(actor: AccountActor): Promise<Verification> {
  const authorities = await authoritiesOf(actor.personId, 'identities:verify');
  const granters = [...new Set(authorities.flatMap((authority) => authority.granters))];
  return {
    at: contextNow(),
    byAccountId: new Types.ObjectId(actor.accountId),
    byPersonId: new Types.ObjectId(actor.personId),
    tenantId: new Types.ObjectId(requireTenantId()),
    granters: granters.map((one) => new Types.ObjectId(one)),
  };
}
