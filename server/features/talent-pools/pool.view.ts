import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { Invalid } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { createForm, formatDate, formatMinutes } from '../../i18n/index.ts';
import type { I18n } from '../../i18n/index.ts';
import { levelName, typeName } from '../credentials/index.ts';
import type { StoredType } from '../credentials/index.ts';
import { findSkill, SKILL_GROUPS, SKILL_LEVELS } from '../skills/index.ts';
import type { Unit } from '../units/index.ts';
import type { Judgement, PoolFinding } from './judge.rules.ts';
import type { PoolMemberRow, TalentPoolRow } from './pool.model.ts';
import { poolRules } from './pool.rules.ts';
import type { LeafRule, PoolRule } from './pool.rules.ts';
import { rulesOf } from './pool.service.ts';
import type { PoolDefinition } from './pool.service.ts';
import type { MemberView, PoolBody, PoolView } from './pool.schema.ts';

/** What wording needs to know of the place. */
export interface Reader {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly types: ReadonlyMap<string, StoredType>;
  readonly units: ReadonlyMap<string, Unit>;
}

export const toPoolView = (row: TalentPoolRow): PoolView => ({
  id: String(row._id),
  version: row.version,
  name: row.name,
  purpose: row.purpose,
  rules: rulesOf(row),
  validMonths: row.validMonths,
  windowMonths: row.windowMonths,
  proposes: row.proposes,
  open: row.open,
  active: row.active,
});

export const toMemberView = (row: PoolMemberRow): MemberView => ({
  id: String(row._id),
  version: row.version,
  poolId: String(row.poolId),
  state: row.state,
  personName: row.personName,
  membershipId: String(row.membershipId),
  validFrom: row.validFrom,
  validTo: row.validTo,
  shared: row.shared,
  reason: row.history.at(-1)?.reason ?? null,
});

export const findingsOf = (json: string): PoolFinding[] => JSON.parse(json) as PoolFinding[];
const plainLeaf = ({ kind, passed, fact }: PoolFinding) => ({ kind, passed, fact: { ...fact } });
export const plainFindings = (findings: readonly PoolFinding[]) =>
  findings.map((one) => ({ ...plainLeaf(one), ...(one.of ? { of: one.of.map(plainLeaf) } : {}) }));
export const plain = ({ passed, findings }: Judgement) => ({ passed, findings: plainFindings(findings) });

/** A pool as the form or a program states it. @throws Invalid beside the field that cannot be read */
export function readPool(body: PoolBody): PoolDefinition {
  const { nameZh, nameEn, purpose, validMonths, windowMonths, proposes, open, active } = body;
  const parsed = body.rules
    ? { success: true as const, data: body.rules }
    : poolRules.safeParse(simpleRules(body));
  if (!parsed.success) throw Invalid.field('skills.0.skill', 'not-a-choice');
  return {
    name: { 'zh-CN': nameZh, en: nameEn },
    purpose,
    rules: parsed.data,
    validMonths,
    windowMonths,
    proposes,
    open,
    active,
  };
}

function simpleRules(body: PoolBody): unknown[] {
  const { minAge = null, maxAge = null, units = [], kinds = [], hours, creditHours } = body;
  return [
    ...(body.credentialTypes ?? []).map((type) => ({ kind: 'credential', type })),
    ...(body.checks ?? []).map((type) => ({ kind: 'check', type })),
    ...(body.skills ?? [])
      .filter(({ skill }) => skill !== '')
      .map(({ skill, level, seen }) => ({ kind: 'skill', skill, level, verified: seen })),
    ...(hours ? [{ kind: 'hours', minutes: hours * 60, months: body.hoursMonths ?? null }] : []),
    ...(creditHours
      ? [{ kind: 'credits', minutes: creditHours * 60, months: body.creditMonths ?? null }]
      : []),
    ...(minAge !== null || maxAge !== null ? [{ kind: 'age', min: minAge, max: maxAge }] : []),
    ...(units.length > 0 ? [{ kind: 'area', units }] : []),
    ...(kinds.length > 0 ? [{ kind: 'membership', kinds }] : []),
  ];
}

/** Skills that the form can ask for; more can be sent by the API. */
const SKILL_ROWS = 4;

/** Stored rules under the names of the form; null when the form cannot say them. */
export function formValues(pool: PoolView): Record<string, unknown> | null {
  const of = <K extends PoolRule['kind']>(kind: K): Extract<PoolRule, { kind: K }>[] =>
    pool.rules.filter((rule): rule is Extract<PoolRule, { kind: K }> => rule.kind === kind);
  const [hours, credits, age, area, membership] = [
    of('hours'),
    of('credits'),
    of('age'),
    of('area'),
    of('membership'),
  ];
  const sayable =
    of('any').length === 0 &&
    of('training').length === 0 &&
    of('skill').length <= SKILL_ROWS &&
    [hours, credits, age, area, membership].every((some) => some.length <= 1) &&
    of('credential').every(({ level }) => level === '') &&
    [...hours, ...credits].every(({ minutes }) => minutes % 60 === 0) &&
    credits.every(({ dimension }) => dimension === null);
  if (!sayable) return null;
  return {
    credentialTypes: of('credential').map(({ type }) => type),
    checks: of('check').map(({ type }) => type),
    ...Object.fromEntries(
      of('skill').flatMap(({ skill, level, verified }, row) => [
        [`skills.${row}.skill`, skill],
        [`skills.${row}.level`, String(level)],
        [`skills.${row}.seen`, verified],
      ]),
    ),
    hours: hours[0] ? hours[0].minutes / 60 : null,
    hoursMonths: hours[0]?.months ?? null,
    creditHours: credits[0] ? credits[0].minutes / 60 : null,
    creditMonths: credits[0]?.months ?? null,
    minAge: age[0]?.min ?? null,
    maxAge: age[0]?.max ?? null,
    units: area[0]?.units ?? [],
    kinds: membership[0]?.kinds ?? [],
  };
}

