import { can } from '../../core/actor.ts';
import { AppError, Conflict } from '../../core/errors.ts';
import { latLngOf } from '../../core/geo.ts';
import type { Locale } from '../../core/locale.ts';
import { sideBySide } from '../../db/transaction.ts';
import { createForm, formatTimeSpan } from '../../i18n/index.ts';
import type { I18n } from '../../i18n/index.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route, RouteContext } from '../../http/route.ts';
import { messageOf } from '../../http/error-handler.ts';
import { pagerOf } from '../../http/paging.ts';
import { DEFAULT_LIMIT } from '../../http/schema.ts';
import type { Finding, MatchingService, Suited } from '../matching/index.ts';
import type { OfferService } from '../offers/index.ts';
import { natureOf, noHoursText, soonestOpen } from '../shifts/index.ts';
import type { ShiftRow, ShiftService } from '../shifts/index.ts';
import type { AssignmentRow } from './assignment.model.ts';
import {
  assignmentPage,
  assignmentView,
  fullId,
  ownFilter,
  positionParams,
  reasonBody,
  signUpBody,
  signUpOutcomes,
  signUpsBody,
  suitedList,
  suitingFilter,
} from './assignment.schema.ts';
import type { AssignmentView, SignUpOutcomes, SuitedView } from './assignment.schema.ts';
import { queueOfPosition } from './assignment.reading.ts';
import type { AssignmentService, SignUpOutcome } from './assignment.service.ts';
import { heldAmong } from './ahead.ts';
import { warningsFor } from './neighbours.ts';
import type { Held } from './neighbours.ts';
import { pageOfRanked } from './ranked-page.ts';
import {
  abilitiesOn,
  changesModel,
  plainFinding,
  refusalsModel,
  toAssignmentView,
  wordFinding,
  wordReason,
} from './assignment.view.ts';

export interface AssignmentRouteParts {
  readonly assignments: AssignmentService;
  readonly offers: OfferService;
  readonly shifts: ShiftService;
  readonly matching: MatchingService;
  readonly i18n: I18n;
}

/** Positions that programs get at once. */
const MOST_SUITING = 100;
/** Who is told where a home is. */
const COMES = ['accepted', 'confirmed', 'checked_in', 'checked_out'];
/** Reasons that a row of the page has room for. */
const REASONS = 3;
/** Open shifts that a volunteer's page looks at: the soonest. */
const LOOKED_AT = 200;

/** Rows with the words of their shift and position, in four queries however many there are. */
export async function viewsOf(
  rows: readonly AssignmentRow[],
  { shifts, offers, assignments }: Pick<AssignmentRouteParts, 'shifts' | 'offers' | 'assignments'>,
): Promise<AssignmentView[]> {
  const [shiftRows, positions, open, line] = await sideBySide([
    () => shifts.rows(rows.map((row) => row.shiftId)),
    () => shifts.positionsOf(rows.map((row) => row.shiftId)),
    () => offers.rows(rows.flatMap((row) => (row.offerId ? [row.offerId] : []))),
    () => assignments.placesInLine(rows),
  ]);
  const byShift = new Map(shiftRows.map((shift) => [String(shift._id), shift]));
  const due = new Map(open.map((offer) => [String(offer._id), offer.dueAt]));
  return rows.map((row) => {
    const shift = byShift.get(String(row.shiftId));
    const position = positions
      .get(String(row.shiftId))
      ?.find((one) => String(one._id) === String(row.positionId));
    return toAssignmentView(row, {
      title: shift?.title ?? '',
      place: shift?.place.label ?? '',
      position: position?.name ?? '',
      answerBy: due.get(String(row.offerId)) ?? null,
      placeInLine: line.get(String(row._id)) ?? null,
      nature: natureOf(shift ?? {}),
    });
  });
}

export function assignmentRoutes(parts: AssignmentRouteParts): Route[] {
  return [...volunteerRoutes(parts), ...answerRoutes(parts)];
}

