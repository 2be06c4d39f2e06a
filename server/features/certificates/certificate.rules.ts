import type {
  CertificateLine,
  Period,
  ServiceEntry,
  StatementDraft,
  StatementFacts,
} from './certificate.types.ts';

/** What a service certificate may state and how. Pure: no clock, no database, whole minutes only. */
export type PeriodRefusal = 'period-malformed' | 'period-reversed' | 'period-in-future';
export type StatementRefusal =
  | PeriodRefusal
  | 'nothing-recorded'
  | 'recorded-elsewhere'
  | 'outside-period'
  | 'record-incomplete'
  | 'negative-time';

/** More lines than this are summarised by month, activity and unit. */
const DETAIL_LIMIT = 300;
const DAY_MS = 86_400_000;

/** Whether the text is a day of the calendar, `YYYY-MM-DD`. */
export function isCalendarDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** Why no certificate can be issued for the period; `today` is the tenant's local date. Empty means it can. */
export function periodRefusals(period: Period, today: string): PeriodRefusal[] {
  if (!isCalendarDate(period.from) || !isCalendarDate(period.to)) return ['period-malformed'];
  const found: PeriodRefusal[] = [];
  if (period.from > period.to) found.push('period-reversed');
  if (period.to > today) found.push('period-in-future');
  return found;
}

/** Days of the period, both ends included. */
export const periodDays = (period: Period): number =>
  (Date.parse(`${period.to}T00:00:00Z`) - Date.parse(`${period.from}T00:00:00Z`)) / DAY_MS + 1;

/**
 * Every reason why these facts cannot be certified: only the tenant that recorded may certify, and time,
 * content and recording unit must be known. Empty means `buildStatement` will do.
 */
export function statementRefusals(facts: StatementFacts): StatementRefusal[] {
  const found = new Set<StatementRefusal>();
  for (const entry of facts.entries) {
    if (entry.tenantId !== facts.tenant.id) found.add('recorded-elsewhere');
    if (entry.serviceDate < facts.period.from || entry.serviceDate > facts.period.to)
      found.add('outside-period');
  }
  const services = netServices(facts.entries);
  if (services.length === 0) found.add('nothing-recorded');
  for (const service of services) {
    if (service.minutes < 0) found.add('negative-time');
    if (printable(service.activity) === '' || printable(service.unit) === '') found.add('record-incomplete');
  }
  if (printable(facts.person.displayName) === '' || printable(facts.issuer.unit) === '')
    found.add('record-incomplete');
  return [...found];
}

/** Each service once, with its reversals and corrections counted in; what was taken back in full is left out. */
function netServices(entries: readonly ServiceEntry[]): ServiceEntry[] {
  const services = new Map<string, ServiceEntry>();
  for (const entry of [...entries].sort((a, b) => a.sequence - b.sequence)) {
    const former = services.get(entry.hoursId);
    services.set(entry.hoursId, { ...entry, minutes: (former?.minutes ?? 0) + entry.minutes });
  }
  return [...services.values()].filter((service) => service.minutes !== 0);
}

/**
 * What the PDF draws and the signature covers, apart from the PDF's own hash. The same facts give the same statement.
 * @throws Error when `statementRefusals` has something to say: callers ask first
 */
