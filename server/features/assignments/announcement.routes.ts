import { z } from 'zod';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route, RouteContext } from '../../http/route.ts';
import { pagerOf } from '../../http/paging.ts';
import { DEFAULT_LIMIT, pageOf, paging, prose, requiredLine } from '../../http/schema.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n } from '../../i18n/index.ts';
import type { ShiftService } from '../shifts/index.ts';
import { AUDIENCES } from './announcement.model.ts';
import type { AnnouncementRow } from './announcement.model.ts';
import type { AnnouncementService } from './announcement.service.ts';
import { fullId } from './assignment.schema.ts';

export interface AnnouncementParts {
  readonly announcements: AnnouncementService;
  readonly shifts: ShiftService;
  readonly i18n: I18n;
}

const announcementBody = z.strictObject({
  subject: requiredLine(80),
  text: prose(2_000).min(1),
  /** `placed`: who has a place; `everybody`: also who is asked, has asked or waits. */
  audience: z.enum(AUDIENCES).default('placed'),
});
const announcementView = z.object({
  id: z.string(),
  shiftId: z.string(),
  subject: z.string(),
  text: z.string(),
  audience: z.enum(AUDIENCES),
  /** How many people it goes to, each with a mail of their own. */
  recipients: z.number(),
  sentByName: z.string(),
  createdAt: z.string(),
});
type AnnouncementView = z.infer<typeof announcementView>;
const announcementList = pageOf(announcementView);

const toView = (row: AnnouncementRow): AnnouncementView => ({
  id: String(row._id),
  shiftId: String(row.shiftId),
  subject: row.subject,
  text: row.text,
  audience: row.audience,
  recipients: row.recipients,
  sentByName: row.sentByName,
  createdAt: row.createdAt.toISOString(),
});

/** A coordinator writes to the people of a shift. */
export function announcementRoutes({ announcements, shifts, i18n }: AnnouncementParts): Route[] {
  const page = async (
    { actor, locale }: Pick<RouteContext, 'actor' | 'locale'>,
    id: string,
    query: { readonly limit: number; readonly cursor?: string | undefined },
    failure?: FormFailure,
  ): Promise<PageResult> => {
    const shift = await shifts.show(actor, id);
    const { data, nextCursor } = await announcements.ofShift(actor, id, query.limit, query.cursor);
    const sent = data.map(toView);
    const count = await announcements.audiencesOf(actor, id);
    const t = i18n.in(locale);
    const form = createForm({
      i18n,
      locale,
      messages: 'assignments.announcement',
      values: { audience: 'placed', ...failure?.values },
      ...(failure
        ? { issues: failure.issues.length > 0 ? failure.issues : [{ path: '', code: failure.error.code }] }
        : {}),
    });
    const audiences = AUDIENCES.map((value) => ({
      value,
      label: t(`assignments.announcement.audience.${value}`, { count: count[value] }),
    }));
    const fields = {
      subject: form.input('subject', 'text', { required: true, maxLength: 80 }),
      text: form.textarea('text', { required: true, maxLength: 2_000, rows: 6 }),
      audience: form.radios('audience', audiences, { required: true }),
    };
    return view('assignments/announcements', {
      id,
      title: shift.title,
      startsAt: shift.startsAt,
      endsAt: shift.endsAt,
      anybody: count.everybody > 0,
      fields,
      errors: form.errors,
      sent: sent.map((one) => ({
        title: one.subject,
        at: one.createdAt,
        by: one.sentByName,
        text: t('assignments.announcement.sent', { count: one.recipients, text: one.text }),
        icon: 'mail',
      })),
      ...pagerOf(`/shifts/${id}/announcements`, query, nextCursor),
      count: sent.length,
    });
  };
  return [
    route({
      name: 'announcements/list',
      method: 'get',
      path: '/shifts/:id/announcements',
      access: 'assignments:manage',
      tenant: 'member',
      summary: 'What was written to the people of a shift, newest first.',
      input: { params: fullId, query: z.strictObject(paging) },
      output: announcementList,
      async run({ actor, params, query }) {
        const sent = await announcements.ofShift(actor, params.id, query.limit, query.cursor);
        return { data: sent.data.map(toView), nextCursor: sent.nextCursor };
      },
      page: (_output, context) => page(context, context.params.id, context.query),
    }),
    route({
      name: 'announcements/make',
      method: 'post',
      path: '/shifts/:id/announcements',
      access: 'assignments:manage',
      tenant: 'member',
      summary: 'Writes to the people of a shift, one mail per person, in the frame of their language.',
      rate: 'mail',
      input: { params: fullId, body: announcementBody },
      output: announcementView,
      run: async ({ account, params, body }) =>
        toView(await announcements.announce(account, params.id, body)),
      page: ({ shiftId, recipients }) =>
        seeOther(`/shifts/${shiftId}/announcements`, {
          kind: 'success',
          key: 'assignments.announcement.done',
          params: { count: recipients },
        }),
      invalid: (failure, context) => page(context, context.params.id, { limit: DEFAULT_LIMIT }, failure),
    }),
  ];
}
