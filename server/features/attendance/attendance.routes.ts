import { z } from 'zod';
import { can } from '../../core/actor.ts';
import type { AccountActor } from '../../core/actor.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { empty, id, latitude, line, longitude, prose } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { FieldIssue } from '../../core/errors.ts';
import type { AssignmentService } from '../assignments/index.ts';
import { givesHours, natureOf, NATURES, noHoursText } from '../shifts/index.ts';
import type { Nature, ShiftService } from '../shifts/index.ts';
import { boardFilter, MARKS } from './attendance.schema.ts';
import type { AttendanceService } from './attendance.service.ts';
import { backTo, boardModel } from './attendance.view.ts';

const marked = z.object({ id: z.string(), state: z.string(), version: z.number() });
const idParams = z.strictObject({ id });
const codeBody = z.strictObject({ code: line(20).min(1) });
/** A code that was kept without network says so; where the phone is, only when the person pressed for it. */
const usedCode = z.strictObject({
  code: line(20).min(1),
  kept: z.boolean().default(false),
  latitude: latitude.optional(),
  longitude: longitude.optional(),
});

export interface AttendanceRouteParts {
  readonly attendance: AttendanceService;
  readonly assignments: AssignmentService;
  /** What the next shift is called and where it is. */
  readonly shifts: Pick<ShiftService, 'rows'>;
  readonly i18n: I18n;
}

/** The day: the coordinator's list and code, the volunteer's check-in. */
export function attendanceRoutes(parts: AttendanceRouteParts): Route[] {
  return [...listRoutes(parts), ...codeRoutes(parts)];
}

function listRoutes({ attendance, assignments, i18n }: AttendanceRouteParts): Route[] {
  return [
    route({
      name: 'attendance/list',
      method: 'get',
      path: '/shifts/:id/attendance',
      access: 'attendance:run',
      tenant: 'member',
      summary: 'Who has a place on the shift, by name, and the code to show now.',
      input: { params: idParams, query: boardFilter },
      output: z.object({
        shiftId: z.string(),
        title: z.string(),
        startsAt: z.string(),
        endsAt: z.string(),
        /** Only `volunteer` gives volunteer hours. */
        nature: z.enum(NATURES),
        code: z.string(),
        secondsLeft: z.number(),
        people: z.array(
          z.object({
            id: z.string(),
            name: z.string(),
            state: z.string(),
            checkedInAt: z.string().nullable(),
            checkedOutAt: z.string().nullable(),
          }),
        ),
        nextCursor: z.string().nullable(),
      }),
      async run({ actor, params, query }) {
        const { limit, cursor, ...filter } = query;
        const { shift, ...page } = await assignments.seatedOf(actor, params.id, filter, limit, cursor);
        const { code, secondsLeft } = attendance.currentCode(actor, shift);
        return {
          shiftId: params.id,
          title: shift.title,
          startsAt: shift.startsAt.toISOString(),
          endsAt: shift.endsAt.toISOString(),
          nature: natureOf(shift),
          code,
          secondsLeft,
          people: page.data.map((row) => ({
            id: String(row._id),
            name: row.personName,
            state: row.state,
            checkedInAt: row.checkIn?.at.toISOString() ?? null,
            checkedOutAt: row.checkOut?.at.toISOString() ?? null,
          })),
          nextCursor: page.nextCursor,
        };
      },
      page: ({ nextCursor, ...list }, { publicUrl, query, locale, account, now }) =>
        view('attendance/list', {
          ...list,
          // Something is said of people from their check-out on.
          appraises: can(account, 'appraisals:make') && givesHours(list) && new Date(list.startsAt) <= now,
          ...boardModel({ i18n, locale, query, shiftId: list.shiftId, nextCursor }),
          count: list.people.length,
          noHours: noHoursText(list, i18n, locale),
          codeUrl: `${publicUrl}/check-in?code=${list.code}`,
          refreshEvery: `every ${Math.max(5, list.secondsLeft)}s`,
          people: list.people.map((one) => ({
            ...one,
            waiting: ['accepted', 'confirmed'].includes(one.state),
            inside: one.state === 'checked_in',
          })),
        }),
    }),
    route({
      name: 'attendance/mark',
      method: 'post',
      path: '/assignments/:id/attendance',
      access: 'attendance:run',
      tenant: 'member',
      summary: 'The coordinator notes: came, left, did not come, is excused.',
      status: 200,
      input: {
        params: idParams,
        body: z.strictObject({
          mark: z.enum(MARKS),
          reason: prose(300).default(''),
          /** Of the page: the part of the list to go back to. */
          list: line(1_500).default(''),
        }),
      },
      output: marked.extend({ shiftId: z.string() }),
      async run({ account, params, body }) {
        const row = await attendance.mark(account, params.id, body.mark, body.reason);
        return { id: String(row._id), state: row.state, version: row.version, shiftId: String(row.shiftId) };
      },
      page: ({ shiftId }, { body }) =>
        seeOther(backTo(shiftId, body.list), { kind: 'success', key: 'assignments.attendance.done' }),
    }),
  ];
}

