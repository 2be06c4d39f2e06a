import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { Types } from 'mongoose';
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
import type { Tenant } from '../../../server/features/tenants/index.ts';
import { inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { as } from '../../support/actor.ts';
import { testApp } from '../../support/app.ts';

/** A medal that the volunteer has applied for; their hours are what they are. */
export async function recognised(
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
export async function banked(
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
export async function reported(tenant: Tenant, word: string): Promise<string> {
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
export async function proposed(
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
export async function inspected(
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

export async function upload(
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
export async function objected(
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
