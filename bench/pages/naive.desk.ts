import { createHmac } from 'node:crypto';
import type { Express } from 'express';
import Handlebars from 'handlebars';
import { requestLifecycle, shiftLifecycle } from '../../server/core/states.ts';
import { qrSvg } from '../../server/http/qr.ts';
import { Assignment, RequestModel, Shift, Unit } from './naive.models.ts';
import type { Doc } from './naive.models.ts';
import { areaText, positionRows } from './naive.pages.ts';
import { asked, badgeOf, choices, PAGE, paged, seatsOf, show, wrap } from './naive.show.ts';
import { dateOf } from './naive.views.ts';

/** The naive pages of shifts and requests. */
const DAY = 86_400_000;
const LIVING = ['draft', 'published', 'locked', 'running'];

export function addDesk(app: Express, tenant: Doc): void {
  const tenantId = tenant._id;

  app.get(
    '/shifts',
    wrap(async (req, res) => {
      const { t, page, skip } = asked(req);
      const today = dateOf(new Date());
      const from = typeof req.query['from'] === 'string' ? req.query['from'] : today;
      const midnight = new Date(`${from}T00:00:00+08:00`);
      const filter = { tenantId, startsAt: { $gte: midnight } };
      const list = await Shift.find(filter)
        .sort({ startsAt: 1, _id: 1 })
        .skip(skip)
        .limit(PAGE)
        .populate('positions');
      const total = await Shift.countDocuments(filter);
      const strip: object[] = [];
      for (let day = 0; day < 7; day += 1) {
        const [begin, end] = [new Date(+midnight + day * DAY), new Date(+midnight + (day + 1) * DAY)];
        const date = dateOf(begin);
        strip.push({
          date,
          isToday: date === today,
          weekday: t(`shifts.weekday.${new Date(`${date}T00:00:00Z`).getUTCDay() || 7}`),
          dayOfMonth: Number(date.slice(8)),
          count: await Shift.countDocuments({
            tenantId,
            state: { $ne: 'cancelled' },
            startsAt: { $gte: begin, $lt: end },
          }),
        });
      }
      const days = Map.groupBy(list, (shift) => dateOf(shift.startsAt));
      show(req, res, 'shifts', {
        title: t('nav.shifts'),
        action: '/shifts',
        from,
        weekBack: dateOf(new Date(+midnight - 7 * DAY)),
        weekOn: dateOf(new Date(+midnight + 7 * DAY)),
        fields: [
          { name: 'from', type: 'date', value: from, label: t('shifts.filter.from.label') },
          {
            name: 'state',
            label: t('shifts.filter.state.label'),
            options: choices(
              t,
              shiftLifecycle.states.map((state) => [state, t(`states.shift.${state}`)] as const),
              req.query['state'],
            ),
          },
        ],
        strip,
        days: [...days].map(([date, shifts]) => ({
          at: shifts[0].startsAt,
          isToday: date === today,
          list: shifts.map((shift) => {
            const seats = seatsOf(shift.positions);
            return {
              id: shift.id,
              title: shift.title,
              startsAt: shift.startsAt,
              endsAt: shift.endsAt,
              place: shift.place.label,
              ...seats,
              badge: seats.maximum > 0 && LIVING.includes(shift.state) ? badgeOf(seats, t) : null,
              st: shift.state === 'published' ? null : shift.state,
            };
          }),
        })),
        ...paged(req, page, list.length, total),
      });
    }),
  );

  app.get(
    '/shifts/:id',
    wrap(async (req, res) => {
      const { lng, t } = asked(req);
      const shift = await Shift.findById(req.params['id'])
        .populate('unitId')
        .populate('requestId')
        .populate('positions');
      show(req, res, 'shift', {
        title: shift.title,
        shift,
        request: shift.requestId,
        unitName: shift.unitId.name[lng],
        risk: t(`shifts.risk.${shift.riskLevel}`),
        badge: badgeOf(seatsOf(shift.positions), t),
        positions: positionRows(shift.positions, t, lng),
        lock: `/shifts/${shift.id}/lock`,
      });
    }),
  );

  app.get(
    '/shifts/:id/board',
    wrap(async (req, res) => {
      const { t } = asked(req);
      const shift = await Shift.findById(req.params['id']);
      const people = await Assignment.find({
        shiftId: shift._id,
        state: { $in: ['accepted', 'confirmed', 'checked_in', 'checked_out', 'no_show', 'excused'] },
      }).populate('personId');
      people.sort((a, b) => (a.personId.name < b.personId.name ? -1 : 1));
      const minute = Math.floor(Date.now() / 60_000);
      const code = createHmac('sha256', 'naive').update(`${shift.id}:${minute}`).digest('base64');
      const shown = code.replace(/[^A-Z]/g, '').slice(0, 6);
      show(req, res, 'board', {
        title: t('assignments.attendance.title'),
        shift,
        people: people.map((one) => ({
          name: one.personId.name,
          st: one.state,
          in: one.checkIn?.at,
          out: one.checkOut?.at,
          waiting: ['accepted', 'confirmed'].includes(one.state),
          inside: one.state === 'checked_in',
          action: `/assignments/${one.id}/attendance`,
        })),
        code: shown,
        qr: qrSvg(
          `http://127.0.0.1/check-in?code=${shown}`,
          t('assignments.attendance.code'),
          Handlebars.escapeExpression,
        ),
      });
    }),
  );

  app.get(
    '/requests',
    wrap(async (req, res) => {
      const { lng, t, page, skip } = asked(req);
      const list = await RequestModel.find({ tenantId })
        .sort({ createdAt: -1, _id: -1 })
        .skip(skip)
        .limit(PAGE)
        .populate('unitId');
      const total = await RequestModel.countDocuments({ tenantId });
      const under = await Shift.find({
        requestId: { $in: list.map((one) => one._id) },
        state: { $ne: 'cancelled' },
      }).populate('positions');
      const shiftsOf = Map.groupBy(under, (shift) => String(shift.requestId));
      const units = await Unit.find({ tenantId });
      const below = Map.groupBy(units, (unit) => String(unit.parentId));
      const walk = (parentId: string, depth: number): [string, string][] =>
        (below.get(parentId) ?? []).flatMap((unit): [string, string][] => [
          [unit.id, `${'　'.repeat(depth)}${unit.name[lng]}`],
          ...walk(unit.id, depth + 1),
        ]);
      show(req, res, 'requests', {
        title: t('requests.title'),
        action: '/requests',
        fields: [
          { name: 'q', type: 'search', label: t('requests.filter.q.label') },
          {
            name: 'state',
            label: t('requests.filter.state.label'),
            options: choices(
              t,
              requestLifecycle.states.map((state) => [state, t(`states.request.${state}`)] as const),
              req.query['state'],
            ),
          },
          {
            name: 'unitId',
            label: t('requests.filter.unitId.label'),
            options: choices(t, walk('null', 0), req.query['unitId']),
          },
        ],
        list: list.map((request) => {
          const shifts = shiftsOf.get(request.id) ?? [];
          const ahead = shifts.filter((shift) => LIVING.includes(shift.state) && shift.startsAt > new Date());
          const seats = seatsOf(shifts.flatMap((shift) => shift.positions));
          const { missing } = seatsOf(ahead.flatMap((shift) => shift.positions));
          return {
            id: request.id,
            title: request.title,
            place: request.place.label,
            unitName: request.unitId.name[lng],
            area: areaText(request.category, lng),
            st: request.state,
            count: shifts.length,
            ...seats,
            badge: ahead.length > 0 ? badgeOf({ ...seats, missing, maximum: Infinity }, t) : null,
          };
        }),
        ...paged(req, page, list.length, total),
      });
    }),
  );
}
