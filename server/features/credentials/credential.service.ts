import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import type { Humans } from '../../core/humans.ts';
import { credentialLifecycle } from '../../core/states.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import { born, editRow, transition } from '../../db/transition.ts';
import { keepFiles } from '../attachments/index.ts';
import type { AttachmentService } from '../attachments/index.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { CredentialTypeService, StoredType } from './credential-type.service.ts';
import { createCredentialDecisions } from './credential.decisions.ts';
import { createCredentialExpiry } from './credential.expiry.ts';
import { CredentialModel } from './credential.model.ts';
import type { CredentialRow } from './credential.model.ts';
import { createCredentialQueries } from './credential.queries.ts';
import { claimFaults, coveredLevels, givenSkills, validToOf, whyNotRenew } from './credential.rules.ts';

export interface Claim {
  readonly type: string;
  readonly level: string;
  readonly number: string;
  readonly issuer: string;
  readonly issuedOn: string;
  readonly validFrom: string;
}

/** The holder may change it until the first review has passed it: both reviewers see the same. */
const OPEN_STATES = ['claimed', 'under_review', 'needs_correction'];

export interface CredentialServiceParts {
  readonly attachments: AttachmentService;
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
  readonly types: CredentialTypeService;
  readonly humans: Humans;
}

export type CredentialService = ReturnType<typeof createCredentialService>;

