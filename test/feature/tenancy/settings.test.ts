import { expect } from 'chai';
import { database } from '../../../server/db/connect.ts';
import { ObjectId } from 'mongodb';
import { createMember, createTenant } from '../../factories/people.ts';

type Settings = Record<string, unknown> & { version: number };

describe('the settings of an organisation', function () {
  this.timeout(60_000);

  it('are changed by administrators alone, once per version, and told in the audit trail', async () => {
    const tenant = await createTenant();
    const api = await (await createMember(tenant, { roles: ['administrator'] })).api();
    const before = await api.get('/settings');
    const { version, minAge } = before.json<Settings>();
    expect(minAge).to.equal(14);
    const match = { 'if-match': `"v${version}"` };
    const after = await api.patch(
      '/settings',
      { minAge: 16, reviewersDiffer: false, colour: 'green' },
      match,
    );
    expect(after.json<Settings>()).to.include({
      minAge: 16,
      reviewersDiffer: false,
      colour: 'green',
      dailyCapMinutes: 600,
      version: version + 1,
    });
    expect((await api.patch('/settings', { minAge: 18 }, match)).status).to.equal(412);
    expect((await api.patch('/settings', { minAge: 18 })).status).to.equal(428);
    const entry = await database()
      .collection('auditentries')
      .findOne({ tenantId: new ObjectId(tenant.id), action: 'tenants/settings' });
    expect(JSON.stringify(entry)).to.include('"minAge":[14,16]').and.to.not.include('dailyCapMinutes');
    for (const roles of [['coordinator', 'officer'], ['reviewer', 'auditor'], []] as const) {
      const other = await (await createMember(tenant, { roles: [...roles] })).api();
      expect((await other.get('/settings')).status, roles.join()).to.equal(403);
      expect((await other.patch('/settings', { minAge: 6 }, match)).status, roles.join()).to.equal(403);
    }
  });

  it('are refused beside their field, on the page, with what was typed', async () => {
    const tenant = await createTenant();
    const page = await (await createMember(tenant, { roles: ['administrator'] })).page();
    await page.get('/settings');
    const form = {
      nameZh: '新名',
      nameEn: 'New name',
      locale: 'zh-CN',
      colour: '',
      minAge: '3',
      offerMinutes: '1440',
      checkInEarlyMinutes: '30',
      dailyCapMinutes: '600',
      roundToMinutes: '1',
      minimumMinutes: '0',
      lateGraceMinutes: '15',
      recordedCapMinutes: '0',
      backEntryQuota: '20',
      claimDays: '10',
      yearlyHours: '20',
      yearlyActivities: '1',
      proposalHours: '168',
      inspectionDays: '14',
      _version: '1',
    };
    const refused = await page.post('/settings', form);
    expect(refused.status).to.equal(422);
    expect(refused.text).to.include('id="f-minAge-error"').and.to.include('value="新名"');
    const saved = await page.post('/settings', { ...form, minAge: '15', reviewersDiffer: 'on' });
    expect(saved.status).to.equal(303);
    expect((await page.get('/settings')).text)
      .to.include('value="15"')
      .and.to.include('新名');
  });
});
