import { defineMessage, envelopeOf } from '../../mail/message.ts';
import type { MessageDefinition } from '../../mail/message.ts';
import type { ShiftService } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { AnnouncementModel } from './announcement.model.ts';
import { STATES_OF } from './announcement.service.ts';
import type { Recipients } from './assignment.mail.ts';
import { AssignmentModel } from './assignment.model.ts';

/** The coordinator's own words in a frame of the reader's language. */
export function announcementMessages({
  shifts,
  tenants,
  recipients,
  publicUrl,
}: {
  readonly shifts: ShiftService;
  readonly tenants: TenantService;
  readonly recipients: Recipients;
  readonly publicUrl: string;
}): MessageDefinition[] {
  return [
    defineMessage({
      kind: 'announcements/made',
      async load(row) {
        const assignment = await AssignmentModel.findById(row.subjectId).lean();
        const announcement = await AnnouncementModel.findById(String(row.data['announcementId'])).lean();
        if (!assignment || !announcement) return null;
        // Who has left in the meantime is no longer meant.
        if (row.state === 'waiting' && !STATES_OF[announcement.audience].includes(assignment.state))
          return null;
        const to = await recipients.ofPerson(String(assignment.personId));
        if (!to) return null;
        const [shift, tenant] = [await shifts.row(assignment.shiftId), await tenants.current()];
        return {
          ...envelopeOf(to, tenant),
          model: {
            name: to.name,
            from: announcement.sentByName,
            subject: announcement.subject,
            lines: announcement.text.split('\n').filter((line) => line.trim() !== ''),
            text: announcement.text,
            title: shift.title,
            startsAt: shift.startsAt,
            endsAt: shift.endsAt,
            place: shift.place.label,
            link:
              assignment.state === 'offered'
                ? `${publicUrl}/offers`
                : `${publicUrl}/assignments/${String(assignment._id)}`,
          },
        };
      },
    }),
  ];
}
