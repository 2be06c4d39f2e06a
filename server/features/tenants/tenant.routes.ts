import type { FieldIssue } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { PageResult, Route } from '../../http/route.ts';
import { createForm } from '../../i18n/index.ts';
import { SERVICE_AREAS } from '../skills/index.ts';
import type { Field, I18n } from '../../i18n/index.ts';
import { COLOURS, NUMBER_SETTINGS, SETTING_BOUNDS, settingsPatch, settingsView } from './tenant.schema.ts';
import type { NumberSetting, SettingsView } from './tenant.schema.ts';
import type { TenantService } from './tenant.service.ts';

export interface TenantRouteParts {
  readonly tenants: TenantService;
  readonly i18n: I18n;
}

/** What a number counts, so that it stands beside its field. */
const UNITS: Readonly<
  Record<
    NumberSetting,
    | 'minutes'
    | 'years'
    | 'entries'
    | 'hoursAYear'
    | 'activities'
    | 'workingDays'
    | 'hours'
    | 'days'
    | 'months'
  >
> = {
  minAge: 'years',
  dailyCapMinutes: 'minutes',
  roundToMinutes: 'minutes',
  minimumMinutes: 'minutes',
  lateGraceMinutes: 'minutes',
  recordedCapMinutes: 'minutes',
  offerMinutes: 'minutes',
  checkInEarlyMinutes: 'minutes',
  backEntryQuota: 'entries',
  claimDays: 'workingDays',
  yearlyHours: 'hoursAYear',
  yearlyActivities: 'activities',
  proposalHours: 'hours',
  inspectionDays: 'days',
  bankCapHours: 'hours',
  bankExpiryMonths: 'months',
  bankRedeemFromAge: 'years',
};

/** The organisation's own settings: how it is called, how it looks, which limits it sets itself. */
export function tenantRoutes({ tenants, i18n }: TenantRouteParts): Route[] {
  const page = (
    settings: SettingsView,
    locale: Locale,
    typed: { values?: Readonly<Record<string, unknown>>; issues?: readonly FieldIssue[] } = {},
  ): PageResult => {
    const t = i18n.in(locale);
    const form = createForm({
      i18n,
      locale,
      messages: 'tenants.form',
      values: { ...settings, colour: settings.colour ?? '', ...typed.values },
      issues: typed.issues ?? [],
    });
    const numbers = new Map<NumberSetting, Field>(
      NUMBER_SETTINGS.map((name) => [
        name,
        form.input(name, 'number', {
          required: true,
          width: 'short',
          unit: t(`tenants.unit.${UNITS[name]}`),
          ...(UNITS[name] === 'minutes' ? { savedMinutes: settings[name] } : {}),
          inputMode: 'numeric',
          ...SETTING_BOUNDS[name],
        }),
      ]),
    );
    return view('tenants/settings', {
      version: settings.version,
      slug: settings.slug,
      counties: settings.serviceCounties.join(' '),
      fields: {
        nameZh: form.input('nameZh', 'text', { required: true, maxLength: 60 }),
        nameEn: form.input('nameEn', 'text', { required: true, maxLength: 80 }),
        locale: form.radios(
          'locale',
          (['zh-CN', 'en'] as const).map((value) => ({ value, label: t(`tenants.locale.${value}`) })),
          { required: true },
        ),
        colour: form.select('colour', [
          { value: '', label: t('tenants.colour.none') },
          ...COLOURS.map((value) => ({ value, label: t(`tenants.colour.${value}`) })),
        ]),
        reviewersDiffer: form.checkbox('reviewersDiffer'),
        timeBank: form.checkbox('timeBank'),
        bankGifts: form.checkbox('bankGifts'),
        bankTeams: form.checkbox('bankTeams'),
        bankAreas: form.checkboxes(
          'bankAreas',
          SERVICE_AREAS.map((area) => ({ value: area.code, label: area[locale] })),
          { width: 'short' },
        ),
        ...Object.fromEntries(numbers),
      },
      errors: form.errors,
    });
  };
  return [
    route({
      name: 'tenants/settings',
      method: 'get',
      path: '/settings',
      access: 'tenant:settings',
      whole: true,
      tenant: 'member',
      summary: 'The organisation’s settings.',
      input: {},
      output: settingsView,
      run: () => tenants.settings(),
      page: (settings, { locale }) => page(settings, locale),
    }),
    route({
      name: 'tenants/change',
      method: 'patch',
      path: '/settings',
      access: 'tenant:settings',
      whole: true,
      tenant: 'member',
      summary: 'Changes the organisation’s settings; what is recorded keeps the values it was made with.',
      versioned: true,
      input: { body: settingsPatch },
      output: settingsView,
      run: ({ account, body, version }) => tenants.change(account, body, version),
      page: () => seeOther('/settings', { kind: 'success', key: 'tenants.saved' }),
      invalid: async ({ issues, values, error }, { locale }) =>
        page(await tenants.settings(), locale, {
          values,
          issues: issues.length > 0 ? issues : [{ path: '', code: error.code }],
        }),
    }),
  ];
}
