import type { Locale } from '../../server/core/locale.ts';
import type { PageContext } from '../../server/http/views.ts';
import { createForm, createI18n } from '../../server/i18n/index.ts';
import type { I18n } from '../../server/i18n/index.ts';

/** Invented names and numbers for the gallery; nothing here is a real person's. */
const WORDS = {
  'zh-CN': {
    greeting: '林晓彤，下午好',
    lead: '2026年11月23日周一 · 距离五星级还差 13.5 小时，继续加油！',
    star: '星级',
    starUnit: '星级志愿者',
    year: '本年度时长',
    total: '累计时长',
    totalHint: '已确认 486.5，待确认 3',
    shifts: '近期班次',
    shiftsAside: '3 个待参加班次',
    chart: '每月服务时长（小时）',
    month: '月份',
    hours: '时长',
    table: '时长记录',
    facts: '班次信息',
    map: '服务点',
    form: '补登时长',
    history: '办理经过',
    states: '状态与操作',
    none: '暂无班次',
    noneText: '接受一个任务后，会显示在这里。',
    notice: '开始前 24 小时内不能自行取消，请联系组织者。',
    sure: '确定撤回报名吗？名额会让给候补。',
    qr: '签到二维码',
    names: ['社区长者数字助手', '四点半课堂·作业辅导', '马拉松赛事医疗保障'],
    places: ['桐君街道春江社区', '城南街道圆通路', '富春江镇'],
    who: '林晓彤',
    tenants: ['桐庐县社会工作部', '富春江志愿服务联合会'],
  },
  en: {
    greeting: 'Good afternoon, Xiaotong',
    lead: 'Monday, 23 November 2026 · 13.5 hours to five stars',
    star: 'Star level',
    starUnit: 'star volunteer',
    year: 'This year',
    total: 'In total',
    totalHint: '486.5 confirmed, 3 waiting',
    shifts: 'Coming up',
    shiftsAside: '3 shifts ahead',
    chart: 'Hours a month',
    month: 'Month',
    hours: 'Hours',
    table: 'Recorded hours',
    facts: 'About the shift',
    map: 'Where it is',
    form: 'Log hours',
    history: 'What happened',
    states: 'States and actions',
    none: 'No shifts yet',
    noneText: 'Accept a task and it shows up here.',
    notice: 'You cannot cancel within 24 hours of the start; please call the organiser.',
    sure: 'Withdraw? Your place goes to the first in line.',
    qr: 'Check-in code',
    names: ['Digital help for older neighbours', 'After-school homework club', 'First aid at the marathon'],
    places: ['Chunjiang community, Tongjun', 'Yuantong road, Chengnan', 'Fuchunjiang'],
    who: 'Lin Xiaotong',
    tenants: ['Tonglu Social Work Department', 'Fuchun River Volunteers'],
  },
} as const;

export function pageSample(i18n: I18n, locale: Locale, signedIn: boolean): PageContext {
  const words = WORDS[locale];
  const item = (key: string, href: string, icon: string, phone: boolean): PageContext['nav'][number] => ({
    href,
    label: i18n.t(locale, `nav.${key}`),
    icon,
    current: key === 'home',
    phone,
  });
  return {
    locale,
    zone: 'Asia/Shanghai',
    nonce: '',
    csrfToken: 'sample-token',
    idempotencyKey: 'sample-key',
    path: '/',
    fullUrl: '/components/x?a=1',
    user: signedIn
      ? {
          name: words.who,
          initials: locale === 'en' ? 'LX' : '晓彤',
          tenantName: words.tenants[0],
          tenantSlug: 'tonglu',
          roles: ['volunteer', 'coordinator'],
          guided: true,
          memberships: words.tenants.map((tenantName, index) => ({
            id: String(index),
            tenantName,
            current: index === 0,
          })),
        }
      : null,
    tenant: signedIn ? { slug: 'tonglu', name: words.tenants[0] } : null,
    nav: signedIn
      ? [
          item('home', '/', 'home', true),
          item('opportunities', '/opportunities', 'search', true),
          item('checkIn', '/check-in', 'qrcode', true),
          item('hours', '/hours', 'clock', true),
          item('me', '/me', 'user', true),
          item('requests', '/requests', 'clipboard-list', false),
          item('memberships', '/memberships', 'users', false),
        ]
      : [],
    flash: signedIn ? [{ kind: 'success', text: words.totalHint }] : [],
    mailboxEnabled: true,
  };
}

