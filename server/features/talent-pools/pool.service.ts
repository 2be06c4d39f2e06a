import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { tenantAggregate } from '../../db/builders.ts';
import { withinReach } from '../../db/reach.ts';
import { inTransaction, sideBySide } from '../../db/transaction.ts';
import { editRow } from '../../db/transition.ts';
import type { CredentialTypeService } from '../credentials/index.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { Unit, UnitService } from '../units/index.ts';
import { judge } from './judge.rules.ts';
import type { Judgement } from './judge.rules.ts';
import { PoolMemberModel, TalentPoolModel } from './pool.model.ts';
import type { TalentPoolRow } from './pool.model.ts';
import { poolRules } from './pool.rules.ts';
import type { LeafRule, PoolRule } from './pool.rules.ts';
import type { createPoolSources } from './pool.sources.ts';

export interface PoolDefinition {
  readonly name: { 'zh-CN': string; en: string };
  readonly purpose: string;
  readonly rules: readonly PoolRule[];
  readonly validMonths: number | null;
  readonly windowMonths: number;
  readonly proposes: boolean;
  readonly open: boolean;
  readonly active: boolean;
}

export interface PoolServiceParts {
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
  readonly units: UnitService;
  readonly types: CredentialTypeService;
  readonly sources: ReturnType<typeof createPoolSources>;
}

/** The rules of a stored pool. */
export const rulesOf = (pool: Pick<TalentPoolRow, 'rules'>): PoolRule[] =>
  poolRules.parse(JSON.parse(pool.rules));

export type PoolService = ReturnType<typeof createPoolService>;

