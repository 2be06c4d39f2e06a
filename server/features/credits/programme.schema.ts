import { z } from 'zod';
import { addDays, isDate } from '../../core/time.ts';

/**
 * The form of a programme: continuing-education rules as data (domain rules ).
 * Amounts are in the programme's unit. Whatever is left out is the most cautious: no rounding, no carry-over.
 */
const name = z.string().trim().min(1).max(60);
const amount = z.number().positive().max(100_000);
export const date = z
  .string()
  .refine(
    (text) => isDate(text) && text >= '1900-01-01' && text <= '2199-12-31',
    'must be a day of the calendar between 1900 and 2199, as YYYY-MM-DD',
  );
const share = z
  .string()
  .regex(/^[1-9]\d{0,2}\/[1-9]\d{0,2}$/, 'must be a fraction such as "2/3"')
  .refine(shareFits, 'must be at most 1');

function shareFits(text: string): boolean {
  const [part = 1, whole = 1] = text.split('/').map(Number);
  return part <= whole;
}

/** Units of the programme, whole minutes, or a share of the required total. */
const amountOf = z.union(
  [
    z.number().nonnegative().max(100_000),
    z.strictObject({ minutes: z.int().nonnegative().max(6_000_000) }),
    z.strictObject({ share }),
  ],
  { error: 'must be a number of units, {"minutes": n} or {"share": "2/3"}' },
);
export type Amount = z.output<typeof amountOf>;

const effective = z
  .tuple([date, date.nullable()], { error: 'must be [first day, last day or null]' })
  .refine(([from, to]) => to === null || from <= to, 'must not end before it begins');

const conversion = z.strictObject({
  activity: name,
  /** How an entry becomes units: its minutes, its taught minutes, a fixed value, or `value` for each unit of its quantity. */
  rule: z.enum(['actual', 'actualTaught', 'fixed', 'perUnit']),
  value: amount.optional(),
  /** All of these must be among the entry's evidence. */
  needs: z.array(name).max(20).default([]),
  oncePerCycle: z.boolean().default(false),
  /** Activities that do not count beside this one. */
  excludes: z.array(name).max(20).default([]),
  capPerCycle: amount.optional(),
  effective: effective.optional(),
});
export type Conversion = z.output<typeof conversion>;

const monthDay = z.string().refine((text) => isDate(`2023-${text}`), 'must be a day of every year, as MM-DD');
const windowed = {
  /** Months before the end in which an application is accepted; null: the whole cycle. */
  windowMonthsBefore: z.int().min(0).max(600).nullable().default(null),
  /** Days after the end in which an application is still accepted. */
  graceDays: z.int().min(0).max(366).default(0),
};
const cycle = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('fromRegistration'), months: z.int().min(1).max(600), ...windowed }),
    z.strictObject({ kind: z.literal('calendarYear'), startsOn: monthDay.default('01-01'), ...windowed }),
  ],
  { error: 'must have the kind "fromRegistration" or "calendarYear"' },
);

const pieceCondition = z
  .strictObject({
    min: z.int().min(1).max(1_000),
    activity: name.optional(),
    category: name.optional(),
    mode: name.optional(),
    evidence: name.optional(),
  })
  .refine(
    (one) => [one.activity, one.category, one.mode, one.evidence].some((word) => word !== undefined),
    'must name an activity, category, mode or evidence',
  );
const pieces = z.union(
  [
    z.int().min(1).max(1_000),
    z.strictObject({
      total: z.int().min(1).max(1_000),
      conditions: z.array(pieceCondition).max(10).default([]),
    }),
  ],
  { error: 'must be a number of pieces, {"total", "conditions"}, or null' },
);

const requirement = z.strictObject({
  total: z.number().nonnegative().max(100_000),
  minByCategory: z.record(name, amountOf).default({}),
  maxByMode: z.record(name, amountOf).default({}),
  minPieces: pieces.nullable().default(null),
  /** Owed once in a life, whenever it was done. */
  oneOff: z
    .array(z.strictObject({ category: name, total: amount }))
    .max(20)
    .default([]),
});

