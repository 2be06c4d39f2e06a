import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { acrossTenants, asTenant, contextNow, requireTenantId } from '../../core/context.ts';
import { Conflict, Forbidden, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { proposalLifecycle } from '../../core/states.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import { born, transition } from '../../db/transition.ts';
import type { HumanFacts, IdentityDocumentService } from '../identity-documents/index.ts';
import { authoritiesOf, holdersOf } from '../memberships/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { ProposalModel } from './proposal.model.ts';
import type { ProposalRow } from './proposal.model.ts';
import { isExport, PROPOSAL_KIND_NAMES, permissionOf, whyNotSecond } from './proposal.rules.ts';
import type { Authorities, ProposalKind } from './proposal.rules.ts';

/** What is found of the thing a proposal is about. */
export interface Subject {
  readonly id: string;
  readonly unitId: string;
  /** Persons whose it is. */
  readonly concerns: readonly string[];
  readonly title: string;
  readonly personName?: string;
  /** Whole minutes at stake. */
  readonly minutes?: number;
}

/** What a kind of proposal does; each feature's own acts, wired in the composition root. */
export interface ProposalAct {
  /** Looks the thing up as the proposer sees it. @throws AppError when it could not be done even by two */
  look(actor: AccountActor, subjectId: string, wish: Readonly<Record<string, string>>): Promise<Subject>;
  /** Does it, in the transaction of the confirmation: facts are read anew. */
  act(row: ProposalRow, actor: AccountActor): Promise<void>;
  /** The copy that was agreed to, for kinds that are downloads; in a transaction that says who took it. */
  file?(
    row: ProposalRow,
    actor: AccountActor,
  ): Promise<{ bytes: Buffer; contentType: string; fileName: string }>;
}
export type ProposalActs = Readonly<Record<ProposalKind, ProposalAct>>;

export interface ProposalParts {
  readonly identityDocuments: Pick<IdentityDocumentService, 'humansOf'>;
  readonly tenants: TenantService;
  readonly units: UnitService;
}

/** Which proposals: those that wait, those that are over, those that organisations below ask about. */
export type ProposalView = 'open' | 'past' | 'below';

const SORT: readonly SortKey[] = [
  ['createdAt', -1],
  ['_id', -1],
];
const PAST = proposalLifecycle.states.filter((state) => state !== 'open');
/** Of the people who may confirm, so many are told. */
const TOLD = 20;
const HOUR_MS = 3_600_000;
/** Of what was proposed about one thing, so many are told. */
const MOST_ON_ONE = 50;
/** Proposals that began before there was the setting. */
const USUAL_HOURS = 168;

const UNKNOWN: HumanFacts = {
  human: 'unknown',
  level: 'none',
  identified: false,
  verified: false,
  verification: null,
};

/** What decides who may confirm. */
type Proposed = Pick<ProposalRow, 'kind' | 'unitId' | 'concerns' | 'proposerPersonId'>;

export type ProposalService = ReturnType<typeof createProposalService>;

export function createProposalService({ identityDocuments, tenants, units }: ProposalParts) {
  let acts: ProposalActs | null = null;
  const actOf = (kind: ProposalKind): ProposalAct => {
    if (!acts) throw new Error('Proposals have no acts: compose first');
    return acts[kind];
  };

  /** Whether the actor, acting in an organisation above, is who a proposal from below was handed to. */
  const isAsked = (actor: Actor, row: ProposalRow): boolean =>
    String(row.authorityId) === requireTenantId() && reachOf(actor, permissionOf(row.kind)) === 'tenant';

  /** One's own, one within reach of its right, or one that was handed up to here; anything else is missing. */
  async function access(actor: AccountActor, id: string): Promise<ProposalRow> {
    if (!isId(id)) throw new NotFound();
    const row = await ProposalModel.findById(id).lean();
    if (row) {
      const own = String(row.proposedBy) === actor.accountId;
      const unitId = String(row.unitId);
      // Whoever audits reads them all, and confirms none by that alone.
      if (own || [permissionOf(row.kind), 'audit:see' as const].some((may) => can(actor, may, unitId)))
        return row;
      throw new NotFound();
    }
    const below = await acrossTenants(
      'proposals: an organisation below has nobody else who could confirm',
      () => ProposalModel.findById(id).lean(),
    );
    if (!below || !isAsked(actor, below)) throw new NotFound();
    return below;
  }

  async function humans(ids: readonly unknown[]): Promise<(personId: unknown) => HumanFacts> {
    const found = await identityDocuments.humansOf([...new Set(ids.map(String))]);
    return (personId) => found.get(String(personId)) ?? { ...UNKNOWN, human: String(personId) };
  }

  /** By what grants the person holds the right over the unit in the context's organisation, as humans. */
  async function holdings(personId: string, kind: ProposalKind, unitId: unknown): Promise<Authorities> {
    const path = await units.pathOf(unitId as Types.ObjectId);
    const found = await authoritiesOf(personId, permissionOf(kind), path);
    const of = await humans(found.flatMap(({ granters }) => granters));
    return found.map(({ granters }) => ({ granters: granters.map((granter) => of(granter).human) }));
  }

  /** The rule, of a proposal and somebody of the organisation `where`; in the proposal's own organisation. */
  async function whyNot(row: Proposed, personId: string, where: string): Promise<string | null> {
    const of = await humans([personId, row.proposerPersonId, ...row.concerns]);
    const here = where === requireTenantId();
    const secondHolds = here
      ? await holdings(personId, row.kind, row.unitId)
      : await asTenant(where, async () =>
          holdings(personId, row.kind, new Types.ObjectId((await tenants.current()).rootUnitId)),
        );
    return whyNotSecond({
      proposer: of(row.proposerPersonId),
      second: of(personId),
      concerned: new Set(row.concerns.map((one) => of(one).human)),
      proposerHolds: await holdings(String(row.proposerPersonId), row.kind, row.unitId),
      secondHolds,
    });
  }

  /** Accounts of those who may confirm in the organisation `where`, which is the proposal's own or one above it. */
  async function seconds(row: Proposed, where: string): Promise<string[]> {
    const here = where === requireTenantId();
    const holders = await asTenant(where, async () => {
      const unitId = here ? row.unitId : new Types.ObjectId((await tenants.current()).rootUnitId);
      return holdersOf(permissionOf(row.kind), await units.pathOf(unitId), TOLD);
    });
    const found: string[] = [];
    for (const { accountId, personId } of holders)
      if (accountId && (await whyNot(row, String(personId), where)) === null) found.push(String(accountId));
    return found;
  }

  /** Who is asked: people of here, or, where nobody here could, of the nearest organisation above that can. */
  async function whom(row: Proposed): Promise<{ authorityId: string | null; accountIds: string[] }> {
    const here = requireTenantId();
    const own = await seconds(row, here);
    if (own.length > 0) return { authorityId: null, accountIds: own };
    for (const above of await tenants.above(here)) {
      const theirs = await seconds(row, above);
      if (theirs.length > 0) return { authorityId: above, accountIds: theirs };
    }
    throw new Conflict('nobody-to-confirm');
  }

  const hoursOf = async (): Promise<number> =>
    (await tenants.current()).settings.proposalHours ?? USUAL_HOURS;

  /** What somebody let lapse, and no sweep has met yet, stands in nobody's way. */
  async function clear(kind: ProposalKind, subjectId: string): Promise<void> {
    const stale = await ProposalModel.findOne({ kind, subjectId, state: 'open' }).lean();
    if (!stale) return;
    if (stale.lapsesAt > contextNow()) throw new Conflict('proposed-already');
    await end(stale, 'lapsed');
  }

  /** Ends a proposal by which nothing happens. */
  async function end(
    row: ProposalRow,
    to: 'declined' | 'withdrawn' | 'lapsed',
    set: Record<string, unknown> = {},
    reason: string | null = null,
  ): Promise<ProposalRow> {
    const after = await transition(ProposalModel, row._id, {
      lifecycle: proposalLifecycle,
      from: ['open'],
      to,
      reason,
      set: { decidedAt: contextNow(), ...set },
      action: `proposals/${VERBS[to]}`,
      facts: { kind: row.kind, subjectId: row.subjectId },
    });
    if (to !== 'withdrawn') await tell(after);
    return after;
  }

  const tell = (row: ProposalRow): Promise<void> =>
    addMessage({
      kind: 'proposals/decided',
      subjectId: row._id,
      data: { state: row.state },
      dedupeKey: `proposal-decided:${String(row._id)}`,
    });

  const decider = (actor: AccountActor): Record<string, unknown> => ({
    decidedBy: new Types.ObjectId(actor.accountId),
    deciderPersonId: new Types.ObjectId(actor.personId),
    deciderName: actor.name,
  });

  function assertOpen(row: ProposalRow): void {
    if (row.state !== 'open') throw new Conflict('wrong-state', { state: row.state });
    if (row.lapsesAt <= contextNow()) throw new Conflict('proposal-lapsed');
  }

  /** Runs in the proposal's own organisation what somebody of it, or of one above, decides. */
  const deciding = <T>(
    actor: AccountActor,
    id: string,
    work: (row: ProposalRow, refusal: string | null) => Promise<T>,
  ): Promise<T> =>
    inTransaction(async () => {
      const where = requireTenantId();
      const row = await access(actor, id);
      return asTenant(String(row.tenantId), async () => {
        assertOpen(row);
        return work(row, await whyNot(row, actor.personId, where));
      });
    });

  /** One's own and those within reach: all that one may read, or those that wait for one with such a right. */
  function within(actor: AccountActor, whole: 'all' | 'to-confirm'): Record<string, unknown>[] {
    const own = { proposedBy: new Types.ObjectId(actor.accountId) };
    const audited = reachOf(actor, 'audit:see');
    const reaching = PROPOSAL_KIND_NAMES.flatMap((kind) => {
      const reach = whole === 'all' && audited === 'tenant' ? audited : reachOf(actor, permissionOf(kind));
      if (reach === 'tenant') return [{ kind }];
      return reach.size === 0
        ? []
        : [{ kind, unitId: { $in: [...reach].map((unitId) => new Types.ObjectId(unitId)) } }];
    });
    return [own, ...reaching];
  }

  return {
    access,

    /** What each kind does; the composition root gives it once. */
    wire(given: ProposalActs): void {
      acts = given;
    },

    /**
     * Proposes an act that needs two persons; nothing else changes.
     * @throws what its `look` throws, Forbidden, Conflict `proposed-already` or `nobody-to-confirm`
     */
    async propose(
      actor: AccountActor,
      kind: ProposalKind,
      subjectId: string,
      reason: string,
      wish: Readonly<Record<string, string>> = {},
    ): Promise<ProposalRow> {
      const work = async (): Promise<ProposalRow> => {
        const subject = await actOf(kind).look(actor, subjectId, wish);
        const of = await humans([actor.personId, ...subject.concerns]);
        const proposer = of(actor.personId);
        if (subject.concerns.some((one) => of(one).human === proposer.human))
          throw new Forbidden('not-your-own');
        if (!can(actor, permissionOf(kind), subject.unitId)) throw new Forbidden('not-permitted');
        if (!proposer.identified) throw new Forbidden('identity-needed');
        if (!proposer.verified) throw new Forbidden('proposer-not-verified');
        await clear(kind, subject.id);
        const _id = new Types.ObjectId();
        const row = {
          kind,
          subjectId: subject.id,
          wish: { ...wish },
          unitId: new Types.ObjectId(subject.unitId),
          concerns: subject.concerns.map((one) => new Types.ObjectId(one)),
          proposerPersonId: new Types.ObjectId(actor.personId),
        };
        const { authorityId, accountIds } = await whom(row);
        const { title, personName = '', minutes = null } = subject;
        await ProposalModel.create([
          {
            _id,
            ...born('open', reason),
            ...row,
            what: { title, personName, minutes },
            reason,
            proposedBy: new Types.ObjectId(actor.accountId),
            proposerName: actor.name,
            authorityId: authorityId ? new Types.ObjectId(authorityId) : null,
            lapsesAt: new Date(contextNow().getTime() + (await hoursOf()) * HOUR_MS),
            createdAt: contextNow(),
          } as never,
        ]);
        await recordAudit({
          action: 'proposals/propose',
          subjectType: 'Proposal',
          subjectId: _id,
          to: 'open',
          reason,
          facts: { kind, subjectId: subject.id, ...(authorityId ? { authorityId } : {}) },
        });
        for (const accountId of accountIds)
          await addMessage({
            kind: 'proposals/asked',
            subjectId: _id,
            data: { accountId },
            dedupeKey: `proposal-asked:${String(_id)}:${accountId}`,
          });
        return (await ProposalModel.findById(_id).lean()) as ProposalRow;
      };
      return inTransaction(work).catch((err: unknown) => {
        throw isDuplicateKey(err) ? new Conflict('proposed-already') : err;
      });
    },

    /** The second person agrees: it is done in the same transaction, on facts that are read anew. */
    confirm: (actor: AccountActor, id: string): Promise<ProposalRow> =>
      deciding(actor, id, async (row, refusal) => {
        if (refusal) throw new Forbidden(refusal);
        const after = await transition(ProposalModel, row._id, {
          lifecycle: proposalLifecycle,
          from: ['open'],
          to: 'confirmed',
          set: { decidedAt: contextNow(), ...decider(actor) },
          action: 'proposals/confirm',
          facts: { kind: row.kind, subjectId: row.subjectId, proposedBy: String(row.proposedBy) },
        });
        await actOf(row.kind).act(after, actor);
        await tell(after);
        return after;
      }),

    /** The second person does not agree; nothing happens. */
    decline: (actor: AccountActor, id: string, reason: string): Promise<ProposalRow> =>
      deciding(actor, id, (row, refusal) => {
        // A no is safe in any hand that could have proposed it; whoever proposed takes it back instead.
        if (refusal && NEVER_BY.includes(refusal)) throw new Forbidden(refusal);
        return end(row, 'declined', { ...decider(actor), answer: reason }, reason);
      }),

    /** Whoever proposed it thinks better of it. */
    withdraw: (actor: AccountActor, id: string): Promise<ProposalRow> =>
      inTransaction(async () => {
        const row = await access(actor, id);
        if (String(row.proposedBy) !== actor.accountId) throw new Forbidden('only-the-proposer');
        return end(row, 'withdrawn');
      }),

    /** Nobody confirmed it in time. Inside a transaction; twice changes nothing. */
    async lapse(id: string): Promise<void> {
      const row = await ProposalModel.findById(id).lean();
      if (row?.state === 'open' && row.lapsesAt <= contextNow()) await end(row, 'lapsed');
    },

    /** Open ones of all tenants whose time is over, the oldest first. */
    async due(query: { readonly now: Date; readonly limit: number; readonly except: readonly string[] }) {
      const rows = await ProposalModel.find({
        state: 'open',
        lapsesAt: { $lte: query.now },
        _id: { $nin: query.except.map((id) => new Types.ObjectId(id)) },
      } as never)
        .sort({ lapsesAt: 1 })
        .limit(query.limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /** The open proposal about a thing; null when there is none. */
    async openOn(kind: ProposalKind, subjectId: string): Promise<ProposalRow | null> {
      const row = await ProposalModel.findOne({ kind, subjectId, state: 'open' }).lean();
      return row && row.lapsesAt > contextNow() ? row : null;
    },

    /** All that was proposed about these things, whatever came of it; for who may read it. */
    on: (kind: ProposalKind, subjectIds: readonly string[]): Promise<ProposalRow[]> =>
      ProposalModel.find({ kind, subjectId: { $in: [...subjectIds] } } as never)
        .sort({ createdAt: 1 })
        .limit(MOST_ON_ONE)
        .lean(),

    /** Whether two agreed, a while ago at most, that this actor takes the copy: as the one who proposed it or who confirmed it. */
    async isAgreed(actor: AccountActor, kind: ProposalKind, subjectId: string): Promise<boolean> {
      const since = new Date(contextNow().getTime() - (await hoursOf()) * HOUR_MS);
      const account = new Types.ObjectId(actor.accountId);
      const row = await ProposalModel.exists({
        kind,
        subjectId,
        state: 'confirmed',
        decidedAt: { $gt: since },
        $or: [{ proposedBy: account }, { decidedBy: account }],
      } as never);
      return row !== null;
    },

    /** Until when the copy may be taken; null where there is none to take. */
    async fileUntil(row: ProposalRow): Promise<Date | null> {
      if (row.state !== 'confirmed' || !row.decidedAt || !isExport(row.kind)) return null;
      return new Date(row.decidedAt.getTime() + (await hoursOf()) * HOUR_MS);
    },

    /** The copy that was agreed to, for whoever proposed it, while the time lasts. @throws Conflict, Forbidden */
    file: (
      actor: AccountActor,
      id: string,
    ): Promise<{ bytes: Buffer; contentType: string; fileName: string }> =>
      inTransaction(async () => {
        const row = await access(actor, id);
        const { file } = actOf(row.kind);
        if (row.state !== 'confirmed' || !row.decidedAt || !file)
          throw new Conflict('wrong-state', { state: row.state });
        if (String(row.proposedBy) !== actor.accountId) throw new Forbidden('only-the-proposer');
        if (!can(actor, permissionOf(row.kind), String(row.unitId))) throw new Forbidden('not-permitted');
        if (row.decidedAt.getTime() + (await hoursOf()) * HOUR_MS <= contextNow().getTime())
          throw new Conflict('proposal-lapsed');
        return file(row, actor);
      }),

    /** What the page of a proposal offers this reader, and why they may not confirm it; null for who could. */
    async abilities(
      actor: AccountActor,
      row: ProposalRow,
    ): Promise<{ confirm: boolean; decline: boolean; withdraw: boolean; file: boolean; why: string | null }> {
      const open = row.state === 'open' && row.lapsesAt > contextNow();
      const own = String(row.proposedBy) === actor.accountId;
      const where = requireTenantId();
      const why = open
        ? await asTenant(String(row.tenantId), () => whyNot(row, actor.personId, where))
        : null;
      const until = await this.fileUntil(row);
      return {
        confirm: open && why === null,
        decline: open && (why === null || !NEVER_BY.includes(why)),
        withdraw: open && own,
        file: own && actOf(row.kind).file !== undefined && until !== null && until > contextNow(),
        why: own ? null : why,
      };
    },

    /** Those of the half-open stretch, oldest first, after a place in it; whoever asks may read them all. */
    async madeIn(
      during: { readonly $gte: Date; readonly $lt: Date },
      after: { readonly createdAt: Date; readonly id: string } | null,
      limit: number,
    ): Promise<ProposalRow[]> {
      return ProposalModel.find({
        createdAt: during,
        ...(after
          ? {
              $or: [
                { createdAt: { $gt: after.createdAt } },
                { createdAt: after.createdAt, _id: { $gt: new Types.ObjectId(after.id) } },
              ],
            }
          : {}),
      } as never)
        .sort({ createdAt: 1, _id: 1 })
        .limit(limit)
        .lean();
    },

    /** Newest first. */
    async list(
      actor: AccountActor,
      which: ProposalView,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<ProposalRow>> {
      const rows =
        which === 'below' ? await fromBelow(actor, limit, cursor) : await ofHere(actor, which, limit, cursor);
      return pageOf(rows, limit, (row) => [row.createdAt, row._id]);
    },

    /** Those that somebody else proposed and that wait for one with the actor's right, the oldest first. */
    waiting: (actor: AccountActor, limit: number): Promise<ProposalRow[]> =>
      ProposalModel.find({
        state: 'open',
        proposedBy: { $ne: new Types.ObjectId(actor.accountId) },
        $or: within(actor, 'to-confirm').slice(1),
      } as never)
        .sort({ createdAt: 1, _id: 1 })
        .limit(limit)
        .lean(),
  };

  function ofHere(
    actor: AccountActor,
    which: 'open' | 'past',
    limit: number,
    cursor: string | undefined,
  ): Promise<ProposalRow[]> {
    return (
      ProposalModel.find({
        state: which === 'open' ? 'open' : { $in: PAST },
        $and: [{ $or: within(actor, 'all') }, afterCursor(SORT, cursor)],
      } as never)
        // Named, or one branch of what is within reach is found by its kind and all of it sorted in memory.
        .hint(
          which === 'open'
            ? { tenantId: 1, state: 1, createdAt: -1, _id: -1 }
            : { tenantId: 1, createdAt: -1, _id: -1 },
        )
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .lean()
    );
  }

  /** What organisations below have nobody else for; for who holds the right over the whole of this one. */
  function fromBelow(actor: AccountActor, limit: number, cursor: string | undefined): Promise<ProposalRow[]> {
    const authorityId = new Types.ObjectId(requireTenantId());
    const kinds = PROPOSAL_KIND_NAMES.filter((kind) => reachOf(actor, permissionOf(kind)) === 'tenant');
    if (kinds.length === 0) return Promise.resolve([]);
    return acrossTenants('proposals: what organisations below ask of this one', () =>
      ProposalModel.find({ authorityId, kind: { $in: kinds }, ...afterCursor(SORT, cursor) } as never)
        .hint({ authorityId: 1, createdAt: -1, _id: -1 })
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .lean(),
    );
  }
}

/** Refusals that also stand against a no. */
const NEVER_BY: readonly string[] = ['proposed-by-yourself', 'not-your-own', 'not-permitted'];
const VERBS = { declined: 'decline', withdrawn: 'withdraw', lapsed: 'lapse' } as const;
