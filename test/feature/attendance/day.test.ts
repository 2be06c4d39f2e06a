import { expect } from 'chai';
import { addDays, localDate, startOfDay } from '../../../server/core/time.ts';
import { createMember, createTenant, createUnit } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createPosition, createShift } from '../../factories/requests.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import type { ApiAgent } from '../../support/agent.ts';
import { atOffset } from '../../support/app.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ZONE = 'Asia/Shanghai';

interface Board {
  day: string;
  data: {
    id: string;
    title: string;
    heads: Record<string, number>;
    people: { id: string; name: string; presence: string; checkedInAt: string | null }[];
  }[];
  nextCursor: string | null;
}

describe('the board of a day', function () {
  this.timeout(60_000);

  const board = async (api: ApiAgent, query = ''): Promise<Board> => {
    const answer = await api.get(`/attendance${query}`);
    expect(answer.status, answer.text).to.equal(200);
    return answer.json<Board>();
  };
  const shiftAt = (tenant: Tenant, startsAt: Date, hours = 1, more: object = {}): Promise<string> =>
    createShift(tenant, { startsAt, endsAt: new Date(startsAt.getTime() + hours * HOUR), ...more });
  async function seat(
    tenant: Tenant,
    shiftId: string,
    name: string,
  ): Promise<{ member: Member; id: string }> {
    const member = await createMember(tenant, { person: { name } });
    const positionId = await createPosition(tenant, { shiftId });
    const answer = await (await member.api()).post(`/positions/${positionId}/assignments`);
    expect(answer.status, answer.text).to.equal(201);
    return { member, id: answer.json<{ id: string }>().id };
  }
  /** Tomorrow at that local hour: nothing of it has begun, and all of it is one day. */
  const tomorrow = addDays(localDate(new Date(), ZONE), 1);
  const at = (hour: number): Date => new Date(startOfDay(tomorrow, ZONE).getTime() + hour * HOUR);
  const until = (instant: Date): number => instant.getTime() - Date.now();

  it('shows all shifts of the day in order, and how everybody stands to theirs', async () => {
    const tenant = await createTenant();
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const desk = await coordinator.api();
    const [second, first, draft] = [
      await shiftAt(tenant, at(14)),
      await shiftAt(tenant, at(9), 2),
      await shiftAt(tenant, at(10), 1, { state: 'draft' }),
    ];
    const people = [
      await seat(tenant, first, '甲来了'),
      await seat(tenant, first, '乙走了'),
      await seat(tenant, first, '丙没来'),
      await seat(tenant, first, '丁请假'),
      await seat(tenant, first, '戊还没到'),
    ];
    await seat(tenant, second, '己下午来');
    const mark = async (index: number, what: string): Promise<void> => {
      const answer = await desk.post(`/assignments/${people[index]?.id}/attendance`, { mark: what });
      expect(answer.status, answer.text).to.equal(200);
    };
    expect((await board(desk)).data).to.deep.equal([]);
    const before = await board(desk, `?day=${tomorrow}`);
    expect(before.data.map(({ id }) => id)).to.deep.equal([first, second]);
    expect(before.data.map(({ id }) => id)).to.not.include(draft);
    expect(before.data[0]?.heads).to.deep.include({ expected: 5, late: 0, here: 0 });
    await atOffset(until(at(9.5)), async () => {
      await mark(0, 'check-in');
      await mark(1, 'check-in');
      await mark(1, 'check-out');
      await mark(2, 'no-show');
      await mark(3, 'excused');
      // Without a day it is today's.
      const now = await board(desk);
      expect(now.day).to.equal(tomorrow);
      const [morning, afternoon] = now.data;
      expect(morning?.heads).to.deep.equal({
        ...{ late: 1, here: 1, expected: 0, left: 1, 'not-come': 1, excused: 1 },
      });
      expect(morning?.people.map(({ name, presence }) => [name, presence])).to.deep.equal([
        ['戊还没到', 'late'],
        ['甲来了', 'here'],
        ['乙走了', 'left'],
        ['丙没来', 'not-come'],
        ['丁请假', 'excused'],
      ]);
      expect(morning?.people[1]?.checkedInAt).to.be.a('string');
      expect(afternoon?.people.map(({ name, presence }) => [name, presence])).to.deep.equal([
        ['己下午来', 'expected'],
      ]);
      const page = await coordinator.page();
      for (const [language, word] of [
        ['zh-CN', '逾时未到 1'],
        ['en', 'Not here yet 1'],
      ] as const) {
        const { text } = await page.get(`/attendance?lang=${language}`);
        expect(text).to.include(word).and.include('戊还没到').and.include(`/shifts/${first}/attendance`);
      }
      expect((await page.get(`/attendance?lang=zh-CN&day=${addDays(tomorrow, 5)}`)).text).to.include(
        '当日没有班次',
      );
      expect((await page.get('/shifts')).text).to.include('href="/attendance"');
      expect((await page.get('/')).text).to.include('href="/attendance"');
    });
  });

  it('shows a night’s shift on both of its days, and nothing of the days around', async () => {
    const tenant = await createTenant();
    const desk = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const night = await shiftAt(tenant, at(22), 8);
    const untilMidnight = await shiftAt(tenant, at(20), 4);
    const onDay = async (day: string): Promise<string[]> =>
      (await board(desk, `?day=${day}`)).data.map(({ id }) => id);
    expect(await onDay(addDays(tomorrow, -1))).to.deep.equal([]);
    expect(await onDay(tomorrow)).to.deep.equal([untilMidnight, night]);
    expect(await onDay(addDays(tomorrow, 1))).to.deep.equal([night]);
    expect(await onDay(addDays(tomorrow, 2))).to.deep.equal([]);
  });

  it('names people only to who runs their shift, and can be narrowed to a unit', async () => {
    const tenant = await createTenant();
    const unitId = await createUnit(tenant);
    const below = await createUnit(tenant, { parentId: unitId });
    const [here, elsewhere] = [
      await shiftAt(tenant, at(9), 1, { unitId: below }),
      await shiftAt(tenant, at(10)),
    ];
    await seat(tenant, here, '里面的人');
    await seat(tenant, elsewhere, '外面的人');
    const day = `?day=${tomorrow}`;
    const own = await (await createMember(tenant, { roles: ['coordinator'], unitId })).api();
    const whole = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const namesFor = async (api: ApiAgent, query = day): Promise<string[]> =>
      (await board(api, query)).data.flatMap(({ people }) => people.map(({ name }) => name));
    expect(await namesFor(own)).to.deep.equal(['里面的人']);
    expect(await namesFor(whole)).to.deep.equal(['里面的人', '外面的人']);
    expect(await namesFor(whole, `${day}&unitId=${unitId}`)).to.deep.equal(['里面的人']);
    expect(await namesFor(own, `${day}&unitId=${tenant.rootUnitId}`)).to.deep.equal(['里面的人']);
    for (const role of ['officer', 'auditor', 'reviewer', 'administrator'] as const) {
      const api = await (await createMember(tenant, { roles: [role] })).api();
      expect((await api.get(`/attendance${day}`)).status, role).to.equal(403);
    }
    const volunteer = await createMember(tenant);
    expect((await (await volunteer.api()).get(`/attendance${day}`)).status).to.equal(403);
    expect((await (await volunteer.page()).get('/attendance')).status).to.equal(403);
    const stranger = await (await createMember(await createTenant(), { roles: ['coordinator'] })).api();
    expect(await namesFor(stranger)).to.deep.equal([]);
    for (const bad of ['?day=yesterday', '?day=2026-02-30', '?unitId=x'])
      expect((await whole.get(`/attendance${bad}`)).status, bad).to.be.within(400, 422);
  });

  it('goes on page by page, and leaves more names than fit to the shift’s own list', async () => {
    const tenant = await createTenant();
    const desk = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const ids: string[] = [];
    // Two of them begin at the same instant.
    for (const hour of [8, 8, 11]) ids.push(await shiftAt(tenant, at(hour)));
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await board(desk, `?day=${tomorrow}&limit=1${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor ?? '';
    } while (cursor);
    expect(seen.toSorted()).to.deep.equal(ids.toSorted());
    expect(seen[2]).to.equal(ids[2]);
    const crowd = ids[2] as string;
    const positionId = await createPosition(tenant, { shiftId: crowd, maximum: 60 });
    await Promise.all(
      Array.from({ length: 45 }, async () => {
        const member = await createMember(tenant);
        await (await member.api()).post(`/positions/${positionId}/assignments`);
      }),
    );
    const full = (await board(desk, `?day=${tomorrow}`)).data.find(({ id }) => id === crowd);
    expect([full?.heads['expected'], full?.people.length]).to.deep.equal([45, 40]);
    const page = await (await createMember(tenant, { roles: ['coordinator'] })).page();
    expect((await page.get(`/attendance?day=${tomorrow}&lang=en`)).text).to.include('And 5 more');
  });
});