export function createCredentialService({
  memberships,
  tenants,
  attachments,
  types,
  humans,
}: CredentialServiceParts) {
  const queries = createCredentialQueries({ memberships });
  const expiry = createCredentialExpiry({ tenants });
  const { access } = queries;
  const today = async (): Promise<string> => localDate(contextNow(), (await tenants.current()).zone);

  /** What is stored of a claim. @throws Invalid with every fault, beside its field */
  async function checked(claim: Claim, renews: CredentialRow | null): Promise<Partial<CredentialRow>> {
    const type: StoredType | undefined = (await types.all()).get(claim.type);
    if (!type || (type.retired && !renews)) throw Invalid.field('type', 'not-an-option');
    const faults = claimFaults(claim, type, await today(), renews ? renews.validTo : null);
    if (faults.length > 0) throw new Invalid(faults);
    return {
      ...claim,
      number: type.kind === 'check' ? '' : claim.number,
      validTo: validToOf(claim.validFrom, type),
      windowMonths: type.windowMonths,
      covers: coveredLevels(type, claim.level),
      gives: givenSkills(type, claim.level),
    };
  }

  async function accessOwnOpen(actor: AccountActor, id: string): Promise<CredentialRow> {
    const row = await access(actor, id);
    if (String(row.personId) !== actor.personId) throw new Forbidden('only-the-person');
    if (!OPEN_STATES.includes(row.state)) throw new Conflict('wrong-state', { state: row.state });
    return row;
  }
  /** As above, for pictures: of a check its details are nobody's to keep. */
  async function accessForScan(actor: AccountActor, id: string): Promise<CredentialRow> {
    const row = await accessOwnOpen(actor, id);
    if ((await types.all()).get(row.type)?.kind === 'check') throw new Conflict('check-keeps-no-details');
    return row;
  }

  async function insert(
    membership: MembershipRow,
    claim: Claim,
    more: { renews: CredentialRow | null; firstReviewerId: Types.ObjectId | null },
  ): Promise<CredentialRow> {
    const _id = new Types.ObjectId();
    const row = {
      _id,
      ...born('claimed'),
      ...(await checked(claim, more.renews)),
      personId: membership.personId,
      membershipId: membership._id,
      personName: membership.personName,
      renewsId: more.renews?._id ?? null,
      createdAt: contextNow(),
    };
    try {
      await CredentialModel.create([row as never]);
    } catch (err) {
      if (isDuplicateKey(err)) throw Invalid.field('number', 'number-taken');
      throw err;
    }
    await recordAudit({
      action: 'credentials/claim',
      subjectType: 'Credential',
      subjectId: _id,
      to: 'claimed',
      facts: { type: claim.type },
    });
    const waiting = await transition(CredentialModel, _id, {
      lifecycle: credentialLifecycle,
      from: ['claimed'],
      to: 'under_review',
      action: 'credentials/submit',
    });
    if (!more.firstReviewerId) return waiting;
    return transition(CredentialModel, _id, {
      lifecycle: credentialLifecycle,
      from: ['under_review'],
      to: 'first_pass',
      set: { firstReviewerId: more.firstReviewerId },
      action: 'credentials/enter',
    });
  }

  return {
    ...queries,
    ...createCredentialDecisions({ queries, expiry, types, today, humans }),
    due: expiry.due,
    expire: expiry.expire,
    onLapsed: expiry.onLapsed,
    onVerified: expiry.onVerified,

    /** Pictures of a certificate: its holder changes them while nobody has passed it. */
    scans: keepFiles({
      attachments,
      subjectOf: (row: CredentialRow) => ({ type: 'credential', id: row._id, personId: row.personId }),
      access,
      accessToChange: accessOwnOpen,
      accessToAdd: accessForScan,
    }),

    /** A person states a certificate they hold; it goes to review at once. */
    async claim(actor: AccountActor, claim: Claim): Promise<CredentialRow> {
      return inTransaction(async () => {
        const membership = await memberships.approvedOf(actor.personId);
        if (!membership) throw new Forbidden('members-only');
        return insert(membership, claim, { renews: null, firstReviewerId: null });
      });
    },

    /** An officer who has seen it states it for a member: that is the first word, the final one is somebody else's. */
    async enter(actor: AccountActor, membershipId: string, claim: Claim): Promise<CredentialRow> {
      return inTransaction(async () => {
        const membership = await memberships.row(membershipId);
        if (!membership || !can(actor, 'credentials:review', String(membership.unitId))) throw new NotFound();
        if (await humans.isSame(actor.personId, { personIds: [String(membership.personId)] }))
          throw new Forbidden('not-your-own');
        if (membership.state !== 'approved') throw new Conflict('wrong-state', { state: membership.state });
        return insert(membership, claim, {
          renews: null,
          firstReviewerId: new Types.ObjectId(actor.accountId),
        });
      });
    },

    /** The holder mends it: what was sent back, or what nobody has looked at yet. */
    async correct(actor: AccountActor, id: string, claim: Claim): Promise<CredentialRow> {
      return inTransaction(async () => {
        const row = await accessOwnOpen(actor, id);
        const renews = row.renewsId ? await queries.row(row.renewsId) : null;
        // What it is a certificate of stays: another kind is another certificate.
        const set = { ...(await checked({ ...claim, type: row.type }, renews)), firstReviewerId: null };
        try {
          if (row.state === 'under_review')
            return await editRow(CredentialModel, row._id, {
              version: row.version,
              set,
              action: 'credentials/correct',
            });
          return await transition(CredentialModel, row._id, {
            lifecycle: credentialLifecycle,
            from: ['needs_correction'],
            to: 'under_review',
            set,
            action: 'credentials/correct',
          });
        } catch (err) {
          if (isDuplicateKey(err)) throw Invalid.field('number', 'number-taken');
          throw err;
        }
      });
    },

    /** Hands in the one that follows it; the old one stays as it is until the new one is verified. */
    async renew(actor: AccountActor, id: string, claim: Omit<Claim, 'type'>): Promise<CredentialRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (String(row.personId) !== actor.personId) throw new Forbidden('only-the-person');
        const underWay = row.renewalUnderWay || row.renewedById !== null;
        const refusal = whyNotRenew({ ...row, underWay }, await today());
        if (refusal) throw new Conflict(refusal, { state: row.state });
        const membership = await memberships.approvedOf(actor.personId);
        if (!membership) throw new Forbidden('members-only');
        const made = await insert(
          membership,
          { ...claim, type: row.type },
          { renews: row, firstReviewerId: null },
        );
        await editRow(CredentialModel, row._id, {
          version: row.version,
          set: { renewalUnderWay: true },
          action: 'credentials/renew',
        });
        return made;
      });
    },
  };
}
