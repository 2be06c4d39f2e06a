import { expect } from 'chai';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';
import { createOpening } from '../../factories/requests.ts';
import { testApp } from '../../support/app.ts';
import { inDays } from '../../support/days.ts';

interface Refusal {
  errors: { path: string; code: string }[];
}

describe('a shift that moves', () => {
  it('takes its people along, tells them, and never moves one into a second shift', async () => {
    const tenant = await createTenant();
    const coordinator = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const volunteer = await (await createMember(tenant)).api();
    const moving = await createOpening(tenant);
    const other = await createOpening(tenant, {
      shift: {
        startsAt: new Date(`${inDays(6)}T01:00:00Z`),
        endsAt: new Date(`${inDays(6)}T03:00:00Z`),
      },
    });
    const signUp = await volunteer.post(`/positions/${moving.positionId}/assignments`);
    expect(signUp.status, signUp.text).to.equal(201);
    expect((await volunteer.post(`/positions/${other.positionId}/assignments`)).status).to.equal(201);
    const move = (date: string) =>
      coordinator.patch(
        `/shifts/${moving.shiftId}`,
        { date, startTime: '10:00', endTime: '12:00', tellPeople: true },
        { 'if-match': '"v1"' },
      );
    // 10:00 to 12:00 in Shanghai cuts into 09:00 to 11:00 of the other shift.
    const clash = await move(inDays(6));
    expect(clash.status, clash.text).to.equal(422);
    expect(clash.json<Refusal>().errors[0]).to.include({ path: 'date', code: 'people-busy-then' });
    const moved = await move(inDays(7));
    expect(moved.status, moved.text).to.equal(200);
    const { id } = signUp.json<{ id: string }>();
    const own = (await volunteer.get(`/assignments/${id}`)).json();
    expect(JSON.stringify(own)).to.include(`${inDays(7)}T02:00:00.000Z`);
    await (await testApp()).sweep('messages/deliver');
    const mail = await inTenant(tenant.id, () =>
      OutboxModel.find({ kind: 'assignments/moved', subjectId: id }).lean(),
    );
    expect(mail.map(({ state }) => state)).to.deep.equal(['sent']);
    // The old time is free again: a shift there can be taken.
    const again = await createOpening(tenant);
    expect((await volunteer.post(`/positions/${again.positionId}/assignments`)).status).to.equal(201);
  });
});
