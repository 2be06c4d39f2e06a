import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import type { Humans } from '../../core/humans.ts';
import { isId } from '../../core/ids.ts';
import type { LocalText } from '../../db/fields.ts';
import { awardLifecycle } from '../../core/states.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import { born, transition } from '../../db/transition.ts';
import { keepFiles } from '../attachments/index.ts';
import type { AttachmentService } from '../attachments/index.ts';
import { holdsApartFrom, moveRows, whyNotSpeak } from '../memberships/index.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import { lockPerson } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { AwardModel } from './award.model.ts';
import type { AwardRow } from './award.model.ts';
import { awardFaults, awardKey, LIVING_AWARD, whyNotRecord } from './award.rules.ts';
import type { AwardCheck, AwardFacts } from './award.rules.ts';

/** A star or medal that the organisation granted: an own award, which recognition keeps. */
export interface Recognised {
  readonly id: string;
  readonly name: LocalText;
  readonly grantedAt: Date;
}

export interface AwardParts {
  readonly attachments: AttachmentService;
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
  readonly units: UnitService;
  readonly humans: Humans;
  /** What was granted to the person and stands, the latest first. */
  readonly recognised: (personId: string) => Promise<Recognised[]>;
}

export interface Decision {
  readonly verdict: 'recorded' | 'refused';
  readonly check: AwardCheck | null;
  readonly reason: string;
}

export type AwardService = ReturnType<typeof createAwardService>;

const OWN_SORT: readonly SortKey[] = [
  ['awardedOn', -1],
  ['_id', -1],
];
const DESK_SORT: readonly SortKey[] = [
  ['createdAt', 1],
  ['_id', 1],
];
/** What waits for somebody's word: what is asked for, and what is said to be wrong. */
const WAITING = ['claimed', 'contested'];
/** Who may say that their record is wrong: records outlive a suspension, and so does that right. */
const KEPT = ['approved', 'suspended'];

