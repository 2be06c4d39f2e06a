import { expect } from 'chai';
import { localDate, localMinutes, wallToInstant } from '../../../server/core/time.ts';
import { ShiftModel } from '../../../server/features/shifts/shift.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createMember, createTenant, createUnit, inTenant } from '../../factories/people.ts';
import { createOpening, createPosition, createShift } from '../../factories/requests.ts';
import { inDays } from '../../support/days.ts';

const NEW_YORK = 'America/New_York';
interface Copy {
  date: string;
  startsAt: string;
  clock: string;
  obstacle: string | null;
  clashes: { kind: string; shiftId: string }[];
}
interface Refusal {
  errors: { path: string; code: string }[];
}

/** The first Sunday on which New York's clocks change, with at least `after` days to plan before it. */
function nextChange(after: number): { sunday: string; before: string } {
  for (let day = after; ; day += 1) {
    const [date, next] = [inDays(day, NEW_YORK), inDays(day + 1, NEW_YORK)];
    const length = Number(midnight(next)) - Number(midnight(date));
    if (length !== 86_400_000) return { sunday: date, before: inDays(day - 7, NEW_YORK) };
  }
}
const midnight = (date: string): Date => wallToInstant({ date, minutes: 0, zone: NEW_YORK });

async function shiftAt(tenant: Tenant, zone: string, date: string, [from, to]: [number, number]) {
  return createOpening(tenant, {
    shift: {
      state: 'draft',
      startsAt: wallToInstant({ date, minutes: from, zone }),
      endsAt: wallToInstant({ date, minutes: to, zone }),
    },
  });
}
const stored = (tenant: Tenant, seriesId: string) =>
  inTenant(tenant.id, () => ShiftModel.find({ seriesId }).sort({ startsAt: 1 }).lean());