export function buildStatement(facts: StatementFacts): StatementDraft {
  const refusals = statementRefusals(facts);
  if (refusals.length > 0) throw new Error(`These facts cannot be certified: ${refusals.join(', ')}`);
  const services = netServices(facts.entries);
  const lines = services.map(lineOf).sort(byDate);
  return {
    type: 'linli/service-certificate',
    version: 1,
    number: facts.number,
    verificationCode: facts.verificationCode,
    verifyUrl: verifyUrl(facts.publicUrl, facts.verificationCode),
    locale: facts.locale,
    demo: facts.demo,
    tenant: {
      slug: facts.tenant.slug,
      name: { 'zh-CN': printable(facts.tenant.name['zh-CN']), en: printable(facts.tenant.name.en) },
    },
    person: {
      displayName: printable(facts.person.displayName),
      volunteerNumber: facts.person.volunteerNumber && printable(facts.person.volunteerNumber),
    },
    period: { from: facts.period.from, to: facts.period.to, zone: facts.tenant.zone },
    ...(facts.scope ? { scope: printableScope(facts.scope) } : {}),
    lines: lines.length > DETAIL_LIMIT ? summariseLines(lines) : lines,
    services: services.length,
    totalMinutes: services.reduce((sum, service) => sum + service.minutes, 0),
    ledger: ledgerSnapshot(facts.entries),
    ruleVersions: [...new Set(services.map((service) => service.ruleVersion))].sort(),
    issuer: {
      unit: printable(facts.issuer.unit),
      handler: printable(facts.issuer.handler),
      contact: printable(facts.issuer.contact),
    },
    issuedAt: `${facts.issuedAt.toISOString().slice(0, 19)}Z`,
    keyId: facts.keyId,
  };
}

type Scope = NonNullable<StatementDraft['scope']>;

const printableScope = (scope: Scope): Scope =>
  scope.kind === 'all'
    ? scope
    : { kind: 'activity', activity: printable(scope.activity), unit: printable(scope.unit) };

/** What tells certificates of one activity apart in the store; empty for all others. */
export const activityKey = (activity: { readonly name: string; readonly unit: string } | null): string =>
  activity ? JSON.stringify([activity.name, activity.unit]) : '';

/** Those of one activity, by `activityKey`; all for an empty key. */
export const entriesOfActivity = <Entry extends Pick<ServiceEntry, 'activity' | 'unit'>>(
  entries: readonly Entry[],
  key: string,
): Entry[] =>
  entries.filter(({ activity, unit }) => key === '' || activityKey({ name: activity, unit }) === key);

/** From the first service to the last; null when there is none. */
export function spanOf(entries: readonly Pick<ServiceEntry, 'serviceDate'>[]): Period | null {
  const dates = entries.map(({ serviceDate }) => serviceDate).sort();
  const [from, to] = [dates[0], dates.at(-1)];
  return from === undefined || to === undefined ? null : { from, to };
}

/**
 * The state of the ledger that these entries are: the last of them and its chain hash, which covers all before it. Later
 * postings outside the period do not move it, so the same period asked for again is the same certificate (S-59).
 */
export function ledgerSnapshot(entries: readonly ServiceEntry[]): StatementDraft['ledger'] {
  const last = entries.reduce((latest, entry) => (entry.sequence > latest.sequence ? entry : latest));
  return { head: last.hash, sequence: last.sequence, entries: entries.length };
}

function lineOf(service: ServiceEntry): CertificateLine {
  return {
    from: service.serviceDate,
    to: service.serviceDate,
    services: 1,
    activity: printable(service.activity),
    content: printable(service.content),
    place: printable(service.place),
    unit: printable(service.unit),
    leader: printable(service.leader),
    ...(service.origin ? { origin: printable(service.origin) } : {}),
    minutes: service.minutes,
  };
}

const byDate = (a: CertificateLine, b: CertificateLine): number =>
  a.from === b.from
    ? a.activity < b.activity
      ? -1
      : a.activity > b.activity
        ? 1
        : 0
    : a.from < b.from
      ? -1
      : 1;

/** One line a month, activity and unit; minutes and number of services add up to what they were. */
export function summariseLines(lines: readonly CertificateLine[]): CertificateLine[] {
  const groups = new Map<string, CertificateLine>();
  for (const line of lines) {
    const key = JSON.stringify([line.from.slice(0, 7), line.activity, line.unit, line.origin ?? '']);
    const group = groups.get(key);
    groups.set(key, group ? joinLines(group, line) : line);
  }
  return [...groups.values()].sort(byDate);
}

