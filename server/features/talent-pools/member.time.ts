import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { poolLifecycle } from '../../core/states.ts';
import { inTransaction, requireTransaction } from '../../db/transaction.ts';
import { transition } from '../../db/transition.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import { dueByLocalDate } from '../tenants/index.ts';
import type { DueQuery, DueRow, TenantService } from '../tenants/index.ts';
import type { Judgement } from './judge.rules.ts';
import { dueOnOf, nextState } from './member.time.rules.ts';
import type { PoolMemberService } from './member.service.ts';
import { PoolMemberModel, TalentPoolModel } from './pool.model.ts';
import type { PoolService } from './pool.service.ts';

/** Members that one look for people reads at a time. */
const BATCH = 250;
/** Proposals that one look makes: officers can read so many. */
const MOST_PROPOSED = 200;
const DAY_MS = 86_400_000;

export interface PoolTimeParts {
  readonly pools: PoolService;
  readonly members: PoolMemberService;
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
}

export type PoolTimeService = ReturnType<typeof createPoolTime>;

/** What time and lapses do to pools: proposals, certifications that run out, and those whose ground is gone. */
export function createPoolTime({ pools, members, memberships, tenants }: PoolTimeParts) {
  /** Every approved member of the current tenant, however many. */
  async function* everybody(): AsyncGenerator<MembershipRow[]> {
    for (let after: Types.ObjectId | null = null; ;) {
      const batch: MembershipRow[] = await memberships.approvedAfter(after, BATCH);
      if (batch.length > 0) yield batch;
      if (batch.length < BATCH) return;
      after = batch.at(-1)?._id ?? null;
    }
  }

  return {
    /** Certifications of any tenant that its own calendar moves on, for the sweep. */
    due: (query: DueQuery): Promise<DueRow[]> => dueByLocalDate(PoolMemberModel, 'dueOn', query, tenants),

    /** Moves one certification on when its time has come; what rests on it lapses with it. Twice changes nothing. */
    async expire(id: string): Promise<void> {
      await inTransaction(async () => {
        const row = await PoolMemberModel.findById(id).lean();
        if (!row) return;
        const pool = await pools.access(String(row.poolId));
        const standing = { ...row, windowMonths: pool.windowMonths };
        const to = nextState(standing, await pools.today());
        if (!to) return;
        const after = await transition(PoolMemberModel, row._id, {
          lifecycle: poolLifecycle,
          from: [row.state],
          to,
          set: { dueOn: dueOnOf({ ...standing, state: to }), ...(to === 'lapsed' ? { shared: false } : {}) },
          action: 'talent-pools/expire',
        });
        await members.tell(after, to);
        if (to === 'lapsed') await members.lapsed(after, 'lapsed');
      });
    },

    /**
     * Asks the rules anew of every pool that the person is certified in: where one fails, the certification is suspended with
     * the reason, and what rests on it lapses. Inside the transaction in which the fact changed.
     */
    async recheck(personId: string, reason: string): Promise<void> {
      requireTransaction('Asking the rules of pools anew');
      const rows = await PoolMemberModel.find({
        personId: new Types.ObjectId(personId),
        state: { $in: ['certified', 'expiring'] },
      }).lean();
      for (const row of rows) {
        const pool = await pools.access(String(row.poolId));
        const judgement = await members.judgedNow(row, pool);
        if (judgement.passed) continue;
        const after = await transition(PoolMemberModel, row._id, {
          lifecycle: poolLifecycle,
          from: [row.state],
          to: 'suspended',
          reason,
          set: { dueOn: null },
          update: { $push: { decisions: members.decisionOf('suspended', judgement) } },
          action: 'talent-pools/recheck',
        });
        await members.tell(after, 'suspended');
        await members.lapsed(after, 'suspended');
      }
    },

    /** Pools of any tenant that look for people now. */
    async duePools({ now, limit, except }: DueQuery): Promise<DueRow[]> {
      const rows = await TalentPoolModel.find({
        proposeAt: { $type: 'date', $lte: now },
        _id: { $nin: except.map((id) => new Types.ObjectId(id)) },
      } as never)
        .sort({ proposeAt: 1 })
        .limit(limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /** Proposes everybody who passes and never had to do with the pool; the next look is a day later. */
    async propose(id: string): Promise<void> {
      const pool = await pools.access(id);
      const startedAt = contextNow();
      if (!pool.proposeAt || pool.proposeAt > startedAt || !pool.active) return;
      const known = new Set(
        (await PoolMemberModel.find({ poolId: pool._id }).select({ personId: 1 }).lean()).map((row) =>
          String(row.personId),
        ),
      );
      let proposed = 0;
      for await (const batch of everybody()) {
        const fresh = batch.filter((member) => !known.has(String(member.personId)));
        const judgements =
          fresh.length > 0 ? await pools.judgementsOf(pool, fresh) : new Map<string, Judgement>();
        for (const member of fresh) {
          if (proposed >= MOST_PROPOSED) break;
          if (judgements.get(String(member.personId))?.passed && (await members.propose(pool, member)))
            proposed += 1;
        }
        if (proposed >= MOST_PROPOSED) break;
      }
      await TalentPoolModel.updateOne({ _id: pool._id, proposeAt: pool.proposeAt } as never, {
        $set: { proposeAt: addDay(startedAt) },
      });
    },
  };
}

const addDay = (at: Date): Date => new Date(at.getTime() + DAY_MS);
