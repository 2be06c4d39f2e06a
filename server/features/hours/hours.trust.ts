import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { acrossTenants, contextNow, requireTenantId } from '../../core/context.ts';
import type { Permission } from '../../core/permissions.ts';
import { addMonths, localDate, startOfDay } from '../../core/time.ts';
import type { HumanFacts, IdentityDocumentService } from '../identity-documents/index.ts';
import { authoritiesOf, holdersAmong } from '../memberships/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import { lockPerson } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { anomaliesOf, manyStrangers, THRESHOLDS } from './anomaly.rules.ts';
import type { Anomaly } from './anomaly.rules.ts';
import { wasSeenByThird, whyNotTrusted } from './evidence.rules.ts';
import type { Presence } from './evidence.rules.ts';
import { HoursModel } from './hours.model.ts';
import type { HoursRow } from './hours.model.ts';
import { CLAIMED_STATES } from './hours.record.ts';

export interface TrustParts {
  readonly identityDocuments: IdentityDocumentService;
  readonly memberships: MembershipService;
  readonly units: UnitService;
  readonly tenants: TenantService;
  /** When the person came to the platform. */
  readonly personSince: (personId: string) => Promise<Date>;
  /** Which of these people may be this one under another name, by what their accounts share. */
  readonly tiedTo: (personId: string, others: readonly string[]) => Promise<string[]>;
}

export type HoursTrust = ReturnType<typeof createHoursTrust>;

const HOUR_MS = 3_600_000;
const UNKNOWN: HumanFacts = {
  human: 'unknown',
  level: 'none',
  identified: false,
  verified: false,
  verification: null,
};