describe('POST /shifts/:id/repetitions', () => {
  it('keeps 09:00 on the wall over a change of the clocks, with positions, as one series, and only once', async () => {
    const tenant = await createTenant({ zone: NEW_YORK });
    const api = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const { before } = nextChange(10);
    const { shiftId } = await shiftAt(tenant, NEW_YORK, before, [540, 660]);
    const rule = { times: 4 };
    const preview = await api.get(`/shifts/${shiftId}/repetitions?times=4`);
    expect(preview.status, preview.text).to.equal(200);
    expect(preview.json()['count']).to.equal(3);
    const made = await api.post(`/shifts/${shiftId}/repetitions`, rule);
    expect(made.status, made.text).to.equal(201);
    const { seriesId, count } = made.json<{ seriesId: string; count: number }>();
    expect(count).to.equal(3);
    const rows = await stored(tenant, seriesId);
    expect(rows.map(({ startsAt }) => localMinutes(startsAt, NEW_YORK))).to.deep.equal([540, 540, 540, 540]);
    // The instants are not all a multiple of a day apart: the zone changed in between.
    const steps = rows.slice(1).map((row, at) => Number(row.startsAt) - Number(rows[at]?.startsAt));
    expect(new Set(steps).size).to.equal(2);
    const last = (await api.get(`/shifts/${String(rows.at(-1)?._id)}`)).json<{ positions: object[] }>();
    expect(last.positions).to.have.length(1);
    expect(last).to.deep.include({ taken: 0, state: 'draft' });
    const again = await api.post(`/shifts/${shiftId}/repetitions`, rule);
    expect(again.json()).to.include({ count: 0, seriesId });
    expect(again.json<{ left: Copy[] }>().left.map(({ obstacle }) => obstacle)).to.deep.equal([
      'exists',
      'exists',
      'exists',
    ]);
  });

  it('says which night skips or doubles the time, and makes it later by the gap, or at the first', async () => {
    const tenant = await createTenant({ zone: NEW_YORK });
    const api = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const { sunday, before } = nextChange(10);
    const spring = Number(sunday.slice(5, 7)) < 7;
    const { shiftId } = await shiftAt(tenant, NEW_YORK, before, spring ? [150, 270] : [90, 210]);
    const preview = await api.get(`/shifts/${shiftId}/repetitions?times=2`);
    const [copy] = preview.json<{ copies: Copy[] }>().copies;
    expect(copy).to.include({ date: sunday, obstacle: null, clock: spring ? 'skipped' : 'twice' });
    const shown = localMinutes(new Date(copy?.startsAt ?? ''), NEW_YORK);
    expect(shown).to.equal(spring ? 210 : 90);
  });

  it('previews on the page, leaves the ticked dates out, publishes, and refuses rules that make no sense', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant, { roles: ['coordinator'] });
    const [page, api] = [await member.page(), await member.api()];
    const date = inDays(7);
    const { shiftId } = await shiftAt(tenant, 'Asia/Shanghai', date, [540, 660]);
    for (const locale of ['zh-CN', 'en']) {
      const shown = await page.get(`/shifts/${shiftId}/repetitions?lang=${locale}`);
      expect(shown.status, shown.text.slice(0, 500)).to.equal(200);
      expect(shown.text).to.include(`value="${inDays(14)}"`);
    }
    const bare = await page.get(`/shifts/${shiftId}/repetitions?everyWeeks=1&times=3&until=${inDays(20)}`);
    expect(bare.status).to.equal(422);
    expect(bare.text).to.include('id="f-until-error"');
    const made = await page.post(`/shifts/${shiftId}/repetitions`, {
      everyWeeks: '1',
      times: '4',
      until: '',
      except: inDays(14),
      publish: 'true',
    });
    expect(made.status, made.text.slice(0, 800)).to.equal(303);
    const shift = (await api.get(`/shifts/${shiftId}`)).json<{
      seriesId: string;
      series: { following: number };
    }>();
    expect(shift.series.following).to.equal(2);
    const rows = await stored(tenant, shift.seriesId);
    expect(rows.map(({ state }) => state)).to.deep.equal(['draft', 'published', 'published']);
    expect(rows.map(({ startsAt }) => localDate(startsAt, 'Asia/Shanghai'))).to.deep.equal([
      date,
      inDays(21),
      inDays(28),
    ]);
    for (const locale of ['zh-CN', 'en']) {
      const shown = await page.get(`/shifts/${shiftId}?lang=${locale}`);
      expect(shown.status, shown.text.slice(0, 500)).to.equal(200);
      expect(shown.text).to.include(shift.seriesId);
    }
    expect((await page.get(`/shifts?seriesId=${shift.seriesId}`)).status).to.equal(200);
    const officer = await (await createMember(tenant, { roles: ['officer'] })).api();
    expect((await officer.post(`/shifts/${shiftId}/repetitions`, { times: 2 })).status).to.equal(403);
  });

  it('makes each date once when two repeat it at the same moment, and 120 published shifts in one go', async () => {
    const tenant = await createTenant();
    const api = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const { shiftId } = await shiftAt(tenant, 'Asia/Shanghai', inDays(7), [540, 660]);
    const both = await Promise.all(
      [1, 2].map(() => api.post(`/shifts/${shiftId}/repetitions`, { times: 5 })),
    );
    expect(both.map(({ status }) => status)).to.deep.equal([201, 201]);
    const made = both.map((answer) => answer.json<{ seriesId: string; count: number }>());
    expect(made.map(({ count }) => count).sort()).to.deep.equal([0, 4]);
    expect(new Set(made.map(({ seriesId }) => seriesId)).size).to.equal(1);
    expect(await stored(tenant, made[0]?.seriesId ?? '')).to.have.length(5);
    const daily = await shiftAt(tenant, 'Asia/Shanghai', inDays(7), [720, 780]);
    const weekdays = [1, 2, 3, 4, 5, 6, 7];
    const many = await api.post(`/shifts/${daily.shiftId}/repetitions`, {
      weekdays,
      times: 121,
      publish: true,
    });
    expect(many.status, many.text.slice(0, 300)).to.equal(201);
    expect(many.json()).to.include({ count: 120 });
  });

  it('is made whole or not at all: a gap that stops publishing leaves no copy behind', async () => {
    const tenant = await createTenant();
    const api = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const { shiftId } = await createOpening(tenant, {
      request: { risks: '', state: 'draft' },
      shift: { state: 'draft' },
    });
    const refused = await api.post(`/shifts/${shiftId}/repetitions`, { times: 3, publish: true });
    expect(refused.status).to.equal(422);
    expect((await api.get(`/shifts/${shiftId}`)).json()['seriesId']).to.equal(null);
    expect((await api.post(`/shifts/${shiftId}/repetitions`, { times: 3 })).json()['count']).to.equal(2);
  });
});