/** The form of a pool. Rules that it cannot say stand as they are beside it. */
export function poolForm(
  { i18n, locale, types, units }: Reader,
  values: Readonly<Record<string, unknown>>,
  issues: readonly FieldIssue[],
): { fields: object; errors: readonly object[] } {
  const form = createForm({ i18n, locale, messages: 'talent-pools.form', values, issues });
  const number = { inputMode: 'numeric', width: 'short', min: 0 } as const;
  const offered = [...types.values()].filter(({ retired }) => !retired);
  const choices = (kind: StoredType['kind']) =>
    offered
      .filter((type) => type.kind === kind)
      .map(({ code, name }) => ({ value: code, label: name[locale] }));
  return {
    fields: {
      nameZh: form.input('nameZh', 'text', { required: true, maxLength: 60 }),
      nameEn: form.input('nameEn', 'text', { required: true, maxLength: 60 }),
      purpose: form.textarea('purpose', { rows: 3, maxLength: 500 }),
      credentialTypes: form.checkboxes('credentialTypes', choices('qualification')),
      checks: form.checkboxes('checks', choices('check')),
      skills: Array.from({ length: SKILL_ROWS }, (_unused, row) => ({
        skill: form.select(
          `skills.${row}.skill`,
          [
            { value: '', label: i18n.t(locale, 'talent-pools.form.noSkill') },
            ...SKILL_GROUPS.flatMap((group) =>
              group.skills.map((one) => ({ value: one.code, label: one[locale] })),
            ),
          ],
          { label: i18n.t(locale, 'talent-pools.form.skill', { n: row + 1 }) },
        ),
        level: form.select(
          `skills.${row}.level`,
          SKILL_LEVELS.map((level) => ({
            value: String(level),
            label: i18n.t(locale, `shifts.level.${level}`),
          })),
          { label: i18n.t(locale, 'talent-pools.form.level') },
        ),
        seen: form.checkbox(`skills.${row}.seen`, { label: i18n.t(locale, 'talent-pools.form.seen') }),
      })),
      hours: form.input('hours', 'number', number),
      hoursMonths: form.input('hoursMonths', 'number', number),
      creditHours: form.input('creditHours', 'number', number),
      creditMonths: form.input('creditMonths', 'number', number),
      minAge: form.input('minAge', 'number', number),
      maxAge: form.input('maxAge', 'number', number),
      units: form.checkboxes(
        'units',
        [...units.values()]
          .filter(({ kind }) => kind === 'township')
          .map((unit) => ({ value: unit.id, label: unit.name[locale] })),
      ),
      kinds: form.checkboxes(
        'kinds',
        ['volunteer', 'social-worker', 'community-worker', 'staff'].map((value) => ({
          value,
          label: i18n.t(locale, `states.membershipKind.${value}`),
        })),
      ),
      validMonths: form.input('validMonths', 'number', number),
      windowMonths: form.input('windowMonths', 'number', number),
      proposes: form.checkbox('proposes'),
      open: form.checkbox('open'),
      active: form.checkbox('active'),
    },
    errors: form.errors,
  };
}

/** What a rule asks for, in words. */
export function ruleText(reader: Reader, rule: PoolRule): string {
  const { i18n, locale, types, units } = reader;
  const t = i18n.in(locale);
  const separator = t('credits.listSeparator');
  const within = (months: number | null): string =>
    months === null ? '' : t('talent-pools.rule.within', { count: months });
  switch (rule.kind) {
    case 'any':
      return t('talent-pools.rule.any', {
        rules: rule.of.map((leaf) => ruleText(reader, leaf)).join(t('talent-pools.rule.or')),
      });
    case 'credential':
    case 'check': {
      const type = types.get(rule.type);
      const name = typeName(rule.type, locale, type?.name);
      return rule.kind === 'check' || rule.level === ''
        ? name
        : t('shifts.needs.credentialLevel', { credential: name, level: levelName(type, rule.level, locale) });
    }
    case 'skill':
      return t(`talent-pools.rule.${rule.verified ? 'skillSeen' : 'skill'}`, {
        skill: findSkill(rule.skill)?.[locale] ?? rule.skill,
        level: t(`shifts.level.${rule.level}`),
      });
    case 'hours':
      return t('talent-pools.rule.hours', {
        time: formatMinutes(rule.minutes, locale),
        within: within(rule.months),
      });
    case 'credits':
      return t('talent-pools.rule.credits', {
        time: formatMinutes(rule.minutes, locale),
        within: within(rule.months),
        dimension: rule.dimension === null ? '' : t(`credits.dimension.${rule.dimension}`),
      });
    case 'age':
      return ageText(reader, rule);
    case 'area':
      return t('talent-pools.rule.area', {
        units: rule.units.map((id) => units.get(id)?.name[locale] ?? id).join(separator),
      });
    case 'membership':
      return rule.kinds.map((kind) => t(`states.membershipKind.${kind}`)).join(separator);
    case 'training':
      return t('talent-pools.rule.training', { training: rule.code });
  }
}