function volunteerRoutes(parts: AssignmentRouteParts): Route[] {
  const { assignments, matching, i18n } = parts;
  /** All that is open as it suits the person; what they have signed up for already is no longer a suggestion. */
  const suitedFor = async (
    { account, now }: Pick<RouteContext, 'account' | 'now'>,
    filter: { skill?: string | undefined; category?: string | undefined },
  ): Promise<{ data: Suited[]; others: Suited[]; held: Held[] }> => {
    const [open, ahead] = await sideBySide([
      () =>
        soonestOpen(
          { after: now, skill: filter.skill ?? null, category: filter.category ?? null },
          LOOKED_AT,
        ),
      () => assignments.ahead(account.personId),
    ]);
    const own = new Set(ahead.map((row) => String(row.positionId)));
    const free = ({ position }: Suited): boolean => !own.has(String(position._id));
    const { suited, others } = await matching.suits(account, open);
    return { data: suited.filter(free), others: others.filter(free), held: heldAmong(ahead) };
  };
  const toView = (one: Suited, held: readonly Held[]): SuitedView => ({
    ...suitedView(one),
    warnings: warningsFor(one.shift, held, null).map(plainFinding),
  });
  return [
    route({
      name: 'assignments/suiting',
      method: 'get',
      path: '/opportunities',
      apiPath: '/me/opportunities',
      access: 'opportunities:see',
      tenant: 'member',
      summary: 'Open positions as they suit the person, best first, and the others with why not.',
      input: {
        query: suitingFilter,
      },
      output: suitedList,
      async run(context) {
        const { query, door } = context;
        const few = door === 'page' && query.view === 'list';
        const limit = query.limit ?? (few ? DEFAULT_LIMIT : MOST_SUITING);
        const { data, others, held } = await suitedFor(context, query);
        const page = (
          list: readonly Suited[],
          asked: boolean,
        ): { rows: Suited[]; nextCursor: string | null } =>
          asked ? pageOfRanked(list, limit, query.cursor) : { rows: list.slice(0, limit), nextCursor: null };
        const suiting = page(data, query.tab === 'suiting');
        const rest = page(others, query.tab === 'others');
        const shown = (rows: readonly Suited[], asked: boolean): SuitedView[] =>
          door === 'page' && !asked ? [] : rows.map((one) => toView(one, held));
        return {
          data: shown(suiting.rows, query.tab === 'suiting'),
          others: shown(rest.rows, query.tab === 'others').map((one) => ({ ...one, warnings: [] })),
          counts: { suiting: data.length, others: others.length },
          nextCursor: suiting.nextCursor ?? rest.nextCursor,
        };
      },
      page: ({ data, others, counts, nextCursor }, { locale, query, zone }) =>
        view('assignments/opportunities', {
          tabs: (['suiting', 'others'] as const).map((tab) => ({
            href: pagerOf('/opportunities', { ...query, tab, cursor: 'first' }, null).first,
            label: i18n.t(
              locale,
              tab === 'suiting' ? 'assignments.suiting.tab' : 'assignments.suiting.othersTab',
            ),
            current: query.tab === tab,
            count: counts[tab],
          })),
          suiting: query.tab === 'suiting',
          map: query.view === 'map',
          viewHref: pagerOf(
            '/opportunities',
            { ...query, view: query.view === 'map' ? 'list' : 'map', cursor: 'first' },
            null,
          ).first,
          points: (query.tab === 'suiting' ? data : others).flatMap((one) =>
            one.point
              ? [
                  {
                    lat: one.point.latitude,
                    lng: one.point.longitude,
                    label: one.title,
                    href: `/positions/${one.positionId}/fit`,
                    text: formatTimeSpan(one.startsAt, one.endsAt, { locale, zone }),
                  },
                ]
              : [],
          ),
          list: (query.tab === 'suiting' ? data : others).map((one) => ({
            ...one,
            signUp: one.open > 0 ? one.admission : 'full',
            noHours: noHoursText(one, i18n, locale),
            reasons: one.reasons.slice(0, REASONS).map((finding) => wordFinding(i18n, locale, finding)),
            refusals: refusalsModel(i18n, locale, one.refusals, zone),
            changes: query.tab === 'others' && one.changes ? changesModel(i18n, locale, one.changes) : [],
            warnings: one.warnings.map((finding) => wordFinding(i18n, locale, finding, zone)),
            several: query.tab === 'suiting',
          })),
          ...pagerOf('/opportunities', query, nextCursor),
        }),
    }),
    route({
      name: 'assignments/sign-up',
      method: 'post',
      path: '/positions/:positionId/assignments',
      access: 'assignments:accept-own',
      tenant: 'member',
      summary:
        'Signs up: a place, a place in line, or a question to the coordinator, as the position has it.',
      queue: ({ positionId }) => queueOfPosition(positionId),
      input: { params: positionParams, body: signUpBody },
      output: assignmentView,
      async run({ account, params, body }) {
        const row = await assignments.signUp(account, params.positionId, body.note);
        return (await viewsOf([row], parts))[0] as AssignmentView;
      },
      page: ({ id, state }) =>
        seeOther(`/assignments/${id}`, {
          kind: state === 'accepted' ? 'success' : 'info',
          key: `assignments.did.${state}`,
        }),
      invalid: (failure, context) => refusedPage(failure, context, i18n),
    }),
    route({
      name: 'assignments/sign-up-for-several',
      method: 'post',
      path: '/assignments',
      access: 'assignments:accept-own',
      tenant: 'member',
      summary:
        'Signs up for up to ten positions in one go: what came of each, the rule and the clashing shift where it was refused.',
      status: 200,
      input: { body: signUpsBody },
      output: signUpOutcomes,
      async run({ account, body }) {
        const outcomes = await assignments.signUpForAll(account, body.positionIds, body.note);
        const shown = await outcomesOf(outcomes, account.personId);
        if (shown.signedUp === 0)
          throw new Conflict('none-signed-up', {
            outcomes: shown.data,
            reasons: shown.data.flatMap(({ positionId, title, refusal, reasons }) =>
              (reasons.length > 0 ? reasons : [{ code: refusal }]).map((reason) => ({
                positionId,
                title,
                ...reason,
              })),
            ),
          });
        return shown;
      },
      page: (shown, { locale, zone }) => outcomesPage(shown, locale, zone),
      invalid: ({ error, issues }, { locale, zone }) =>
        outcomesPage(
          {
            signedUp: 0,
            data: (error.details['outcomes'] ?? []) as SignUpOutcomes['data'],
          },
          locale,
          zone,
          issues.length > 0 ? i18n.t(locale, 'errors.nothing-chosen') : messageOf(i18n, locale, error, 409),
        ),
    }),
    route({
      name: 'assignments/list-own',
      method: 'get',
      path: '/assignments',
      access: 'assignments:see-own',
      tenant: 'member',
      summary: 'One’s own assignments, newest first.',
      input: { query: ownFilter },
      output: assignmentPage,
      async run({ account, query }) {
        const page = await assignments.own(account, query.limit, query.cursor);
        return { data: await viewsOf(page.data, parts), nextCursor: page.nextCursor };
      },
      page: ({ data, nextCursor }, { account, now, query }) => {
        const ahead = data.filter((one) => one.endsAt > now.toISOString()).reverse();
        const over = data.filter((one) => one.endsAt <= now.toISOString());
        return view('assignments/list', {
          ahead,
          over,
          // Whoever is suspended says no and calls off here, and is sent to nothing that is closed to them.
          mayBegin: can(account, 'assignments:accept-own'),
          ...pagerOf('/assignments', query, nextCursor),
          count: data.length,
        });
      },
    }),
    route({
      name: 'assignments/show',
      method: 'get',
      path: '/assignments/:id',
      access: 'assignments:see-own',
      tenant: 'member',
      summary: 'One assignment, one’s own or of a shift one runs.',
      input: { params: fullId },
      output: assignmentView,
      run: async ({ actor, params }) =>
        (await viewsOf([await assignments.access(actor, params.id)], parts))[0] as AssignmentView,
      page: (one, context) => showPage(one, context, parts),
    }),
  ];

  /** Outcomes with the words of their shifts, and what is close to the places that were got. */
  async function outcomesOf(outcomes: readonly SignUpOutcome[], personId: string): Promise<SignUpOutcomes> {
    const places = new Map<string, { title: string; shift: ShiftRow }>();
    for (const { positionId } of outcomes) {
      const place = await parts.shifts.position(positionId);
      if (place && place.shift.state !== 'draft')
        places.set(positionId, { title: place.shift.title, shift: place.shift });
    }
    const near = await assignments.warningsAround(
      personId,
      outcomes.flatMap(({ positionId, row }) => (row ? [places.get(positionId)?.shift as ShiftRow] : [])),
    );
    return {
      signedUp: outcomes.filter(({ row }) => row).length,
      data: outcomes.map(({ positionId, row, refusal, reasons }) => {
        const place = places.get(positionId);
        return {
          positionId,
          title: place?.title ?? '',
          startsAt: place?.shift.startsAt.toISOString() ?? null,
          endsAt: place?.shift.endsAt.toISOString() ?? null,
          assignmentId: row ? String(row._id) : null,
          state: row?.state ?? null,
          refusal,
          reasons: reasons.map(plainFinding),
          warnings: row ? (near.get(String(row.shiftId)) ?? []).map(plainFinding) : [],
        };
      }),
    };
  }

  function outcomesPage(
    { signedUp, data }: SignUpOutcomes,
    locale: Locale,
    zone: string,
    message: string | null = null,
  ): PageResult {
    return view('assignments/outcomes', {
      message,
      signedUp,
      outcomes: data.map((one) => ({
        ...one,
        href: one.assignmentId ? `/assignments/${one.assignmentId}` : null,
        text:
          one.state !== null
            ? i18n.t(locale, `assignments.did.${one.state}`)
            : messageOf(i18n, locale, { code: one.refusal ?? '', details: {} }, 409),
        reasons: refusalsModel(i18n, locale, one.reasons, zone),
        warnings: one.warnings.map((finding) => wordFinding(i18n, locale, finding, zone)),
      })),
    });
  }

  async function showPage(
    one: AssignmentView,
    { actor, account, now, params, locale, zone }: RouteContext<{ id: string }>,
    { shifts: plan }: AssignmentRouteParts,
  ): Promise<PageResult> {
    const row = await assignments.access(actor, params.id);
    const shift = await plan.row(row.shiftId);
    const own = String(row.personId) === account.personId;
    const manages = can(actor, 'assignments:manage', String(row.unitId));
    const ahead = own && ['offered', 'requested', 'waitlisted', 'accepted', 'confirmed'].includes(row.state);
    const near = ahead
      ? ((await assignments.warningsAround(account.personId, [shift], one.id)).get(one.shiftId) ?? [])
      : [];
    return view('assignments/show', {
      ...one,
      own,
      noHours: noHoursText(one, i18n, locale),
      warnings: near.map((finding) => wordFinding(i18n, locale, finding, zone)),
      can: abilitiesOn(one, { own, manages }, now),
      person: one.personName || i18n.t(locale, 'assignments.candidates.nameless'),
      // Of a home only who comes is told it.
      address: manages || !shift.place.atHome || COMES.includes(row.state) ? shift.place.address : '',
      leaderName: shift.leaderName,
      history: row.history.map((entry) => ({
        title: i18n.t(locale, `states.assignment.${entry.to}`),
        at: entry.at,
        by: null,
        text: wordReason(i18n, locale, entry.reason),
        icon: null,
      })),
      shiftHref: manages ? `/shifts/${one.shiftId}` : null,
    });
  }
}

