import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { contextNow, requireContext } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import type { Humans } from '../../core/humans.ts';
import { isId } from '../../core/ids.ts';
import type { Permission } from '../../core/permissions.ts';
import { poolLifecycle } from '../../core/states.ts';
import { recordAudit } from '../../db/audit.ts';
import type { AuditAction } from '../../db/audit-verbs.ts';
import { addMessage } from '../../db/outbox.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import { born, editRow, transition } from '../../db/transition.ts';
import { validToOf } from '../credentials/index.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import { restsUntil } from './judge.rules.ts';
import type { Judgement } from './judge.rules.ts';
import { PoolMemberModel } from './pool.model.ts';
import type { PoolDecision, PoolMemberRow, TalentPoolRow } from './pool.model.ts';
import { dueOnOf } from './member.time.rules.ts';
import type { PoolService } from './pool.service.ts';

export type Verdict = 'first_pass' | 'certified' | 'refused';
const FROM: Record<Verdict, readonly string[]> = {
  first_pass: ['proposed', 'applied'],
  certified: ['first_pass', 'appealed'],
  refused: ['proposed', 'applied', 'first_pass', 'appealed'],
};
const IN_POOL = ['certified', 'expiring'];

/** Told in the transaction in which somebody stopped being a certified member. */
export type PoolLapsed = (lapse: {
  readonly personId: string;
  readonly pool: TalentPoolRow;
  readonly how: 'lapsed' | 'suspended' | 'left';
}) => Promise<void>;

export interface PoolMemberParts {
  readonly pools: PoolService;
  readonly memberships: MembershipService;
  readonly humans: Humans;
}

export type PoolMemberService = ReturnType<typeof createPoolMemberService>;