describe('an edit of this and the following', () => {
  async function series(tenant: Tenant) {
    const member = await createMember(tenant, { roles: ['coordinator'] });
    const [api, page] = [await member.api(), await member.page()];
    const { shiftId } = await shiftAt(tenant, 'Asia/Shanghai', inDays(7), [540, 660]);
    const made = await api.post(`/shifts/${shiftId}/repetitions`, { times: 4, publish: true });
    expect(made.status, made.text).to.equal(201);
    const { shiftIds, seriesId } = made.json<{ shiftIds: [string, string, string]; seriesId: string }>();
    return { api, page, shiftId, shiftIds, seriesId };
  }
  const wall = (startsAt: Date) => [
    localDate(startsAt, 'Asia/Shanghai'),
    localMinutes(startsAt, 'Asia/Shanghai'),
  ];

  it('changes those from here on by what changes here, and leaves what they differ in', async () => {
    const tenant = await createTenant();
    const { api, page, shiftIds, seriesId } = await series(tenant);
    const [second, third] = shiftIds;
    expect(
      (await api.patch(`/shifts/${third}`, { leaderName: '王芳' }, { 'if-match': '"v2"' })).status,
    ).to.equal(200);
    const edit = await api.patch(
      `/shifts/${second}`,
      { startTime: '10:00', endTime: '12:00', breakMinutes: 15, scope: 'following' },
      { 'if-match': '"v2"' },
    );
    expect(edit.status, edit.text).to.equal(200);
    const rows = await stored(tenant, seriesId);
    expect(rows.map(({ startsAt }) => wall(startsAt)[1])).to.deep.equal([540, 600, 600, 600]);
    expect(rows.map(({ breakMinutes }) => breakMinutes)).to.deep.equal([0, 15, 15, 15]);
    expect(rows[2]?.leaderName).to.equal('王芳');
    const one = await api.patch(
      `/shifts/${second}`,
      { date: inDays(15), startTime: '10:00', endTime: '12:00' },
      { 'if-match': '"v3"' },
    );
    expect(one.status, one.text).to.equal(200);
    expect((await stored(tenant, seriesId)).map(({ startsAt }) => wall(startsAt)[0])).to.deep.equal([
      inDays(7),
      inDays(15),
      inDays(21),
      inDays(28),
    ]);
    expect((await page.get(`/shifts/${second}/edit?lang=en`)).text).to.include('This and 2 after it');
  });

  it('moves people of every one along, a week forward, only when they are told', async () => {
    const tenant = await createTenant();
    const { api, shiftId, shiftIds, seriesId } = await series(tenant);
    const volunteer = await (await createMember(tenant)).api();
    for (const id of shiftIds) {
      const { positions } = (await api.get(`/shifts/${id}`)).json<{ positions: [{ id: string }] }>();
      expect((await volunteer.post(`/positions/${positions[0].id}/assignments`)).status).to.equal(201);
    }
    const move = (tellPeople: boolean) =>
      api.patch(
        `/shifts/${shiftIds[0]}`,
        { date: inDays(21), tellPeople, scope: 'following' },
        { 'if-match': '"v2"' },
      );
    const silent = await move(false);
    expect(silent.json<Refusal>().errors[0]).to.include({ path: 'tellPeople', code: 'people-must-be-told' });
    const told = await move(true);
    expect(told.status, told.text).to.equal(200);
    expect((await stored(tenant, seriesId)).map(({ startsAt }) => wall(startsAt)[0])).to.deep.equal(
      [7, 21, 28, 35].map((days) => inDays(days)),
    );
    const cancel = await api.post(`/shifts/${shiftId}/cancellation`, { reason: '停电', scope: 'following' });
    expect(cancel.status, cancel.text).to.equal(200);
    expect(new Set((await stored(tenant, seriesId)).map(({ state }) => state))).to.deep.equal(
      new Set(['cancelled']),
    );
  });
});

