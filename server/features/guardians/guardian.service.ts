import { Types } from 'mongoose';
import { can } from '../../core/actor.ts';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import type { FieldIssue } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { ageOn, localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { inTransaction } from '../../db/transaction.ts';
import { claimOf, emailKey, namesOf } from '../accounts/index.ts';
import type { AccountLinks, AccountService, InPersonService, MinorRegistration } from '../accounts/index.ts';
import type { AttachmentRow, AttachmentService } from '../attachments/index.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import { CHILD_BELOW, comesOfAge, hasConsent, isMinor } from '../people/index.ts';
import type { PeopleService, PersonRow } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { GuardianRequestModel } from './guardian.model.ts';
import type { GuardianRequestRow } from './guardian.model.ts';
import type { MinorBody, Relation } from './guardian.schema.ts';

const ZONE = 'Asia/Shanghai';
const WEEK_MS = 7 * 86_400_000;
/** Most mails to one guardian within an hour; further wishes are answered alike and send nothing. */
const ASKED_PER_HOUR = 3;

export interface GuardianParts {
  readonly accounts: AccountService;
  readonly inPerson: InPersonService;
  readonly attachments: AttachmentService;
  readonly links: AccountLinks;
  readonly memberships: MembershipService;
  readonly people: PeopleService;
  readonly tenants: TenantService;
}

interface Upload {
  readonly name: string;
  readonly bytes: Buffer;
}

export type GuardianService = ReturnType<typeof createGuardianService>;

/**
 * Minors: nothing of them is kept before a guardian agreed, by a link to the guardian's own address or on a paper that a
 * coordinator attaches; the guardian takes it back until they come of age.
 */
export function createGuardianService({
  accounts,
  inPerson,
  attachments,
  links,
  memberships,
  people,
  tenants,
}: GuardianParts) {
  const today = (): string => localDate(contextNow(), ZONE);

  function guardianIssues(
    input: { birthDate: string; guardianName: string; guardianEmail: string },
    ownAddress: string | null,
  ): FieldIssue[] {
    const issues: FieldIssue[] = [];
    const address = emailKey(input.guardianEmail);
    if (input.birthDate > today()) issues.push({ path: 'birthDate', code: 'in-the-future' });
    if (input.guardianName === '') issues.push({ path: 'guardianName', code: 'guardian-needed' });
    if (input.guardianEmail === '') issues.push({ path: 'guardianEmail', code: 'guardian-needed' });
    else if (!address) issues.push({ path: 'guardianEmail', code: 'not-an-email' });
    else if (ownAddress !== null && address === emailKey(ownAddress))
      issues.push({ path: 'guardianEmail', code: 'guardian-own-address' });
    return issues;
  }

  async function ask(
    input: Omit<GuardianRequestRow, '_id' | 'createdAt' | 'expiresAt'>,
    replaces: Record<string, unknown>,
  ): Promise<void> {
    await inTransaction(async () => {
      const at = contextNow();
      // The links, not the requests: asked again for the same minor, one of these takes another's place.
      const hourAgo = new Date(at.getTime() - 3_600_000);
      const asked = await links.mailedSince(input.guardianAddress, 'guardian-consent', hourAgo);
      if (asked >= ASKED_PER_HOUR) return;
      await GuardianRequestModel.deleteMany({ ...replaces, guardianAddress: input.guardianAddress });
      const _id = new Types.ObjectId();
      await GuardianRequestModel.create([
        { ...input, _id, createdAt: at, expiresAt: new Date(at.getTime() + WEEK_MS) },
      ]);
      const tokenId = await links.issue({
        accountId: null,
        purpose: 'guardian-consent',
        address: input.guardianAddress,
        tenantId: input.tenantId ? String(input.tenantId) : null,
        subjectId: _id,
      });
      await recordAudit({ action: 'guardians/ask', subjectType: 'GuardianRequest', subjectId: _id });
      await addMessage({
        kind: 'guardians/asked',
        subjectId: tokenId,
        dedupeKey: `guardian-asked:${tokenId}`,
        platform: true,
      });
    });
  }

  /** What a link asks about. @throws NotFound when it is used, over, or the request is gone */
  async function requestOf(secret: string): Promise<GuardianRequestRow> {
    const token = await links.find(secret, 'guardian-consent');
    const request = token?.subjectId ? await GuardianRequestModel.findById(token.subjectId).lean() : null;
    if (!request) throw new NotFound('link-not-valid');
    return request;
  }

  /** Mails the link with which the guardian takes it back, valid until the minor comes of age. */
  async function tellAgreed(
    account: { _id: Types.ObjectId; personId: Types.ObjectId },
    address: string,
    birthDate: string,
  ): Promise<void> {
    const tokenId = await links.issue({
      accountId: account._id,
      purpose: 'guardian-withdrawal',
      address,
      tenantId: null,
      subjectId: account.personId,
      expiresAt: comesOfAge(birthDate),
    });
    await addMessage({
      kind: 'guardians/agreed',
      subjectId: tokenId,
      dedupeKey: `guardian-agreed:${tokenId}`,
      platform: true,
    });
  }

  /** A member within the actor's reach. @throws NotFound, Forbidden */
  async function within(actor: Actor, membershipId: string): Promise<MembershipRow> {
    const row = await memberships.access(actor, membershipId);
    if (actor.kind === 'account' && String(row.personId) === actor.personId)
      throw new Forbidden('not-your-own');
    if (!can(actor, 'memberships:create', String(row.unitId))) throw new Forbidden('not-permitted');
    return row;
  }

  /**
   * A paper makes somebody a minor, and taking it back closes their account everywhere: nobody says that of who is known to be
   * of age, nor, where no birth date is known, of who acts for an organisation or belongs to another.
   * @throws Invalid, Conflict
   */
  async function assertMayBeMinor(row: MembershipRow): Promise<void> {
    const why = await whyNoPaper(row, await people.row(row.personId));
    if (why === 'recorded-of-age') throw Invalid.field('birthDate', why);
    if (why !== null) throw new Conflict(why);
  }

  /** Why no guardian's paper is attached to a member here; null where one may be. */
  async function whyNoPaper(
    row: MembershipRow,
    { birthDate }: Pick<PersonRow, 'birthDate'>,
  ): Promise<'recorded-of-age' | 'guardian-by-themselves' | null> {
    if (birthDate !== null) return isMinor(birthDate, today()) ? null : 'recorded-of-age';
    const { accountId, tenantId } = row;
    return accountId && (await memberships.isTrusted(String(accountId), String(tenantId)))
      ? 'guardian-by-themselves'
      : null;
  }
  /** Links end with the eighteenth birthday as it was known then; it may have been corrected since. @throws NotFound */
  function stillMinor(person: PersonRow): PersonRow {
    if (!isMinor(person.birthDate, today())) throw new NotFound('guardian-link-over');
    return person;
  }
  const paperOf = (row: MembershipRow) =>
    ({ type: 'guardian-consent', id: row._id, personId: row.personId }) as const;

  return {
    /** Whether a birth date needs a guardian today. */
    isMinor: (birthDate: string): boolean => isMinor(birthDate, today()),

    /**
     * A minor wants to register: only the guardian is asked. Nothing tells whether the address is known (S-16).
     * @throws Invalid
     */
    async askForRegistration(input: MinorRegistration): Promise<void> {
      const issues = guardianIssues(input, input.email);
      if (input.tenantId !== null) {
        const { settings } = await tenants.get(input.tenantId);
        if (ageOn(input.birthDate, today()) < settings.minAge)
          issues.push({ path: 'birthDate', code: 'below-lowest-age', params: { min: settings.minAge } });
      }
      if (issues.length > 0) throw new Invalid(issues);
      const passwordHash = await accounts.checked(input);
      await ask(
        {
          tenantId: input.tenantId ? new Types.ObjectId(input.tenantId) : null,
          personId: null,
          registration: {
            name: input.name,
            email: input.email,
            passwordHash,
            locale: input.locale,
            joinLinkId: input.joinLinkId ? new Types.ObjectId(input.joinLinkId) : null,
          },
          minorName: input.name,
          birthDate: input.birthDate,
          guardianName: input.guardianName,
          guardianAddress: emailKey(input.guardianEmail) as string,
        },
        { 'registration.email': input.email },
      );
    },

    /** Somebody with an account names their birth date and guardian. @throws Invalid, Conflict */
    async askForOwn(
      actor: AccountActor,
      input: { birthDate: string; guardianName: string; guardianEmail: string },
    ): Promise<void> {
      const own = await accounts.addressOf(actor.accountId);
      const issues = guardianIssues(input, own?.email ?? null);
      if (!isMinor(input.birthDate, today())) issues.push({ path: 'birthDate', code: 'of-age' });
      if (issues.length > 0) throw new Invalid(issues);
      const person = await people.row(actor.personId);
      await ask(
        {
          tenantId: actor.membership ? new Types.ObjectId(actor.membership.tenantId) : null,
          personId: person._id,
          registration: null,
          minorName: person.name,
          birthDate: input.birthDate,
          guardianName: input.guardianName,
          guardianAddress: emailKey(input.guardianEmail) as string,
        },
        { personId: person._id },
      );
    },

    /** Where one's own guardian stands. */
    async own(actor: AccountActor): Promise<{ person: PersonRow; asked: GuardianRequestRow | null }> {
      return {
        person: await people.row(actor.personId),
        asked: await GuardianRequestModel.findOne({
          personId: new Types.ObjectId(actor.personId),
          expiresAt: { $gt: contextNow() },
        })
          .sort({ _id: -1 })
          .lean(),
      };
    },

    /** What the guardian reads. @throws NotFound */
    async asked(secret: string): Promise<{ request: GuardianRequestRow; child: boolean }> {
      const request = await requestOf(secret);
      return { request, child: ageOn(request.birthDate, today()) < CHILD_BELOW };
    },

    /** The guardian agrees: the account is made now, or the person's record says so from now on. */
    async consent(secret: string, relation: Relation): Promise<void> {
      await inTransaction(async () => {
        const request = await requestOf(secret);
        const { address } = await links.use(secret, 'guardian-consent');
        await GuardianRequestModel.deleteOne({ _id: request._id });
        const guardian = { name: request.guardianName, relation, address };
        const evidence = { how: 'link', recordedBy: null } as const;
        const tenantId = request.tenantId ? String(request.tenantId) : null;
        await recordAudit({
          action: 'guardians/consent',
          subjectType: 'GuardianRequest',
          subjectId: request._id,
        });
        if (request.personId !== null) {
          await people.recordGuardian(String(request.personId), {
            birthDate: request.birthDate,
            guardian,
            evidence,
          });
          const account = await accounts.reopen(String(request.personId));
          if (account) await tellAgreed(account, address, request.birthDate);
          return;
        }
        const { registration } = request;
        if (registration === null) throw new NotFound('link-not-valid');
        const { joinLinkId, ...input } = registration;
        const wish = { tenantId, joinLinkId: joinLinkId ? String(joinLinkId) : null };
        const claim = claimOf({ ...input, minor: { birthDate: request.birthDate, guardian, evidence } });
        const known = await accounts.tellKnown(input.email, wish, claim);
        if (known) {
          // Nobody has proved the address yet: when the link of this registration is pressed, this guardian has a say in it.
          if (known.state === 'unconfirmed') await tellAgreed(known, address, request.birthDate);
          return;
        }
        const account = await accounts.insert({
          ...input,
          ...namesOf(input.email),
          state: 'unconfirmed',
          birthDate: request.birthDate,
          madeBy: null,
          given: { evidence, guardian },
        });
        await accounts.sendConfirmation(account, wish, claim);
        await tellAgreed(account, address, request.birthDate);
      });
    },

    /** The guardian says no: what waited is gone. */
    async refuse(secret: string): Promise<void> {
      await inTransaction(async () => {
        const request = await requestOf(secret);
        await links.use(secret, 'guardian-consent');
        await GuardianRequestModel.deleteOne({ _id: request._id });
        await recordAudit({
          action: 'guardians/refuse',
          subjectType: 'GuardianRequest',
          subjectId: request._id,
        });
      });
    },

    /** Whose consent a link takes back. @throws NotFound */
    async withdrawing(secret: string): Promise<PersonRow> {
      const token = await links.find(secret, 'guardian-withdrawal');
      if (!token?.subjectId) throw new NotFound('guardian-link-over');
      return stillMinor(await people.row(token.subjectId));
    },

    /** The guardian takes it back: future places are free again, the account is closed, what was optional is gone. */
    async withdraw(secret: string): Promise<void> {
      await inTransaction(async () => {
        const token = await links.use(secret, 'guardian-withdrawal');
        if (!token.subjectId) throw new NotFound('link-not-valid');
        stillMinor(await people.row(token.subjectId));
        await people.withdrawGuardian(String(token.subjectId));
      });
    },

    /** The same, said to a coordinator: as easy for those whose consent is on paper. */
    async withdrawFor(actor: AccountActor, membershipId: string): Promise<void> {
      await inTransaction(async () => {
        const row = await within(actor, membershipId);
        const person = await people.row(row.personId);
        // From the eighteenth birthday on nobody but the person says what becomes of the account.
        if (!hasConsent(person, 'guardian') || !isMinor(person.birthDate, today()))
          throw new Conflict('no-guardian-consent');
        await people.withdrawGuardian(String(row.personId));
      });
    },

    /** What a coordinator sees of a member's guardian, with the papers that were attached here. */
    async papers(
      actor: Actor,
      membershipId: string,
    ): Promise<{
      membership: MembershipRow;
      person: PersonRow;
      refusal: 'recorded-of-age' | 'guardian-by-themselves' | null;
      papers: AttachmentRow[];
    }> {
      const membership = await within(actor, membershipId);
      const person = await people.row(membership.personId);
      return {
        membership,
        person,
        refusal: await whyNoPaper(membership, person),
        papers: await attachments.of(paperOf(membership)),
      };
    },

    async readPaper(
      actor: Actor,
      membershipId: string,
      paperId: string,
    ): Promise<{ row: AttachmentRow; content: Buffer }> {
      return attachments.read(paperOf(await within(actor, membershipId)), paperId);
    },

    /** A coordinator attaches the paper that the guardian signed. @returns the picture's id */
    async attachPaper(
      actor: AccountActor,
      membershipId: string,
      input: { birthDate: string; guardianName: string; relation: Relation },
      file: Upload | null,
    ): Promise<string> {
      await within(actor, membershipId);
      if (!isMinor(input.birthDate, today())) throw Invalid.field('birthDate', 'of-age');
      if (!file) throw Invalid.field('file', 'file-needed');
      const image = await attachments.prepare(file);
      return inTransaction(async () => {
        const row = await within(actor, membershipId);
        await assertMayBeMinor(row);
        const paper = await attachments.add(paperOf(row), image);
        await people.recordGuardian(String(row.personId), {
          birthDate: input.birthDate,
          guardian: { name: input.guardianName, relation: input.relation, address: null },
          evidence: { how: 'paper', recordedBy: actor.accountId },
        });
        await accounts.reopen(String(row.personId));
        await recordAudit({
          action: 'guardians/attach-paper',
          subjectType: 'Membership',
          subjectId: row._id,
        });
        return String(paper._id);
      });
    },

    /** A coordinator registers a minor who is present, with the guardian's signed paper. */
    async registerMinor(
      actor: AccountActor,
      { guardianName, relation, ...input }: MinorBody,
      file: Upload | null,
      locale: Locale,
    ): Promise<{ membershipId: string; personId: string; start: 'mail' | 'sheet' }> {
      const issues = await inPerson.issuesOf(input, true);
      if (guardianName === '') issues.push({ path: 'guardianName', code: 'required' });
      if (relation === '') issues.push({ path: 'relation', code: 'required' });
      if (!file) issues.push({ path: 'file', code: 'file-needed' });
      if (issues.length > 0 || !file || relation === '') throw new Invalid(issues);
      const image = await attachments.prepare(file);
      return inTransaction(async () => {
        const made = await inPerson.register(actor, input, locale, {
          name: guardianName,
          relation,
          address: null,
        });
        const row = await memberships.row(made.membershipId);
        if (!row) throw new Error('The membership that was just made is missing');
        await attachments.add(paperOf(row), image);
        return made;
      });
    },
  };
}
