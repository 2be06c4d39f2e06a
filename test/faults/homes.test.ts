import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { Types } from 'mongoose';
import { up } from '../../server/db/migrations/20261127-0750-homes-of-who-asked.ts';
import { RequestModel } from '../../server/features/requests/request.model.ts';
import { ShiftModel } from '../../server/features/shifts/shift.model.ts';
import { createTenant, inTenant } from '../factories/people.ts';
import { createOpening } from '../factories/requests.ts';
import { ApiAgent } from '../support/agent.ts';
import { freshTestApp, stopTestApp } from '../support/app.ts';

/** Requests of residents told everybody the exact place before homes were marked. */
describe('homes of residents who asked before homes were marked', function () {
  this.timeout(120_000);
  let migrateUri: string;
  before(async () => {
    ({ migrateUri } = await freshTestApp());
  });
  after(stopTestApp);

  const place = {
    label: '桐君街道',
    address: '梧桐弄七号',
    point: { type: 'Point', coordinates: [119.69173, 29.79641] },
  };
  const migrated = async (): Promise<void> => {
    const client = await new MongoClient(migrateUri).connect();
    try {
      await up(client.db());
    } finally {
      await client.close();
    }
  };

  it('are told roughly after the migration, their shifts too; what the desk entered stays as it was', async () => {
    const tenant = await createTenant();
    const [asked, entered] = [
      await createOpening(tenant, { request: { title: '陪诊', place: place as never } }),
      await createOpening(tenant, { request: { title: '搬书', place: place as never } }),
    ];
    await inTenant(tenant.id, () =>
      RequestModel.updateOne({ _id: new Types.ObjectId(asked.requestId) }, {
        $set: { 'history.0.reason': 'asked-by-resident' },
      } as never),
    );
    // Twice: it may be run again.
    await migrated();
    await migrated();
    const home = {
      ...place,
      atHome: true,
      door: place.point,
      point: { type: 'Point', coordinates: [119.69, 29.8] },
    };
    await inTenant(tenant.id, async () => {
      expect((await RequestModel.findById(asked.requestId).lean())?.place).to.deep.equal(home);
      expect((await ShiftModel.findById(asked.shiftId).lean())?.place).to.deep.equal(home);
      expect((await RequestModel.findById(entered.requestId).lean())?.place).to.deep.equal(place);
      expect((await ShiftModel.findById(entered.shiftId).lean())?.place).to.deep.equal(place);
    });
    const told = async (id: string): Promise<string> =>
      (await new ApiAgent().get(`/t/${tenant.slug}/opportunities/${id}`)).text;
    expect(await told(asked.shiftId))
      .to.not.include('119.6917')
      .and.not.include('梧桐弄');
    expect(await told(entered.shiftId)).to.include('119.6917');
  });
});