/** Pools as a department defines them, and what their rules say of people. */
export function createPoolService({ memberships, tenants, units, types, sources }: PoolServiceParts) {
  const today = async (): Promise<string> => localDate(contextNow(), (await tenants.current()).zone);

  async function access(id: string): Promise<TalentPoolRow> {
    const row = isId(id) ? await TalentPoolModel.findById(id).lean() : null;
    if (!row) throw new NotFound();
    return row;
  }

  /** @throws Invalid at `rules` for what this place does not have */
  async function sound(rules: readonly PoolRule[]): Promise<void> {
    const catalogue = await types.all();
    const known = new Set((await units.all()).map((unit) => unit.id));
    const leaves = rules.flatMap((rule): LeafRule[] => (rule.kind === 'any' ? rule.of : [rule]));
    for (const rule of leaves) {
      if (rule.kind === 'credential' || rule.kind === 'check') {
        const type = catalogue.get(rule.type);
        const kindFits = rule.kind === 'check' ? type?.kind === 'check' : type !== undefined;
        const levelFits =
          rule.kind === 'check' || rule.level === '' || type?.levels.some(({ code }) => code === rule.level);
        if (!kindFits || !levelFits) throw Invalid.field('rules', 'not-an-option');
      }
      if (rule.kind === 'area' && !rule.units.every((unit) => known.has(unit)))
        throw Invalid.field('rules', 'not-an-option');
      if (rule.kind === 'age' && rule.min !== null && rule.max !== null && rule.max < rule.min)
        throw Invalid.field('maxAge', 'ages-crossed');
    }
  }

  const stored = ({ rules, ...rest }: PoolDefinition): Record<string, unknown> => ({
    ...rest,
    rules: JSON.stringify(rules),
    // Changed rules look for people anew, at once.
    proposeAt: rest.proposes && rest.active ? contextNow() : null,
  });

  /** What the rules say of these members today, by person. */
  async function judgementsOf(
    pool: Pick<TalentPoolRow, 'rules'>,
    members: readonly MembershipRow[],
  ): Promise<Map<string, Judgement>> {
    const on = await today();
    const facts = await sources.factsOf(members, on);
    const rules = rulesOf(pool);
    return new Map([...facts].map(([personId, own]) => [personId, judge(rules, own, on)]));
  }

  return {
    access,
    today,
    judgementsOf,

    list: (): Promise<TalentPoolRow[]> =>
      TalentPoolModel.find({}).sort({ active: -1, _id: 1 }).limit(200).lean(),

    rows: async (ids: readonly (string | Types.ObjectId)[]): Promise<Map<string, TalentPoolRow>> => {
      const rows = await TalentPoolModel.find({
        _id: { $in: ids.map((id) => new Types.ObjectId(String(id))) },
      }).lean();
      return new Map(rows.map((row) => [String(row._id), row]));
    },

    async define(actor: AccountActor, input: PoolDefinition): Promise<TalentPoolRow> {
      return inTransaction(async () => {
        await sound(input.rules);
        const _id = new Types.ObjectId();
        await TalentPoolModel.create([
          {
            _id,
            ...stored(input),
            createdBy: new Types.ObjectId(actor.accountId),
            createdAt: contextNow(),
          } as never,
        ]);
        await recordAudit({
          action: 'talent-pools/define',
          subjectType: 'TalentPool',
          subjectId: _id,
          to: 'defined',
          facts: { rules: input.rules.length },
        });
        return access(String(_id));
      });
    },

    /** New rules bind whoever comes later; who is certified stays until the end of the certification. */
    async edit(
      _actor: AccountActor,
      id: string,
      input: PoolDefinition,
      version: number | null,
    ): Promise<TalentPoolRow> {
      return inTransaction(async () => {
        await sound(input.rules);
        const row = await access(id);
        return editRow(TalentPoolModel, row._id, {
          version,
          set: stored(input),
          action: 'talent-pools/edit',
        });
      });
    },

    /** How many within the actor's reach are in each state, by pool: as many as the list of them shows. */
    async counts(
      actor: Actor,
      poolIds: readonly Types.ObjectId[],
    ): Promise<Map<string, Record<string, number>>> {
      const rows = await tenantAggregate<{ _id: { poolId: Types.ObjectId; state: string }; count: number }>(
        PoolMemberModel as never,
        [
          { $match: { poolId: { $in: [...poolIds] }, ...withinReach(actor, 'talent-pools:see') } },
          { $group: { _id: { poolId: '$poolId', state: '$state' }, count: { $sum: 1 } } },
        ],
      );
      const found = new Map<string, Record<string, number>>();
      for (const { _id, count } of rows) {
        const key = String(_id.poolId);
        found.set(key, { ...found.get(key), [_id.state]: count });
      }
      return found;
    },

    /** Certified members by street: each township, and what lies outside all of them under the tenant itself. */
    async coverage(poolId: Types.ObjectId): Promise<{ unit: Unit; certified: number }[]> {
      const [tree, rows] = await sideBySide([
        () => units.all(),
        () =>
          tenantAggregate<{ _id: Types.ObjectId; count: number }>(PoolMemberModel as never, [
            { $match: { poolId, state: { $in: ['certified', 'expiring'] } } },
            { $group: { _id: '$unitId', count: { $sum: 1 } } },
          ]),
      ]);
      const byId = new Map(tree.map((unit) => [unit.id, unit]));
      const streetOf = (id: string): string | null => {
        let at = byId.get(id);
        for (let steps = 0; at && steps < 20; steps += 1) {
          if (at.kind === 'township' || at.parentId === null) return at.id;
          at = byId.get(at.parentId);
        }
        return null;
      };
      const sums = new Map<string, number>();
      for (const { _id, count } of rows) {
        const street = streetOf(String(_id));
        if (street) sums.set(street, (sums.get(street) ?? 0) + count);
      }
      return tree
        .filter((unit) => unit.kind === 'township' || (unit.parentId === null && sums.has(unit.id)))
        .map((unit) => ({ unit, certified: sums.get(unit.id) ?? 0 }));
    },

    /** What the rules of open pools say of one member. */
    async openFor(personId: string): Promise<{ pool: TalentPoolRow; judgement: Judgement }[]> {
      const member = await memberships.approvedOf(personId);
      const pools = await TalentPoolModel.find({ active: true, open: true })
        .sort({ _id: 1 })
        .limit(50)
        .lean();
      if (!member || pools.length === 0) return [];
      const on = await today();
      const facts = (await sources.factsOf([member], on)).get(personId);
      return facts ? pools.map((pool) => ({ pool, judgement: judge(rulesOf(pool), facts, on) })) : [];
    },
  };
}