describe('POST /day-copies', () => {
  it('copies the day of a request, names clashes, and makes nothing twice', async () => {
    const tenant = await createTenant();
    const member = await createMember(tenant, { roles: ['coordinator'] });
    const [page, api] = [await member.page(), await member.api()];
    const [from, to] = [inDays(7), inDays(8)];
    const morning = await shiftAt(tenant, 'Asia/Shanghai', from, [540, 660]);
    const at = (date: string, minutes: number) => wallToInstant({ date, minutes, zone: 'Asia/Shanghai' });
    const { requestId } = morning;
    const noon = await createShift(tenant, { requestId, startsAt: at(from, 780), endsAt: at(from, 900) });
    await createPosition(tenant, { shiftId: noon, taken: 2 });
    const inTheWay = await createShift(tenant, { requestId, startsAt: at(to, 600), endsAt: at(to, 720) });
    const query = `requestId=${requestId}&from=${from}&to=${to}`;
    const preview = (await api.get(`/day-copies?${query}`)).json<{ count: number; copies: Copy[] }>();
    expect(preview.count).to.equal(2);
    expect(preview.copies[0]?.clashes).to.have.length(1);
    expect(preview.copies[0]?.clashes[0]).to.include({ kind: 'same-request', shiftId: inTheWay });
    for (const locale of ['zh-CN', 'en']) {
      const shown = await page.get(`/day-copies?${query}&lang=${locale}`);
      expect(shown.status, shown.text.slice(0, 500)).to.equal(200);
      expect(shown.text).to.include(`/shifts/${inTheWay}`);
    }
    const made = await page.post('/day-copies', { requestId, from, to, except: morning.shiftId });
    expect(made.status, made.text.slice(0, 800)).to.equal(303);
    const again = await api.post('/day-copies', { requestId, from, to });
    expect(again.status, again.text).to.equal(201);
    const { count, shiftIds, left } = again.json<{ count: number; shiftIds: string[]; left: Copy[] }>();
    expect([count, left.map(({ obstacle }) => obstacle)]).to.deep.equal([1, ['exists']]);
    expect((await api.get(`/shifts/${shiftIds[0]}`)).json()).to.include({ taken: 0, state: 'draft' });
  });

  it('copies the day of a unit and those below it, within reach only', async () => {
    const tenant = await createTenant();
    const [mine, other] = [await createUnit(tenant), await createUnit(tenant)];
    const below = await createUnit(tenant, { parentId: mine });
    const [from, to] = [inDays(7), inDays(9)];
    const startsAt = wallToInstant({ date: from, minutes: 540, zone: 'Asia/Shanghai' });
    for (const unitId of [mine, below, other])
      await createOpening(tenant, { request: { unitId }, shift: { startsAt } });
    const member = await createMember(tenant, { roles: ['coordinator'], unitId: mine });
    const api = await member.api();
    const made = await api.post('/day-copies', { unitId: mine, from, to, publish: true });
    expect(made.status, made.text).to.equal(201);
    expect(made.json()['count']).to.equal(2);
    expect((await api.post('/day-copies', { unitId: tenant.rootUnitId, from, to })).json()['count']).to.equal(
      0,
    );
    const page = await member.page();
    expect((await page.get('/day-copies')).status).to.equal(200);
    expect((await page.get(`/day-copies?unitId=${mine}&from=${from}&to=${from}`)).status).to.equal(422);
    // Two at the same moment make it once.
    const copiesAtOnce = await Promise.all(
      [1, 2].map(() => api.post('/day-copies', { unitId: below, from, to: inDays(12) })),
    );
    expect(copiesAtOnce.map((answer) => answer.json()['count']).sort()).to.deep.equal([0, 1]);
    const both = await api.post('/day-copies', { from, to });
    expect(both.json<Refusal>().errors[0]).to.include({ code: 'request-or-unit' });
    expect((await api.get(`/day-copies?unitId=${mine}&from=${from}`)).status).to.equal(422);
  });
});
