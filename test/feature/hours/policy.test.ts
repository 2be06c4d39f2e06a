import { expect } from 'chai';
import { acrossTenants } from '../../../server/core/context.ts';
import { HoursModel } from '../../../server/features/hours/hours.model.ts';
import { runChecks } from '../../../server/verify/index.ts';
import { createServed } from '../../factories/hours.ts';
import { asOperator, createMember, createTenant, inTenant } from '../../factories/people.ts';
import { testApp } from '../../support/app.ts';

interface Shown {
  recordedMinutes: number;
  notes: string[];
  policyVersion: string;
}
const HOUR = 3_600_000;

describe('how an organisation counts minutes', function () {
  this.timeout(60_000);

  it('is what its administrator sets, from then on, with the inputs kept beside each result (R-1.9)', async () => {
    const tenant = await createTenant();
    const volunteer = await createMember(tenant);
    const own = await volunteer.api();
    const admin = await (await createMember(tenant, { roles: ['administrator'] })).api();
    // Nine in the morning of the day before yesterday, in the tenant's zone.
    const morning = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000 - 2 * 86_400_000 + HOUR);
    const served = async (after: number, minutes = 120): Promise<Shown & { id: string }> => {
      const startsAt = new Date(morning.getTime() + after * HOUR);
      const id = await createServed(tenant, volunteer, {
        startsAt,
        endsAt: new Date(startsAt.getTime() + 2 * HOUR),
        leftAt: new Date(startsAt.getTime() + minutes * 60_000),
      });
      return { ...(await own.get(`/hours/${id}`)).json<Shown>(), id };
    };
    const before = await served(0, 119);
    expect(before).to.deep.include({ recordedMinutes: 119 });
    const { version } = (await admin.get('/settings')).json<{ version: number }>();
    const policy = { roundToMinutes: 30, minimumMinutes: 60, lateGraceMinutes: 0, recordedCapMinutes: 240 };
    const saved = await admin.patch('/settings', policy, { 'if-match': `"v${version}"` });
    expect(saved.status, saved.text).to.equal(200);
    expect(saved.json()).to.deep.include(policy);
    expect(await served(3, 50)).to.deep.include({ recordedMinutes: 0 });
    expect(await served(6, 119)).to.deep.include({ recordedMinutes: 90 });
    // 119 and 90 of 240 are gone.
    const last = await served(9);
    expect(last.recordedMinutes).to.equal(31);
    expect(last.notes).to.include('day-cap');
    expect((await own.get(`/hours/${before.id}`)).json()).to.deep.include({ recordedMinutes: 119 });
    const kept = await inTenant(tenant.id, () => HoursModel.findById(last.id).lean());
    expect(kept?.inputs).to.deep.include({ dayCapMinutes: 240, dayMinutes: 209, minimumMinutes: 60 });
    const checks = (await testApp()).composed.invariants.filter(
      ({ name }) => name === 'hours/minutes-follow-evidence',
    );
    const { checks: results } = await asOperator(() => acrossTenants('test', () => runChecks(checks)));
    const samples = results.flatMap(({ samples: found }) => found).join();
    expect(samples).to.not.include(last.id).and.to.not.include(before.id);
    for (const language of ['zh-CN', 'en'])
      expect((await (await volunteer.page()).get(`/hours/${last.id}?lang=${language}`)).status).to.equal(200);
  });
});
