import { expect } from 'chai';
import { MembershipModel } from '../../../server/features/memberships/membership.model.ts';
import { createServed, storedHours } from '../../factories/hours.ts';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';

/** The end of a shift that nobody checked out of. */
const forgotten = { left: 'automatic' } as const;
const utc = (text: string): Date => new Date(`2026-${text}:00Z`);

describe('hours where the clocks change and days meet (F-31)', function () {
  this.timeout(60_000);

  it('are as long as they were, on the day on which they began, and no minute is counted twice', async () => {
    const tenant = await createTenant({ zone: 'Europe/Berlin' });
    const [volunteer, night] = [await createMember(tenant), await createMember(tenant)];
    const desk = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    await inTenant(tenant.id, () =>
      MembershipModel.updateMany({ state: 'approved' }, { $set: { createdAt: utc('01-01T00:00') } }),
    );
    const api = await volunteer.api();
    const log = async (date: string, startTime: string, endTime: string) =>
      (await api.post('/hours', { name: '守夜', date, startTime, endTime, witness: '张三' })).json<{
        recordedMinutes: number;
        activity: { startsAt: string; endsAt: string };
      }>();
    // 29 March: from two straight to three; 25 October: two o'clock comes twice.
    expect((await log('2026-03-28', '22:00', '06:00')).recordedMinutes).to.equal(7 * 60);
    expect((await log('2026-10-24', '22:00', '06:00')).recordedMinutes).to.equal(9 * 60);
    // Until midnight, and from midnight: they touch, and both count.
    const [before, after] = [
      await log('2026-11-20', '22:00', '00:00'),
      await log('2026-11-21', '00:00', '01:30'),
    ];
    expect([before.recordedMinutes, after.recordedMinutes]).to.deep.equal([120, 90]);
    expect(before.activity.endsAt).to.equal(after.activity.startsAt);
    const overlapping = await api.post('/hours', {
      name: '守夜',
      date: '2026-11-20',
      startTime: '23:59',
      endTime: '00:01',
      witness: '张三',
    });
    expect(overlapping.status).to.equal(422);
    // The night of 24 October as a shift, its check-out forgotten; the next begins at its very end.
    const shift = { startsAt: utc('10-24T20:00'), endsAt: utc('10-25T05:00'), cameAt: utc('10-24T19:55') };
    const ids = [
      await createServed(tenant, night, { ...shift, ...forgotten, leftAt: shift.endsAt }),
      await createServed(tenant, night, {
        startsAt: shift.endsAt,
        endsAt: utc('10-25T07:00'),
        cameAt: utc('10-25T04:50'),
        leftAt: utc('10-25T07:00'),
      }),
    ];
    const rows = await Promise.all(ids.map((id) => storedHours(tenant, id)));
    expect(rows.map(({ recordedMinutes, grade }) => [recordedMinutes, grade])).to.deep.equal([
      [540, 'roster'],
      [120, 'device'],
    ]);
    await desk.post('/hours/approvals', { ids });
    const entries = (await (await night.api()).get('/hours/entries')).json<{
      data: { minutes: number; serviceDate: string }[];
    }>().data;
    expect(entries.map(({ minutes, serviceDate }) => `${serviceDate} ${minutes}`).sort()).to.deep.equal([
      '2026-10-24 540',
      '2026-10-25 120',
    ]);
  });
});
