import { expect } from 'chai';
import { CertificateBatchModel } from '../../../server/features/certificates/certificate.batch.model.ts';
import { CertificateModel } from '../../../server/features/certificates/certificate.model.ts';
import { RecognitionModel } from '../../../server/features/recognition/recognition.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createServed } from '../../factories/hours.ts';
import { createMember, inTenant } from '../../factories/people.ts';
import { as } from '../../support/actor.ts';
import { testApp } from '../../support/app.ts';
import { HOUR, told, livesOf } from './arranged.ts';
import type { Arrange } from './arranged.ts';

/** A medal for an hour of service. @returns the scheme's id */
const medal = async (tenant: Tenant): Promise<string> => {
  const { schemes } = (await testApp()).composed.services;
  const scheme = { code: 'first', kind: 'medal', nameZh: '初心', nameEn: 'First steps', level: 0 } as const;
  const rules = { hours: 1, months: 0, objectionDays: 7, effectiveFrom: '2020-01-01' };
  return inTenant(tenant.id, async () => String((await schemes.add({ ...scheme, ...rules }))._id));
};

/** Certificates, stars and medals. */
export const recognition: Readonly<Record<string, Arrange>> = {
  async 'certificates/make-batches'(tenant) {
    const desk = await createMember(tenant, { roles: ['coordinator'] });
    const people = await Promise.all(Array.from({ length: 12 }, () => createMember(tenant)));
    const api = await desk.api();
    for (const [at, person] of people.entries()) {
      const hoursId = await createServed(tenant, person, { hoursAgo: 5 + 3 * at });
      expect((await api.post(`/hours/${hoursId}/approve`)).status).to.equal(200);
    }
    expect((await api.post('/certificate-batches', { scope: 'all' })).status).to.equal(201);
    return {
      at: 0,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () => {
          const batch = await CertificateBatchModel.findOne({}).lean();
          const certificates = await CertificateModel.find({}).sort({ number: 1 }).lean();
          return [
            batch?.state,
            batch?.issued,
            certificates.length,
            Number(certificates.at(-1)?.number.split('-').at(-1)),
            certificates.every(({ pdf }) => pdf !== null),
          ];
        }),
      expected: ['done', 12, 12, 12, true],
    };
  },

  async 'recognition/find-eligible'(tenant) {
    await medal(tenant);
    const desk = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    for (const hoursAgo of [5, 9]) {
      const hoursId = await createServed(tenant, await createMember(tenant), { hoursAgo });
      expect((await desk.post(`/hours/${hoursId}/approve`)).status).to.equal(200);
    }
    await createMember(tenant);
    return {
      at: 0,
      rows: 1,
      effect: () =>
        inTenant(tenant.id, async () => [
          (await RecognitionModel.find({}).lean()).map(({ state }) => state),
          await told(tenant, 'recognition/changed'),
        ]),
      expected: [['eligible', 'eligible'], 2],
    };
  },

  async 'recognition/settle-notices'(tenant) {
    const schemeId = await medal(tenant);
    const volunteer = await createMember(tenant);
    const officer = await createMember(tenant, { roles: ['officer', 'coordinator'] });
    const reviewer = await createMember(tenant, { roles: ['reviewer'] });
    const hoursId = await createServed(tenant, volunteer);
    expect((await (await officer.api()).post(`/hours/${hoursId}/approve`)).status).to.equal(200);
    const { recognition } = (await testApp()).composed.services;
    const { _id } = await as(volunteer, (actor) => recognition.apply(actor, schemeId, true));
    await as(officer, (actor) => recognition.review(actor, String(_id), 'reviewed', 'x'));
    await as(reviewer, (actor) => recognition.publish(actor, String(_id)));
    return {
      at: 8 * 24 * HOUR + 1_000,
      rows: 1,
      effect: () => inTenant(tenant.id, () => livesOf(RecognitionModel as never, [String(_id)])),
      expected: ['eligible applied reviewed published granted'],
    };
  },
};