/** Gathers, inside the deciding transaction, what the rules of evidence and the anomaly rules ask about. */
export function createHoursTrust({
  identityDocuments,
  memberships,
  units,
  tenants,
  personSince,
  tiedTo,
}: TrustParts) {
  async function humans(
    row: HoursRow,
    more: readonly string[] = [],
  ): Promise<(personId: unknown) => HumanFacts> {
    const ids = [row.personId, row.enteredBy].filter((one) => one !== null).map(String);
    const found = await identityDocuments.humansOf([...ids, ...more]);
    return (personId) => found.get(String(personId)) ?? UNKNOWN;
  }

  /** The person behind the account that noted it or opened the kiosk; a code says nothing of who showed it. */
  async function noterOf({ presence }: HoursRow): Promise<string | null> {
    const noted =
      presence && ['coordinator', 'kiosk'].includes(presence.method) ? presence.byAccountId : null;
    const marker = noted ? await memberships.byAccount(noted) : null;
    return marker ? String(marker.personId) : null;
  }

  /** Who noted the presence, and whether the person could have read the code from home. */
  async function presenceOf(row: HoursRow): Promise<Presence | null> {
    if (!row.presence) return null;
    const { method } = row.presence;
    const noterId = await noterOf(row);
    const noter = noterId ? (await identityDocuments.humansOf([noterId])).get(noterId) : null;
    const accounts = await identityDocuments.personsLike(String(row.personId));
    const holders = await holdersAmong(accounts, 'attendance:run', await units.pathOf(row.unitId));
    return {
      method,
      by: noter?.identified ? noter : null,
      codeWasOpenToSubject: holders.length > 0,
    };
  }

  /** The humans among these people who may be the person of the record. */
  async function tiedHumans(row: HoursRow, people: readonly (string | null)[]): Promise<Set<string>> {
    const others = people.filter((one) => one !== null);
    const tied = await tiedTo(String(row.personId), others);
    const humans = await identityDocuments.humansOf(tied);
    return new Set([...humans.values()].map(({ human }) => human));
  }

  /**
   * Persons of the approver's human, of whom whoever else confirms something unseen by them waits from now on: what is counted of
   * their confirmations is counted one after the other, whatever accounts they use.
   */
  async function holdApprover(personId: string): Promise<Types.ObjectId[]> {
    const persons = (await identityDocuments.personsLike(personId)).sort();
    for (const one of persons) await lockPerson(one);
    return persons.map((one) => new Types.ObjectId(one));
  }

  /**
   * Back-entries that these persons confirmed since the month began in the tenant's zone, also those that were taken back or went
   * elsewhere since: they were confirmed all the same. What came from elsewhere was confirmed there.
   */
  async function backEntriesThisMonth(personIds: readonly Types.ObjectId[], zone: string): Promise<number> {
    const first = `${localDate(contextNow(), zone).slice(0, 7)}-01`;
    return HoursModel.countDocuments({
      confirmedByPersonId: { $in: [...personIds] },
      grade: 'back-entry',
      'origin.hoursId': { $exists: false },
      postedAt: { $gte: startOfDay(first, zone), $lt: startOfDay(addMonths(first, 1), zone) },
    } as never);
  }

  /** People whose unseen hours the approver confirmed lately without ever running a shift of theirs. */
  async function strangersOf(approver: AccountActor, row: HoursRow): Promise<number> {
    const persons = await holdApprover(approver.personId);
    const since = new Date(contextNow().getTime() - THRESHOLDS.strangersHours * HOUR_MS);
    const recent = (await HoursModel.distinct('personId', {
      confirmedByPersonId: { $in: persons },
      state: 'posted',
      postedAt: { $gte: since },
      grade: { $in: ['self', 'back-entry'] },
    } as never)) as Types.ObjectId[];
    const people = new Map([...recent, row.personId].map((one) => [String(one), one]));
    const known = (await HoursModel.distinct('personId', {
      personId: { $in: [...people.values()] },
      'presence.byAccountId': new Types.ObjectId(approver.accountId),
    } as never)) as Types.ObjectId[];
    for (const one of known) people.delete(String(one));
    return people.size;
  }

  return {
    /** Why the actor may not confirm the record; null when they may. */
    async whyNot(actor: AccountActor, row: HoursRow, by: Permission): Promise<string | null> {
      const [{ zone, settings }, presence, authorities] = [
        await tenants.current(),
        await presenceOf(row),
        await authoritiesOf(actor.personId, by),
      ];
      const rejecter = row.state === 'appealed' && row.confirmedByPersonId ? row.confirmedByPersonId : null;
      const of = await humans(row, [
        actor.personId,
        ...(rejecter ? [String(rejecter)] : []),
        ...authorities.flatMap(({ granters }) => granters),
      ]);
      return whyNotTrusted({
        now: contextNow(),
        tenantId: requireTenantId(),
        subject: of(row.personId),
        approver: of(actor.personId),
        enteredBy: row.enteredBy ? of(row.enteredBy) : null,
        rejectedBy: rejecter ? of(rejecter) : null,
        presence,
        tied: await tiedHumans(row, [actor.personId, await noterOf(row)]),
        backEntry: row.grade === 'back-entry',
        authorities: authorities.map(({ grantedAt, granters }) => ({
          grantedAt,
          granters: granters.map((granter) => of(granter).human),
        })),
        backEntriesThisMonth:
          row.grade === 'back-entry'
            ? await backEntriesThisMonth(await holdApprover(actor.personId), zone)
            : 0,
        backEntryQuota: settings.backEntryQuota,
      });
    },

    /** Whether the actor is the human, by whatever account, who rejected what is contested. */
    async isRejecter(actor: AccountActor, row: HoursRow): Promise<boolean> {
      if (row.state !== 'appealed' || !row.confirmedByPersonId) return false;
      const of = await humans(row, [actor.personId, String(row.confirmedByPersonId)]);
      return of(actor.personId).human === of(row.confirmedByPersonId).human;
    },

    /** What is worth a second look in a record that is handed in. */
    async anomalies(row: HoursRow): Promise<Anomaly[]> {
      const of = await humans(row);
      const subject = of(row.personId);
      const presence = await presenceOf(row);
      const accounts = (await identityDocuments.personsLike(String(row.personId))).map(
        (one) => new Types.ObjectId(one),
      );
      const [others, entriesByHand] = await lifeAround(row, accounts);
      return anomaliesOf({
        from: row.servedFrom,
        to: row.servedTo,
        at: latLngOfPoint(row.at),
        enteredAt: contextNow(),
        byHand: isByHand(row),
        seenByThird: row.grade !== 'back-entry' && wasSeenByThird(subject, presence),
        subjectVerified: subject.verified,
        personSince: await personSince(String(row.personId)),
        others: others.map((other) => ({
          from: other.servedFrom,
          to: other.servedTo,
          at: latLngOfPoint(other.at),
        })),
        entriesByHand: entriesByHand.map((entry) => ({
          enteredAt: entry.createdAt,
          minutes: entry.recordedMinutes,
        })),
        minutes: row.recordedMinutes,
      });
    },

    /** What is worth a second look in who confirms it; asked at the moment of confirmation. */
    async approverAnomaly(actor: AccountActor, row: HoursRow): Promise<Anomaly | null> {
      return isByHand(row) ? manyStrangers(await strangersOf(actor, row)) : null;
    },
  };
}

export const isByHand = (row: Pick<HoursRow, 'grade'>): boolean =>
  row.grade === 'self' || row.grade === 'back-entry';

const latLngOfPoint = (at: HoursRow['at'] | undefined): { latitude: number; longitude: number } | null =>
  at ? { longitude: at[0] ?? 0, latitude: at[1] ?? 0 } : null;

/** Services of the same human within a day of this one, and their entries by hand of the last month. */
async function lifeAround(row: HoursRow, personIds: Types.ObjectId[]): Promise<[HoursRow[], HoursRow[]]> {
  const claimed = {
    personId: { $in: personIds },
    state: { $in: [...CLAIMED_STATES] },
    _id: { $ne: row._id },
  };
  const day = 24 * HOUR_MS;
  return acrossTenants('hours: one human is in one place at a time, whatever the account', async () => {
    const others = await HoursModel.find({
      ...claimed,
      servedFrom: { $gte: new Date(+row.servedFrom - 2 * day), $lt: new Date(+row.servedTo + day) },
      recordedMinutes: { $gt: 0 },
    } as never)
      .limit(200)
      .lean();
    const entries = await HoursModel.find({
      ...claimed,
      grade: { $in: ['self', 'back-entry'] },
      createdAt: { $gte: new Date(contextNow().getTime() - 30 * day) },
    } as never)
      .sort({ createdAt: -1 })
      .limit(50)
      .lean();
    return [others.filter((other) => +other.servedTo > +row.servedFrom - day), entries];
  });
}