const shape = z.strictObject({
  programme: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be a kebab-case name'),
  unit: name.default('hour'),
  unitMinutes: z.int().min(1).max(1_440).default(60),
  cycle,
  requirement,
  conversions: z.array(conversion).min(1).max(200),
  carryOver: z
    .strictObject({
      allowed: z.boolean(),
      max: z.number().nonnegative().max(100_000).default(0),
      /** Months before a first registration whose activity counts in the first cycle (R-4.18: none by default). */
      monthsBeforeRegistration: z.int().min(0).max(60).default(0),
    })
    .default({ allowed: false, max: 0, monthsBeforeRegistration: 0 }),
  /**
   * A level raised inside a cycle: the new registration begins a cycle of its own; the old cycle goes on under the
   * new total; or it goes on and owes by the days under each level.
   */
  levelChange: z.enum(['newCycle', 'keepCycle', 'prorated']).default('newCycle'),
  rounding: z
    .strictObject({ to: amount, mode: z.enum(['floor', 'nearest', 'ceil']), at: z.literal('entry') })
    .nullable()
    .default(null),
  /** Days before the end of a registration on which its holder is reminded; left out, those that are usual here. */
  remindDaysBefore: z.array(z.number().int().min(1).max(3_650)).max(12).optional(),
  evidenceRetentionYears: z.int().min(0).max(100).default(10),
  effective: effective.default(['1900-01-01', null]),
  /** When these rules became known, by default the first day on which they act: closed cycles look at nothing later. */
  publishedOn: date.optional(),
  /** Whether cycles that are open when this version begins go on under the old rules or change over. */
  openCycles: z.enum(['oldRules', 'newRules']).default('oldRules'),
  source: z.string().max(500).default(''),
});
export type Programme = Readonly<z.output<typeof shape>>;

interface Fault {
  readonly path: (string | number)[];
  readonly message: string;
}

/** The search for the best combination is exact, so what it has to weigh against each other stays few (choice.rules.ts). */
const MOST_EXCLUSIVE = 12;
const MOST_ONCE_CHOICES = 1_024;
const MOST_CAPPED_MODES = 4;

function conversionFaults({ conversions, requirement }: Programme): Fault[] {
  const faults: Fault[] = [];
  const known = new Set(conversions.map(({ activity }) => activity));
  conversions.forEach((one, at) => {
    const needsValue = one.rule === 'fixed' || one.rule === 'perUnit';
    if (needsValue && one.value === undefined)
      faults.push({ path: ['conversions', at, 'value'], message: `the rule ${one.rule} needs a value` });
    if (!needsValue && one.value !== undefined)
      faults.push({ path: ['conversions', at, 'value'], message: `the rule ${one.rule} has no value` });
    one.excludes.forEach((other, n) => {
      const path = ['conversions', at, 'excludes', n];
      if (other === one.activity) faults.push({ path, message: 'an activity cannot exclude itself' });
      else if (!known.has(other))
        faults.push({ path, message: `"${other}" is no activity of this programme` });
    });
    const twice = conversions.findIndex((other) => other.activity === one.activity && overlap(other, one));
    if (twice < at)
      faults.push({
        path: ['conversions', at, 'activity'],
        message: `"${one.activity}" is already converted`,
      });
  });
  const exclusive = new Set(
    conversions.flatMap(({ activity, excludes }) => (excludes.length > 0 ? [activity, ...excludes] : [])),
  );
  if (exclusive.size > MOST_EXCLUSIVE)
    faults.push({ path: ['conversions'], message: `at most ${MOST_EXCLUSIVE} activities may exclude` });
  const once = new Set(conversions.flatMap((one) => (one.oncePerCycle ? [one.activity] : [])));
  const kinds =
    (Object.keys(requirement.maxByMode).length + 1) * (Object.keys(requirement.minByCategory).length + 1);
  if (kinds ** once.size > MOST_ONCE_CHOICES)
    faults.push({ path: ['conversions'], message: 'too many activities count once per cycle' });
  return faults;
}