function answerRoutes(parts: AssignmentRouteParts): Route[] {
  const { assignments, i18n } = parts;
  const answered = async (row: AssignmentRow): Promise<AssignmentView> =>
    (await viewsOf([row], parts))[0] as AssignmentView;
  const back = ({ id, state }: AssignmentView): PageResult =>
    seeOther(`/assignments/${id}`, { kind: 'success', key: `assignments.did.${state}` });
  const step = (
    name: string,
    verb: string,
    summary: string,
    access: 'assignments:accept-own' | 'assignments:manage' | 'assignments:see-own',
    act: (context: RouteContext<{ id: string }, unknown, { reason: string }>) => Promise<AssignmentRow>,
  ): Route =>
    route({
      name: `assignments/${name}`,
      method: 'post',
      path: `/assignments/:id/${verb}`,
      access,
      tenant: 'member',
      summary,
      status: 200,
      queue: ({ id }) => assignments.queueOf(id),
      input: { params: fullId, body: reasonBody },
      output: assignmentView,
      run: async (context) => answered(await act(context as never)),
      page: back,
      invalid: (failure, context) => refusedPage(failure, context, i18n),
    });
  return [
    step(
      'accept',
      'accept',
      'Accepts an offer; everything is judged anew.',
      'assignments:accept-own',
      ({ account, params }) => assignments.accept(account, params.id),
    ),
    step(
      'decline',
      'decline',
      'Declines an offer, or refuses a request.',
      'assignments:see-own',
      ({ account, params, body }) => assignments.decline(account, params.id, body.reason),
    ),
    step(
      'cancel',
      'cancel',
      'Calls it off; the place goes to the first in line.',
      'assignments:see-own',
      ({ account, params, body }) => assignments.cancel(account, params.id, body.reason),
    ),
    step(
      'admit',
      'admit',
      'The coordinator says yes to a request.',
      'assignments:manage',
      ({ account, params }) => assignments.admit(account, params.id),
    ),
  ];
}

