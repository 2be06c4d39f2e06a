import { expect } from 'chai';
import sharp from 'sharp';
import type { Role } from '../../../server/core/permissions.ts';
import { PersonModel } from '../../../server/features/people/person.model.ts';
import type { PersonRow } from '../../../server/features/people/person.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { createServed } from '../../factories/hours.ts';
import { createMember, createTenant, createUnit, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createPlan } from '../../factories/plans.ts';
import { createOpening } from '../../factories/requests.ts';
import { createSession } from '../../factories/training.ts';
import { createTrainingPlan } from '../../factories/training-plans.ts';
import { nycFile, nycRow } from '../imports/samples.ts';
import { testApp } from '../../support/app.ts';
import { recognised, banked, reported, proposed, inspected, upload, objected } from './place.rows.ts';

/** One row of every kind in one tenant, each with a word in it that nobody elsewhere may ever read. */
export interface Place {
  readonly tenant: Tenant;
  readonly word: string;
  readonly coordinator: Member;
  readonly volunteer: Member;
  /** Ids by the kind of row. */
  readonly ids: Readonly<Record<string, string>>;
}

export async function createPlace(
  word: string,
  kinds: readonly Role[] = [],
  person: Partial<PersonRow> = {},
): Promise<Place> {
  const tenant = await createTenant();
  const coordinator = await createMember(tenant, {
    roles: ['coordinator', ...kinds],
    person: { name: `组织者${word}` },
  });
  const volunteer = await createMember(tenant, { person: { name: `志愿者${word}`, ...person } });
  const api = await coordinator.api();
  const own = await volunteer.api();
  const unitId = await createUnit(tenant, { name: `小组${word}` });
  const opening = await createOpening(tenant, {
    request: {
      title: `服务${word}`,
      description: `说明${word}`,
      contactName: `联系${word}`,
      place: {
        label: `地点${word}`,
        address: `地址${word}`,
        point: { type: 'Point', coordinates: [119.69, 29.79] },
      } as never,
    },
  });
  const made = async (answer: Promise<{ status: number; text: string; json<T>(): T }>): Promise<string> => {
    const { status, text, json } = await answer;
    expect(status, text).to.be.within(200, 201);
    return json<{ id: string }>().id;
  };
  const assignmentId = await made(
    own.post(`/positions/${opening.positionId}/assignments`, { note: `备注${word}` }),
  );
  const hoursId = await createServed(tenant, volunteer, { title: `往日${word}` });
  expect((await api.post(`/hours/${hoursId}/approve`)).status).to.equal(200);
  const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  const [due] = (await api.get('/appraisals/desk')).json<{ data: { id: string; shiftId: string }[] }>().data;
  const appraisalId = due?.id ?? '';
  const said = await api.post(`/shifts/${due?.shiftId}/appraisals`, {
    quality: 'good',
    rows: [{ id: appraisalId, note: `评语${word}` }],
  });
  expect(said.status, said.text).to.equal(201);
  const hoursClaimId = await made(
    own.post(`/hours/${hoursId}/claims`, { wrong: 'not-served', text: `异议${word}` }),
  );
  const certificateId = await made(
    own.post('/certificates', { from: `${Number(today.slice(0, 4)) - 1}-01-01`, to: today }),
  );
  const batchId = await made(api.post('/certificate-batches', { scope: 'all', unitId: tenant.rootUnitId }));
  const { certificateBatches } = (await testApp()).composed.services;
  await inTenant(tenant.id, () => certificateBatches.workFor(batchId, 5_000));
  const { schemeId, recognitionId } = await recognised(tenant, volunteer);
  const { kinshipId, redemptionId, transferId } = await banked(tenant, volunteer, word);
  const credentialId = await made(
    own.post('/credentials', {
      level: 'assistant',
      number: `C${volunteer.personId.slice(-8)}`,
      issuer: `发证${word}`,
      issuedOn: '2025-01-10',
      validFrom: '2025-02-01',
    }),
  );
  const creditId = await made(
    own.post('/credits', {
      title: `培训${word}`,
      host: `举办${word}`,
      activity: 'training',
      dimension: 'law',
      date: '2025-06-10',
      hours: 6,
      evidence: ['passCertificate'],
    }),
  );
  const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } })
    .png()
    .toBuffer();
  const scanId = await upload(own.token, `/credentials/${credentialId}/scans`, 'scan.png', picture);
  const evidenceId = await upload(own.token, `/hours/claims/${hoursClaimId}/evidence`, 'scan.png', picture);
  const awardId = await made(
    own.post('/awards', {
      origin: 'other',
      name: `奖励${word}`,
      awardedOn: '2025-03-05',
      awardedBy: `授奖${word}`,
      text: `说明${word}`,
    }),
  );
  const awardEvidenceId = await upload(own.token, `/awards/${awardId}/evidence`, 'scan.png', picture);
  const pictureId = await upload(own.token, `/credits/${creditId}/scans`, 'scan.png', picture);
  // The paper says how old the volunteer is; whoever wants another age has none.
  // A minor until the end of this year: old enough for every position.
  const birthDate = `${Number(today.slice(0, 4)) - 17}-01-01`;
  // No paper makes a minor of who is known to be of age.
  if (!person.birthDate) await PersonModel.updateOne({ _id: volunteer.personId }, { $set: { birthDate } });
  const paper = person.birthDate
    ? null
    : await upload(
        api.token,
        `/memberships/${volunteer.membershipId}/guardian-consent`,
        'paper.png',
        picture,
        {
          birthDate,
          guardianName: `监护${word}`,
          relation: 'mother',
        },
      );
  const file = nycFile([nycRow({ title: `进口${word}`, vol_requests: `many ${word}` }), nycRow()]);
  const importId = await upload(api.token, '/imports', `${word}.csv`, Buffer.from(file));
  const importMappingId = await made(
    api.post(`/imports/${importId}/saved-mappings`, { name: `对应${word}` }),
  );
  const templateId = await made(api.post(`/shifts/${opening.shiftId}/templates`, { name: `样板${word}` }));
  const clerk = await createMember(tenant, { roles: ['officer'] });
  const officer = await clerk.api();
  const { exclusionId, objectionId } = await objected(tenant, clerk, word);
  const poolId = await made(
    officer.post('/talent-pools', { nameZh: `人才${word}`, nameEn: `Pool ${word}`, open: true, rules: [] }),
  );
  const poolMemberId = await made(own.post(`/talent-pools/${poolId}/applications`));
  const searchId = await made(own.post('/me/saved-searches', { name: `寻找${word}`, words: word }));
  const joinLinkId = await made(api.post('/join-links', { unitId: tenant.rootUnitId, note: `请柬${word}` }));
  const { courseId, sessionId } = await createSession(tenant, { title: `研修${word}` });
  const materialId = await upload(officer.token, `/courses/${courseId}/materials`, 'page.png', picture);
  const enrolmentId = await made(own.post(`/sessions/${sessionId}/enrolments`));
  const planned = await createTrainingPlan(tenant, {
    courseId,
    title: `课程${word}`,
    personId: clerk.personId,
    membershipId: clerk.membershipId,
    name: `学员${word}`,
  });
  const planId = await createPlan(tenant, {
    positionId: opening.positionId,
    personId: volunteer.personId,
    title: `服务${word}`,
  });
  return {
    tenant,
    word,
    coordinator,
    volunteer,
    ids: {
      ...opening,
      unitId,
      assignmentId,
      hoursId,
      hoursClaimId,
      evidenceId,
      appraisalId,
      awardId,
      awardEvidenceId,
      certificateId,
      batchId,
      schemeId,
      recognitionId,
      kinshipId,
      redemptionId,
      transferId,
      exclusionId,
      objectionId,
      credentialId,
      scanId,
      creditId,
      pictureId,
      ...(paper ? { paperId: paper } : {}),
      importId,
      importMappingId,
      templateId,
      poolId,
      poolMemberId,
      joinLinkId,
      searchId,
      courseId,
      materialId,
      sessionId,
      enrolmentId,
      ...planned,
      planId,
      annualReportId: await reported(tenant, word),
      proposalId: await proposed(tenant, { coordinator, batchId, word }),
      inspectionId: await inspected(tenant, { coordinator, clerk, word }),
      membershipId: volunteer.membershipId,
      personId: volunteer.personId,
    },
  };
}