/** Details that differ between the joined services are left out rather than given for one of them. */
function joinLines(a: CertificateLine, b: CertificateLine): CertificateLine {
  const same = (x: string, y: string): string => (x === y ? x : '');
  return {
    ...a,
    from: a.from < b.from ? a.from : b.from,
    to: a.to > b.to ? a.to : b.to,
    services: a.services + b.services,
    content: same(a.content, b.content),
    place: same(a.place, b.place),
    leader: same(a.leader, b.leader),
    minutes: a.minutes + b.minutes,
  };
}

/** Equal for two requests that must lead to one certificate: the same ledger state of the same period (S-59). */
export function statementKey(facts: {
  tenantId: string;
  personId: string;
  period: Period;
  locale: string;
  ledgerHead: string;
}): string {
  return JSON.stringify([
    facts.tenantId,
    facts.personId,
    facts.period.from,
    facts.period.to,
    facts.locale,
    facts.ledgerHead,
  ]);
}

/** `TONGLU-2026-000042`: the tenant's slug, the year of issue, a serial without gaps. */
export function certificateNumber(tenantCode: string, year: number, serial: number): string {
  const code = tenantCode
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  if (code === '' || !Number.isInteger(serial) || serial < 1)
    throw new RangeError('A number needs a code and a serial from 1.');
  return `${code}-${year}-${String(serial).padStart(6, '0')}`;
}

/** Where anyone can check the certificate online. */
export const verifyUrl = (publicUrl: string, code: string): string =>
  `${publicUrl}/certificates/verify/${code}`;

/** `7K3QX-…`: groups of five, for reading from paper. */
export const groupedCode = (code: string): string => code.replace(/(.{5})(?=.)/g, '$1-');

/** A code as it is shown beside what it proves: in groups, as on paper, whatever way it was typed. */
export const shownCode = (typed: string): string => groupedCode(normaliseCode(typed));

/** A code as typed from paper, as it is stored: separators dropped, look-alikes of Crockford's alphabet resolved. */
export const normaliseCode = (typed: string): string =>
  typed
    .toUpperCase()
    .replace(/[\s-]+/g, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1')
    .slice(0, 64);

/**
 * A name as the public verification page shows it: who holds the paper recognises it, nobody learns it (R-1.20, S-57).
 * 张晓明 → 张*明, 李明 → 李*, 阿卜杜拉·买买提 → 阿***·买**, Anna Bell → A*** B***.
 */
export function maskName(name: string): string {
  const parts = printable(name).split(/([ ·•・]+)/);
  const several = parts.length > 1;
  return parts.map((part, index) => (index % 2 === 1 ? part : maskPart(part, several))).join('');
}

const segmenter = new Intl.Segmenter('zh');

function maskPart(part: string, oneOfSeveral: boolean): string {
  const characters = Array.from(segmenter.segment(part), ({ segment }) => segment);
  const [first, ...rest] = characters;
  if (first === undefined) return '';
  // A fixed number of stars for letters: the length of a Latin name says a lot about it.
  if (!/\p{Script=Han}/u.test(first)) return `${first}***`;
  if (oneOfSeveral || rest.length < 2) return first + '*'.repeat(Math.max(1, rest.length));
  return first + '*'.repeat(rest.length - 1) + (rest.at(-1) ?? '');
}

/** Composition would replace compatibility ideographs by other shapes, and a name is drawn as its bearer writes it. */
const COMPOSABLE = /[^\uF900-\uFAFF\u{2F800}-\u{2FA1F}]+/gu;

/**
 * A text as it may be printed: control, bidirectional and other invisible characters, private-use and half characters
 * removed (S-44), white space folded. The signed JSON states the same text as the PDF shows.
 */
export function printable(text: string): string {
  return text
    .replace(COMPOSABLE, (part) => part.normalize('NFC'))
    .replace(/[\s\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Variation_Selector}]/gu, '')
    .replace(/ {2,}/g, ' ')
    .trim();
}
