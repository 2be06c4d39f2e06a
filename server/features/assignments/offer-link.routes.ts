import { z } from 'zod';
import { asTenant } from '../../core/context.ts';
import { NotFound } from '../../core/errors.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { PageResult, Route, RouteContext } from '../../http/route.ts';
import { formatDateTime, formatTimeSpan } from '../../i18n/index.ts';
import type { I18n } from '../../i18n/index.ts';
import type { OfferRow, OfferService } from '../offers/index.ts';
import { natureOf, NATURES, noHoursText } from '../shifts/index.ts';
import type { ShiftService } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { assignmentView } from './assignment.schema.ts';
import type { AssignmentView } from './assignment.schema.ts';
import type { AssignmentService } from './assignment.service.ts';
import { refusedPage, viewsOf } from './assignment.routes.ts';
import { LINK_PATTERN, readOfferLink } from './offer-link.ts';
import type { OfferRef } from './offer-link.ts';

export interface OfferLinkParts {
  readonly assignments: AssignmentService;
  readonly offers: OfferService;
  readonly shifts: ShiftService;
  readonly tenants: TenantService;
  readonly i18n: I18n;
  readonly linkKey: Buffer;
}

const linkParams = z.strictObject({ token: z.string().regex(LINK_PATTERN) });
/** Of the offer behind a link: what its mail said already, and whether it can still be answered. Never a person's name. */
const linkedOffer = z.object({
  state: z.enum(['open', 'accepted', 'declined', 'over']),
  organisation: z.object({ 'zh-CN': z.string(), en: z.string() }),
  zone: z.string(),
  title: z.string(),
  position: z.string(),
  place: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  answerBy: z.string(),
  nature: z.enum(NATURES),
});
type LinkedOffer = z.infer<typeof linkedOffer>;

/**
 * The links in an offer's mail. Opening one changes nothing, however often mail programs fetch it: it shows a page with
 * one button. Declining needs the link alone; accepting is a promise and needs the person.
 */
export function offerLinkRoutes(parts: OfferLinkParts): Route[] {
  const { assignments, offers, shifts, tenants, i18n, linkKey } = parts;

  /** @throws NotFound `link-not-valid` for what we did not sign */
  function refOf(token: string): OfferRef {
    const ref = readOfferLink(linkKey, token);
    if (!ref) throw new NotFound('link-not-valid');
    return ref;
  }
  async function offerOf(ref: OfferRef): Promise<OfferRow> {
    const offer = await asTenant(ref.tenantId, () => offers.row(ref.offerId));
    if (!offer) throw new NotFound('link-not-valid');
    return offer;
  }

  async function show(token: string, now: Date): Promise<LinkedOffer> {
    const ref = refOf(token);
    const offer = await offerOf(ref);
    return asTenant(ref.tenantId, async () => {
      const { position, shift } = await shifts.positionFacts(offer.subjectId);
      const tenant = await tenants.current();
      const answered = offer.state === 'accepted' || offer.state === 'declined' ? offer.state : 'over';
      return {
        state: offer.state === 'open' && offer.dueAt > now ? 'open' : answered,
        organisation: tenant.name,
        zone: tenant.zone,
        title: shift.title,
        position: position.name,
        place: shift.place.label,
        startsAt: shift.startsAt.toISOString(),
        endsAt: shift.endsAt.toISOString(),
        answerBy: offer.dueAt.toISOString(),
        nature: natureOf(shift),
      };
    });
  }

  const page = (
    offer: LinkedOffer,
    answer: 'accept' | 'decline',
    { params, locale }: Pick<RouteContext<{ token: string }>, 'params' | 'locale'>,
  ): PageResult =>
    view('assignments/offer-link', {
      ...offer,
      organisation: offer.organisation[locale],
      accepting: answer === 'accept',
      noHours: noHoursText(offer, i18n, locale),
      open: offer.state === 'open',
      // The reader acts in no tenant here: its own clock is named by the offer.
      when: formatTimeSpan(offer.startsAt, offer.endsAt, { locale, zone: offer.zone }),
      until: formatDateTime(offer.answerBy, { locale, zone: offer.zone }),
      stateText: i18n.t(locale, `assignments.link.${offer.state}`),
      action: `/offer-answers/${params.token}/${answer}`,
      other: `/offer-answers/${params.token}/${answer === 'accept' ? 'decline' : 'accept'}`,
    });
  return [
    route({
      name: 'offer-answers/decline-form',
      method: 'get',
      path: '/offer-answers/:token/decline',
      apiPath: '/offer-answers/:token',
      access: 'public',
      tenant: 'none',
      summary: 'What the link of an offer’s mail stands for; changes nothing.',
      input: { params: linkParams },
      output: linkedOffer,
      run: ({ params, now }) => show(params.token, now),
      page: (offer, context) => page(offer, 'decline', context),
    }),
    route({
      name: 'offer-answers/decline',
      method: 'post',
      path: '/offer-answers/:token/decline',
      access: 'public',
      tenant: 'none',
      summary: 'Declines an offer with the link of its mail, signed in or not; twice is once.',
      status: 200,
      input: { params: linkParams },
      output: linkedOffer,
      async run({ params, now }) {
        const ref = refOf(params.token);
        await offerOf(ref);
        await assignments.declineByLink(ref);
        return show(params.token, now);
      },
      page: (_offer, { params }) => seeOther(`/offer-answers/${params.token}/decline`),
      invalid: (failure, context) => refusedPage(failure, context, i18n),
    }),
    route({
      name: 'offer-answers/accept-form',
      method: 'get',
      path: '/offer-answers/:token/accept',
      doors: ['page'],
      access: 'signed-in',
      tenant: 'none',
      summary: 'The page with the one button that accepts an offer; changes nothing.',
      input: { params: linkParams },
      output: linkedOffer,
      async run({ account, params, now }) {
        const offer = await offerOf(refOf(params.token));
        // A mail that was passed on promises nothing for whoever reads it.
        if (String(offer.personId) !== account.personId) throw new NotFound('link-of-another');
        return show(params.token, now);
      },
      page: (offer, context) => page(offer, 'accept', context),
    }),
    route({
      name: 'offer-answers/accept',
      method: 'post',
      path: '/offer-answers/:token/accept',
      access: 'signed-in',
      tenant: 'none',
      summary: 'Accepts the offer behind a mailed link, as the person it was made to; twice is once.',
      status: 200,
      input: { params: linkParams },
      output: assignmentView,
      async run({ account, params }) {
        const ref = refOf(params.token);
        const offer = await offerOf(ref);
        if (String(offer.personId) !== account.personId) throw new NotFound('link-of-another');
        const id = String(offer.assignmentId);
        if (offer.state !== 'accepted') await assignments.answer(account, id, 'accept', '');
        return asTenant(ref.tenantId, async () => {
          const row = await assignments.row(id);
          if (!row) throw new NotFound();
          return (await viewsOf([row], parts))[0] as AssignmentView;
        });
      },
      page: () => seeOther('/offers', { kind: 'success', key: 'assignments.did.accepted' }),
      invalid: (failure, context) => refusedPage(failure, context, i18n),
    }),
  ];
}
