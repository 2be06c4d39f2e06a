import { sideBySide } from '../../db/transaction.ts';
import { defineMessage, envelopeOf } from '../../mail/message.ts';
import type { MessageDefinition, Recipient } from '../../mail/message.ts';
import type { I18n } from '../../i18n/index.ts';
import type { OfferService } from '../offers/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { EnrolmentModel } from './enrolment.model.ts';
import { SessionModel } from './session.model.ts';
import { reasonText } from './training.view.ts';

export interface TrainingMailParts {
  readonly i18n: I18n;
  readonly offers: OfferService;
  readonly tenants: TenantService;
  readonly recipientOf: (personId: string) => Promise<Recipient | null>;
  readonly publicUrl: string;
}

/** What a message says while the person is in one of these states; later it would be old news. */
const STILL_TRUE: Readonly<Record<string, readonly string[]>> = {
  invited: ['invited'],
  'moved-up': ['invited'],
  enrolled: ['enrolled', 'attended'],
  waitlisted: ['waitlisted'],
  reminded: ['enrolled'],
  moved: ['applied', 'invited', 'waitlisted', 'enrolled'],
  cancelled: ['cancelled'],
  expired: ['cancelled'],
  passed: ['passed', 'credited'],
  failed: ['failed'],
};

/** What a person is told of a session: an invitation, a seat, a change, a result. */
export function trainingMessages({
  i18n,
  offers,
  tenants,
  recipientOf,
  publicUrl,
}: TrainingMailParts): MessageDefinition[] {
  return [
    defineMessage({
      kind: 'training/news',
      async load(row) {
        const what = String(row.data['what']);
        const enrolment = await EnrolmentModel.findById(row.subjectId).lean();
        if (!enrolment || !STILL_TRUE[what]?.includes(enrolment.state)) return null;
        const [session, to, offer] = await sideBySide([
          () => SessionModel.findById(enrolment.sessionId).lean(),
          () => recipientOf(String(enrolment.personId)),
          () => (enrolment.offerId ? offers.row(enrolment.offerId) : null),
        ]);
        if (!session || !to) return null;
        const tenant = await tenants.current();
        const envelope = envelopeOf(to, tenant);
        return {
          ...envelope,
          model: {
            what,
            name: to.name,
            title: session.title,
            startsAt: session.startsAt,
            endsAt: session.endsAt,
            place: session.place.label,
            answerBy: offer?.state === 'open' ? offer.dueAt : null,
            note: offer?.note ?? '',
            why:
              what === 'invited'
                ? enrolment.why.map((one) =>
                    reasonText({ i18n, locale: envelope.locale }, one, session.title),
                  )
                : [],
            reason: session.state === 'cancelled' ? (session.history.at(-1)?.reason ?? null) : null,
            link: `${publicUrl}/sessions/${String(session._id)}`,
          },
        };
      },
    }),
  ];
}
