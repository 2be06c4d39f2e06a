import { z } from 'zod';
import { CycleError, evaluate } from './credit.rules.ts';
import type { CreditEntry, CycleInput, Evaluation, Programme } from './credit.types.ts';
import { PRESETS } from './presets/index.ts';
import { date, programmeSchema, versionsSchema } from './programme.schema.ts';

/** What `npm run credits -- evaluate` reads: a programme or a preset's name, a cycle, entries, and the day. */
const word = z.string().trim().min(1).max(60);
/** Ten thousand hours: more in one entry is a slip of the pen. */
const MOST_MINUTES = 600_000;
const MOST_ENTRIES = 20_000;

const entrySchema = z.strictObject({
  id: z.string().trim().min(1).max(100),
  activity: word,
  category: word.nullish(),
  mode: word.nullish(),
  date,
  minutes: z
    .int('must be a whole number of minutes')
    .nonnegative('must not be negative')
    .max(MOST_MINUTES, `must be at most ${MOST_MINUTES}`)
    .nullish()
    .transform((minutes) => minutes ?? null),
  quantity: z.number().positive().max(1_000).nullish(),
  evidence: z
    .array(word)
    .max(50)
    .nullish()
    .transform((evidence) => evidence ?? []),
  note: z.string().max(500).nullish(),
});

const cycleSchema = z.strictObject({
  registeredOn: date.nullish(),
  startsOn: date.nullish(),
  changedFrom: z.strictObject({ registeredOn: date, total: z.number().nonnegative().max(100_000) }).nullish(),
});

const inputSchema = z.strictObject({
  programme: z.unknown().optional(),
  cycle: cycleSchema.default({}),
  on: date,
  entries: z.array(entrySchema).max(MOST_ENTRIES),
});

export interface EvaluationInput {
  readonly versions: readonly Programme[];
  readonly cycle: CycleInput;
  readonly on: string;
  readonly entries: readonly CreditEntry[];
}

/** `entries[3].date: must be …`, one line. */
const lineOf = (path: readonly PropertyKey[], message: string): string => {
  const place = path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    '',
  );
  const line = place === '' ? message : `${place}: ${message}`;
  // Names that were typed in stand in some messages: a fault stays one line.
  return line.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').slice(0, 500);
};

const linesOf = ({ issues }: z.ZodError, root: readonly PropertyKey[] = []): string[] =>
  issues.map(({ path, message, code, input }) =>
    lineOf([...root, ...path], code === 'invalid_type' && input === undefined ? 'is missing' : message),
  );

function versionsOf(programme: unknown): { versions: readonly Programme[] } | { faults: string[] } {
  if (programme === undefined) return { faults: [lineOf(['programme'], 'is missing')] };
  if (typeof programme === 'string') {
    const versions = PRESETS.get(programme);
    if (versions) return { versions };
    const known = [...PRESETS.keys()].join(', ');
    return { faults: [lineOf(['programme'], `"${programme}" is no preset; there are ${known}`)] };
  }
  if (Array.isArray(programme)) {
    const parsed = versionsSchema.safeParse(programme, { reportInput: true });
    return parsed.success ? { versions: parsed.data } : { faults: linesOf(parsed.error, ['programme']) };
  }
  const parsed = programmeSchema.safeParse(programme, { reportInput: true });
  return parsed.success ? { versions: [parsed.data] } : { faults: linesOf(parsed.error, ['programme']) };
}

/** Letters and digits only, in lower case: people write `independent-study` and `independentStudy`. */
const bare = (name: string): string => name.toLowerCase().replace(/[\s_-]+/g, '');

/** Writes names as the programme does where they differ only in capitals, hyphens and spaces. */
function spelled(entries: readonly CreditEntry[], versions: readonly Programme[]): CreditEntry[] {
  const known = new Map<string, string>();
  const learn = (names: readonly (string | undefined)[]): void => {
    for (const name of names) if (name !== undefined) known.set(bare(name), name);
  };
  for (const { conversions, requirement } of versions) {
    learn(Object.keys(requirement.minByCategory));
    learn(Object.keys(requirement.maxByMode));
    learn(requirement.oneOff.map(({ category }) => category));
    if (requirement.minPieces !== null && typeof requirement.minPieces === 'object')
      for (const one of requirement.minPieces.conditions)
        learn([one.activity, one.category, one.mode, one.evidence]);
    learn(conversions.flatMap(({ activity, needs }) => [activity, ...needs]));
  }
  const written = <Name extends string | null | undefined>(name: Name): Name | string =>
    name == null ? name : (known.get(bare(name)) ?? name);
  return entries.map((entry) => ({
    ...entry,
    activity: written(entry.activity),
    category: written(entry.category),
    mode: written(entry.mode),
    evidence: entry.evidence.map(written),
  }));
}

/** Faults that only show between entries, or between an entry and the programme. */
function entryFaults(entries: readonly CreditEntry[], versions: readonly Programme[]): string[] {
  const seen = new Map<string, number>();
  return entries.flatMap(({ id, activity, minutes }, at) => {
    const faults: string[] = [];
    const first = seen.get(id);
    if (first !== undefined)
      faults.push(lineOf(['entries', at, 'id'], `"${id}" is entries[${first}] already`));
    else seen.set(id, at);
    if ((minutes ?? 0) === 0 && countsMinutes(activity, versions))
      faults.push(
        lineOf(['entries', at, 'minutes'], minutes === null ? 'is missing' : 'must be more than 0'),
      );
    return faults;
  });
}

/** A degree, a quantity or a piece counts without minutes; an activity that nobody recognises counts nothing anyway. */
const countsMinutes = (activity: string, versions: readonly Programme[]): boolean =>
  versions.some(
    ({ conversions, requirement }) =>
      requirement.total > 0 &&
      conversions.some((one) => one.activity === activity && ['actual', 'actualTaught'].includes(one.rule)),
  );

/** The input, or every fault as one line. */
export function readEvaluation(json: unknown): EvaluationInput | { faults: readonly string[] } {
  const parsed = inputSchema.safeParse(json, { reportInput: true });
  const shapeFaults = parsed.success ? [] : linesOf(parsed.error);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return { faults: shapeFaults };
  const programme = versionsOf((json as { programme?: unknown }).programme);
  const faults = [...('faults' in programme ? programme.faults : []), ...shapeFaults];
  if ('faults' in programme || !parsed.success) return { faults };
  const { versions } = programme;
  const entries = spelled(parsed.data.entries, versions);
  const found = entryFaults(entries, versions);
  if (found.length > 0) return { faults: found };
  return { versions, cycle: parsed.data.cycle, on: parsed.data.on, entries };
}

const CYCLE_FAULTS = {
  'registration-missing': 'cycle.registeredOn: is missing; this programme counts from the registration',
  'change-before-registration': 'cycle.changedFrom.registeredOn: must be before cycle.registeredOn',
  'no-such-cycle': 'cycle.startsOn: no cycle starts on this day',
  'not-in-force': 'programme.effective: no version of the programme is in force for this cycle',
} as const;

/** The evaluation of what was read, or the fault that stands in its way as one line. */
export function evaluateInput(input: EvaluationInput): Evaluation | { faults: readonly string[] } {
  try {
    return evaluate(input.versions, input.cycle, input.entries, input.on);
  } catch (err) {
    if (!(err instanceof CycleError)) throw err;
    return { faults: [CYCLE_FAULTS[err.code]] };
  }
}
