import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import type { FieldIssue } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { requestLifecycle } from '../../core/states.ts';
import { createForm } from '../../i18n/index.ts';
import type { Field, I18n, OptionInput } from '../../i18n/index.ts';
import type { Digest, ShiftView } from '../shifts/index.ts';
import { positionFields, shiftFields, shiftRow } from '../shifts/index.ts';
import { findServiceArea, SERVICE_AREAS } from '../skills/index.ts';
import { unitChoices } from '../units/index.ts';
import type { UnitChoice } from '../units/index.ts';
import type { Request, RequestAbilities } from './request.service.ts';
import { pagerOf } from '../../http/paging.ts';

interface Parts {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly issues?: readonly FieldIssue[];
}

export const areaName = (code: string, locale: Locale): string => findServiceArea(code)?.[locale] ?? code;

const areaChoices = (locale: Locale): OptionInput[] =>
  SERVICE_AREAS.map((area) => ({ value: area.code, label: area[locale] }));

type Form = ReturnType<typeof createForm>;

function requestFields(form: Form, locale: Locale, unitOptions: readonly OptionInput[]): object {
  return {
    title: form.input('title', 'text', { required: true, maxLength: 80 }),
    description: form.textarea('description', { maxLength: 4_000, rows: 4 }),
    category: form.select('category', areaChoices(locale), { required: true }),
    // With one unit to choose there is nothing to ask.
    unitId:
      unitOptions.length > 1 ? form.select('unitId', unitOptions, { required: true }) : form.hidden('unitId'),
    placeLabel: form.input('place.label', 'text', { required: true, maxLength: 80 }),
    address: form.input('place.address', 'text', { maxLength: 160 }),
    atHome: form.checkbox('place.atHome'),
    latitude: form.input('place.latitude', 'text', { inputMode: 'decimal', width: 'short' }),
    longitude: form.input('place.longitude', 'text', { inputMode: 'decimal', width: 'short' }),
    conditions: form.textarea('conditions', { maxLength: 1_000, rows: 2 }),
    risks: form.textarea('risks', { maxLength: 1_000, rows: 2 }),
    support: form.textarea('support', { maxLength: 1_000, rows: 2 }),
    contactName: form.input('contactName', 'text', { maxLength: 60 }),
    contactPhone: form.input('contactPhone', 'tel', { maxLength: 30, inputMode: 'tel' }),
  };
}

const PICK = { lat: 'f-place-latitude', lng: 'f-place-longitude' };

/** Model of `requests/new`: the request, its first shift and its first position in one form. */
export function newRequestModel(
  parts: Parts & { units: readonly UnitChoice[]; actor: AccountActor; today: string },
): object {
  const { i18n, locale, actor } = parts;
  const unitOptions = unitChoices(parts.units, actor, 'requests:edit', locale);
  const form = createForm({
    ...parts,
    messages: 'requests.form',
    values: {
      unitId: unitOptions.length === 1 ? unitOptions[0]?.value : undefined,
      contactName: actor.name,
      'shift.riskLevel': 'none',
      'shift.nature': 'volunteer',
      'position.name': i18n.t(locale, 'requests.new.positionName'),
      'position.admission': 'direct',
      ...parts.values,
    },
  });
  const fields = {
    ...requestFields(form, locale, unitOptions),
    shift: shiftFields(form, i18n, locale, 'shift.', parts.today),
    position: positionFields(form, i18n, locale, 'position.'),
  };
  return { fields, errors: form.errors, pick: PICK, points: [], hasUnits: unitOptions.length > 0 };
}

/** Model of `requests/edit`. */
export function editRequestModel(parts: Parts & { request: Request; unitName: string }): object {
  const { request, locale } = parts;
  const [longitude, latitude] = request.place.point?.coordinates ?? [];
  const form = createForm({
    ...parts,
    messages: 'requests.form',
    values: {
      ...request,
      'place.label': request.place.label,
      'place.address': request.place.address,
      'place.atHome': request.place.atHome,
      'place.latitude': latitude,
      'place.longitude': longitude,
      ...parts.values,
    },
  });
  const fields = requestFields(form, locale, []);
  return {
    fields,
    errors: form.errors,
    version: request.version,
    title: request.title,
    unitName: parts.unitName,
    action: `/requests/${request.id}`,
    pick: PICK,
    points: pointsOf(request),
  };
}

function pointsOf(request: Request): object[] {
  const [lng, lat] = request.place.point?.coordinates ?? [];
  return lat === undefined || lng === undefined ? [] : [{ lat, lng, label: request.place.label }];
}

type Listed = Omit<Request, 'history'> & { readonly unitName: string; readonly places: Digest };

/** "3 shifts, 5 of 12 places taken" */
export function digestText(digest: Digest, i18n: I18n, locale: Locale): string {
  if (digest.shifts === 0) return i18n.t(locale, 'requests.noShifts');
  return i18n.t(locale, 'requests.digest', {
    count: digest.shifts,
    taken: digest.taken,
    maximum: digest.maximum,
  });
}

