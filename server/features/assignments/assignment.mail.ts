import type { I18n } from '../../i18n/index.ts';
import type { OutboxRow } from '../../db/outbox.ts';
import { defineMessage, envelopeOf } from '../../mail/message.ts';
import type { MessageContent, MessageDefinition, Recipient } from '../../mail/message.ts';
import type { OfferService } from '../offers/index.ts';
import { noHoursText } from '../shifts/index.ts';
import type { ShiftService } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { AssignmentModel, LIVE_STATES } from './assignment.model.ts';
import type { AssignmentRow } from './assignment.model.ts';
import { wordReason } from './assignment.view.ts';
import { runs } from './desk.ts';
import { signOfferLink } from './offer-link.ts';

/** Who receives mail of a person, if they have an address; injected by compose.ts. */
export interface Recipients {
  ofPerson(personId: string): Promise<Recipient | null>;
  /** Somebody with a desk. */
  ofAccount(accountId: string): Promise<Recipient | null>;
}

export interface AssignmentMailParts {
  readonly i18n: I18n;
  readonly shifts: ShiftService;
  readonly offers: OfferService;
  readonly tenants: TenantService;
  readonly units: UnitService;
  readonly recipients: Recipients;
  readonly publicUrl: string;
  /** Key of the links with which an offer is answered. */
  readonly linkKey: Buffer;
}

/** Which states of the assignment still want each message; others have been overtaken (F-22). */
const WANTED: Record<string, readonly string[]> = {
  'assignments/accepted': ['accepted', 'confirmed', 'checked_in'],
  'assignments/waitlisted': ['waitlisted'],
  'assignments/moved-up': ['offered'],
  'assignments/requested': ['requested'],
  'assignments/declined': ['declined'],
  'assignments/cancelled': ['cancelled_by_org'],
  'assignments/moved': LIVE_STATES,
  'assignments/expired': ['expired'],
  'assignments/replaced': ['replaced', 'cancelled_by_org'],
  'assignments/place-lost': ['replaced'],
  'offers/made': ['offered'],
};

/** What a volunteer reads before they come: also whether they serve for hours at all. */
const SAYS_NATURE = [
  'offers/made',
  'assignments/accepted',
  'assignments/waitlisted',
  'assignments/moved-up',
  'assignments/moved',
];
const TO_COORDINATORS = ['assignments/requested', 'assignments/place-lost'];
const text = (value: string | number | null | undefined): string | null =>
  value == null ? null : String(value);

export function assignmentMessages({
  i18n,
  shifts,
  offers,
  tenants,
  units,
  recipients,
  publicUrl,
  linkKey,
}: AssignmentMailParts): MessageDefinition[] {
  async function load(kind: string, row: OutboxRow): Promise<MessageContent | null> {
    const assignment = await AssignmentModel.findById(row.subjectId).lean();
    if (!assignment || (row.state === 'waiting' && !(WANTED[kind] ?? []).includes(assignment.state)))
      return null;
    const shift = await shifts.row(assignment.shiftId);
    const tenant = await tenants.current();
    const to = await recipientOf(
      kind,
      assignment,
      text(row.data['accountId']) ?? (shift.createdBy ? String(shift.createdBy) : null),
    );
    if (!to) return null;
    const offer = row.data['offerId'] ? await offers.row(String(row.data['offerId'])) : null;
    const answers = offer
      ? `${publicUrl}/offer-answers/${signOfferLink(linkKey, { tenantId: tenant.id, offerId: String(offer._id) })}`
      : null;
    const locale = to.locale ?? tenant.locale;
    return {
      ...envelopeOf(to, tenant),
      model: {
        name: to.name,
        person: assignment.personName,
        title: shift.title,
        startsAt: shift.startsAt,
        endsAt: shift.endsAt,
        place: shift.place.label,
        until: offer?.dueAt ?? null,
        reason: wordReason(i18n, locale, text(row.data['reason'])),
        outcome: text(row.data['outcome']),
        asked: Number(row.data['asked'] ?? 0),
        note:
          [
            kind === 'offers/made' ? assignment.note : '',
            SAYS_NATURE.includes(kind) ? noHoursText(shift, i18n, locale) : '',
          ]
            .filter(Boolean)
            .join('\n') || null,
        // Opening a link changes nothing: each leads to a page with one button.
        link: answers ? `${answers}/accept` : `${publicUrl}/assignments/${String(assignment._id)}`,
        declineLink: answers ? `${answers}/decline` : null,
      },
    };
  }

  const recipientOf = async (
    kind: string,
    assignment: AssignmentRow,
    accountId: string | null,
  ): ReturnType<Recipients['ofPerson']> => {
    if (!TO_COORDINATORS.includes(kind)) return recipients.ofPerson(String(assignment.personId));
    // Names of volunteers go to who runs the unit when the mail leaves, not to who did so once.
    return accountId !== null && (await runs(accountId, await units.pathOf(assignment.unitId)))
      ? recipients.ofAccount(accountId)
      : null;
  };

  return Object.keys(WANTED).map((kind) => defineMessage({ kind, load: (row) => load(kind, row) }));
}
