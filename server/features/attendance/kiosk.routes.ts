import { z } from 'zod';
import { empty, idParams, line } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { PageResult, Route, RouteContext } from '../../http/route.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n } from '../../i18n/index.ts';
import { Conflict, NotFound, TooMany } from '../../core/errors.ts';
import type { FieldIssue } from '../../core/errors.ts';
import type { ShiftRow } from '../shifts/index.ts';
import type { KioskService } from './kiosk.service.ts';

export interface KioskRouteParts {
  readonly kiosks: KioskService;
  readonly i18n: I18n;
}

const secretParams = z.strictObject({ token: z.string().max(60) });
const screenView = z.object({
  title: z.string(),
  place: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
});

/** The device at the place. */
export function kioskRoutes(parts: KioskRouteParts): Route[] {
  return [...deskRoutes(parts), ...screenRoutes(parts)];
}

function deskRoutes({ kiosks }: KioskRouteParts): Route[] {
  return [
    route({
      name: 'attendance/kiosks',
      method: 'get',
      path: '/shifts/:id/kiosks',
      access: 'attendance:run',
      tenant: 'member',
      summary: 'How many devices stand open at the shift.',
      input: { params: idParams },
      output: z.object({ open: z.number() }),
      run: async ({ account, params }) => ({ open: await kiosks.openOf(account, params.id) }),
      page: ({ open }, { params }) =>
        view('attendance/kiosks', { shiftId: params.id, open, link: null, pairBy: null, expiresAt: null }),
    }),
    route({
      name: 'attendance/open-kiosk',
      method: 'post',
      path: '/shifts/:id/kiosks',
      access: 'attendance:run',
      tenant: 'member',
      summary:
        'Opens a device at the place, at which people check in and out and nothing else: a link that one device takes once, within minutes.',
      // The secret of the address is told once and stands nowhere, not even among remembered answers.
      idempotent: false,
      input: { params: idParams },
      output: z.object({ link: z.string(), pairBy: z.string(), expiresAt: z.string() }),
      async run({ account, params, publicUrl }) {
        const { secret, pairBy, expiresAt } = await kiosks.open(account, params.id);
        return {
          link: `${publicUrl}/kiosk-links/${secret}`,
          pairBy: pairBy.toISOString(),
          expiresAt: expiresAt.toISOString(),
        };
      },
      page: async ({ link, pairBy, expiresAt }, { account, params }) =>
        view('attendance/kiosks', {
          shiftId: params.id,
          open: await kiosks.openOf(account, params.id),
          link,
          pairBy,
          expiresAt,
        }),
    }),
    route({
      name: 'attendance/end-kiosks',
      method: 'post',
      path: '/shifts/:id/kiosks/end',
      access: 'attendance:run',
      tenant: 'member',
      summary: 'Ends every device of the shift.',
      status: 200,
      input: { params: idParams },
      output: empty,
      async run({ account, params }) {
        await kiosks.end(account, params.id);
        return {};
      },
      page: (_output, { params }) =>
        seeOther(`/shifts/${params.id}/kiosks`, { kind: 'success', key: 'assignments.kiosk.ended' }),
    }),
  ];
}

function screenRoutes({ kiosks, i18n }: KioskRouteParts): Route[] {
  const screen = (
    { locale }: Pick<RouteContext, 'locale'>,
    shift: Pick<z.infer<typeof screenView>, 'title' | 'startsAt' | 'endsAt'>,
    issues: readonly FieldIssue[],
    done: { did: string; name: string; at: string } | null,
  ): PageResult => {
    const form = createForm({ i18n, locale, messages: 'assignments.kiosk', values: {}, issues });
    return view('attendance/kiosk', {
      title: shift.title,
      startsAt: shift.startsAt,
      endsAt: shift.endsAt,
      who: form.input('who', 'text', { required: true, maxLength: 20, autocomplete: 'off' }),
      errors: form.errors,
      done,
    });
  };
  return [
    route({
      name: 'attendance/kiosk-link',
      method: 'get',
      path: '/kiosk-links/:token',
      access: 'public',
      tenant: 'none',
      summary: 'The shift whose device somebody is about to set up; the link works once.',
      input: { params: secretParams },
      output: screenView,
      run: async ({ params }) => toScreen(await kiosks.link(params.token)),
      page: (shift, { params }) =>
        view('attendance/kiosk-link', { ...shift, action: `/kiosk-links/${params.token}` }),
    }),
    route({
      name: 'attendance/pair-kiosk',
      method: 'post',
      path: '/kiosk-links/:token',
      access: 'public',
      tenant: 'none',
      rate: 'write',
      summary:
        'This device becomes the one at the place: it alone holds the secret that is answered, which programs send as `X-Kiosk`.',
      // The secret is told once and stands nowhere, not even among remembered answers.
      idempotent: false,
      input: { params: secretParams },
      output: z.object({ secret: z.string(), expiresAt: z.string() }),
      async run({ params }) {
        const { secret, expiresAt } = await kiosks.pair(params.token);
        return { secret, expiresAt: expiresAt.toISOString() };
      },
      page({ secret, expiresAt }, { session }) {
        session.holdKiosk(secret, new Date(expiresAt));
        return seeOther('/kiosk');
      },
    }),
    route({
      name: 'attendance/kiosk',
      method: 'get',
      path: '/kiosk',
      access: 'public',
      tenant: 'none',
      summary:
        'What stands on the device at the place, known by its own secret (`X-Kiosk`); null for every device that is none, or none any more.',
      input: {},
      output: z.object({ shift: screenView.nullable() }),
      async run({ session }) {
        const shift = await kiosks.screen(session.kiosk);
        return { shift: shift && toScreen(shift) };
      },
      page: ({ shift }, context) =>
        shift ? screen(context, shift, [], null) : view('attendance/kiosk', { none: true }),
    }),
    route({
      name: 'attendance/pass-kiosk',
      method: 'post',
      path: '/kiosk',
      access: 'public',
      tenant: 'none',
      rate: 'write',
      summary: 'In when expected, out when in, by mobile number or personal code; wrong ones are counted.',
      status: 200,
      input: { body: z.strictObject({ who: line(20).min(1) }) },
      output: z.object({ did: z.enum(['checked-in', 'checked-out']), name: z.string(), at: z.string() }),
      async run({ session, body, door }) {
        const passed = kiosks.pass(session.kiosk, body.who);
        const { did, name, at } = await passed.catch((err: unknown) => {
          // Said on the screen itself, where the next person stands.
          if (door === 'page' && err instanceof TooMany) throw new Conflict('kiosk-too-many', {}, [], err);
          if (door === 'page' && err instanceof NotFound) throw new Conflict('kiosk-over', {}, [], err);
          throw err;
        });
        return { did, name, at: at.toISOString() };
      },
      async page(done, context) {
        const shift = await kiosks.screen(context.session.kiosk);
        return shift ? screen(context, toScreen(shift), [], done) : seeOther('/kiosk');
      },
      async invalid({ issues, error }, context) {
        const shift = await kiosks.screen(context.session.kiosk);
        const said = issues.length > 0 ? issues : [{ path: 'who', code: error.code }];
        return shift ? screen(context, toScreen(shift), said, null) : seeOther('/kiosk');
      },
    }),
  ];
}

const toScreen = (shift: ShiftRow): z.input<typeof screenView> => ({
  title: shift.title,
  place: shift.place.label,
  startsAt: shift.startsAt.toISOString(),
  endsAt: shift.endsAt.toISOString(),
});