/** Model of `requests/index`. */
export function requestListModel(
  parts: Parts & {
    requests: readonly Listed[];
    units: readonly UnitChoice[];
    actor: AccountActor;
    query: Readonly<Record<string, unknown>>;
    nextCursor: string | null;
  },
): object {
  const { i18n, locale, query } = parts;
  const form = createForm({ i18n, locale, messages: 'requests.filter', values: query });
  const states: OptionInput[] = requestLifecycle.states.map((state) => ({
    value: state,
    label: i18n.t(locale, `states.request.${state}`),
  }));
  const all = { value: '', label: i18n.t(locale, 'common.word.all') };
  const unitOptions = unitChoices(parts.units, parts.actor, 'requests:see', locale);
  const filtered = ['state', 'unitId', 'q'].some((name) => query[name] !== undefined);
  return {
    filter: {
      q: form.input('q', 'search', { maxLength: 60, required: true }),
      state: form.select('state', [all, ...states], { required: true }),
      unitId:
        unitOptions.length > 1 ? form.select('unitId', [all, ...unitOptions], { required: true }) : null,
    } satisfies Record<string, Field | null>,
    filtered,
    requests: parts.requests.map((request) => ({
      id: request.id,
      title: request.title,
      href: `/requests/${request.id}`,
      state: request.state,
      text: digestText(request.places, i18n, locale),
      missing: request.places.missing,
      covered: request.places.nextStartsAt !== null && request.places.missing === 0,
      taken: request.places.taken,
      maximum: request.places.maximum,
      facts: [
        { icon: 'map-pin', text: request.place.label },
        { icon: 'building-community', text: request.unitName },
        { icon: 'tag', text: areaName(request.category, locale) },
      ],
    })),
    ...pagerOf('/requests', query, parts.nextCursor),
    canCreate: can(parts.actor, 'requests:edit'),
  };
}

/** Model of `requests/show`. */
export function requestModel(
  parts: Parts & {
    request: Request & { readonly unitName: string; readonly places: Digest };
    shifts: readonly ShiftView[];
    abilities: RequestAbilities;
  },
): object {
  const { i18n, locale, request } = parts;
  const form = createForm({ ...parts, messages: 'requests.reason', idPrefix: 'r' });
  const word = i18n.in(locale);
  const reason = form.textarea('reason', { required: true, maxLength: 300, rows: 2 });
  return {
    ...request,
    category: areaName(request.category, locale),
    digest: request.places.shifts === 0 ? null : digestText(request.places, i18n, locale),
    facts: [
      { label: word('requests.show.unit'), value: request.unitName },
      { label: word('requests.show.category'), value: areaName(request.category, locale) },
      {
        label: word('common.word.place'),
        value: [request.place.label, request.place.address].filter(Boolean).join(' · '),
      },
      { label: word('requests.form.conditions.label'), value: request.conditions || '–' },
      { label: word('requests.form.risks.label'), value: request.risks || '–' },
      { label: word('requests.form.support.label'), value: request.support || '–' },
      {
        label: word('requests.show.contact'),
        value: [request.contactName, request.contactPhone].filter(Boolean).join(' · ') || '–',
      },
    ],
    shifts: parts.shifts.map((shift) => shiftRow(shift, i18n, locale)),
    copyHref:
      parts.abilities.addShift && parts.shifts.length > 0 ? `/day-copies?requestId=${request.id}` : null,
    timeline: request.history.map((entry) => ({
      title: word(`states.request.${entry.to}`),
      at: entry.at,
      by: null,
      text: entry.reason === null ? null : reasonText(entry.reason, i18n, locale),
      icon: null,
    })),
    assumed:
      request.source && request.source.assumed.length > 0
        ? word('requests.show.assumed', {
            // The importer's fields have words of its own.
            fields: request.source.assumed
              .map((field) => word(`imports.field.${field}`))
              .join(word('imports.between')),
          })
        : null,
    errors: form.errors,
    fields: { reason },
    abilities: parts.abilities,
  };
}

/** Coded reasons are worded, a person's own stay as written. */
export function reasonText(reason: string, i18n: I18n, locale: Locale): string {
  const key = `requests.coded.${reason}`;
  return /^[a-z]+(-[a-z]+)*$/.test(reason) && i18n.has(locale, key) ? i18n.t(locale, key) : reason;
}

/** Model of `requests/ask`: a resident's ask for help. */
export function askModel(parts: Parts & { tenant: { slug: string; name: string } }): object {
  const { locale } = parts;
  const form = createForm({ ...parts, messages: 'requests.ask' });
  const fields = {
    title: form.input('title', 'text', { required: true, maxLength: 80 }),
    description: form.textarea('description', { maxLength: 2_000, rows: 4 }),
    category: form.select('category', areaChoices(locale)),
    placeLabel: form.input('placeLabel', 'text', { required: true, maxLength: 80 }),
    address: form.input('address', 'text', { maxLength: 160, autocomplete: 'street-address' }),
    contactName: form.input('contactName', 'text', { required: true, maxLength: 60, autocomplete: 'name' }),
    contactPhone: form.input('contactPhone', 'tel', {
      required: true,
      maxLength: 30,
      autocomplete: 'tel',
      inputMode: 'tel',
    }),
    consent: form.checkbox('consent', {
      required: true,
      label: parts.i18n.t(locale, 'requests.ask.consent.label', { place: parts.tenant.name }),
    }),
  };
  return { fields, errors: form.errors, tenant: parts.tenant, action: `/t/${parts.tenant.slug}/requests` };
}
