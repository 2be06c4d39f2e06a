import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { canEverywhere } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden } from '../../core/errors.ts';
import { isDuplicateKey, inTransaction } from '../../db/transaction.ts';
import type { MembershipService } from '../memberships/index.ts';
import type { Tenant, TenantService } from '../tenants/index.ts';
import { WeightsModel } from './matching.model.ts';
import type { WeightsRow } from './matching.model.ts';
import type { FitSettings } from './matching.types.ts';

/** What an administrator sets. */
export interface WeightsInput {
  readonly weights: Readonly<Record<string, number>>;
  readonly off: readonly string[];
  readonly dailyCapMinutes: number;
  readonly weeklyCapMinutes: number;
  readonly restMinutes: number;
  readonly reachMetres: number;
}

/** The rules' settings of a tenant, as of now. */
export const settingsOf = ({ settings, matching }: Tenant, now = contextNow()): FitSettings => ({
  now,
  version: matching.version,
  weights: matching.weights,
  off: matching.off,
  minAge: settings.minAge,
  dailyCapMinutes: settings.dailyCapMinutes,
  weeklyCapMinutes: matching.weeklyCapMinutes,
  restMinutes: matching.restMinutes,
  reachMetres: matching.reachMetres,
});

const SHOWN_VERSIONS = 20;

export type WeightsService = ReturnType<typeof createWeightsService>;

/** How a tenant weighs people: bounded by the schema, versioned, audited. */
export function createWeightsService({
  tenants,
  memberships,
}: {
  tenants: TenantService;
  memberships: MembershipService;
}) {
  const assertMay = (actor: Actor): void => {
    if (!canEverywhere(actor, 'matching:weigh')) throw new Forbidden('needs-whole');
  };
  return {
    current: () => tenants.current(),

    /** Versions that were, newest first, with who set them. */
    async versions(): Promise<(WeightsRow & { setByName: string })[]> {
      const rows = await WeightsModel.find().sort({ version: -1 }).limit(SHOWN_VERSIONS).lean();
      const names = await memberships.namesOfAccounts(rows.map(({ setBy }) => setBy));
      return rows.map((row) => ({ ...row, setByName: names.get(String(row.setBy)) ?? '' }));
    },

    /**
     * Weighs by these from now on. @throws Forbidden, PreconditionFailed when somebody changed it since the version
     */
    async set(actor: AccountActor, input: WeightsInput, version: number | null): Promise<Tenant> {
      assertMay(actor);
      return inTransaction(async () => {
        const before = await tenants.current();
        const next = before.matching.version + 1;
        const after = await tenants.setMatching({ version: next, ...input }, version ?? before.version);
        try {
          await WeightsModel.create([
            {
              version: next,
              ...input,
              off: [...input.off],
              setBy: new Types.ObjectId(actor.accountId),
              setAt: contextNow(),
            } as never,
          ]);
        } catch (err) {
          if (isDuplicateKey(err)) throw new Conflict('version-changed');
          throw err;
        }
        return after;
      });
    },
  };
}
