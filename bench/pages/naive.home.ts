import type { Request, Response } from 'express';
import { cachedBarChartSvg } from '../../server/http/charts.ts';
import { Assignment, Audit, Hours, LedgerEntry, Shift } from './naive.models.ts';
import type { Doc } from './naive.models.ts';
import { asked, badgeOf, seatsOf, show, sumOf } from './naive.show.ts';
import type { Any } from './naive.show.ts';
import { suitsOf } from './naive.suits.ts';
import { dateOf, monthText } from './naive.views.ts';
import type { Translate } from './naive.views.ts';

/** The naive home pages: a volunteer's, and that of a desk. */
const LOOKED_AT = 80;

async function suggestionsOf(res: Response, tenant: Doc, t: Translate, lng: string): Promise<object[]> {
  const { person } = res.locals['me'] as Any;
  const { suited } = await suitsOf(person._id, tenant, LOOKED_AT, t, lng);
  return suited.slice(0, 4).map((one) => ({
    ...one,
    action: `/positions/${one.position.id}/assignments`,
  }));
}

/** First steps of a role; each looks for what was done. */
async function stepsOf(
  role: string,
  steps: readonly (readonly [key: string, href: string, done: () => Promise<unknown>])[],
  t: Translate,
): Promise<object> {
  const list: { done: boolean; next?: boolean }[] = [];
  for (const [key, href, done] of steps)
    list.push({
      href,
      text: t(`firstSteps.${role}.${key}.text`),
      hint: t(`firstSteps.${role}.${key}.hint`),
      done: Boolean(await done()),
    } as never);
  const next = list.find((one) => !one.done);
  if (next) next.next = true;
  return { steps: list, stepsDone: list.filter((one) => one.done).length };
}

export async function home(req: Request, res: Response, tenant: Doc): Promise<void> {
  const tenantId = tenant._id;
  const { lng, t } = asked(req);
  const { account, person } = res.locals['me'] as Any;
  const coming = await Assignment.find({
    personId: person._id,
    state: { $in: ['offered', 'accepted', 'confirmed', 'checked_in'] },
    endsAt: { $gt: new Date() },
  })
    .sort({ startsAt: 1 })
    .limit(3)
    .populate('shiftId');
  const suggestions = await suggestionsOf(res, tenant, t, lng);
  const balance = await LedgerEntry.findOne({ tenantId, account: `person:${person._id}` }).sort({ seq: -1 });
  const months = Array.from({ length: 12 }, (_unused, ago) => {
    const at = new Date();
    return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - 11 + ago, 15)).toISOString().slice(0, 7);
  });
  const entries = await LedgerEntry.find({
    tenantId,
    account: `person:${person._id}`,
    serviceDate: { $gte: `${months[0]}-01` },
  });
  const waiting = await Hours.find({ tenantId, personId: person._id, state: 'submitted' });
  const bars = months.map((month) => ({
    label: monthText(month, lng),
    value:
      Math.round(
        sumOf(
          entries.filter((one) => one.serviceDate.startsWith(month)),
          (one) => one.minutes,
        ) / 6,
      ) / 10,
  }));
  const year = sumOf(
    entries.filter((one) => one.serviceDate.startsWith(months[11]?.slice(0, 4) ?? '')),
    (one) => one.minutes,
  );
  const hours = (minutes: number): string => (minutes / 60).toLocaleString(lng, { maximumFractionDigits: 2 });
  const did = (action: string) => () => Audit.exists({ tenantId, accountId: account._id, action });
  show(req, res, 'home', {
    title: t('home.mine.hello', { name: person.name }),
    today: new Date(),
    ...(await stepsOf(
      'volunteer',
      [
        ['profile', '/profile', async () => person.skills.length > 0 && person.availability.length > 0],
        ['sign-up', '/mine', async () => coming.length > 0],
        ['serve', '/check-in', async () => balance !== null],
        ['certificate', '/certificates', did('certificates/issue')],
      ],
      t,
    )),
    coming: coming.map((one) => {
      const here = String(one.tenantId) === String(tenantId);
      return {
        href: here ? `/assignments/${one.id}` : '/offers',
        title: one.shiftId?.title,
        place: one.shiftId?.place.label,
        startsAt: one.startsAt,
        endsAt: one.endsAt,
        st: one.state,
        offered: one.state === 'offered',
        accept: `/assignments/${one.id}/accept`,
        decline: `/assignments/${one.id}/decline`,
      };
    }),
    suggestions,
    year: hours(year),
    total: hours(balance?.balance ?? 0),
    waiting: sumOf(waiting, (one) => one.recordedMinutes),
    bars,
    small: cachedBarChartSvg(bars, 'small', lng as 'en'),
    large: cachedBarChartSvg(bars, 'large', lng as 'en'),
  });
}

export async function desk(req: Request, res: Response, tenant: Doc): Promise<void> {
  const tenantId = tenant._id;
  const { lng, t } = asked(req);
  const { account, person } = res.locals['me'] as Any;
  const midnight = new Date(`${dateOf(new Date())}T00:00:00+08:00`);
  const todayCount = await Shift.countDocuments({
    tenantId,
    state: { $nin: ['draft', 'cancelled'] },
    startsAt: { $gte: midnight, $lt: new Date(+midnight + 86_400_000) },
  });
  const waiting = await Hours.countDocuments({ tenantId, state: 'submitted' });
  const open = await Shift.find({ tenantId, state: 'published', startsAt: { $gt: new Date() } })
    .sort({ startsAt: 1, _id: 1 })
    .limit(LOOKED_AT)
    .populate('positions');
  const suggestions = await suggestionsOf(res, tenant, t, lng);
  const did =
    (...actions: string[]) =>
    () =>
      Audit.exists({ tenantId, accountId: account._id, action: { $in: actions } });
  show(req, res, 'desk', {
    title: t('home.mine.hello', { name: person.name }),
    today: new Date(),
    ...(await stepsOf(
      'coordinator',
      [
        ['need', '/requests/new', did('requests/create', 'imports/start')],
        ['shift', '/requests', did('shifts/publish')],
        ['people', '/shifts', did('offers/make', 'assignments/admit')],
        ['hours', '/hours/queue', did('hours/approve', 'hours/reject')],
        ['invite', '/join-links/new', did('join-links/create', 'accounts/register-in-person')],
      ],
      t,
    )),
    todayCount,
    waiting: waiting > 999 ? '999+' : waiting,
    short: open
      .map((shift) => ({ shift, seats: seatsOf(shift.positions) }))
      .filter(({ seats }) => seats.missing > 0)
      .slice(0, 5)
      .map(({ shift, seats }) => ({
        id: shift.id,
        title: shift.title,
        startsAt: shift.startsAt,
        endsAt: shift.endsAt,
        place: shift.place.label,
        badge: badgeOf({ ...seats, maximum: Infinity }, t),
      })),
    suggestions,
  });
}
