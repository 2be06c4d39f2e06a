import type { FieldIssue } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, OptionInput } from '../../i18n/index.ts';
import { needsOf, noHoursText, shiftBadge, coverageBadge } from '../shifts/index.ts';
import { findServiceArea, findSkill, SERVICE_AREAS, SKILL_GROUPS } from '../skills/index.ts';
import type { Opportunity, OpportunityDetail } from './opportunity.schema.ts';
import { DEFAULT_RADIUS_KM } from './opportunity.schema.ts';
import { pagerOf } from '../../http/paging.ts';

interface Parts {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly tenant: { readonly slug: string; readonly name: string };
}

const RADII_KM = [2, 5, 10, 25, 50];
const FILTERS = ['from', 'to', 'skill', 'category', 'latitude'] as const;

/** Model of `opportunities/index`. `query` is what was asked, parsed or as typed. */
export function opportunityListModel(
  parts: Parts & {
    opportunities: readonly Opportunity[];
    query: Readonly<Record<string, unknown>>;
    issues?: readonly FieldIssue[];
    nextCursor: string | null;
    /** The reader is a member here, and may be told of what comes. */
    maySave?: boolean;
  },
): object {
  const { i18n, locale, tenant, query } = parts;
  const t = i18n.in(locale);
  const path = `/t/${tenant.slug}/opportunities`;
  const form = createForm({
    i18n,
    locale,
    messages: 'opportunities.filter',
    values: { radiusKm: DEFAULT_RADIUS_KM, ...query },
    ...(parts.issues ? { issues: parts.issues } : {}),
  });
  const all = { value: '', label: t('common.word.all') };
  const skills: OptionInput[] = SKILL_GROUPS.flatMap((group) =>
    group.skills.map((skill) => ({ value: skill.code, label: skill[locale] })),
  );
  return {
    tenant,
    action: path,
    filter: {
      from: form.input('from', 'date', { width: 'short', required: true }),
      to: form.input('to', 'date', { width: 'short', required: true }),
      category: form.select(
        'category',
        [all, ...SERVICE_AREAS.map((area) => ({ value: area.code, label: area[locale] }))],
        { required: true },
      ),
      skill: form.select('skill', [all, ...skills], { required: true }),
      latitude: form.input('latitude', 'text', { inputMode: 'decimal', width: 'short', required: true }),
      longitude: form.input('longitude', 'text', { inputMode: 'decimal', width: 'short', required: true }),
      radiusKm: form.select(
        'radiusKm',
        RADII_KM.map((km) => ({ value: String(km), label: t('opportunities.radius', { km }) })),
        { required: true },
      ),
    },
    errors: form.errors,
    filtered: FILTERS.some((name) => query[name] !== undefined && query[name] !== ''),
    pick: { lat: 'f-latitude', lng: 'f-longitude' },
    opportunities: parts.opportunities.map((opportunity) => ({
      href: `${path}/${opportunity.id}`,
      title: opportunity.title,
      startsAt: opportunity.startsAt,
      endsAt: opportunity.endsAt,
      place: opportunity.place.label,
      unitName: opportunity.unitName,
      area: findServiceArea(opportunity.category)?.[locale] ?? opportunity.category,
      distanceMetres: opportunity.distanceMetres,
      skills: opportunity.skillCodes.map((code) => findSkill(code)?.[locale] ?? code),
      noHours: noHoursText(opportunity, i18n, locale),
      badge: shiftBadge(opportunity, i18n, locale),
    })),
    points: parts.opportunities.flatMap((opportunity) => {
      const [lng, lat] = opportunity.place.point?.coordinates ?? [];
      if (lat === undefined || lng === undefined) return [];
      return [{ lat, lng, label: opportunity.title, href: `${path}/${opportunity.id}` }];
    }),
    ...pagerOf(path, query, parts.nextCursor),
    askHref: `/t/${tenant.slug}/requests/new`,
    saveHref: parts.maySave
      ? pagerOf('/saved-searches/new', { ...pick(query, SAVED), cursor: 'first' }, null).first
      : null,
  };
}