function suitedView({ position, shift, fit, changes }: Suited): Omit<SuitedView, 'warnings'> {
  return {
    positionId: String(position._id),
    shiftId: String(shift._id),
    title: shift.title,
    position: position.name,
    place: shift.place.label,
    startsAt: shift.startsAt.toISOString(),
    endsAt: shift.endsAt.toISOString(),
    open: Math.max(0, position.maximum - position.taken),
    admission: position.admission,
    score: fit.score,
    distanceMetres: fit.distanceMetres,
    nature: natureOf(shift),
    reasons: fit.parts.flatMap((part) => (part.finding ? [plainFinding(part.finding)] : [])),
    refusals: fit.refusals.map(plainFinding),
    changes: changes?.map(({ code, params, way }) => ({ code, params: { ...params }, way })) ?? null,
    point: shift.place.point ? latLngOf(shift.place.point) : null,
    state: null,
    assignmentId: null,
  };
}

/** A refusal in words with every reason, and the way back. */
export function refusedPage(
  { error }: FormFailure,
  { locale, zone }: Pick<RouteContext, 'locale' | 'zone'>,
  i18n: I18n,
): PageResult {
  const reasons =
    error instanceof AppError && Array.isArray(error.details['reasons'])
      ? (error.details['reasons'] as Finding[])
      : [];
  const form = createForm({ i18n, locale, messages: 'assignments.refused', issues: error.issues });
  // The only field a person types here; named so that its error has words.
  form.textarea('reason');
  const typed = form.errors.map(({ text }) => text).join(' ');
  return view('assignments/refused', {
    message: typed || messageOf(i18n, locale, error, error.status),
    reasons: refusalsModel(i18n, locale, reasons, zone),
  });
}
