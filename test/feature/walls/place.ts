import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { Types } from 'mongoose';
import sharp from 'sharp';
import type { Role } from '../../../server/core/permissions.ts';
import { AnnualReportModel } from '../../../server/features/annual-reports/annual-report.model.ts';
import { ExclusionModel, ObjectionModel } from '../../../server/features/matching/matching.model.ts';
import {
  annualReportLifecycle,
  inspectionLifecycle,
  redemptionLifecycle,
} from '../../../server/core/states.ts';
import { born, wayAlong } from '../../../server/db/transition.ts';
import {
  InspectionModel,
  InspectionPieceModel,
} from '../../../server/features/inspections/inspection.model.ts';
import { noSums } from '../../../server/features/inspections/inspection.rules.ts';
import { ProposalModel } from '../../../server/features/proposals/proposal.model.ts';
import { TransferModel } from '../../../server/features/hours/transfer.model.ts';
import { KinshipModel, RedemptionModel } from '../../../server/features/time-bank/time-bank.model.ts';
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
import { as } from '../../support/actor.ts';
import { testApp } from '../../support/app.ts';

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

/** A medal that the volunteer has applied for; their hours are what they are. */
async function recognised(
  tenant: Tenant,
  volunteer: Member,
): Promise<{ schemeId: string; recognitionId: string }> {
  const { schemes, recognition } = (await testApp()).composed.services;
  const schemeId = await inTenant(tenant.id, async () =>
    String(
      (
        await schemes.add({
          code: 'first',
          kind: 'medal',
          nameZh: '初心',
          nameEn: 'First steps',
          level: 0,
          hours: 1,
          months: 0,
          objectionDays: 7,
          effectiveFrom: '2020-01-01',
        })
      )._id,
    ),
  );
  const row = await as(volunteer, (actor) => recognition.apply(actor, schemeId, false));
  return { schemeId, recognitionId: String(row._id) };
}

/** Family of the volunteer that waits for somebody's word, and a service that they asked for and called off. */
async function banked(
  tenant: Tenant,
  { personId, name }: Member,
  word: string,
): Promise<{ kinshipId: string; redemptionId: string; transferId: string }> {
  const [_id, other, person] = [new Types.ObjectId(), new Types.ObjectId(), new Types.ObjectId(personId)];
  const unitId = new Types.ObjectId(tenant.rootUnitId);
  const relativeId = new Types.ObjectId();
  await inTenant(tenant.id, async () => {
    await KinshipModel.create([
      {
        _id,
        ...born('declared'),
        personId: person,
        relativeId,
        personName: name,
        relativeName: `亲属${word}`,
        relation: 'parent',
        pair: [personId, String(relativeId)].sort().join(' '),
        unitId,
        createdAt: new Date(),
      } as never,
    ]);
    await RedemptionModel.create([
      {
        _id: other,
        ...born('requested'),
        state: 'cancelled',
        history: wayAlong(redemptionLifecycle, null, ['requested', 'cancelled']),
        personId: person,
        personName: name,
        unitId,
        what: `兑换${word}`,
        minutes: 60,
        askedByPersonId: person,
        createdAt: new Date(),
      } as never,
    ]);
  });
  return {
    kinshipId: String(_id),
    redemptionId: String(other),
    transferId: await leaving(tenant, personId, name),
  };
}

/** A report that waits to be published. */
async function reported(tenant: Tenant, word: string): Promise<string> {
  const _id = new Types.ObjectId();
  await inTenant(tenant.id, () =>
    AnnualReportModel.create([
      {
        _id,
        ...born('drawing'),
        state: 'drawn',
        history: wayAlong(annualReportLifecycle, null, ['drawing', 'drawn']),
        year: 2020,
        figures: {
          records: 1,
          minutes: 60,
          people: 1,
          grades: [{ grade: 'device', records: 1 }],
          late: 0,
          reversed: 0,
          claims: { founded: 0, refused: 0, open: 0 },
          certificates: { issued: 0, revoked: 0 },
        },
        drawnAt: new Date(),
        words: `报告${word}`,
        createdAt: new Date(),
      } as never,
    ]),
  );
  return String(_id);
}

