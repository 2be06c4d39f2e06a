import { z } from 'zod';
import { empty, idParams, line } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { PageResult, Route } from '../../http/route.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import type { FieldIssue } from '../../core/errors.ts';
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
        view('attendance/kiosks', { shiftId: params.id, open, link: null, expiresAt: null }),
    }),
    route({
      name: 'attendance/open-kiosk',
      method: 'post',
      path: '/shifts/:id/kiosks',
      access: 'attendance:run',
      tenant: 'member',
      summary: 'Opens a device at the place: an address at which people check in and out and nothing else.',
      // The secret of the address is told once and stands nowhere, not even among remembered answers.
      idempotent: false,
      input: { params: idParams },
      output: z.object({ link: z.string(), expiresAt: z.string() }),
      async run({ account, params, publicUrl }) {
        const { secret, expiresAt } = await kiosks.open(account, params.id);
        return { link: `${publicUrl}/kiosk/${secret}`, expiresAt: expiresAt.toISOString() };
      },
      page: async ({ link, expiresAt }, { account, params }) =>
        view('attendance/kiosks', {
          shiftId: params.id,
          open: await kiosks.openOf(account, params.id),
          link,
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
  const screen = async (
    token: string,
    locale: Locale,
    issues: readonly FieldIssue[],
    done: { did: string; name: string; at: string } | null,
  ): Promise<PageResult> => {
    const shift = await kiosks.screen(token);
    const form = createForm({ i18n, locale, messages: 'assignments.kiosk', values: {}, issues });
    return view('attendance/kiosk', {
      title: shift.title,
      startsAt: shift.startsAt,
      endsAt: shift.endsAt,
      action: `/kiosk/${token}`,
      who: form.input('who', 'text', { required: true, maxLength: 20, autocomplete: 'off' }),
      errors: form.errors,
      done,
    });
  };
  return [
    route({
      name: 'attendance/kiosk',
      method: 'get',
      path: '/kiosk/:token',
      access: 'public',
      tenant: 'none',
      summary: 'What stands on the device at the place.',
      input: { params: secretParams },
      output: screenView,
      async run({ params }) {
        const shift = await kiosks.screen(params.token);
        return {
          title: shift.title,
          place: shift.place.label,
          startsAt: shift.startsAt.toISOString(),
          endsAt: shift.endsAt.toISOString(),
        };
      },
      page: (_screen, { params, locale }) => screen(params.token, locale, [], null),
    }),
    route({
      name: 'attendance/pass-kiosk',
      method: 'post',
      path: '/kiosk/:token',
      access: 'public',
      tenant: 'none',
      // Numbers are not tried one after the other here.
      rate: 'write',
      summary: 'In when expected, out when in, by mobile number or personal code.',
      status: 200,
      input: { params: secretParams, body: z.strictObject({ who: line(20).min(1) }) },
      output: z.object({ did: z.enum(['checked-in', 'checked-out']), name: z.string(), at: z.string() }),
      async run({ params, body }) {
        const { did, name, at } = await kiosks.pass(params.token, body.who);
        return { did, name, at: at.toISOString() };
      },
      page: (done, { params, locale }) => screen(params.token, locale, [], done),
      invalid: ({ issues, error }, { params, locale }) =>
        screen(params.token, locale, issues.length > 0 ? issues : [{ path: 'who', code: error.code }], null),
    }),
  ];
}