function ageText({ i18n, locale }: Reader, { min, max }: Extract<LeafRule, { kind: 'age' }>): string {
  if (min !== null && max !== null) return i18n.t(locale, 'shifts.needs.ages', { min, max });
  if (max !== null) return i18n.t(locale, 'shifts.needs.maxAge', { max });
  return i18n.t(locale, 'shifts.needs.minAge', { min: min ?? 0 });
}

/** The fact that a rule was asked on, in words. */
export function factText(reader: Reader, { kind, fact, of, passed }: PoolFinding): string {
  const { i18n, locale, types, units } = reader;
  const t = i18n.in(locale);
  if (kind === 'any') {
    const told = (of ?? []).filter((one) => one.passed === passed);
    return told.map((one) => factText(reader, one)).join(t('credits.listSeparator'));
  }
  if (fact['minutes'] !== undefined)
    return t('talent-pools.fact.minutes', { time: formatMinutes(Number(fact['minutes']), locale) });
  if (fact['years'] !== undefined) return t('talent-pools.fact.years', { count: Number(fact['years']) });
  if (fact['unit'] !== undefined) return units.get(String(fact['unit']))?.name[locale] ?? '';
  if (fact['membership'] !== undefined) return t(`states.membershipKind.${String(fact['membership'])}`);
  if (fact['credentialId'] !== undefined) {
    const type = types.get(String(fact['credential']));
    const name = typeName(String(fact['credential']), locale, type?.name);
    return fact['until'] === undefined
      ? name
      : t('talent-pools.fact.until', {
          name,
          date: formatDate(String(fact['until']), { locale, zone: 'UTC' }),
        });
  }
  if (fact['skill'] !== undefined && fact['level'] !== undefined)
    return t('credentials.skill', {
      name: findSkill(String(fact['skill']))?.[locale] ?? String(fact['skill']),
      level: t(`shifts.level.${String(fact['level'])}`),
    });
  return t('talent-pools.fact.none');
}

/** Each rule beside its fact, as a page lists them. */
export function judgedModel(
  reader: Reader,
  rules: readonly PoolRule[],
  findings: readonly PoolFinding[],
): object[] {
  return findings.map((finding, at) => {
    const rule = rules[at];
    return {
      passed: finding.passed,
      icon: finding.passed ? 'circle-check' : 'circle-x',
      // Rules that were changed since are told by their facts alone.
      rule:
        rule && rule.kind === finding.kind
          ? ruleText(reader, rule)
          : reader.i18n.t(reader.locale, `talent-pools.kind.${finding.kind}`),
      fact: factText(reader, finding),
    };
  });
}

/** Whose word may be given by whom, as the page offers it. The service decides all the same. */
export function memberAbilities(row: PoolMemberRow, account: AccountActor): Record<string, boolean> {
  const own = String(row.personId) === account.personId;
  const may = (permission: 'talent-pools:review' | 'talent-pools:decide'): boolean =>
    !own && can(account, permission, String(row.unitId));
  const spoke = String(row.firstReviewerId) === account.accountId;
  const refused = row.refusedBy.some((id) => String(id) === account.accountId);
  const first = ['proposed', 'applied'].includes(row.state) && may('talent-pools:review');
  const final = row.state === 'first_pass' && may('talent-pools:decide') && !spoke;
  const answer = row.state === 'appealed' && may('talent-pools:decide') && !spoke && !refused;
  const inPool = ['certified', 'expiring'].includes(row.state);
  const renewing = row.state === 'expiring' && String(row.renewalBy) !== account.accountId;
  return {
    accept: own && row.state === 'proposed',
    first,
    final: final || answer,
    refuse: first || final || answer,
    appeal: own && can(account, 'talent-pools:apply-own') && row.state === 'refused' && row.appeal === null,
    suspend: inPool && may('talent-pools:decide'),
    resume: row.state === 'suspended' && may('talent-pools:decide'),
    renew: renewing && may(row.renewalBy === null ? 'talent-pools:review' : 'talent-pools:decide'),
    leave: own && !['refused', 'lapsed', 'left'].includes(row.state),
    end:
      !own && may('talent-pools:review') && [...['certified', 'expiring', 'suspended']].includes(row.state),
    share: own && inPool && !row.shared,
    unshare: own && row.shared,
  };
}
