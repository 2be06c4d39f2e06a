import { evaluate } from '../../../server/features/credits/credit.rules.ts';
import type {
  CreditEntry,
  CycleInput,
  Evaluation,
  Programme,
} from '../../../server/features/credits/credit.types.ts';
import { PRESETS } from '../../../server/features/credits/presets/index.ts';
import { programmeSchema } from '../../../server/features/credits/programme.schema.ts';
import type { ProgrammeInput } from '../../../server/features/credits/presets/cn.ts';

let counter = 0;

/** One hour of training with its pass certificate, unless said otherwise. */
export const entry = (overrides: Partial<CreditEntry> = {}): CreditEntry => ({
  id: `e${(counter += 1)}`,
  activity: 'training',
  date: '2025-06-10',
  minutes: 60,
  evidence: ['passCertificate'],
  ...overrides,
});

export const hours = (count: number, overrides: Partial<CreditEntry> = {}): CreditEntry =>
  entry({ minutes: count * 60, ...overrides });

export const preset = (name: string): readonly Programme[] => {
  const versions = PRESETS.get(name);
  if (!versions) throw new Error(`no preset ${name}`);
  return versions;
};

/** A programme of 10 hours over 12 months from registration, with changes. */
export const programme = (overrides: Partial<ProgrammeInput> = {}): Programme =>
  programmeSchema.parse({
    programme: 'test',
    cycle: { kind: 'fromRegistration', months: 12, windowMonthsBefore: 3 },
    requirement: { total: 10 },
    conversions: [{ activity: 'training', rule: 'actual' }],
    ...overrides,
  });

export const evaluated = (
  name: string,
  registeredOn: string | null,
  entries: readonly CreditEntry[],
  on: string,
  more: Partial<CycleInput> = {},
): Evaluation => evaluate(preset(name), { registeredOn, ...more }, entries, on);

/** Reason and minutes of each entry. */
export const counts = ({ entries }: Evaluation): [string, number][] =>
  entries.map(({ reason, countedMinutes }) => [reason, countedMinutes]);