/** What is said after a code: hours that wait are promised only where there are any. */
const doneWord = (did: 'checked-in' | 'checked-out', nature: Nature): 'in' | 'out' | 'left' => {
  if (did === 'checked-in') return 'in';
  return givesHours({ nature }) ? 'out' : 'left';
};

function codeRoutes({ attendance, assignments, shifts, i18n }: AttendanceRouteParts): Route[] {
  const formModel = async (
    account: AccountActor,
    locale: Locale,
    values: Readonly<Record<string, unknown>>,
    issues: readonly FieldIssue[],
  ): Promise<object> => {
    const form = createForm({ i18n, locale, messages: 'assignments.checkIn', values, issues });
    const code = form.input('code', 'text', {
      required: true,
      maxLength: 20,
      autocomplete: 'one-time-code',
      width: 'short',
    });
    const next = (await assignments.upcoming(account.personId, 5)).find((row) =>
      ['accepted', 'confirmed', 'checked_in'].includes(row.state),
    );
    const [shift] = next ? await shifts.rows([next.shiftId]) : [];
    return {
      code,
      errors: form.errors,
      phoneMark: attendance.phoneMark(account),
      personalCode: next ? attendance.personalCode(next._id) : null,
      mayLocate: await attendance.mayLocate(account),
      next: next
        ? {
            title: shift?.title ?? '',
            place: shift?.place.label ?? '',
            startsAt: next.startsAt,
            endsAt: next.endsAt,
            state: next.state,
            href: `/assignments/${String(next._id)}`,
          }
        : null,
    };
  };
  const own = (
    name: 'check-in' | 'check-out',
    act: (
      account: AccountActor,
      assignmentId: string,
      code: string,
    ) => Promise<{ _id: unknown; state: string; version: number }>,
  ): Route =>
    route({
      name: `attendance/${name}-own`,
      method: 'post',
      path: `/assignments/:id/${name}`,
      doors: ['api'],
      access: 'attendance:check-in-own',
      tenant: 'member',
      summary: `The volunteer’s own ${name} with the code shown at the place.`,
      status: 200,
      input: { params: idParams, body: codeBody },
      output: marked,
      async run({ account, params, body }) {
        const row = await act(account, params.id, body.code);
        return { id: String(row._id), state: row.state, version: row.version };
      },
    });
  return [
    own('check-in', (account, assignmentId, code) => attendance.checkInOwn(account, assignmentId, code)),
    own('check-out', (account, assignmentId, code) => attendance.checkOutOwn(account, assignmentId, code)),
    route({
      name: 'attendance/code-form',
      method: 'get',
      path: '/check-in',
      doors: ['page'],
      access: 'attendance:check-in-own',
      tenant: 'member',
      summary: 'Where the code is typed; a scanned QR link fills it in.',
      input: { query: z.strictObject({ code: z.string().max(20).optional() }) },
      output: z.object({ code: z.string() }),
      run: async ({ query }) => ({ code: query.code ?? '' }),
      page: async ({ code }, { account, locale }) =>
        view('attendance/check-in', await formModel(account, locale, { code }, [])),
    }),
    route({
      name: 'attendance/offline',
      method: 'get',
      path: '/check-in/offline',
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      summary: 'The page that a phone keeps for places without network; nothing of anybody is on it.',
      input: {},
      output: empty,
      run: async () => ({}),
      page: (_output, { locale }) => {
        const form = createForm({ i18n, locale, messages: 'assignments.checkIn', values: {}, issues: [] });
        const code = form.input('code', 'text', {
          required: true,
          maxLength: 20,
          autocomplete: 'one-time-code',
          width: 'short',
        });
        return view('attendance/offline', { code });
      },
    }),
    route({
      name: 'attendance/use-code',
      method: 'post',
      path: '/check-ins',
      access: 'attendance:check-in-own',
      tenant: 'member',
      summary:
        'In when expected, out when in; which shift is meant follows from one’s own places and the code.',
      input: { body: usedCode },
      output: marked.extend({
        did: z.enum(['checked-in', 'checked-out']),
        /** Only `volunteer` gives volunteer hours. */
        nature: z.enum(NATURES),
      }),
      async run({ account, body }) {
        const { latitude: north, longitude: east, kept } = body;
        const at = north !== undefined && east !== undefined ? { latitude: north, longitude: east } : null;
        const { row, did, nature } = await attendance.useCode(account, body.code, { kept, at });
        return { id: String(row._id), state: row.state, version: row.version, did, nature };
      },
      page: ({ id: assignmentId, did, nature }) =>
        seeOther(`/assignments/${assignmentId}`, {
          kind: 'success',
          key: `assignments.checkIn.${doneWord(did, nature)}`,
        }),
      invalid: async ({ issues, values, error }, { account, locale }) =>
        view(
          'attendance/check-in',
          await formModel(
            account,
            locale,
            values,
            issues.length > 0 ? issues : [{ path: 'code', code: error.code }],
          ),
        ),
    }),
  ];
}