/** Somebody proposed to print everybody's certificates. */
async function proposed(
  tenant: Tenant,
  about: { coordinator: Member; batchId: string; word: string },
): Promise<string> {
  const _id = new Types.ObjectId();
  const { coordinator, batchId, word } = about;
  await inTenant(tenant.id, () =>
    ProposalModel.create([
      {
        _id,
        ...born('open'),
        kind: 'certificates/print',
        subjectId: batchId,
        unitId: new Types.ObjectId(tenant.rootUnitId),
        what: { title: `往日${word}` },
        reason: `提议${word}`,
        proposedBy: new Types.ObjectId(coordinator.accountId),
        proposerPersonId: new Types.ObjectId(coordinator.personId),
        proposerName: coordinator.name,
        lapsesAt: new Date(Date.now() + 86_400_000),
        createdAt: new Date(),
      } as never,
    ]),
  );
  return String(_id);
}

/** An authority asked for the records of a year, and they are there to be taken. */
async function inspected(
  tenant: Tenant,
  about: { coordinator: Member; clerk: Member; word: string },
): Promise<string> {
  const _id = new Types.ObjectId();
  const { coordinator, clerk, word } = about;
  const content = Buffer.from(`材料${word}`);
  const sha256 = createHash('sha256').update(content).digest('hex');
  await inTenant(tenant.id, async () => {
    await InspectionModel.create([
      {
        _id,
        ...born('running'),
        state: 'ready',
        history: wayAlong(inspectionLifecycle, null, ['running', 'ready']),
        proposalId: new Types.ObjectId(),
        periodFrom: '2025-01-01',
        periodTo: '2025-12-31',
        authority: `部门${word}`,
        reference: `文号${word}`,
        reason: `抽查${word}`,
        requestedBy: new Types.ObjectId(coordinator.accountId),
        requesterName: coordinator.name,
        requestedAt: new Date(),
        confirmedBy: new Types.ObjectId(clerk.accountId),
        confirmerName: clerk.name,
        stage: 'archive',
        total: 3,
        done: 3,
        sums: noSums(),
        createdAt: new Date(),
        finishedAt: new Date(),
        expiresAt: new Date(Date.now() + 86_400_000),
        archive: { file: 'archive-x', bytes: content.length, pieces: 1, sha256 },
      } as never,
    ]);
    await InspectionPieceModel.create([{ exportId: _id, file: 'archive-x', place: 0, content } as never]);
  });
  return String(_id);
}

/** The volunteer asked to take the hours along, to an organisation that has since gone. */
async function leaving(tenant: Tenant, personId: string, personName: string): Promise<string> {
  const _id = new Types.ObjectId();
  await inTenant(tenant.id, () =>
    TransferModel.create([
      {
        _id,
        ...born('requested'),
        direction: 'out',
        transferId: new Types.ObjectId(),
        personId: new Types.ObjectId(personId),
        personName,
        unitId: new Types.ObjectId(tenant.rootUnitId),
        peerId: new Types.ObjectId(),
        peerName: { 'zh-CN': '别处', en: 'Elsewhere' },
        createdAt: new Date(),
      } as never,
    ]),
  );
  return String(_id);
}

