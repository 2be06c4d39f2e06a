import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import type { Humans } from '../../core/humans.ts';
import { contextNow, requireTenantId } from '../../core/context.ts';
import { Conflict, Forbidden, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { recognitionLifecycle } from '../../core/states.ts';
import { addDays, localDate, startOfDay } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import { born, editRow, transition } from '../../db/transition.ts';
import type { HoursRow, HoursService } from '../hours/index.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import { isMinor } from '../people/index.ts';
import type { PeopleService } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import {
  ENDED,
  RecognitionModel,
  RecognitionRoundModel,
  RecognitionSchemeModel,
} from './recognition.model.ts';
import type { RecognitionRow, RecognitionSchemeRow } from './recognition.model.ts';
import { minutesOfKind, objectionUntil, whyNotEligible } from './recognition.rules.ts';
import type { Facts, WhyNot } from './recognition.rules.ts';
import type { SchemeService } from './scheme.service.ts';

const SORT: readonly SortKey[] = [
  ['createdAt', -1],
  ['_id', -1],
];
const OWN = 50;
const NOTICES = 100;

export interface RecognitionParts {
  readonly schemes: SchemeService;
  readonly hours: HoursService;
  readonly memberships: MembershipService;
  readonly people: PeopleService;
  readonly tenants: TenantService;
  readonly units: UnitService;
  readonly humans: Humans;
}

/** Where a person stands with one thing. */
export interface Standing {
  readonly scheme: RecognitionSchemeRow;
  readonly minutes: number;
  readonly whyNot: readonly WhyNot[];
}

export type RecognitionService = ReturnType<typeof createRecognitionService>;

/** From being eligible to being granted: asked for by the person, reviewed by two people, published for objections. */
export function createRecognitionService(parts: RecognitionParts) {
  const { schemes, hours, memberships, people, tenants, units, humans } = parts;

  async function factsOf(membership: MembershipRow): Promise<Facts> {
    const { zone } = await tenants.current();
    const { personId } = membership;
    const rows = await RecognitionModel.find({ personId, state: { $nin: [...ENDED] } } as never).lean();
    const { birthDate } = await people.row(personId);
    return {
      today: await schemes.today(),
      minutes: (await hours.balanceFor(String(personId))).minutes,
      minutesByArea: await hours.minutesByArea({ personId: String(personId) }),
      memberSince: localDate(membership.createdAt, zone),
      birthDate: birthDate ?? null,
      stars: rows.filter((row) => row.kind === 'star' && row.state === 'granted').map(({ level }) => level),
      held: rows.filter(({ state }) => state !== 'eligible').map(({ code }) => code),
    };
  }

  async function teamFacts(unitId: string): Promise<Facts> {
    const rows = await RecognitionModel.find({
      personId: null,
      unitId: new Types.ObjectId(unitId),
      state: { $nin: [...ENDED] },
    } as never).lean();
    return {
      today: await schemes.today(),
      minutes: await hours.minutesOfUnits([...(await units.expand([unitId]))]),
      minutesByArea: await hours.minutesByArea({ unitIds: [...(await units.expand([unitId]))] }),
      memberSince: null,
      birthDate: null,
      stars: [],
      held: rows.map(({ code }) => code),
    };
  }

  const newRow = (
    scheme: RecognitionSchemeRow,
    subject: Pick<RecognitionRow, 'personId' | 'subjectName' | 'unitId'>,
  ) => ({
    _id: new Types.ObjectId(),
    schemeId: scheme._id,
    code: scheme.code,
    kind: scheme.kind,
    level: scheme.level,
    name: scheme.name,
    minutesNeeded: scheme.minutes,
    areas: scheme.areas ?? [],
    areaMinutesNeeded: scheme.areaMinutes ?? 0,
    objectionDays: scheme.objectionDays,
    ...subject,
    createdAt: contextNow(),
  });

  async function insert(row: ReturnType<typeof newRow>): Promise<RecognitionRow> {
    await RecognitionModel.create([{ ...born('eligible'), ...row } as never]);
    await recordAudit({
      action: 'recognition/find',
      subjectType: 'Recognition',
      subjectId: row._id,
      to: 'eligible',
      facts: { code: row.code },
    });
    return (await RecognitionModel.findById(row._id).lean()) as RecognitionRow;
  }

  async function tell(row: RecognitionRow): Promise<void> {
    if (row.personId)
      await addMessage({
        kind: 'recognition/changed',
        subjectId: row._id,
        data: { state: row.state },
        dedupeKey: `recognition:${String(row._id)}:${row.version}`,
      });
  }

  const sees = (actor: Actor, row: RecognitionRow): boolean =>
    can(actor, 'recognition:see', String(row.unitId));
  const isOwn = (actor: AccountActor, row: RecognitionRow): boolean =>
    row.personId !== null && String(row.personId) === actor.personId;

  /** One's own, those of one's desk, and what is published; anything else is missing. */
  async function access(actor: AccountActor, id: string): Promise<RecognitionRow> {
    const row = isId(id) ? await RecognitionModel.findById(id).lean() : null;
    if (!row || !(isOwn(actor, row) || sees(actor, row) || row.state === 'published')) throw new NotFound();
    return row;
  }

  /** The last day of a public notice is one on which people may still object. */
  const noticeIsOver = async ({ objectionUntil: until }: RecognitionRow): Promise<boolean> =>
    until !== null && (await schemes.today()) > until;

  /** Whether somebody of that age may be named in public at all (S-49). */
  async function isTooYoung(personId: Types.ObjectId): Promise<boolean> {
    const { birthDate } = await people.row(personId);
    return isMinor(birthDate, await schemes.today());
  }

  /**
   * Of these cases, those whose subject anybody may read of: teams, and people who agreed to it, are of age (S-49) and
   * still belong here. Asked whenever it is shown, so that what was taken back is gone at once.
   */
  async function named(rows: readonly RecognitionRow[]): Promise<ReadonlySet<string>> {
    const agreed = rows.filter(({ showName }) => showName);
    const ids = agreed.flatMap(({ personId }) => (personId ? [String(personId)] : []));
    const today = await schemes.today();
    const grown = new Set(
      (await people.rows(ids))
        .filter(({ birthDate }) => !isMinor(birthDate, today))
        .map(({ _id }) => String(_id)),
    );
    const here = new Set(
      (await memberships.ofPeople(ids))
        .filter(({ state }) => state === 'approved')
        .map(({ personId }) => String(personId)),
    );
    return new Set(
      agreed
        .filter(({ personId }) => !personId || (grown.has(String(personId)) && here.has(String(personId))))
        .map(({ _id }) => String(_id)),
    );
  }

  /** Neither the person, nor (deciding) whoever reviewed: humans are compared, not accounts (S-10). */
  async function assertMayAct(
    actor: AccountActor,
    row: RecognitionRow,
    by: 'recognition:review' | 'recognition:decide',
  ): Promise<void> {
    const same = (personId: Types.ObjectId | null): Promise<boolean> =>
      humans.isSame(actor.personId, { personIds: personId ? [String(personId)] : [] });
    if (isOwn(actor, row) || (await same(row.personId))) throw new Forbidden('not-your-own');
    if (!can(actor, by, String(row.unitId))) throw new Forbidden('not-permitted');
    if (by === 'recognition:decide' && (await same(row.reviewedByPersonId ?? null)))
      throw new Forbidden('second-person');
  }

  /** What the ledger holds of what a case asks for. */
  async function heldFor(row: RecognitionRow) {
    const held = row.personId
      ? await hours.balanceFor(String(row.personId))
      : { minutes: await hours.minutesOfUnits([...(await units.expand([String(row.unitId)]))]), entries: 0 };
    const ofKind = minutesOfKind(
      row,
      await hours.minutesByArea(
        row.personId
          ? { personId: String(row.personId) }
          : { unitIds: [...(await units.expand([String(row.unitId)]))] },
      ),
    );
    return {
      held,
      ofKind,
      enough: held.minutes >= row.minutesNeeded && ofKind >= (row.areaMinutesNeeded ?? 0),
    };
  }

  /** Grants when the ledger still holds what is asked for; refuses otherwise. */
  async function settle(
    row: RecognitionRow,
    by: AccountActor | null,
    reason: string | null,
  ): Promise<RecognitionRow> {
    const { held, ofKind, enough } = await heldFor(row);
    const after = await transition(RecognitionModel, row._id, {
      lifecycle: recognitionLifecycle,
      from: ['published'],
      to: enough ? 'granted' : 'refused',
      action: enough ? 'recognition/grant' : 'recognition/refuse',
      reason: enough ? reason : 'not-enough-hours',
      set: {
        dueAt: null,
        minutesAt: held.minutes,
        areaMinutesAt: ofKind,
        entriesAt: held.entries,
        grantedAt: enough ? contextNow() : null,
        ...(by ? { decidedByPersonId: new Types.ObjectId(by.personId) } : {}),
      },
    });
    await tell(after);
    return after;
  }

  async function begin(row: RecognitionRow, showName: boolean): Promise<RecognitionRow> {
    return transition(RecognitionModel, row._id, {
      lifecycle: recognitionLifecycle,
      from: ['eligible'],
      to: 'applied',
      action: 'recognition/apply',
      set: { showName },
    });
  }

  return {
    access,
    noticeIsOver,
    named,

    /** What there is, how far the person is, and their own cases. */
    async own(actor: AccountActor): Promise<{ standings: Standing[]; cases: RecognitionRow[] }> {
      const membership = await memberships.approvedOf(actor.personId);
      const cases = await RecognitionModel.find({ personId: new Types.ObjectId(actor.personId) } as never)
        .sort(sortOf(SORT))
        .limit(OWN)
        .lean();
      if (!membership) return { standings: [], cases };
      const facts = await factsOf(membership);
      const standings = (await schemes.inForce())
        .filter(({ kind }) => kind !== 'team')
        .map((scheme) => ({ scheme, minutes: facts.minutes, whyNot: whyNotEligible(scheme, facts) }));
      return { standings, cases };
    },

    /** What was granted to these people and stands, the latest first: awards of the organisation. */
    async grantedTo(personIds: readonly string[]): Promise<RecognitionRow[]> {
      const rows = await RecognitionModel.find({
        personId: { $in: personIds.map((one) => new Types.ObjectId(one)) },
        state: 'granted',
      } as never)
        .sort(sortOf(SORT))
        .limit(OWN)
        .lean();
      return rows.filter(({ grantedAt }) => grantedAt !== null);
    },

    /** The person asks for it. @throws Conflict with the first reason why not */
    async apply(actor: AccountActor, schemeId: string, showName: boolean): Promise<RecognitionRow> {
      return inTransaction(async () => {
        const membership = await memberships.approvedOf(actor.personId);
        if (!membership) throw new Forbidden('members-only');
        const scheme = await schemes.get(schemeId);
        const [refusal] = whyNotEligible(scheme, await factsOf(membership));
        if (refusal) throw new Conflict(refusal);
        const { personId, unitId, personName } = membership;
        const known = await RecognitionModel.findOne({
          code: scheme.code,
          personId,
          state: 'eligible',
        }).lean();
        return begin(
          known ?? (await insert(newRow(scheme, { personId, unitId, subjectName: personName }))),
          showName && !(await isTooYoung(personId)),
        );
      });
    },

    /** A coordinator asks for it for a team, which then stands on the notice by its name. */
    async applyForTeam(actor: AccountActor, schemeId: string, unitId: string): Promise<RecognitionRow> {
      if (!can(actor, 'recognition:nominate', unitId)) throw new Forbidden('not-permitted');
      return inTransaction(async () => {
        const scheme = await schemes.get(schemeId);
        const [refusal] = whyNotEligible(scheme, await teamFacts(unitId), true);
        if (refusal) throw new Conflict(refusal);
        const { name } = await units.get(unitId);
        const { locale } = await tenants.current();
        const row = newRow(scheme, {
          personId: null,
          unitId: new Types.ObjectId(unitId),
          subjectName: name[locale],
        });
        return begin(await insert(row), true);
      });
    },

    /** First look, by somebody of the desk. */
    async review(
      actor: AccountActor,
      id: string,
      verdict: 'reviewed' | 'refused',
      reason: string,
    ): Promise<RecognitionRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        await assertMayAct(actor, row, 'recognition:review');
        const after = await transition(RecognitionModel, row._id, {
          lifecycle: recognitionLifecycle,
          from: ['applied'],
          to: verdict,
          reason,
          action: `recognition/${verdict === 'reviewed' ? 'review' : 'refuse'}`,
          set: { reviewedByPersonId: new Types.ObjectId(actor.personId) },
        });
        if (verdict === 'refused') await tell(after);
        return after;
      });
    },

    /** Second look by somebody else: on the notice, for everybody to object. */
    async publish(actor: AccountActor, id: string): Promise<RecognitionRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        await assertMayAct(actor, row, 'recognition:decide');
        const { zone } = await tenants.current();
        const until = objectionUntil(await schemes.today(), row.objectionDays);
        const after = await transition(RecognitionModel, row._id, {
          lifecycle: recognitionLifecycle,
          from: ['reviewed'],
          to: 'published',
          action: 'recognition/publish',
          set: {
            decidedByPersonId: new Types.ObjectId(actor.personId),
            objectionUntil: until,
            dueAt: startOfDay(addDays(until, 1), zone),
          },
        });
        await tell(after);
        return after;
      });
    },

    /** Any member says what stands against it, while the notice stands. */
    async object(actor: AccountActor, id: string, reason: string): Promise<RecognitionRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (isOwn(actor, row)) throw new Forbidden('not-your-own');
        const after = await RecognitionModel.findOneAndUpdate(
          { _id: row._id, state: 'published' } as never,
          {
            $push: { objections: { by: new Types.ObjectId(actor.accountId), at: contextNow(), reason } },
            $inc: { version: 1 },
          } as never,
          { returnDocument: 'after' },
        ).lean();
        if (!after) throw new Conflict('wrong-state', { state: row.state });
        await recordAudit({
          action: 'recognition/object',
          subjectType: 'Recognition',
          subjectId: row._id,
          reason,
        });
        return after;
      });
    },

    /** After objections somebody of the desk decides, once the notice has stood. */
    async decide(
      actor: AccountActor,
      id: string,
      verdict: 'granted' | 'refused',
      reason: string,
    ): Promise<RecognitionRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        await assertMayAct(actor, row, 'recognition:decide');
        if (!(await noticeIsOver(row))) throw new Conflict('notice-stands');
        if (verdict === 'granted') return settle(row, actor, reason);
        const after = await transition(RecognitionModel, row._id, {
          lifecycle: recognitionLifecycle,
          from: ['published'],
          to: 'refused',
          reason,
          action: 'recognition/refuse',
          set: { dueAt: null, decidedByPersonId: new Types.ObjectId(actor.personId) },
        });
        await tell(after);
        return after;
      });
    },

    /**
     * The person agrees to be named on the notice, or takes that back, as often as they like.
     * @throws Conflict `minor-not-named`
     */
    async showOwnName(actor: AccountActor, id: string, shown: boolean): Promise<RecognitionRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (!isOwn(actor, row) || row.personId === null) throw new Forbidden('only-the-person');
        if (shown && (await isTooYoung(row.personId))) throw new Conflict('minor-not-named');
        if (row.showName === shown) return row;
        return editRow(RecognitionModel, row._id, {
          version: null,
          set: { showName: shown },
          action: 'recognition/edit-own',
        });
      });
    },

    /**
     * In the transaction that takes hours back, or posts them: what was granted on hours that are no longer there says so to whoever
     * may withdraw it, until there are enough again. Nothing is withdrawn by itself.
     */
    async weigh(records: readonly Pick<HoursRow, 'personId' | 'unitId'>[], marked: boolean): Promise<void> {
      const above = new Set<string>();
      for (const unitId of new Set(records.map((record) => String(record.unitId))))
        for (const one of await units.pathOf(unitId)) above.add(String(one));
      const rows = await RecognitionModel.find({
        state: 'granted',
        shortSince: marked ? { $type: 'date' } : null,
        $or: [
          { personId: { $in: records.map(({ personId }) => personId) } },
          { personId: null, unitId: { $in: [...above].map((one) => new Types.ObjectId(one)) } },
        ],
      } as never).lean();
      for (const row of rows)
        if ((await heldFor(row)).enough === marked)
          await editRow(RecognitionModel, row._id, {
            version: null,
            set: { shortSince: marked ? null : contextNow() },
            action: 'recognition/mark',
          });
    },

    /** The person steps back, or the desk takes back what should not have been granted. */
    async withdraw(actor: AccountActor, id: string, reason: string): Promise<RecognitionRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (!isOwn(actor, row)) await assertMayAct(actor, row, 'recognition:decide');
        const after = await transition(RecognitionModel, row._id, {
          lifecycle: recognitionLifecycle,
          from: isOwn(actor, row)
            ? ['eligible', 'applied', 'reviewed', 'published', 'granted']
            : ['published', 'granted'],
          to: 'withdrawn',
          reason,
          action: 'recognition/withdraw',
          set: { dueAt: null },
        });
        if (!isOwn(actor, row)) await tell(after);
        return after;
      });
    },

    /** The desk's cases, newest first; who is only eligible has asked for nothing and is not among them. */
    async list(
      actor: AccountActor,
      state: string | undefined,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<RecognitionRow>> {
      const reach = reachOf(actor, 'recognition:see');
      const rows = await RecognitionModel.find({
        state: state ?? { $ne: 'eligible' },
        ...(reach === 'tenant' ? {} : { unitId: { $in: [...reach].map((id) => new Types.ObjectId(id)) } }),
        ...afterCursor(SORT, cursor),
      } as never)
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.createdAt, row._id]);
    },

    /** The public notice: what is open to objections and what was granted, newest first, never ranked. */
    async notice(): Promise<RecognitionRow[]> {
      return RecognitionModel.find({ state: { $in: ['published', 'granted'] } } as never)
        .sort(sortOf(SORT))
        .limit(NOTICES)
        .lean();
    },

    /** Tenants whose people were not looked through today, for the sweep. */
    async roundsDue(query: {
      readonly now: Date;
      readonly limit: number;
      readonly except: readonly string[];
    }) {
      const date = query.now.toISOString().slice(0, 10);
      const done = new Set((await RecognitionRoundModel.distinct('tenantId', { date })).map(String));
      return (await RecognitionSchemeModel.distinct('tenantId'))
        .map(String)
        .filter((id) => !done.has(id) && !query.except.includes(id))
        .slice(0, query.limit)
        .map((id) => ({ tenantId: id, id }));
    },

    /** Tells whoever has come far enough, once for each thing; nobody else learns of it. */
    async round(): Promise<void> {
      const date = contextNow().toISOString().slice(0, 10);
      if (await RecognitionRoundModel.exists({ date })) return;
      const offered = (await schemes.inForce()).filter(({ kind }) => kind !== 'team');
      const least = Math.min(...offered.map(({ minutes }) => minutes));
      let found = 0;
      if (offered.length > 0)
        for (const personId of await hours.peopleWithMinutes(least))
          found += await this.lookAt(personId, offered);
      await RecognitionRoundModel.updateOne({ date }, { $setOnInsert: { found } }, { upsert: true });
    },

    /** @returns how many things the person has come far enough for since the last look */
    async lookAt(personId: string, offered: readonly RecognitionSchemeRow[]): Promise<number> {
      const membership = await memberships.approvedOf(personId);
      if (!membership) return 0;
      const facts = await factsOf(membership);
      // Who stepped back, or was refused, is not told again; they may apply themselves.
      const before = new Set(
        (
          await RecognitionModel.find({ personId: membership.personId } as never)
            .select({ code: 1 })
            .lean()
        ).map(({ code }) => code),
      );
      let found = 0;
      for (const scheme of offered) {
        if (before.has(scheme.code) || whyNotEligible(scheme, facts).length > 0) continue;
        const { unitId, personName } = membership;
        try {
          await inTransaction(async () => {
            const row = await insert(
              newRow(scheme, { personId: membership.personId, unitId, subjectName: personName }),
            );
            await tell(row);
          });
          found += 1;
        } catch (err) {
          // They applied at this moment.
          if (!isDuplicateKey(err)) throw err;
        }
      }
      return found;
    },

    /** Notices whose time is over, of all tenants, for the sweep. */
    async dueToSettle(query: {
      readonly now: Date;
      readonly limit: number;
      readonly except: readonly string[];
    }) {
      const rows = await RecognitionModel.find({
        dueAt: { $lte: query.now },
        _id: { $nin: query.except.map((id) => new Types.ObjectId(id)) },
      } as never)
        .sort({ dueAt: 1 })
        .limit(query.limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /** Grants what nobody objected to; what somebody did waits for a decision. */
    async settleDue(id: string): Promise<void> {
      requireTenantId();
      await inTransaction(async () => {
        const row = await RecognitionModel.findById(id).lean();
        if (row?.state !== 'published' || !row.dueAt || row.dueAt > contextNow()) return;
        if (row.objections.length === 0) await settle(row, null, null);
        else
          await RecognitionModel.updateOne({ _id: row._id, state: 'published' } as never, {
            $set: { dueAt: null },
          });
      });
    },
  };
}