/** Awards of people: recorded by the organisation, asked for by the person, decided on by somebody else. */
export function createAwardService(parts: AwardParts) {
  const { attachments, memberships, tenants, units, humans, recognised } = parts;
  const isOwn = (actor: AccountActor, row: AwardRow): boolean => String(row.personId) === actor.personId;
  /** Whether it is the actor's own, or one that they asked for in a member's name. */
  const speaksFor = (actor: AccountActor, row: AwardRow): boolean =>
    isOwn(actor, row) || String(row.enteredByPersonId) === actor.personId;

  /** One's own, or one of a member whose awards one may see; everything else is missing. */
  async function access(actor: Actor, id: string): Promise<AwardRow> {
    const row = isId(id) ? await AwardModel.findById(id).lean() : null;
    const own = row !== null && actor.kind === 'account' && isOwn(actor, row);
    if (!row || (!own && !can(actor, 'awards:see', String(row.unitId)))) throw new NotFound();
    return row;
  }

  /** Whoever asked for it changes what they sent while nobody has decided. */
  async function accessAsked(actor: AccountActor, id: string): Promise<AwardRow> {
    const row = await access(actor, id);
    if (!speaksFor(actor, row)) throw new Forbidden('only-the-person');
    if (row.state !== 'claimed') throw new Conflict('wrong-state', { state: row.state });
    return row;
  }

  /** Why the actor may not decide on it; null when they may. */
  async function whyNot(actor: AccountActor, row: AwardRow): Promise<string | null> {
    const { personId, unitId, enteredByPersonId, decidedByPersonId, state } = row;
    const subject = String(personId);
    if (await humans.isSame(actor.personId, { personIds: [subject] })) return 'not-your-own';
    if (!can(actor, 'awards:decide', String(unitId))) return 'not-permitted';
    // Who recorded it may mend a slip of theirs; what is asked for, or contested, is looked at by other eyes.
    const parties = WAITING.includes(state) ? [enteredByPersonId, decidedByPersonId] : [];
    const path = await units.pathOf(unitId);
    const refusal = whyNotSpeak({
      isSubject: false,
      may: true,
      hadPart: await humans.isSame(actor.personId, {
        personIds: parties.filter((one) => one !== null).map(String),
      }),
      holdsApart: await holdsApartFrom(actor.personId, 'awards:decide', { path, other: subject, humans }),
    });
    return refusal === 'spoke-before' ? 'award-needs-another' : refusal;
  }

  async function accessToDecide(actor: AccountActor, id: string): Promise<AwardRow> {
    const row = await access(actor, id);
    const refusal = await whyNot(actor, row);
    if (refusal) throw new Forbidden(refusal);
    return row;
  }

  /** The facts as they are kept. @throws Invalid beside the fields */
  async function checked(personId: Types.ObjectId, typed: AwardFacts): Promise<AwardFacts & { key: string }> {
    const { name: ofTenant, locale, zone } = await tenants.current();
    const own = typed.origin === 'own';
    const facts = { ...typed, awardedBy: typed.awardedBy || (own ? ofTenant[locale] : '') };
    const faults = awardFaults(facts, localDate(contextNow(), zone));
    const known = own ? await recognised(String(personId)) : [];
    const sameDay = known.filter(({ grantedAt }) => localDate(grantedAt, zone) === facts.awardedOn);
    const names = sameDay.flatMap(({ name }) => Object.values(name) as string[]);
    if (names.some((name) => awardKey({ ...facts, name }) === awardKey(facts)))
      faults.push({ path: 'name', code: 'award-known-already' });
    if (faults.length > 0) throw new Invalid(faults);
    return { ...facts, key: awardKey(facts) };
  }

  /** @throws Invalid when the same award stands or waits already */
  async function once<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (err) {
      if (isDuplicateKey(err)) throw Invalid.field('name', 'award-known-already');
      throw err;
    }
  }

  async function insert(
    actor: AccountActor,
    membership: MembershipRow,
    typed: AwardFacts & { readonly text: string },
    state: 'claimed' | 'recorded',
  ): Promise<AwardRow> {
    // A merge of the person's records and this meet here.
    await lockPerson(String(membership.personId));
    const _id = new Types.ObjectId();
    const by = new Types.ObjectId(actor.personId);
    const recorded = state === 'recorded';
    const row = {
      _id,
      ...born(state),
      ...(await checked(membership.personId, typed)),
      personId: membership.personId,
      membershipId: membership._id,
      personName: membership.personName,
      unitId: membership.unitId,
      enteredByPersonId: by,
      ...(recorded ? { check: 'own-files', decidedByPersonId: by, decidedAt: contextNow() } : {}),
      createdAt: contextNow(),
    };
    await once(() => AwardModel.create([row as never]));
    await recordAudit({
      action: recorded ? 'awards/enter' : 'awards/claim',
      subjectType: 'Award',
      subjectId: _id,
      to: state,
      facts: { origin: typed.origin },
    });
    const after = (await AwardModel.findById(_id).lean()) as AwardRow;
    if (recorded) await tell(after);
    return after;
  }

  const tell = (row: AwardRow): Promise<void> =>
    addMessage({
      kind: 'awards/changed',
      subjectId: row._id,
      data: { state: row.state },
      dedupeKey: `award:${String(row._id)}:${row.version}`,
    });

  /** Whose word it was, and what the person reads of it. */
  const said = (actor: AccountActor, answer: string) => ({
    decidedByPersonId: new Types.ObjectId(actor.personId),
    decidedAt: contextNow(),
    answer,
  });

  function within(actor: AccountActor): Record<string, unknown> {
    const reach = reachOf(actor, 'awards:decide');
    return reach === 'tenant'
      ? {}
      : { unitId: { $in: [...reach].map((unitId) => new Types.ObjectId(unitId)) } };
  }

  async function listOf(
    personId: Types.ObjectId,
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<AwardRow>> {
    const rows = await AwardModel.find({ personId, ...afterCursor(OWN_SORT, cursor) } as never)
      .sort(sortOf(OWN_SORT))
      .limit(limit + 1)
      .lean();
    return pageOf(rows, limit, (row) => [row.awardedOn, row._id]);
  }

  const evidence = keepFiles({
    attachments,
    subjectOf: (row: AwardRow) => ({ type: 'award', id: row._id, personId: row.personId }),
    access,
    accessToChange: accessAsked,
  });

  /** The member whose awards the actor may see, or record. @throws NotFound, Forbidden */
  async function memberFor(
    actor: AccountActor,
    membershipId: string,
    permission: 'awards:see' | 'awards:record',
  ): Promise<MembershipRow> {
    const member = await memberships.access(actor, membershipId, permission);
    if (!can(actor, permission, String(member.unitId))) throw new Forbidden('not-permitted');
    return member;
  }

  /** @throws Forbidden where the actor may not record an award of this member */
  async function memberToRecord(actor: AccountActor, membershipId: string): Promise<MembershipRow> {
    const member = await memberFor(actor, membershipId, 'awards:record');
    const other = String(member.personId);
    if (await humans.isSame(actor.personId, { personIds: [other] })) throw new Forbidden('not-your-own');
    if (!KEPT.includes(member.state)) throw new Conflict('members-only');
    const path = await units.pathOf(member.unitId);
    if (!(await holdsApartFrom(actor.personId, 'awards:record', { path, other, humans })))
      throw new Forbidden('granted-by-subject');
    return member;
  }

  return {
    access,
    memberToRecord,
    recognised,
    speaksFor,

    mayDecide: async (actor: AccountActor, row: AwardRow): Promise<boolean> =>
      (await whyNot(actor, row)) === null,

    own: (actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<AwardRow>> =>
      listOf(new Types.ObjectId(actor.personId), limit, cursor),

    /** Of a member within reach, with whose they are. */
    async ofMember(
      actor: AccountActor,
      membershipId: string,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<AwardRow> & { readonly member: MembershipRow }> {
      const member = await memberFor(actor, membershipId, 'awards:see');
      return { ...(await listOf(member.personId, limit, cursor)), member };
    },

    /** What waits for the actor's word, the oldest first; what only others may decide is left out. */
    async desk(actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<AwardRow>> {
      const self = new Types.ObjectId(actor.personId);
      const rows = await AwardModel.find({
        state: { $in: WAITING },
        personId: { $ne: self },
        enteredByPersonId: { $ne: self },
        decidedByPersonId: { $ne: self },
        ...within(actor),
        ...afterCursor(DESK_SORT, cursor),
      } as never)
        .sort(sortOf(DESK_SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.createdAt, row._id]);
    },

    /** The person asks to have an award recorded: a government's, another body's, or one of the organisation that is missing. */
    async claim(actor: AccountActor, typed: AwardFacts & { readonly text: string }): Promise<AwardRow> {
      return inTransaction(async () => {
        const membership = await memberships.approvedOf(actor.personId);
        if (!membership) throw new Forbidden('members-only');
        return insert(actor, membership, typed, 'claimed');
      });
    },

    /** The desk records an award of the organisation at once; what others gave is asked for in the member's name. */
    async enter(
      actor: AccountActor,
      membershipId: string,
      typed: AwardFacts & { readonly text: string },
    ): Promise<AwardRow> {
      return inTransaction(async () => {
        const membership = await memberToRecord(actor, membershipId);
        return insert(actor, membership, typed, typed.origin === 'own' ? 'recorded' : 'claimed');
      });
    },

    /** Whoever asked takes it back while nobody has decided. */
    async withdraw(actor: AccountActor, id: string): Promise<AwardRow> {
      return inTransaction(async () => {
        const row = await accessAsked(actor, id);
        return transition(AwardModel, row._id, {
          lifecycle: awardLifecycle,
          from: ['claimed'],
          to: 'withdrawn',
          action: 'awards/withdraw',
        });
      });
    },

    /** Somebody else says whether it is recorded, and how they know; a reason with a no. @throws Forbidden, Invalid */
    async decide(actor: AccountActor, id: string, { verdict, check, reason }: Decision): Promise<AwardRow> {
      return inTransaction(async () => {
        const row = await accessToDecide(actor, id);
        const recorded = verdict === 'recorded';
        if (!recorded && reason === '') throw Invalid.field('reason', 'required');
        const files = (await evidence.of(row)).length;
        const fault = recorded ? whyNotRecord(row, { check, files }) : null;
        if (fault) throw new Invalid([fault]);
        const after = await transition(AwardModel, row._id, {
          lifecycle: awardLifecycle,
          from: ['claimed'],
          to: verdict,
          reason: reason || null,
          action: recorded ? 'awards/verify' : 'awards/refuse',
          set: { ...said(actor, reason), check: recorded ? check : null },
        });
        await tell(after);
        return after;
      });
    },

    /** The person says that what is recorded is wrong; somebody who had no part in it looks. */
    async contest(actor: AccountActor, id: string, text: string): Promise<AwardRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (!isOwn(actor, row)) throw new Forbidden('only-the-person');
        return transition(AwardModel, row._id, {
          lifecycle: awardLifecycle,
          from: ['recorded'],
          to: 'contested',
          reason: text,
          action: 'awards/appeal',
          set: { contest: text },
        });
      });
    },

    /** What is recorded is put right, or found to be right where it was contested; with a reason that the person reads. */
    async correct(
      actor: AccountActor,
      id: string,
      typed: Omit<AwardFacts, 'origin'>,
      reason: string,
    ): Promise<AwardRow> {
      return inTransaction(async () => {
        const row = await accessToDecide(actor, id);
        const facts = await checked(row.personId, { ...typed, origin: row.origin });
        const after = await once(() =>
          transition(AwardModel, row._id, {
            lifecycle: awardLifecycle,
            from: ['recorded', 'contested'],
            to: 'recorded',
            reason,
            action: 'awards/correct',
            set: { ...said(actor, reason), ...facts, contest: '' },
            facts: { before: row.key, after: facts.key },
          }),
        );
        await tell(after);
        return after;
      });
    },

    /** What should not have been recorded is taken back, with a reason. */
    async revoke(actor: AccountActor, id: string, reason: string): Promise<AwardRow> {
      return inTransaction(async () => {
        const row = await accessToDecide(actor, id);
        const after = await transition(AwardModel, row._id, {
          lifecycle: awardLifecycle,
          from: ['recorded', 'contested'],
          to: 'revoked',
          reason,
          action: 'awards/revoke',
          set: { ...said(actor, reason), contest: '' },
        });
        await tell(after);
        return after;
      });
    },

    /** Pictures and documents: whoever asked changes them while nobody has decided. */
    evidence,

    /**
     * One human's record became another: their awards go along. One that the kept record has already ends here. Inside the
     * transaction of the merge.
     */
    async follow(from: string, into: string): Promise<void> {
      const living = { state: { $in: LIVING_AWARD } };
      const keys = await AwardModel.distinct('key', {
        personId: new Types.ObjectId(into),
        ...living,
      } as never);
      const twice = { personId: new Types.ObjectId(from), key: { $in: keys }, ...living };
      for (const { _id, state } of await AwardModel.find(twice as never).lean())
        await transition(AwardModel, _id, {
          lifecycle: awardLifecycle,
          from: [state],
          to: state === 'claimed' ? 'withdrawn' : 'revoked',
          reason: 'recorded-twice',
          action: state === 'claimed' ? 'awards/withdraw' : 'awards/revoke',
        });
      await moveRows(AwardModel, 'awards/move', { from, into });
    },
  };
}
