import { expect } from 'chai';
import { requireContext } from '../../../server/core/context.ts';
import { AuditModel, UnsealedModel } from '../../../server/db/audit.ts';
import { OutboxModel } from '../../../server/db/outbox.ts';
import { SealModel } from '../../../server/features/audit/seal.model.ts';
import { HoursModel } from '../../../server/features/hours/hours.model.ts';
import {
  InspectionModel,
  InspectionPieceModel,
} from '../../../server/features/inspections/inspection.model.ts';
import { ProposalModel } from '../../../server/features/proposals/proposal.model.ts';
import { RequestModel } from '../../../server/features/requests/request.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createServed } from '../../factories/hours.ts';
import { byTwo } from '../../factories/proposals.ts';
import { createMember, inTenant } from '../../factories/people.ts';
import { createPosition } from '../../factories/requests.ts';
import { nycFile, nycRow } from '../../feature/imports/samples.ts';
import { testApp } from '../../support/app.ts';
import { HOUR, signUp, told } from './arranged.ts';
import type { Arrange } from './arranged.ts';

/** Three requests from a file, on their way. @returns the import's id */
async function startImport(tenant: Tenant): Promise<string> {
  const { imports } = (await testApp()).composed.services;
  const file = nycFile([nycRow(), nycRow({ title: 'Two' }), nycRow({ title: 'Three' })]);
  return inTenant(tenant.id, async () => {
    const { actor } = requireContext();
    const checked = await imports.check(actor, {
      kind: 'opportunities',
      fileName: 'a.csv',
      bytes: Buffer.from(file),
      mapping: {},
    });
    await imports.start(actor, checked.id, checked.version);
    return checked.id;
  });
}

/** Records of twelve people that an authority asks for, agreed to by two. @returns the export's id */
async function agreedExport(tenant: Tenant): Promise<string> {
  for (let at = 0; at < 12; at += 1)
    await createServed(tenant, await createMember(tenant), { hoursAgo: 5 + 3 * at });
  const first = await (await createMember(tenant, { roles: ['officer'] })).api();
  const today = new Date(Date.now() + 8 * HOUR).toISOString().slice(0, 10);
  const wish = { from: '2024-01-01', to: today, authority: '县委社会工作部', reference: '1', reason: '抽查' };
  const agreed = await byTwo(tenant, first, '/inspections', wish);
  expect(agreed.status, agreed.text).to.equal(200);
  return String((await inTenant(tenant.id, () => InspectionModel.findOne({}).lean()))?._id);
}

/** What is sent, sealed, brought in, agreed to and handed out. */
export const records: Readonly<Record<string, Arrange>> = {
  async 'messages/deliver'(tenant) {
    const positionId = await createPosition(tenant);
    for (let made = 0; made < 3; made += 1) await signUp(await createMember(tenant), positionId);
    return {
      at: 0,
      rows: 3,
      effect: () =>
        inTenant(tenant.id, async () => (await OutboxModel.find({}).lean()).map(({ state }) => state)),
      expected: ['sent', 'sent', 'sent'],
    };
  },

  async 'audit/seal'(tenant) {
    await signUp(await createMember(tenant), await createPosition(tenant));
    return {
      at: 0,
      rows: 1,
      // Every entry is sealed once, and the chain has no gap.
      effect: () =>
        inTenant(tenant.id, async () => {
          const seals = await SealModel.find({}).sort({ batch: 1 }).lean();
          const sealed = seals.flatMap(({ entries }) => entries.map(({ id }) => String(id)));
          return [
            seals.map(({ batch }) => batch).every((batch, index) => batch === index + 1),
            sealed.length > 0 && sealed.length === new Set(sealed).size,
            (await AuditModel.countDocuments({})) - sealed.length,
            await UnsealedModel.countDocuments({}),
          ];
        }),
      expected: [true, true, 0, 0],
    };
  },

  async 'imports/apply'(tenant) {
    await startImport(tenant);
    return {
      at: 0,
      rows: 1,
      effect: () => inTenant(tenant.id, () => RequestModel.countDocuments({})),
      expected: 3,
    };
  },

  async 'proposals/lapse'(tenant) {
    const [person, coordinator, first] = await Promise.all([
      createMember(tenant),
      createMember(tenant, { roles: ['coordinator'] }),
      createMember(tenant, { roles: ['reviewer'] }),
      createMember(tenant, { roles: ['reviewer'] }),
    ]);
    const hoursId = await createServed(tenant, person);
    expect((await (await coordinator.api()).post(`/hours/${hoursId}/approve`)).status).to.equal(200);
    const proposed = await (await first.api()).post(`/hours/${hoursId}/reversal`, { reason: '录错了' });
    expect(proposed.status, proposed.text).to.equal(201);
    return {
      at: 169 * HOUR,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () => {
          const [row] = await ProposalModel.find({}).lean();
          const record = await HoursModel.findById(hoursId).lean();
          return [row?.history.map(({ to }) => to), record?.state, await told(tenant, 'proposals/decided')];
        }),
      expected: [['open', 'lapsed'], 'posted', 1],
    };
  },

  async 'inspections/make'(tenant) {
    await agreedExport(tenant);
    return {
      at: 0,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () => {
          const row = await InspectionModel.findOne({}).lean();
          const files = await InspectionPieceModel.distinct('file', {});
          return [
            row?.history.map(({ to }) => to),
            row?.sums.records,
            row?.done === row?.total,
            files.length === 1 && files[0] === row?.archive?.file,
          ];
        }),
      expected: [['running', 'ready'], 12, true, true],
    };
  },

  async 'inspections/expire'(tenant) {
    const id = await agreedExport(tenant);
    const { inspections } = (await testApp()).composed.services;
    await inTenant(tenant.id, () => inspections.workFor(id, 30_000));
    return {
      at: 15 * 24 * HOUR,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () => {
          const row = await InspectionModel.findById(id).lean();
          return [row?.history.map(({ to }) => to), await InspectionPieceModel.countDocuments({})];
        }),
      expected: [['running', 'ready', 'expired'], 0],
    };
  },

  async 'imports/undo'(tenant) {
    const id = await startImport(tenant);
    const { composed, sweep } = await testApp();
    await sweep('imports/apply');
    await inTenant(tenant.id, async () => {
      const { actor } = requireContext();
      const { version } = await composed.services.imports.show(actor, id, 'en');
      await composed.services.imports.undo(actor, id, version);
    });
    return {
      at: 0,
      rows: 1,
      effect: () => inTenant(tenant.id, () => RequestModel.countDocuments({})),
      expected: 0,
    };
  },
};
