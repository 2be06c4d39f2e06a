import { z } from 'zod';
import { requiredLine } from '../../http/schema.ts';
import { SERVICE_AREAS } from '../skills/index.ts';
import type { TenantRow, TenantSettings } from './tenant.model.ts';

/** Colours that app.css defines; each keeps its contrast on white (ui.md). */
export const COLOURS = ['teal', 'blue', 'indigo', 'green', 'orange', 'red', 'purple'] as const;

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** What an administrator may choose, as whole numbers: minutes, years, entries in a month, hours and activities in a year, working days. */
export const SETTING_BOUNDS = {
  minAge: { min: 6, max: 60 },
  dailyCapMinutes: { min: 60, max: 720 },
  roundToMinutes: { min: 1, max: 60 },
  minimumMinutes: { min: 0, max: 240 },
  lateGraceMinutes: { min: 0, max: 60 },
  recordedCapMinutes: { min: 0, max: 1_440 },
  offerMinutes: { min: 30, max: 20_160 },
  checkInEarlyMinutes: { min: 0, max: 240 },
  backEntryQuota: { min: 0, max: 200 },
  claimDays: { min: 3, max: 30 },
  yearlyHours: { min: 0, max: 200 },
  yearlyActivities: { min: 0, max: 12 },
  proposalHours: { min: 1, max: 720 },
  inspectionDays: { min: 1, max: 90 },
  bankCapHours: { min: 0, max: 20_000 },
  bankExpiryMonths: { min: 0, max: 240 },
  bankRedeemFromAge: { min: 0, max: 100 },
} as const satisfies Record<
  Exclude<keyof TenantSettings, 'reviewersDiffer' | 'timeBank' | 'bankGifts' | 'bankTeams' | 'bankAreas'>,
  Bounds
>;

export type NumberSetting = keyof typeof SETTING_BOUNDS;
export const NUMBER_SETTINGS = Object.keys(SETTING_BOUNDS) as NumberSetting[];

const whole = ({ min, max }: Bounds): z.ZodNumber => z.number().int().min(min).max(max);

export const settingsView = z.object({
  slug: z.string(),
  nameZh: z.string(),
  nameEn: z.string(),
  locale: z.enum(['zh-CN', 'en']),
  colour: z.enum(COLOURS).nullable(),
  serviceCounties: z.array(z.string()),
  minAge: z.number(),
  reviewersDiffer: z.boolean(),
  dailyCapMinutes: z.number(),
  roundToMinutes: z.number(),
  minimumMinutes: z.number(),
  lateGraceMinutes: z.number(),
  recordedCapMinutes: z.number(),
  offerMinutes: z.number(),
  checkInEarlyMinutes: z.number(),
  backEntryQuota: z.number(),
  claimDays: z.number(),
  yearlyHours: z.number(),
  yearlyActivities: z.number(),
  proposalHours: z.number(),
  inspectionDays: z.number(),
  timeBank: z.boolean(),
  bankCapHours: z.number(),
  bankExpiryMonths: z.number(),
  bankRedeemFromAge: z.number(),
  bankGifts: z.boolean(),
  bankTeams: z.boolean(),
  bankAreas: z.array(z.string()),
  version: z.number(),
});
export type SettingsView = z.infer<typeof settingsView>;

/**
 * The counties served are not among them: they decide whom of other organisations' people this one may ask, which is
 * not for itself to widen.
 */
export const settingsPatch = z.strictObject({
  nameZh: requiredLine(60).optional(),
  nameEn: requiredLine(80).optional(),
  locale: z.enum(['zh-CN', 'en']).optional(),
  colour: z.union([z.enum(COLOURS), z.literal('')]).optional(),
  minAge: whole(SETTING_BOUNDS.minAge).optional(),
  reviewersDiffer: z.boolean().optional(),
  dailyCapMinutes: whole(SETTING_BOUNDS.dailyCapMinutes).optional(),
  roundToMinutes: whole(SETTING_BOUNDS.roundToMinutes).optional(),
  minimumMinutes: whole(SETTING_BOUNDS.minimumMinutes).optional(),
  lateGraceMinutes: whole(SETTING_BOUNDS.lateGraceMinutes).optional(),
  recordedCapMinutes: whole(SETTING_BOUNDS.recordedCapMinutes).optional(),
  offerMinutes: whole(SETTING_BOUNDS.offerMinutes).optional(),
  checkInEarlyMinutes: whole(SETTING_BOUNDS.checkInEarlyMinutes).optional(),
  backEntryQuota: whole(SETTING_BOUNDS.backEntryQuota).optional(),
  claimDays: whole(SETTING_BOUNDS.claimDays).optional(),
  yearlyHours: whole(SETTING_BOUNDS.yearlyHours).optional(),
  yearlyActivities: whole(SETTING_BOUNDS.yearlyActivities).optional(),
  proposalHours: whole(SETTING_BOUNDS.proposalHours).optional(),
  inspectionDays: whole(SETTING_BOUNDS.inspectionDays).optional(),
  timeBank: z.boolean().optional(),
  bankCapHours: whole(SETTING_BOUNDS.bankCapHours).optional(),
  bankExpiryMonths: whole(SETTING_BOUNDS.bankExpiryMonths).optional(),
  bankRedeemFromAge: whole(SETTING_BOUNDS.bankRedeemFromAge).optional(),
  bankGifts: z.boolean().optional(),
  bankTeams: z.boolean().optional(),
  bankAreas: z
    .array(z.enum(SERVICE_AREAS.map(({ code }) => code) as [string, ...string[]], 'not-an-option'))
    .max(SERVICE_AREAS.length)
    .optional(),
});
export type SettingsPatch = z.infer<typeof settingsPatch>;

export const toSettingsView = (row: TenantRow): SettingsView => ({
  slug: row.slug,
  nameZh: row.name['zh-CN'],
  nameEn: row.name.en,
  locale: row.locale,
  colour: COLOURS.find((colour) => colour === row.colour) ?? null,
  serviceCounties: [...row.serviceCounties],
  ...settingsOf(row),
  version: row.version,
});

const settingsOf = ({ settings }: TenantRow): TenantSettings => ({
  minAge: settings.minAge,
  reviewersDiffer: settings.reviewersDiffer,
  dailyCapMinutes: settings.dailyCapMinutes,
  roundToMinutes: settings.roundToMinutes,
  minimumMinutes: settings.minimumMinutes,
  lateGraceMinutes: settings.lateGraceMinutes,
  recordedCapMinutes: settings.recordedCapMinutes,
  offerMinutes: settings.offerMinutes,
  checkInEarlyMinutes: settings.checkInEarlyMinutes,
  backEntryQuota: settings.backEntryQuota,
  claimDays: settings.claimDays ?? 10,
  yearlyHours: settings.yearlyHours ?? 0,
  yearlyActivities: settings.yearlyActivities ?? 0,
  proposalHours: settings.proposalHours ?? 168,
  inspectionDays: settings.inspectionDays ?? 14,
  timeBank: settings.timeBank ?? false,
  bankCapHours: settings.bankCapHours ?? 0,
  bankExpiryMonths: settings.bankExpiryMonths ?? 0,
  bankRedeemFromAge: settings.bankRedeemFromAge ?? 60,
  bankGifts: settings.bankGifts ?? true,
  bankTeams: settings.bankTeams ?? false,
  bankAreas: [...(settings.bankAreas ?? [])],
});
