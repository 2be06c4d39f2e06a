import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { requireTenantId } from '../../core/context.ts';
import { NotFound } from '../../core/errors.ts';
import type { LocalText } from '../../db/fields.ts';
import { sideBySide } from '../../db/transaction.ts';
import type { MembershipService } from '../memberships/index.ts';
import type { ProposalRow } from '../proposals/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { HoursClaimModel } from './claim.model.ts';
import type { HoursClaimRow } from './claim.model.ts';
import type { ClaimablePlaces } from './claim.service.ts';
import { HoursModel } from './hours.model.ts';
import type { HoursRow } from './hours.model.ts';
import { storyOf } from './hours.story.rules.ts';
import type { StoryPart, StoryRecord, StoryStep } from './hours.story.rules.ts';

export interface StoryParts {
  readonly memberships: Pick<MembershipService, 'whoActed'>;
  readonly tenants: Pick<TenantService, 'get'>;
  readonly places: Pick<ClaimablePlaces, 'row'>;
  readonly wasCancelled: (shiftId: string) => Promise<boolean>;
  readonly claimsOf: (row: HoursRow) => Promise<HoursRow['_id'][]>;
}

/** A step as this reader may know it: who acted in what part, by name where the name is theirs to know. */
export interface ToldStep extends Omit<StoryStep, 'by' | 'organisationId'> {
  /** `elsewhere`: somebody of another organisation, whose people are not named here. */
  readonly by: { readonly part: StoryPart | 'elsewhere'; readonly name: string | null };
  readonly organisation: LocalText | null;
}

/** Records that became each other; nobody corrects one that often. */
const MOST_RECORDS = 20;

/** Tells how a record came about, to whoever may see the record. */
export function createStories(parts: StoryParts) {
  const { memberships, tenants, places, wasCancelled } = parts;

  /** The record and what it was before here, the oldest first: what a claim corrected, what another record of the human was. */
  async function lineBehind(row: HoursRow): Promise<StoryRecord[]> {
    const line: StoryRecord[] = [];
    for (let one: HoursRow | null = row; one && line.length < MOST_RECORDS;) {
      const madeBy: HoursClaimRow | null = await HoursClaimModel.findById(one._id).lean();
      line.unshift(await withPlace(one, madeBy));
      const { origin }: HoursRow = one;
      const before: Types.ObjectId | null = origin
        ? String(origin.tenantId) === requireTenantId()
          ? origin.hoursId
          : null
        : (madeBy?.hoursId ?? null);
      one = before ? await HoursModel.findById(before).lean() : null;
    }
    return line;
  }

  async function withPlace(row: HoursRow, madeBy: StoryRecord['madeBy']): Promise<StoryRecord> {
    const place = row.assignmentId ? await places.row(String(row.assignmentId)) : null;
    const unsaid = place?.checkOut?.method === 'automatic' && place.history.at(-1)?.reason === null;
    return {
      row,
      place,
      shiftWasCancelled: unsaid && row.shiftId !== null && (await wasCancelled(String(row.shiftId))),
      madeBy,
    };
  }

  /** What an organisation is called; null for one that is no more. */
  async function nameOf(tenantId: string | null): Promise<LocalText | null> {
    if (tenantId === null) return null;
    return tenants
      .get(tenantId)
      .then(({ name }) => name)
      .catch((err: unknown) => {
        if (err instanceof NotFound) return null;
        throw err;
      });
  }

  return {
    /**
     * How the record came about, oldest step first. Who sees hours in the unit reads who acted; the person reads the names of those
     * who act for the organisation, of everybody else the part alone, for they are fellow volunteers by now (S-12).
     * @param proposalsOn what two persons were to agree on about these records, in whatever state
     */
    async story(
      actor: AccountActor,
      row: HoursRow,
      proposalsOn: (recordIds: readonly string[]) => Promise<readonly ProposalRow[]>,
    ): Promise<ToldStep[]> {
      const records = await lineBehind(row);
      const persons = new Set(records.map(({ row: one }) => String(one.personId)));
      const claimIds = new Set(
        (
          await sideBySide(
            records.map(
              ({ row: one }) =>
                () =>
                  parts.claimsOf(one),
            ),
          )
        )
          .flat()
          .map(String),
      );
      const claims = await HoursClaimModel.find({
        _id: { $in: [...claimIds].map((id) => new Types.ObjectId(id)) },
      }).lean();
      const told = (await proposalsOn(records.map(({ row: one }) => String(one._id)))).filter(
        ({ state }) => state === 'confirmed' || mayReadProposals(actor, row),
      );
      const own = await memberships.whoActed({ accountIds: [], personIds: [...persons] });
      const steps = storyOf({
        tenantId: requireTenantId(),
        ownPersons: persons,
        ownAccounts: new Set(own.flatMap(({ accountId }) => (accountId ? [accountId] : []))),
        records,
        claims,
        proposals: told,
      });
      return tell(steps, can(actor, 'hours:see', String(row.unitId)));
    },
  };

  async function tell(steps: readonly StoryStep[], readsNames: boolean): Promise<ToldStep[]> {
    const ids = (of: 'accountId' | 'personId'): string[] => [
      ...new Set(steps.flatMap(({ by }) => (by[of] === null ? [] : [by[of]]))),
    ];
    const people = await memberships.whoActed({ accountIds: ids('accountId'), personIds: ids('personId') });
    const told: ToldStep[] = [];
    for (const { by, organisationId, ...step } of steps) {
      const organisation = await nameOf(organisationId);
      if (by.part === 'self' || by.part === 'system') {
        told.push({ ...step, by: { part: by.part, name: null }, organisation });
        continue;
      }
      const who = people.find(
        ({ accountId, personId }) =>
          personId === by.personId || (accountId !== null && accountId === by.accountId),
      );
      told.push({
        ...step,
        by: who
          ? { part: by.part, name: readsNames || who.acts ? who.name : null }
          : { part: 'elsewhere', name: null },
        organisation,
      });
    }
    return told;
  }
}

/** What is proposed about a record stands with who could propose it, and who audits; what came of it, with whoever sees the record. */
const mayReadProposals = (actor: AccountActor, { unitId }: Pick<HoursRow, 'unitId'>): boolean =>
  can(actor, 'hours:reverse', String(unitId)) || can(actor, 'audit:see', String(unitId));
