import { z } from 'zod';
import { latitude, line, longitude, requiredLine } from '../../http/schema.ts';
import { isDate } from '../../core/time.ts';
import { isLanguageCode, isServiceArea, isSkillCode } from '../skills/index.ts';

const clock = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d)?$/, 'not-a-time');
const phone = z
  .string()
  .trim()
  .transform((text) => text.replace(/^\+86/, '').replace(/[\s-]+/g, ''))
  .pipe(z.string().regex(/^(1[3-9]\d{9})?$/, 'not-a-phone'));

/** Two stretches a weekday at most: more is a calendar, not a habit. */
const shape = {
  name: requiredLine(60),
  phone,
  birthDate: z.string().refine((text) => text === '' || isDate(text), 'not-a-date'),
  languages: z.array(z.string().refine(isLanguageCode, 'not-a-choice')).max(20),
  skills: z
    .array(
      z.strictObject({
        code: z.string().refine(isSkillCode, 'not-a-choice'),
        level: z.number().int().min(1).max(3).default(1),
      }),
    )
    .max(60),
  homeLabel: line(120),
  latitude: latitude.nullable(),
  longitude: longitude.nullable(),
  county: z.string().regex(/^(\d{6})?$/, 'invalid-format'),
  availability: z
    .array(z.strictObject({ weekday: z.number().int().min(1).max(7), from: clock, to: clock }))
    .max(28),
  /** How far one goes to help; empty leaves it to whoever asks. */
  radiusKm: z.string().regex(/^(2|5|10|20|50|100)?$/, 'not-a-choice'),
  interests: z.array(z.string().refine(isServiceArea, 'not-a-choice')).max(30),
  emergencyName: line(60),
  emergencyPhone: phone,
  emergencyRelation: line(20),
  consents: z.array(z.enum(['asked-by-others', 'location'])).max(4),
};
/** A program sends what changes; the form sends everything, and a list with nothing ticked is left out by browsers. */
const whole = z.strictObject(shape);
export const profilePatch = whole.partial();
export type ProfileBody = z.output<typeof whole>;

/** What a field of the form holds that the browser did not send. */
export const EMPTY_PROFILE: Omit<ProfileBody, 'name'> = {
  phone: '',
  birthDate: '',
  languages: [],
  skills: [],
  homeLabel: '',
  latitude: null,
  longitude: null,
  county: '',
  availability: [],
  radiusKm: '',
  interests: [],
  emergencyName: '',
  emergencyPhone: '',
  emergencyRelation: '',
  consents: [],
};

export const profileView = z.object({
  id: z.string(),
  version: z.number(),
  name: z.string(),
  phone: z.string().nullable(),
  birthDate: z.string().nullable(),
  languages: z.array(z.string()),
  skills: z.array(z.object({ code: z.string(), level: z.number() })),
  homeLabel: z.string(),
  home: z.object({ latitude: z.number(), longitude: z.number() }).nullable(),
  county: z.string().nullable(),
  availability: z.array(z.object({ weekday: z.number(), startMinute: z.number(), endMinute: z.number() })),
  radiusMetres: z.number().nullable(),
  interests: z.array(z.string()),
  emergencyContact: z.object({ name: z.string(), phone: z.string(), relation: z.string() }).nullable(),
  consents: z.array(z.object({ purpose: z.string(), version: z.string(), givenAt: z.string() })),
});
