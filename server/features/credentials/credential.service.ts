import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { credentialLifecycle } from '../../core/states.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import { born, transition } from '../../db/transition.ts';
import type { AttachmentRow, AttachmentService } from '../attachments/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { CredentialModel } from './credential.model.ts';
import type { CredentialRow, SocialWorkerLevel } from './credential.model.ts';
import { claimFaults, nextState, validToOf, whyNotDecide } from './credential.rules.ts';

export interface Claim {
  readonly level: SocialWorkerLevel;
  readonly number: string;
  readonly issuer: string;
  readonly issuedOn: string;
  readonly validFrom: string;
}
export type Verdict = 'first_pass' | 'valid' | 'needs_correction' | 'rejected';

const SORT: readonly SortKey[] = [
  ['createdAt', 1],
  ['_id', 1],
];
const WAITING = ['under_review', 'first_pass'];

export type CredentialService = ReturnType<typeof createCredentialService>;

/** While nobody has decided, the holder may add and remove pictures. */
const OPEN_STATES = ['claimed', 'under_review', 'needs_correction', 'first_pass'];

export function createCredentialService({
  memberships,
  tenants,
  attachments,
}: {
  attachments: AttachmentService;
  memberships: MembershipService;
  tenants: TenantService;
}) {
  const today = async (): Promise<string> => localDate(contextNow(), (await tenants.current()).zone);

  /** The holder's own, or one that an officer within reach may review; everything else is missing. */
  async function access(actor: Actor, id: string): Promise<CredentialRow> {
    const row = isId(id) ? await CredentialModel.findById(id).lean() : null;
    if (!row) throw new NotFound();
    if (actor.kind === 'account' && String(row.personId) === actor.personId) return row;
    const membership = await memberships.row(String(row.membershipId));
    const unitId = String(membership?.unitId);
    if (
      !membership ||
      !(can(actor, 'credentials:review', unitId) || can(actor, 'credentials:decide', unitId))
    )
      throw new NotFound();
    return row;
  }

  const checked = async (claim: Claim): Promise<Record<string, unknown>> => {
    const faults = claimFaults(claim, await today());
    if (faults.length > 0) throw new Invalid(faults);
    return { ...claim, validTo: validToOf(claim.validFrom) };
  };

  async function accessOwnOpen(actor: AccountActor, id: string): Promise<CredentialRow> {
    const row = await access(actor, id);
    if (String(row.personId) !== actor.personId) throw new Forbidden('only-the-person');
    if (!OPEN_STATES.includes(row.state)) throw new Conflict('wrong-state', { state: row.state });
    return row;
  }
  const subjectOf = (row: CredentialRow) =>
    ({ type: 'credential', id: row._id, personId: row.personId }) as const;

  return {
    access,

    /** Pictures of a certificate that the caller has looked up. */
    scans: (row: CredentialRow): Promise<AttachmentRow[]> => attachments.of(subjectOf(row)),

    /** Adds a picture; looked at before it is redrawn and again, with the state, when it is stored. */
    async addScan(
      actor: AccountActor,
      id: string,
      file: { readonly name: string; readonly bytes: Buffer } | null,
    ): Promise<AttachmentRow> {
      await accessOwnOpen(actor, id);
      if (!file) throw Invalid.field('file', 'file-needed');
      const image = await attachments.prepare(file);
      return inTransaction(async () => attachments.add(subjectOf(await accessOwnOpen(actor, id)), image));
    },

    async readScan(
      actor: Actor,
      id: string,
      scanId: string,
    ): Promise<{ row: AttachmentRow; content: Buffer }> {
      return attachments.read(subjectOf(await access(actor, id)), scanId);
    },

    async removeScan(actor: AccountActor, id: string, scanId: string): Promise<void> {
      await inTransaction(async () => attachments.remove(subjectOf(await accessOwnOpen(actor, id)), scanId));
    },

    /** A person states a certificate they hold; it goes to review at once. */
    async claim(actor: AccountActor, claim: Claim): Promise<CredentialRow> {
      return inTransaction(async () => {
        const membership = await memberships.approvedOf(actor.personId);
        if (!membership) throw new Forbidden('members-only');
        const _id = new Types.ObjectId();
        try {
          await CredentialModel.create([
            {
              _id,
              ...born('claimed'),
              ...(await checked(claim)),
              personId: membership.personId,
              membershipId: membership._id,
              personName: membership.personName,
              type: 'social-worker',
              createdAt: contextNow(),
            } as never,
          ]);
        } catch (err) {
          if (isDuplicateKey(err)) throw Invalid.field('number', 'number-taken');
          throw err;
        }
        await recordAudit({
          action: 'credentials/claim',
          subjectType: 'Credential',
          subjectId: _id,
          to: 'claimed',
        });
        return transition(CredentialModel, _id, {
          lifecycle: credentialLifecycle,
          from: ['claimed'],
          to: 'under_review',
          action: 'credentials/submit',
        });
      });
    },

    /** The holder mends what was sent back. */
    async correct(actor: AccountActor, id: string, claim: Claim): Promise<CredentialRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (String(row.personId) !== actor.personId) throw new Forbidden('only-the-person');
        const set = { ...(await checked(claim)), firstReviewerId: null };
        return transition(CredentialModel, row._id, {
          lifecycle: credentialLifecycle,
          from: ['needs_correction'],
          to: 'under_review',
          set,
          action: 'credentials/correct',
        });
      });
    },

    /** First pass by one officer, the final word by another; a reason with every no. */
    async review(
      actor: AccountActor,
      id: string,
      input: { verdict: Verdict; reason: string },
    ): Promise<CredentialRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        const membership = await memberships.row(String(row.membershipId));
        const unitId = String(membership?.unitId);
        const isFinal = row.state === 'first_pass';
        if (!can(actor, isFinal ? 'credentials:decide' : 'credentials:review', unitId))
          throw new Forbidden('not-permitted');
        const refusal = whyNotDecide({
          officerPersonId: actor.personId,
          officerAccountId: actor.accountId,
          holderPersonId: String(row.personId),
          firstReviewerId: isFinal && row.firstReviewerId ? String(row.firstReviewerId) : null,
        });
        if (refusal) throw new Forbidden(refusal);
        if (['needs_correction', 'rejected'].includes(input.verdict) && input.reason === '')
          throw Invalid.field('reason', 'required');
        if (input.verdict === 'valid' && !isFinal) throw new Conflict('wrong-state', { state: row.state });
        const from =
          input.verdict === 'first_pass'
            ? ['under_review']
            : input.verdict === 'valid'
              ? ['first_pass']
              : WAITING;
        const set =
          input.verdict === 'first_pass'
            ? { firstReviewerId: new Types.ObjectId(actor.accountId) }
            : input.verdict === 'valid'
              ? { finalReviewerId: new Types.ObjectId(actor.accountId) }
              : {};
        const after = await transition(CredentialModel, row._id, {
          lifecycle: credentialLifecycle,
          from,
          to: input.verdict,
          reason: input.reason || null,
          set,
          action: 'credentials/review',
        });
        if (input.verdict !== 'first_pass') {
          await addMessage({
            kind: 'credentials/reviewed',
            subjectId: row._id,
            data: { state: input.verdict },
            dedupeKey: `credential-reviewed:${String(row._id)}:${after.version}`,
          });
        }
        return after;
      });
    },

    own: (actor: AccountActor): Promise<CredentialRow[]> =>
      CredentialModel.find({ personId: new Types.ObjectId(actor.personId) })
        .sort({ createdAt: -1 })
        .limit(50)
        .lean(),

    /** What waits for the actor: first reviews, final ones, or both; oldest first. */
    async desk(actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<CredentialRow>> {
      const states = [
        ...(can(actor, 'credentials:review') ? ['under_review'] : []),
        ...(can(actor, 'credentials:decide') ? ['first_pass'] : []),
      ];
      // Grants on part of the tree see those memberships only.
      const reach = [reachOf(actor, 'credentials:review'), reachOf(actor, 'credentials:decide')];
      const unitIds = reach.includes('tenant')
        ? null
        : new Set(reach.flatMap((part) => (part === 'tenant' ? [] : [...part])));
      const rows = await CredentialModel.find({
        state: { $in: states },
        personId: { $ne: new Types.ObjectId(actor.personId) },
        ...afterCursor(SORT, cursor),
      } as never)
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .lean();
      const page = pageOf(rows, limit, (row) => [row.createdAt, row._id]);
      if (!unitIds) return page;
      const owners = new Map(
        (await memberships.ofPeople(page.data.map((row) => row.personId))).map((own) => [
          String(own._id),
          String(own.unitId),
        ]),
      );
      return {
        ...page,
        data: page.data.filter((row) => unitIds.has(owners.get(String(row.membershipId)) ?? '')),
      };
    },

    async due({
      now,
      limit,
      except,
    }: {
      now: Date;
      limit: number;
      except: readonly string[];
    }): Promise<{ tenantId: string; id: string }[]> {
      // Three months and a day ahead of any zone's calendar; `expire` decides by the tenant's own.
      const horizon = localDate(new Date(now.getTime() + 94 * 86_400_000), 'UTC');
      const rows = await CredentialModel.find({
        state: { $in: ['valid', 'expiring'] },
        validTo: { $lte: horizon },
        _id: { $nin: except.map((id) => new Types.ObjectId(id)) },
      })
        .sort({ validTo: 1 })
        .limit(limit)
        .lean();
      return rows
        .filter((row) => nextState(row.state, row.validTo, localDate(now, 'Asia/Shanghai')) !== null)
        .map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /** Moves one certificate on when its time has come, by the tenant's calendar; twice changes nothing. */
    async expire(id: string): Promise<void> {
      await inTransaction(async () => {
        const row = await CredentialModel.findById(id).lean();
        const to = row ? nextState(row.state, row.validTo, await today()) : null;
        if (!row || !to) return;
        const after = await transition(CredentialModel, row._id, {
          lifecycle: credentialLifecycle,
          from: [row.state],
          to,
          action: 'credentials/expire',
        });
        await addMessage({
          kind: 'credentials/reviewed',
          subjectId: row._id,
          data: { state: to },
          dedupeKey: `credential-reviewed:${String(row._id)}:${after.version}`,
        });
      });
    },
  };
}