export function galleryModel(locale: Locale): object {
  const words = WORDS[locale];
  const shift = (index: 0 | 1 | 2, startsAt: string, endsAt: string, state: string): object => ({
    name: words.names[index],
    startsAt,
    endsAt,
    place: words.places[index],
    state,
    worked: 90 + index * 35,
  });
  return {
    words,
    greeting: words.greeting,
    lead: words.lead,
    crumbs: [
      { href: '/', label: words.tenants[0] },
      { href: '/shifts', label: words.shifts },
    ],
    tabs: [
      { href: '/x', label: words.shifts, current: true, count: 3 },
      { href: '/y', label: words.history, current: false },
    ],
    shifts: [
      shift(0, '2026-11-25T01:30:00Z', '2026-11-25T03:30:00Z', 'confirmed'),
      shift(1, '2026-11-27T08:30:00Z', '2026-11-27T10:00:00Z', 'requested'),
      shift(2, '2026-11-29T22:00:00Z', '2026-11-30T04:00:00Z', 'waitlisted'),
    ],
    bars: [6, 8.5, 4, 12, 9, 7.5, 3, 10, 14, 11, 8, 6.5].map((value, index) => ({
      label:
        locale === 'en'
          ? new Intl.DateTimeFormat('en-GB', { month: 'short' }).format(
              new Date(Date.UTC(2026, (index + 11) % 12, 15)),
            )
          : `${((index + 11) % 12) + 1}月`,
      value,
    })),
    facts: [
      { label: words.map, value: words.places[0] },
      { label: words.hours, value: '1.5 h' },
      { label: words.form, value: words.names[0], href: '/x' },
    ],
    points: words.names.map((label, index) => ({
      label,
      lat: 29.8 + index * 0.03,
      lng: 119.66 + index * 0.04,
      href: `/s/${index}`,
      text: words.places[index],
    })),
    boundary: {
      type: 'Polygon',
      coordinates: [
        [
          [119.5, 29.7],
          [119.7, 29.68],
          [119.85, 29.8],
          [119.8, 29.95],
          [119.6, 29.92],
          [119.48, 29.83],
          [119.5, 29.7],
        ],
      ],
    },
    history: [
      { title: words.names[0], at: '2026-11-20T02:00:00Z', by: words.who, text: words.noneText },
      { title: words.names[1], at: '2026-11-19T02:00:00Z' },
    ],
    states: ['offered', 'accepted', 'confirmed', 'checked_in', 'no_show', 'cancelled_by_person'],
    ...formSample(locale),
  };
}

function formSample(locale: Locale): object {
  const words = WORDS[locale];
  const options = words.names.map((label, index) => ({ value: String(index), label }));
  const form = createForm({
    i18n: createI18n({ strict: true }),
    locale,
    messages: 'none',
    values: { project: '1', minutes: '999', kind: '0', consent: true },
    issues: [
      { path: 'minutes', code: 'too-big', params: { max: 12 } },
      { path: 'skills', code: 'required' },
    ],
  });
  const fields = [
    form.select('project', options, { label: words.table, required: true }),
    form.input('minutes', 'text', {
      label: words.hours,
      hint: words.totalHint,
      unit: 'h',
      required: true,
      inputMode: 'decimal',
      width: 'short',
    }),
    form.input('day', 'date', { label: words.month, width: 'short', required: true }),
    form.textarea('note', { label: words.facts }),
    form.radios('kind', options, { label: words.star, required: true }),
    form.checkboxes('skills', options, { label: words.map }),
    form.checkbox('consent', { label: words.notice, hint: words.noneText, required: true }),
    form.hidden('consent'),
  ];
  const filter = createForm({ i18n: createI18n(), locale, messages: 'none', idPrefix: 'filter' });
  return {
    fields,
    errors: form.errors,
    reason: filter.input('reason', 'text', { label: words.history }),
    filter: {
      date: filter.input('from', 'date', { label: words.month }),
      skill: filter.select('skill', options, { label: words.table }),
    },
  };
}

export function homeSample(locale: Locale): object {
  const words = WORDS[locale];
  return {
    places: words.tenants.map((name, index) => ({
      name,
      slug: `place-${index}`,
      lead: index === 0 ? words.places.join(' · ') : null,
      openCount: index === 0 ? 12 : 0,
      openShown: index === 0 ? '12' : '0',
      joinHref: `/t/place-${index}/join`,
    })),
    figures: [
      { value: '3,000', label: words.who.length > 3 ? 'volunteers' : '名志愿者' },
      { value: '60', label: words.who.length > 3 ? 'social workers' : '名持证社工' },
      { value: '12,486', label: words.who.length > 3 ? 'hours served' : '小时服务' },
    ],
  };
}

export function errorSample(locale: Locale): object {
  const i18n = createI18n({ strict: true });
  return {
    status: 404,
    code: 'not-found',
    title: i18n.t(locale, 'errors.status.404'),
    message: i18n.t(locale, 'errors.not-found'),
    requestId: 'r-1a2b3c',
    back: '/shifts',
  };
}

/** A form that could not be served, and comes back. */
export function unservedSample(locale: Locale): object {
  const i18n = createI18n({ strict: true });
  return {
    status: 503,
    code: 'database-unavailable',
    title: i18n.t(locale, 'errors.status.503'),
    message: i18n.t(locale, 'errors.database-unavailable'),
    requestId: 'r-1a2b3c',
    back: '/hours/new',
    kept: {
      action: '/hours',
      fields: [{ name: 'name', value: WORDS[locale].shifts }],
      key: '00000000-0000-4000-8000-000000000000',
      token: null,
    },
  };
}

export function busySample(locale: Locale): object {
  const i18n = createI18n({ strict: true });
  return {
    title: i18n.t(locale, 'errors.status.503'),
    message: i18n.t(locale, 'errors.overloadedForm'),
    writes: true,
  };
}

export function mailSample(locale: Locale): object {
  const words = WORDS[locale];
  return {
    heading: `${words.greeting} ${words.notice}`,
    facts: [
      { label: words.shifts, value: words.names[0] },
      { label: words.map, value: words.places[0] },
    ],
    action: words.states,
  };
}