async function upload(
  token: string | null,
  path: string,
  name: string,
  bytes: Buffer,
  fields: Record<string, string> = {},
): Promise<string> {
  const { url } = await testApp();
  const body = new FormData();
  for (const [field, value] of Object.entries(fields)) body.append(field, value);
  body.append('file', new Blob([bytes as Uint8Array<ArrayBuffer>]), name);
  const answer = await fetch(`${url}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body,
  });
  const text = await answer.text();
  expect(answer.status, text).to.equal(201);
  return (JSON.parse(text) as { id: string }).id;
}

/** Somebody who is kept from all tasks of the place, and objects to it. */
async function objected(
  tenant: Tenant,
  { accountId, personId }: Member,
  word: string,
): Promise<{ exclusionId: string; objectionId: string }> {
  const [_id, other, person] = [new Types.ObjectId(), new Types.ObjectId(), new Types.ObjectId(personId)];
  await inTenant(tenant.id, async () => {
    const about = { personId: person, setBy: new Types.ObjectId(accountId), setAt: new Date() };
    await ExclusionModel.create([{ ...about, _id, requestId: null, reason: `缘由${word}` }] as never);
    const text = `异议${word}`;
    await ObjectionModel.create([
      { _id: other, personId: person, about: 'exclusion', text, madeAt: new Date() },
    ] as never);
  });
  return { exclusionId: String(_id), objectionId: String(other) };
}

/** Which kind of row a route's first parameter names, by the first word of its path. */
const KINDS: Readonly<Record<string, string>> = {
  appraisals: 'appraisalId',
  awards: 'awardId',
  assignments: 'assignmentId',
  'certificate-batches': 'batchId',
  certificates: 'certificateId',
  credentials: 'credentialId',
  courses: 'courseId',
  credits: 'creditId',
  enrolments: 'enrolmentId',
  exclusions: 'exclusionId',
  'exclusions/objections': 'objectionId',
  hours: 'hoursId',
  'hours/claims': 'hoursClaimId',
  imports: 'importId',
  'import-mappings': 'importMappingId',
  inspections: 'inspectionId',
  'join-links': 'joinLinkId',
  memberships: 'membershipId',
  'pool-memberships': 'poolMemberId',
  offers: 'assignmentId',
  people: 'personId',
  plans: 'planId',
  positions: 'positionId',
  'recognition-cases': 'recognitionId',
  'recognition-schemes': 'schemeId',
  'annual-reports': 'annualReportId',
  proposals: 'proposalId',
  requests: 'requestId',
  'saved-searches': 'searchId',
  sessions: 'sessionId',
  'shift-templates': 'templateId',
  shifts: 'shiftId',
  'talent-pools': 'poolId',
  'hours/transfers': 'transferId',
  'time-bank/redemptions': 'redemptionId',
  'time-bank/relatives': 'kinshipId',
  'training-plans': 'trainingPlanId',
  units: 'unitId',
};
const OTHERS: Readonly<Record<string, string>> = {
  awardEvidenceId: 'awardEvidenceId',
  scanId: 'scanId',
  pictureId: 'pictureId',
  evidenceId: 'evidenceId',
  paperId: 'paperId',
  positionId: 'positionId',
  plannedId: 'plannedId',
  materialId: 'materialId',
};

/** The path with the ids of this place in it; null when it names something that a place has none of. */
export function pathAt(path: string, ids: Readonly<Record<string, string>>): string | null {
  const [, first = '', second = ''] = path.replace('/api/v1', '').replace('/me/', '/').split('/');
  const kind = KINDS[`${first}/${second}`] ?? KINDS[first];
  let known = true;
  // A row of an import has no id of its own, only its line.
  const concrete = path.replace(':line', '2').replace(/:([A-Za-z]+)/g, (_whole, name: string) => {
    const id = ids[OTHERS[name] ?? kind ?? ''];
    if (id === undefined || ['token', 'code', 'tenantSlug', 'sessionId'].includes(name)) known = false;
    return id ?? '';
  });
  return known ? concrete : null;
}

const tomorrow = (): string => new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

/** A body that the action takes, so that it comes as far as looking its row up; `{}` where none is needed. */
export const BODIES: Readonly<Record<string, (ids: Readonly<Record<string, string>>) => object>> = {
  'annual-reports/begin': () => ({ year: 2021 }),
  'annual-reports/withdraw': () => ({ reason: 'x' }),
  'accounts/set-phone': () => ({ phone: '13912345678', phoneSeen: true }),
  'attendance/check-in-own': () => ({ code: 'ABCDEF' }),
  'attendance/check-out-own': () => ({ code: 'ABCDEF' }),
  'attendance/mark': () => ({ mark: 'check-in' }),
  'appraisals/make': () => ({ quality: 'good', rows: [] }),
  'appraisals/contest': () => ({ reason: 'x' }),
  'appraisals/correct': () => ({ quality: 'good', reason: 'x' }),
  'awards/enter': () => ({ origin: 'own', name: 'x', awardedOn: '2025-01-10' }),
  'awards/contest': () => ({ reason: 'x' }),
  'awards/decide': () => ({ verdict: 'refused', reason: 'x' }),
  'awards/correct': () => ({ name: 'x', awardedOn: '2025-01-10', awardedBy: 'x', reason: 'x' }),
  'awards/revoke': () => ({ reason: 'x' }),
  'courses/edit': () => ({ title: 'x', dimension: 'law', tracks: ['professional'], minutes: 60 }),
  'curricula/publish': () => ({
    role: 'volunteer',
    effectiveFrom: tomorrow(),
    courseIds: [],
    withinMonths: 6,
  }),
  'curricula/choose-roles': () => ({ roles: ['village-cadre'] }),
  'courses/move': () => ({ to: 'retired' }),
  'sessions/create': () => ({
    date: tomorrow(),
    startTime: '09:00',
    endTime: '11:00',
    place: { label: 'x' },
    capacity: 3,
  }),
  'sessions/edit': () => ({
    date: tomorrow(),
    startTime: '09:00',
    endTime: '11:00',
    place: { label: 'x' },
    capacity: 3,
  }),
  'sessions/cancel': () => ({ reason: 'x' }),
  'training-plans/pin-session': () => ({ pinned: true }),
  'training-plans/move-session': () => ({ date: tomorrow(), startTime: '09:00', room: 0 }),
  'training-plans/exclude-person': ({ personId }) => ({ personId: personId ?? '', excluded: true }),
  'training-plans/start': () => ({ rooms: [{ label: 'x', seats: 3 }] }),
  'training/invite': ({ personId }) => ({ personIds: [personId ?? ''] }),
  'training/come': () => ({ code: 'ABCDEF' }),
  'training/mark': () => ({ mark: 'present' }),
  'training/assess': () => ({ passed: true }),
  'training/give-feedback': () => ({ rating: 3 }),
  'credentials/review': () => ({ verdict: 'first_pass', reason: 'x' }),
  'credentials/correct': () => ({
    level: 'assistant',
    number: 'N1',
    issuedOn: '2025-01-10',
    validFrom: '2025-02-01',
  }),
  'credentials/appeal': () => ({ reason: 'x' }),
  'credentials/change-standing': () => ({ to: 'suspended', reason: 'x' }),
  'credentials/note-register': () => ({ state: 'waiting', seenOn: '2026-01-05' }),
  'credentials/renew': () => ({
    level: 'assistant',
    number: 'N1',
    issuedOn: '2025-01-10',
    validFrom: '2025-02-01',
  }),
  'credentials/enter': () => ({
    level: 'assistant',
    number: 'N2',
    issuedOn: '2025-01-10',
    validFrom: '2025-02-01',
  }),
  'talent-pools/edit': () => ({ nameZh: 'x', nameEn: 'x' }),
  'talent-pools/propose': ({ membershipId }) => ({ membershipId: membershipId ?? '' }),
  'talent-pools/review': () => ({ verdict: 'first_pass', reason: 'x' }),
  'talent-pools/change-standing': () => ({ to: 'suspended', reason: 'x' }),
  'talent-pools/appeal': () => ({ reason: 'x' }),
  'talent-pools/share': () => ({ shared: true }),
  'credits/review': () => ({ verdict: 'rejected', reason: 'x' }),
  'credits/reverse': () => ({ reason: 'x' }),
  'credits/correct': () => ({
    title: 'x',
    activity: 'training',
    dimension: 'law',
    date: '2025-06-10',
    hours: 1,
  }),
  // The activity counts only where certificates are made for one.
  'certificates/start-batch': ({ hoursId, unitId }) => ({ scope: 'activity', hoursId, unitId }),
  'certificates/propose-print': () => ({ reason: 'x' }),
  'certificates/revoke': () => ({ reason: 'x' }),
  'guardians/attach-paper': () => ({ birthDate: '2010-01-01', guardianName: 'x', relation: 'mother' }),
  'hours/decide-transfer': () => ({ verdict: 'no', reason: 'x' }),
  'time-bank/decide-kinship': () => ({ verdict: 'refused', reason: 'x' }),
  'time-bank/decide': () => ({ verdict: 'refused', reason: 'x' }),
  'time-bank/cancel': () => ({ reason: 'x' }),
  'time-bank/settle': ({ hoursId }) => ({ hoursId: hoursId ?? '', hours: 1 }),
  'recognition/review': () => ({ verdict: 'reviewed', reason: 'x' }),
  'recognition/decide': () => ({ verdict: 'refused', reason: 'x' }),
  'recognition/object': () => ({ reason: 'x' }),
  'recognition/withdraw': () => ({ reason: 'x' }),
  'recognition/name': () => ({ shown: false }),
  'recognition/end-scheme': () => ({ effectiveTo: '2099-01-01' }),
  'hours/reject': () => ({ reason: 'x' }),
  'hours/review': () => ({ verdict: 'approved', reason: 'x' }),
  'hours/back-enter': () => ({
    name: 'x',
    date: '2026-01-05',
    startTime: '09:00',
    endTime: '10:00',
    reason: 'the phone was empty',
  }),
  'identity-documents/verify': () => ({ type: 'resident-id', number: '110101190001010014' }),
  'hours/appeal': () => ({ reason: 'x' }),
  'hours/claim': () => ({ wrong: 'not-served', text: 'x' }),
  'hours/claim-for': () => ({
    date: '2026-01-05',
    startTime: '09:00',
    endTime: '10:00',
    name: 'x',
    text: 'x',
    saidBy: 'person',
  }),
  'hours/claim-answer': () => ({ verdict: 'refused', reason: 'x' }),
  'hours/reverse': () => ({ reason: 'x' }),
  'memberships/review': () => ({ verdict: 'first_review', reason: 'x' }),
  'memberships/change-standing': () => ({ to: 'suspended', reason: 'x' }),
  'memberships/answer-own': () => ({ to: 'withdrawn' }),
  'memberships/leave': () => ({}),
  'units/move': ({ unitId }) => ({ parentId: unitId ?? '', reason: '调整' }),
  'memberships/grant': ({ unitId }) => ({ role: 'coordinator', unitId }),
  'memberships/revoke': ({ unitId }) => ({ role: 'coordinator', unitId }),
  'memberships/verify-skill': () => ({ code: 'first-aid', level: 1 }),
  'saved-searches/edit': () => ({ name: 'x', words: 'x' }),
  'saved-searches/pause': () => ({ paused: true }),
  'shifts/create': () => ({ date: tomorrow(), startTime: '09:00', endTime: '11:00' }),
  'shifts/cancel': () => ({ reason: 'x' }),
  'announcements/make': () => ({ subject: 'x', text: 'x' }),
  'shift-templates/rename': () => ({ name: 'x' }),
  'shift-templates/save': () => ({ name: 'x' }),
  'shift-templates/use': ({ templateId }) => ({ templateId: templateId ?? '', date: tomorrow() }),
  'positions/create': () => ({ name: 'x', required: 1 }),
  'plans/decide': ({ positionId }) => ({
    positionId: positionId ?? '',
    handle: 'A'.repeat(22),
    verdict: 'must',
  }),
  'plans/wish': ({ positionId }) => ({ positionId: positionId ?? '', kind: 'same' }),
  'exclusions/set': () => ({ handle: 'A'.repeat(22), reason: 'x' }),
  'exclusions/answer': () => ({ answer: 'x' }),
  'positions/offer': () => ({ handles: ['A'.repeat(22)] }),
  'external-records/propose': ({ unitId }) => ({
    from: '2020-01-01',
    to: tomorrow(),
    unitId: unitId ?? '',
    reason: 'x',
  }),
  'inspections/propose': () => ({
    from: '2025-01-01',
    to: '2025-12-31',
    authority: 'x',
    reference: 'x',
    reason: 'x',
  }),
  'proposals/decline': () => ({ reason: 'x' }),
  'requests/screen': () => ({ verdict: 'screened', reason: 'x' }),
  'requests/discard': () => ({ reason: 'x' }),
  'imports/fix': () => ({ fixes: { people: '3' } }),
  'imports/skip': () => ({ skip: true }),
  'imports/replace': () => ({ field: 'people', code: 'not-a-number', value: 'x', to: '3' }),
  'import-mappings/save': () => ({ name: 'x' }),
  'import-mappings/use': ({ importMappingId }) => ({ saved: importMappingId ?? '' }),
  'import-mappings/rename': () => ({ name: 'x' }),
  'imports/remap': () => ({
    system: 'own',
    columns: { title: 'title' },
    defaults: {},
    dateOrder: 'unknown',
    shiftDates: 'keep',
  }),
};