/** People on their way into a pool, in it, and out of it. */
export function createPoolMemberService({ pools, memberships, humans }: PoolMemberParts) {
  const listeners: PoolLapsed[] = [];

  /** One's own, or one that somebody who may see pools reaches; everything else is missing. */
  async function access(actor: Actor, id: string): Promise<PoolMemberRow> {
    const row = isId(id) ? await PoolMemberModel.findById(id).lean() : null;
    if (!row) throw new NotFound();
    if (actor.kind === 'account' && String(row.personId) === actor.personId) return row;
    if (!can(actor, 'talent-pools:see', String(row.unitId))) throw new NotFound();
    return row;
  }

  async function accessOwn(actor: AccountActor, id: string): Promise<PoolMemberRow> {
    const row = await access(actor, id);
    if (String(row.personId) !== actor.personId) throw new Forbidden('only-the-person');
    return row;
  }

  const isOwn = (actor: AccountActor, row: PoolMemberRow): Promise<boolean> =>
    humans.isSame(actor.personId, { personIds: [String(row.personId)] });

  /** Never one's own, never two words by one officer, an appeal by somebody who has not spoken: humans, whatever the account. */
  async function mayDecide(actor: AccountActor, row: PoolMemberRow, permission: Permission): Promise<void> {
    if (await isOwn(actor, row)) throw new Forbidden('not-your-own');
    if (!can(actor, permission, String(row.unitId))) throw new Forbidden('not-permitted');
    if (permission !== 'talent-pools:decide') return;
    const spoke = (ids: readonly Types.ObjectId[]): Promise<boolean> =>
      humans.isSame(actor.personId, { accountIds: ids.map(String) });
    if (row.firstReviewerId && (await spoke([row.firstReviewerId])))
      throw new Forbidden('second-reviewer-needed');
    if (row.state === 'appealed' && (await spoke(row.refusedBy))) throw new Forbidden('appeal-needs-another');
  }

  async function judged(pool: TalentPoolRow, member: MembershipRow | null): Promise<Judgement> {
    const judgement = member
      ? (await pools.judgementsOf(pool, [member])).get(String(member.personId))
      : undefined;
    return judgement ?? { passed: false, findings: [] };
  }
  const judgedNow = async (row: PoolMemberRow, pool: TalentPoolRow): Promise<Judgement> =>
    judged(pool, await memberships.approvedOf(row.personId));

  /** What is kept of a decision: each rule, and the fact that it was asked on. */
  function decisionOf(step: string, { passed, findings }: Judgement): PoolDecision {
    const { actor } = requireContext();
    return {
      at: contextNow(),
      step,
      accountId: actor.kind === 'account' ? new Types.ObjectId(actor.accountId) : null,
      passed,
      findings: JSON.stringify(findings),
    };
  }

  function assertPassed({ passed, findings }: Judgement): void {
    if (passed) return;
    const failed = findings.filter((one) => !one.passed).map(({ kind }) => kind);
    throw new Conflict('rules-not-met', { failed });
  }

  const tell = (row: PoolMemberRow, state: string): Promise<void> =>
    addMessage({
      kind: 'talent-pools/moved',
      subjectId: row._id,
      data: { state },
      dedupeKey: `talent-pool:${String(row._id)}:${row.version}`,
    });

  /** A certification ends with the pool's time, or earlier with what it rests on. */
  async function validityOf(
    pool: TalentPoolRow,
    { findings }: Judgement,
  ): Promise<Pick<PoolMemberRow, 'validFrom' | 'validTo' | 'dueOn'>> {
    const validFrom = await pools.today();
    const ends = [validToOf(validFrom, pool), restsUntil(findings)].filter((end) => end !== null);
    const validTo = ends.sort()[0] ?? null;
    return {
      validFrom,
      validTo,
      dueOn: dueOnOf({ state: 'certified', validTo, windowMonths: pool.windowMonths }),
    };
  }

  async function insert(
    pool: TalentPoolRow,
    member: MembershipRow,
    state: 'proposed' | 'applied',
    judgement: Judgement,
  ): Promise<PoolMemberRow> {
    const _id = new Types.ObjectId();
    const row = {
      _id,
      ...born(state),
      poolId: pool._id,
      personId: member.personId,
      membershipId: member._id,
      unitId: member.unitId,
      personName: member.personName,
      decisions: [decisionOf(state, judgement)],
      createdAt: contextNow(),
    };
    try {
      await PoolMemberModel.create([row as never]);
    } catch (err) {
      if (isDuplicateKey(err)) throw new Conflict('already-in-pool');
      throw err;
    }
    await recordAudit({
      action: `talent-pools/${state}`,
      subjectType: 'PoolMember',
      subjectId: _id,
      to: state,
      facts: { poolId: String(pool._id) },
    });
    return (await PoolMemberModel.findById(_id).lean()) as PoolMemberRow;
  }

  async function lapsed(row: PoolMemberRow, how: 'lapsed' | 'suspended' | 'left'): Promise<void> {
    const pool = await pools.access(String(row.poolId));
    for (const listener of listeners) await listener({ personId: String(row.personId), pool, how });
  }

  const move = (
    row: PoolMemberRow,
    step: {
      from: readonly string[];
      to: string;
      action: AuditAction;
      reason?: string | null;
      set?: Record<string, unknown>;
    },
    decision: PoolDecision | null,
    more: Record<string, unknown> = {},
  ): Promise<PoolMemberRow> =>
    transition(PoolMemberModel, row._id, {
      lifecycle: poolLifecycle,
      ...step,
      reason: step.reason ?? null,
      update: { $push: { ...(decision ? { decisions: decision } : {}), ...more } },
    });

  return {
    access,
    judgedNow,
    lapsed,
    tell,
    decisionOf,
    onLapsed: (listener: PoolLapsed): unknown => listeners.push(listener),

    /** A member asks to be in the pool. @throws Conflict `rules-not-met` with the rules that fail */
    async apply(actor: AccountActor, poolId: string): Promise<PoolMemberRow> {
      return inTransaction(async () => {
        const pool = await pools.access(poolId);
        const member = await memberships.approvedOf(actor.personId);
        if (!member) throw new Forbidden('members-only');
        const known = await PoolMemberModel.findOne({
          poolId: pool._id,
          personId: member.personId,
          state: 'proposed',
        }).lean();
        if (!known && (!pool.active || !pool.open)) throw new Conflict('pool-not-open');
        const judgement = await judged(pool, member);
        assertPassed(judgement);
        if (!known) return insert(pool, member, 'applied', judgement);
        return move(
          known,
          { from: ['proposed'], to: 'applied', action: 'talent-pools/apply' },
          decisionOf('applied', judgement),
        );
      });
    },

    /** Proposes somebody who passes: an officer, or the sweep. @returns null when they are or were in it, or do not pass */
    async propose(pool: TalentPoolRow, member: MembershipRow): Promise<PoolMemberRow | null> {
      return inTransaction(async () => {
        // Whoever was refused, left or lapsed is not asked again by itself; they may apply.
        if (await PoolMemberModel.exists({ poolId: pool._id, personId: member.personId })) return null;
        const judgement = await judged(pool, member);
        if (!judgement.passed) return null;
        const row = await insert(pool, member, 'proposed', judgement);
        await tell(row, 'proposed');
        return row;
      });
    },

    /** First word by an officer, the final one by a reviewer; an appeal by somebody new. The rules are asked each time. */
    async review(
      actor: AccountActor,
      id: string,
      { verdict, reason }: { verdict: Verdict; reason: string },
    ): Promise<PoolMemberRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        const final = ['first_pass', 'appealed'].includes(row.state);
        await mayDecide(actor, row, final ? 'talent-pools:decide' : 'talent-pools:review');
        if (!FROM[verdict].includes(row.state)) throw new Conflict('wrong-state', { state: row.state });
        if (verdict === 'refused' && reason === '') throw Invalid.field('reason', 'required');
        const pool = await pools.access(String(row.poolId));
        const judgement = await judgedNow(row, pool);
        if (verdict !== 'refused') assertPassed(judgement);
        const self = new Types.ObjectId(actor.accountId);
        const after = await move(
          row,
          {
            from: FROM[verdict],
            to: verdict,
            reason: reason || null,
            action: 'talent-pools/review',
            set: {
              ...(verdict === 'first_pass' ? { firstReviewerId: self } : {}),
              ...(verdict === 'certified'
                ? { finalReviewerId: self, ...(await validityOf(pool, judgement)) }
                : {}),
            },
          },
          decisionOf(verdict, judgement),
          verdict === 'refused' ? { refusedBy: self } : {},
        );
        if (verdict !== 'first_pass') await tell(after, verdict);
        return after;
      });
    },

    async appeal(actor: AccountActor, id: string, reason: string): Promise<PoolMemberRow> {
      return inTransaction(async () => {
        const row = await accessOwn(actor, id);
        if (row.appeal !== null) throw new Conflict('appealed-already');
        try {
          return await move(
            row,
            {
              from: ['refused'],
              to: 'appealed',
              reason,
              action: 'talent-pools/appeal',
              set: { appeal: reason },
            },
            null,
          );
        } catch (err) {
          if (isDuplicateKey(err)) throw new Conflict('already-in-pool');
          throw err;
        }
      });
    },

    /** Suspends a certification, or lets it count again when the rules still hold; never one's own. */
    async changeStanding(
      actor: AccountActor,
      id: string,
      { to, reason }: { to: 'suspended' | 'certified'; reason: string },
    ): Promise<PoolMemberRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (await isOwn(actor, row)) throw new Forbidden('not-your-own');
        if (!can(actor, 'talent-pools:decide', String(row.unitId))) throw new Forbidden('not-permitted');
        const pool = await pools.access(String(row.poolId));
        const judgement = await judgedNow(row, pool);
        if (to === 'certified') assertPassed(judgement);
        const { validTo } = row;
        const after = await move(
          row,
          {
            from: to === 'suspended' ? IN_POOL : ['suspended'],
            to,
            reason,
            action: 'talent-pools/change-standing',
            set: {
              dueOn:
                to === 'suspended' ? null : dueOnOf({ state: to, validTo, windowMonths: pool.windowMonths }),
            },
          },
          decisionOf(to, judgement),
        );
        await tell(after, to);
        if (to === 'suspended') await lapsed(after, 'suspended');
        return after;
      });
    },

    /** The person goes, or an officer says that they went; with the reason. */
    async leave(actor: AccountActor, id: string, reason: string): Promise<PoolMemberRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        const own = String(row.personId) === actor.personId;
        if (!own && !can(actor, 'talent-pools:review', String(row.unitId)))
          throw new Forbidden('not-permitted');
        if (!own && reason === '') throw Invalid.field('reason', 'required');
        const after = await move(
          row,
          {
            from: ['proposed', 'applied', 'first_pass', 'appealed', 'certified', 'expiring', 'suspended'],
            to: 'left',
            reason: reason || null,
            action: 'talent-pools/leave',
            set: { dueOn: null, shared: false },
          },
          null,
        );
        if (!own) await tell(after, 'left');
        if (IN_POOL.includes(row.state)) await lapsed(after, 'left');
        return after;
      });
    },

    /** Two officers renew what is about to end: the first word, then the second, each on the rules of that day. */
    async renew(actor: AccountActor, id: string): Promise<PoolMemberRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (await isOwn(actor, row)) throw new Forbidden('not-your-own');
        if (row.state !== 'expiring') throw new Conflict('wrong-state', { state: row.state });
        const first = row.renewalBy === null;
        if (!can(actor, first ? 'talent-pools:review' : 'talent-pools:decide', String(row.unitId)))
          throw new Forbidden('not-permitted');
        if (row.renewalBy && (await humans.isSame(actor.personId, { accountIds: [String(row.renewalBy)] })))
          throw new Forbidden('second-reviewer-needed');
        const pool = await pools.access(String(row.poolId));
        const judgement = await judgedNow(row, pool);
        assertPassed(judgement);
        const decision = decisionOf(first ? 'renewal' : 'certified', judgement);
        if (first) {
          await PoolMemberModel.updateOne({ _id: row._id }, { $push: { decisions: decision } } as never);
          return editRow(PoolMemberModel, row._id, {
            version: row.version,
            set: { renewalBy: new Types.ObjectId(actor.accountId) },
            action: 'talent-pools/renewal',
          });
        }
        const after = await move(
          row,
          {
            from: ['expiring'],
            to: 'certified',
            action: 'talent-pools/renew',
            set: {
              ...(await validityOf(pool, judgement)),
              firstReviewerId: row.renewalBy,
              finalReviewerId: new Types.ObjectId(actor.accountId),
              renewalBy: null,
            },
          },
          decision,
        );
        await tell(after, 'certified');
        return after;
      });
    },

    /** The person agrees that other organisations of the area see the certification, or takes it back. */
    async share(actor: AccountActor, id: string, shared: boolean): Promise<PoolMemberRow> {
      return inTransaction(async () => {
        const row = await accessOwn(actor, id);
        if (shared && !IN_POOL.includes(row.state)) throw new Conflict('wrong-state', { state: row.state });
        return editRow(PoolMemberModel, row._id, {
          version: row.version,
          set: { shared },
          action: 'talent-pools/share',
          facts: { shared },
        });
      });
    },
  };
}