/** What of the filter a saved search keeps: not its days, which pass. */
const SAVED = ['skill', 'category', 'latitude', 'longitude', 'radiusKm'] as const;

function pick(
  query: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    names
      .filter((name) => name !== 'radiusKm' || query['latitude'] !== undefined)
      .map((name) => [name, query[name]]),
  );
}

/** What the reader can do here: sign up as a member, or what stands before that. */
export type Standing = 'member' | 'applicant' | 'unsent' | 'suspended' | 'stranger' | 'anonymous';

/** Model of `opportunities/show`. */
export function opportunityModel(
  parts: Parts & { opportunity: OpportunityDetail; standing: Standing },
): object {
  const { i18n, locale, tenant, opportunity, standing } = parts;
  const t = i18n.in(locale);
  const path = `/t/${tenant.slug}/opportunities`;
  const section = (name: 'conditions' | 'risks' | 'support', icon: string): object => ({
    title: t(`opportunities.show.${name}`),
    icon,
    text: opportunity[name] || t('opportunities.show.notStated'),
  });
  return {
    tenant,
    title: opportunity.title,
    state: opportunity.state === 'published' ? null : opportunity.state,
    open: opportunity.open,
    startsAt: opportunity.startsAt,
    endsAt: opportunity.endsAt,
    description: opportunity.description,
    place: [opportunity.place.label, opportunity.place.address].filter(Boolean).join(' · '),
    atHome: opportunity.place.atHome,
    unitName: opportunity.unitName,
    area: findServiceArea(opportunity.category)?.[locale] ?? opportunity.category,
    bodily: opportunity.riskLevel === 'bodily',
    noHours: noHoursText(opportunity, i18n, locale),
    sections: [
      section('conditions', 'list-check'),
      section('risks', 'alert-triangle'),
      section('support', 'lifebuoy'),
    ],
    positions: opportunity.positions.map((position) => ({
      id: position.id,
      name: position.name,
      taken: position.taken,
      maximum: position.maximum,
      needs: needsOf(position, i18n, locale),
      badge: coverageBadge(position, i18n, locale),
      full: position.free === 0,
      // A full position still takes people: they wait in line.
      buttonLabel: t(
        position.free === 0
          ? 'opportunities.show.wait'
          : position.admission === 'approval'
            ? 'opportunities.show.ask'
            : 'opportunities.show.signUp',
      ),
      action: standing === 'member' && opportunity.open ? `/positions/${position.id}/assignments` : null,
      hint: position.admission === 'approval' ? t('opportunities.show.approvalHint') : null,
    })),
    gate: opportunity.open ? gateOf(parts) : null,
    crumbs: [{ href: path, label: t('opportunities.title') }],
  };
}

/** What stands between the reader and a place. */
function gateOf({
  i18n,
  locale,
  tenant,
  opportunity,
  standing,
}: Parts & { opportunity: OpportunityDetail; standing: Standing }): object | null {
  const t = i18n.in(locale);
  switch (standing) {
    case 'member':
      return null;
    case 'applicant':
      return { text: t('opportunities.show.applicant'), href: null, label: null, second: null };
    case 'suspended':
      return { text: t('errors.member-suspended'), href: null, label: null, second: null };
    // The application lies with its person: a draft, or sent back to be mended.
    case 'unsent':
      return {
        text: t('opportunities.show.unsent'),
        href: '/join',
        label: t('memberships.join.open'),
        second: null,
      };
    case 'stranger':
      return {
        text: t('opportunities.show.stranger', { place: tenant.name }),
        href: `/t/${tenant.slug}/join`,
        label: t('opportunities.show.join'),
        second: null,
      };
    case 'anonymous':
      return {
        text: t('opportunities.show.anonymous'),
        href: `/t/${tenant.slug}/opportunities/${opportunity.id}/sign-up`,
        label: t('opportunities.show.signInFirst'),
        second: { href: `/register?place=${tenant.slug}`, label: t('common.action.register') },
      };
  }
}
