import type { Db } from 'mongodb';
import { invariantTally } from '../core/invariant.ts';
import type { InvariantCheck } from '../core/invariant.ts';

/** Which field of which collection names a row of which other collection, inside the same tenant. */
const REFERENCES: readonly (readonly [from: string, field: string, to: string])[] = [
  ['units', 'parentId', 'units'],
  ['memberships', 'unitId', 'units'],
  ['requests', 'unitId', 'units'],
  ['shifts', 'requestId', 'requests'],
  ['shifts', 'unitId', 'units'],
  ['positions', 'shiftId', 'shifts'],
  ['positions', 'requestId', 'requests'],
  ['assignments', 'positionId', 'positions'],
  ['assignments', 'shiftId', 'shifts'],
  ['assignments', 'membershipId', 'memberships'],
  ['offers', 'assignmentId', 'assignments'],
  ['offers', 'enrolmentId', 'enrolments'],
  ['trainingsessions', 'courseId', 'courses'],
  ['trainingsessions', 'unitId', 'units'],
  ['enrolments', 'sessionId', 'trainingsessions'],
  ['enrolments', 'courseId', 'courses'],
  ['enrolments', 'membershipId', 'memberships'],
  ['enrolments', 'creditId', 'credits'],
  ['hoursrecords', 'membershipId', 'memberships'],
  ['hoursrecords', 'assignmentId', 'assignments'],
  ['hoursclaims', 'membershipId', 'memberships'],
  ['hoursclaims', 'unitId', 'units'],
  ['hoursclaims', 'hoursId', 'hoursrecords'],
  ['hoursclaims', 'assignmentId', 'assignments'],
  ['appraisals', 'membershipId', 'memberships'],
  ['appraisals', 'unitId', 'units'],
  ['appraisals', 'shiftId', 'shifts'],
  ['appraisals', 'assignmentId', 'assignments'],
  ['awards', 'membershipId', 'memberships'],
  ['awards', 'unitId', 'units'],
  ['credentials', 'membershipId', 'memberships'],
  ['credits', 'membershipId', 'memberships'],
  ['credits', 'unitId', 'units'],
  ['poolmembers', 'poolId', 'talentpools'],
  ['registrationwatches', 'credentialId', 'credentials'],
  ['registrationwatches', 'membershipId', 'memberships'],
  ['poolmembers', 'membershipId', 'memberships'],
  ['poolmembers', 'unitId', 'units'],
  ['certificates', 'membershipId', 'memberships'],
  ['importlines', 'importId', 'imports'],
  ['hoursrecords', 'unitId', 'units'],
  ['hoursrecords', 'shiftId', 'shifts'],
  ['attachmentcontents', 'attachmentId', 'attachments'],
  ['searchnews', 'shiftId', 'shifts'],
];

/** Invariant 1: no row names a row of another tenant, or one that does not exist (S-3). */
export const referencesHold = (db: Db): InvariantCheck => ({
  name: 'tenants/references',
  async run() {
    const tally = invariantTally();
    for (const [from, field, to] of REFERENCES) {
      tally.examine(await db.collection(from).countDocuments({ [field]: { $ne: null } }));
      const stray = db.collection(from).aggregate<{ _id: unknown }>([
        { $match: { [field]: { $ne: null } } },
        {
          $lookup: {
            from: to,
            localField: field,
            foreignField: '_id',
            as: 'target',
            pipeline: [{ $project: { tenantId: 1 } }],
          },
        },
        { $match: { $expr: { $ne: [{ $first: '$target.tenantId' }, '$tenantId'] } } },
        { $project: { _id: 1 } },
        { $limit: 1_000 },
      ]);
      for await (const row of stray)
        tally.violate(`${from} ${String(row._id)}: ${field} names nothing of its tenant`);
    }
    return tally.result();
  },
});

const SCOPED = [
  'units',
  'memberships',
  'requests',
  'shifts',
  'positions',
  'assignments',
  'offers',
  'hoursrecords',
  'hoursclaims',
  'ledgerentries',
  'appraisals',
  'awards',
  'credentials',
  'credentialtypes',
  'talentpools',
  'registrationwatches',
  'evaluationruns',
  'poolmembers',
  'credits',
  'courses',
  'trainingsessions',
  'enrolments',
  'programmeversions',
  'certificates',
  'imports',
  'attachments',
  'attachmentcontents',
  'savedsearches',
];

/** Invariant 1: every scoped row belongs to a tenant that exists. */
export const tenantsHold = (db: Db): InvariantCheck => ({
  name: 'tenants/every-row-has-one',
  async run() {
    const tally = invariantTally();
    const known = new Set(
      (
        await db
          .collection('tenants')
          .find({}, { projection: { _id: 1 } })
          .toArray()
      ).map((row) => String(row._id)),
    );
    for (const name of SCOPED) {
      tally.examine(await db.collection(name).countDocuments());
      const tenantIds: unknown[] = await db.collection(name).distinct('tenantId');
      for (const tenantId of tenantIds)
        if (!known.has(String(tenantId)))
          tally.violate(`${name}: rows of unknown tenant ${String(tenantId)}`);
    }
    return tally.result();
  },
});