function overlap(a: Pick<Conversion, 'effective'>, b: Pick<Conversion, 'effective'>): boolean {
  const [aFrom, aTo] = a.effective ?? ['', null];
  const [bFrom, bTo] = b.effective ?? ['', null];
  return (aTo === null || bFrom <= aTo) && (bTo === null || aFrom <= bTo);
}

const isWhole = (minutes: number): boolean => Math.abs(minutes - Math.round(minutes)) < 1e-6;

function amountFaults({ requirement: wanted, conversions, carryOver, unitMinutes }: Programme): Fault[] {
  const faults: Fault[] = [];
  const check = (units: Amount | undefined, path: (string | number)[]): void => {
    if (typeof units === 'number' && !isWhole(units * unitMinutes))
      faults.push({ path, message: `${units} units are no whole number of minutes` });
  };
  check(wanted.total, ['requirement', 'total']);
  check(carryOver.max, ['carryOver', 'max']);
  for (const [category, least] of Object.entries(wanted.minByCategory))
    check(least, ['requirement', 'minByCategory', category]);
  for (const [mode, most] of Object.entries(wanted.maxByMode))
    check(most, ['requirement', 'maxByMode', mode]);
  wanted.oneOff.forEach(({ total }, at) => check(total, ['requirement', 'oneOff', at, 'total']));
  conversions.forEach((one, at) => {
    if (one.rule === 'fixed') check(one.value, ['conversions', at, 'value']);
    check(one.capPerCycle, ['conversions', at, 'capPerCycle']);
  });
  return faults;
}

function wholeFaults(programme: Programme): Fault[] {
  const { requirement: wanted, cycle: round } = programme;
  const faults = [...conversionFaults(programme), ...amountFaults(programme)];
  const months = round.kind === 'fromRegistration' ? round.months : 12;
  if ((round.windowMonthsBefore ?? 0) > months)
    faults.push({ path: ['cycle', 'windowMonthsBefore'], message: 'is longer than the cycle' });
  if (Object.keys(wanted.maxByMode).length > MOST_CAPPED_MODES)
    faults.push({ path: ['requirement', 'maxByMode'], message: `at most ${MOST_CAPPED_MODES} modes` });
  if (wanted.total === 0 && wanted.minPieces === null && Object.keys(wanted.minByCategory).length === 0)
    faults.push({ path: ['requirement'], message: 'asks for nothing' });
  for (const [list, amounts] of Object.entries({
    minByCategory: wanted.minByCategory,
    maxByMode: wanted.maxByMode,
  }))
    for (const [key, value] of Object.entries(amounts))
      if (typeof value === 'object' && 'share' in value && wanted.total === 0)
        faults.push({ path: ['requirement', list, key], message: 'is a share of nothing' });
  return faults;
}

/** One version of a programme; defaults filled in, all amounts and names checked against each other. */
export const programmeSchema = shape.superRefine((programme, context) => {
  for (const { path, message } of wholeFaults(programme)) context.addIssue({ code: 'custom', path, message });
});

/**
 * Versions of one programme, oldest first: one name, and never two in force on one day.
 * @throws ZodError with one issue a fault
 */
export const versionsSchema = z
  .array(programmeSchema)
  .min(1)
  .max(100)
  .superRefine((versions, context) => {
    versions.forEach((one, at) => {
      const before = versions[at - 1];
      if (!before) return;
      const fault = (key: string, message: string): void =>
        context.addIssue({ code: 'custom', path: [at, key], message });
      if (one.programme !== before.programme) fault('programme', `is not "${before.programme}"`);
      if (one.effective[0] <= before.effective[0]) fault('effective', 'must begin after the version before');
      else if (before.effective[1] === null || addDays(before.effective[1], 1) > one.effective[0])
        fault('effective', 'overlaps the version before');
    });
  });
