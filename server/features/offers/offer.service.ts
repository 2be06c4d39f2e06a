import { Types } from 'mongoose';
import { contextNow, requireContext } from '../../core/context.ts';
import { offerLifecycle } from '../../core/states.ts';
import { recordAudit } from '../../db/audit.ts';
import { born, transition } from '../../db/transition.ts';
import { OfferModel } from './offer.model.ts';
import type { OfferRow, OfferSubject } from './offer.model.ts';

/**
 * The one mechanism of offers: somebody is asked, has until `dueAt` to answer, and a next in line comes after them. It
 * knows nothing of seats or people's rules; the feature whose thing is offered decides and passes through here.
 */
export type NewOffer = {
  readonly subjectId: Types.ObjectId;
  readonly unitId: Types.ObjectId;
  readonly personId: Types.ObjectId;
  readonly origin: OfferRow['origin'];
  readonly holdsSeat: boolean;
  readonly dueAt: Date;
  readonly note: string;
} & (
  | { readonly subjectType: 'position'; readonly assignmentId: Types.ObjectId }
  | { readonly subjectType: 'session'; readonly enrolmentId: Types.ObjectId }
);

/** Told in the transaction in which an offer ran out. */
export type OfferExpired = (offer: OfferRow) => Promise<void>;

export type OfferService = ReturnType<typeof createOfferService>;

export function createOfferService() {
  const expiredListeners = new Map<OfferSubject, OfferExpired>();
  const close = (
    offerId: string | Types.ObjectId,
    to: 'accepted' | 'declined' | 'expired' | 'withdrawn',
    reason: string | null = null,
  ): Promise<OfferRow> =>
    transition(OfferModel, offerId, {
      lifecycle: offerLifecycle,
      from: ['open'],
      to,
      reason,
      action: `offers/${to}`,
    });
  return {
    close,
    /** One listener for each kind of thing that is offered: the feature whose it is. */
    onExpired(subjectType: OfferSubject, listener: OfferExpired): void {
      expiredListeners.set(subjectType, listener);
    },

    async open(input: NewOffer): Promise<OfferRow> {
      const { actor } = requireContext();
      const _id = new Types.ObjectId();
      await OfferModel.create([
        {
          _id,
          ...born('open'),
          ...input,
          openedAt: contextNow(),
          madeBy: actor.kind === 'account' ? new Types.ObjectId(actor.accountId) : null,
        } as never,
      ]);
      await recordAudit({
        action: 'offers/make',
        subjectType: 'Offer',
        subjectId: _id,
        to: 'open',
        facts: { origin: input.origin },
      });
      return (await OfferModel.findById(_id).lean()) as OfferRow;
    },

    row: async (id: string | Types.ObjectId): Promise<OfferRow | null> => OfferModel.findById(id).lean(),
    rows: async (ids: readonly Types.ObjectId[]): Promise<OfferRow[]> =>
      OfferModel.find({ _id: { $in: [...ids] } }).lean(),

    /** Open offers of any tenant whose time is over; for the sweep. */
    async due({
      now,
      limit,
      except,
    }: {
      now: Date;
      limit: number;
      except: readonly string[];
    }): Promise<{ tenantId: string; id: string }[]> {
      const rows = await OfferModel.find({
        state: 'open',
        dueAt: { $lte: now },
        _id: { $nin: except.map((id) => new Types.ObjectId(id)) },
      })
        .sort({ dueAt: 1 })
        .limit(limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /** Expires one offer if it is still open and over; twice changes nothing. Inside a transaction. */
    async expire(id: string): Promise<void> {
      const row = await OfferModel.findById(id).lean();
      if (!row || row.state !== 'open' || row.dueAt > contextNow()) return;
      await close(row._id, 'expired');
      await expiredListeners.get(row.subjectType)?.(row);
    },
  };
}

/** How many open offers hold a seat, by what they offer, across tenants; for `verify`. */
export async function openSeatOffers(subjectType: OfferSubject): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const row of OfferModel.find({ subjectType, state: 'open', holdsSeat: true })
    .select({ subjectId: 1 })
    .lean()
    .cursor({ batchSize: 1_000 }))
    counts.set(String(row.subjectId), (counts.get(String(row.subjectId)) ?? 0) + 1);
  return counts;
}

/** Every offer that a plan made, of whatever state, for checking them; across tenants. */
export const plannedOffers = (): Promise<
  Pick<OfferRow, '_id' | 'assignmentId' | 'subjectId' | 'personId'>[]
> => OfferModel.find({ origin: 'plan' }).select({ assignmentId: 1, subjectId: 1, personId: 1 }).lean();
