import { z } from 'zod';
import { isSkillCode } from '../skills/index.ts';

/**
 * What a department asks of the people of a pool: data, checked here, judged in `judge.rules.ts`. All rules of a list hold
 * together; `any` holds when one of its own does. Times are whole minutes, ages whole years, periods months back from today.
 */
const id = z.string().regex(/^[0-9a-f]{24}$/, 'invalid-id');
const code = z.string().regex(/^[a-z][a-z0-9-]{1,39}$/, 'invalid-format');
const months = z.number().int().min(1).max(600).nullable().default(null);
const minutes = z.number().int().min(1).max(6_000_000);
const years = z.number().int().min(8).max(120).nullable().default(null);

const leaves = [
  z.strictObject({ kind: z.literal('credential'), type: code, level: z.string().max(40).default('') }),
  z.strictObject({ kind: z.literal('check'), type: code.default('background-check') }),
  z.strictObject({
    kind: z.literal('skill'),
    skill: z.string().refine(isSkillCode, 'not-a-choice'),
    level: z.number().int().min(1).max(3).default(1),
    /** Somebody has seen proof of it: an officer, or a certificate that gives it. */
    verified: z.boolean().default(false),
  }),
  z.strictObject({ kind: z.literal('hours'), minutes, months }),
  z.strictObject({
    kind: z.literal('credits'),
    minutes,
    months,
    dimension: z.enum(['values', 'ability', 'law']).nullable().default(null),
  }),
  z.strictObject({ kind: z.literal('age'), min: years, max: years }),
  z.strictObject({ kind: z.literal('area'), units: z.array(id).min(1).max(50) }),
  z.strictObject({
    kind: z.literal('membership'),
    kinds: z.array(z.enum(['volunteer', 'social-worker', 'community-worker', 'staff'])).min(1),
  }),
  z.strictObject({ kind: z.literal('training'), code: z.string().min(1).max(60) }),
] as const;
export const leafRule = z.discriminatedUnion('kind', leaves);
export const poolRule = z.discriminatedUnion('kind', [
  ...leaves,
  z.strictObject({ kind: z.literal('any'), of: z.array(leafRule).min(2).max(6) }),
]);
export const poolRules = z.array(poolRule).max(20);

export type LeafRule = z.output<typeof leafRule>;
export type PoolRule = z.output<typeof poolRule>;
