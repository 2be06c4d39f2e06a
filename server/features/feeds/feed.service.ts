import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { acrossTenants, asTenant, contextNow } from '../../core/context.ts';
import { Forbidden, NotFound } from '../../core/errors.ts';
import { hashToken, randomToken } from '../../core/ids.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { I18n } from '../../i18n/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { EnrolmentService } from '../training/index.ts';
import { CalendarFeedModel } from './feed.model.ts';
import type { CalendarFeedRow } from './feed.model.ts';
import { feedText } from './feed.ics.ts';

/** What lies further back leaves the feed. */
const BACK_DAYS = 90;
const SECRET = /^[A-Za-z0-9_-]{43}$/;

export interface FeedParts {
  readonly enrolments: EnrolmentService;
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
  readonly i18n: I18n;
  readonly publicUrl: string;
}
export type FeedService = ReturnType<typeof createFeedService>;

/** Calendar feeds: one secret address a person, shown once, ended at will. */
export function createFeedService({ enrolments, memberships, tenants, i18n, publicUrl }: FeedParts) {
  return {
    /** Since when the actor has an address here; null without one. */
    async own(actor: AccountActor): Promise<Date | null> {
      const row = await CalendarFeedModel.findOne({ personId: new Types.ObjectId(actor.personId) }).lean();
      return row?.createdAt ?? null;
    },

    /** A new address; the one before works no more. @returns the address, shown once */
    async open(actor: AccountActor): Promise<{ url: string }> {
      return inTransaction(async () => {
        const member = await memberships.approvedOf(actor.personId);
        if (!member) throw new Forbidden('members-only');
        const secret = randomToken();
        await CalendarFeedModel.deleteMany({ personId: member.personId });
        await CalendarFeedModel.create([
          {
            personId: member.personId,
            membershipId: member._id,
            tokenHash: hashToken(secret),
            createdAt: contextNow(),
          } as never,
        ]);
        await recordAudit({ action: 'feeds/open', subjectType: 'CalendarFeed', subjectId: member._id });
        return { url: `${publicUrl}/feeds/${secret}` };
      });
    },

    /** The person's address works no more. */
    async close(personId: string): Promise<void> {
      await inTransaction(async () => {
        const { deletedCount } = await CalendarFeedModel.deleteMany({
          personId: new Types.ObjectId(personId),
        });
        if (deletedCount > 0)
          await recordAudit({
            action: 'feeds/close',
            subjectType: 'CalendarFeed',
            subjectId: new Types.ObjectId(personId),
          });
      });
    },

    /** The person's addresses work no more, in whatever organisation. Inside the caller's transaction. */
    async closeEverywhere(personId: string): Promise<void> {
      const rows = await acrossTenants('feeds: the addresses of one person', () =>
        CalendarFeedModel.find({ personId: new Types.ObjectId(personId) })
          .select({ tenantId: 1 })
          .lean(),
      );
      for (const { tenantId } of rows) await asTenant(String(tenantId), () => this.close(personId));
    },

    /** What the address holds now. @throws NotFound for every other secret, and when its person is a member no more */
    async read(secret: string): Promise<string> {
      const row = SECRET.test(secret)
        ? await acrossTenants('feeds: found by their secret, before a tenant is known', () =>
            CalendarFeedModel.findOne({ tokenHash: hashToken(secret) }).lean(),
          )
        : null;
      if (!row) throw new NotFound();
      return asTenant(String(row.tenantId), () => textOf(row));
    },
  };

  async function textOf(row: CalendarFeedRow): Promise<string> {
    if (!(await memberships.approvedOf(row.personId))) throw new NotFound();
    const tenant = await tenants.current();
    const t = i18n.in(tenant.locale);
    const since = new Date(contextNow().getTime() - BACK_DAYS * 86_400_000);
    const entries = await enrolments.diary(String(row.personId), since);
    return feedText(
      t('feeds.name', { organisation: tenant.name[tenant.locale] }),
      new URL(publicUrl).hostname,
      entries.map(({ id, session, state, sequence, changedAt }) => ({
        id,
        title: session.title,
        description: t(`states.training.${state}`),
        place: [session.place.label, session.place.address].filter((part) => part !== '').join(' '),
        url: `${publicUrl}/sessions/${String(session._id)}`,
        startsAt: session.startsAt,
        endsAt: session.endsAt,
        state:
          state === 'cancelled' || state === 'absent'
            ? 'cancelled'
            : ['applied', 'invited', 'waitlisted', 'approved'].includes(state)
              ? 'tentative'
              : 'confirmed',
        sequence,
        changedAt,
      })),
    );
  }
}
