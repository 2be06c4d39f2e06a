import type { Db, IndexDescription } from 'mongodb';

/**
 * Collections and indexes of the first release. Migrations import no application code: what they did must not change
 * when the models do. test/architecture/models.test.ts compares the outcome with every model's own indexes.
 */
const INDEXES: Record<string, IndexDescription[]> = {
  accounts: [
    {
      key: {
        emailKey: 1,
      },
      unique: true,
    },
    {
      key: {
        personId: 1,
      },
      unique: true,
    },
  ],
  accounttokens: [
    {
      key: {
        tokenHash: 1,
      },
      unique: true,
    },
    {
      key: {
        expiresAt: 1,
      },
      expireAfterSeconds: 604800,
    },
  ],
  agenda_jobs: [
    {
      key: {
        name: 1,
        nextRunAt: 1,
        priority: -1,
        lockedAt: 1,
        disabled: 1,
      },
      name: 'findAndLockNextJobIndex',
    },
    {
      key: {
        name: 1,
        type: 1,
      },
      unique: true,
      partialFilterExpression: {
        type: 'single',
      },
    },
  ],
  apitokens: [
    {
      key: {
        tokenHash: 1,
      },
      unique: true,
    },
    {
      key: {
        accountId: 1,
        _id: -1,
      },
    },
  ],
  assignments: [
    {
      key: {
        tenantId: 1,
        positionId: 1,
        personId: 1,
      },
      unique: true,
      partialFilterExpression: {
        state: {
          $in: [
            'offered',
            'requested',
            'waitlisted',
            'accepted',
            'confirmed',
            'checked_in',
            'checked_out',
            'no_show',
            'excused',
          ],
        },
      },
    },
    {
      key: {
        tenantId: 1,
        positionId: 1,
        state: 1,
        waitSeq: 1,
      },
    },
    {
      key: {
        tenantId: 1,
        shiftId: 1,
        state: 1,
        _id: 1,
      },
    },
    {
      key: {
        tenantId: 1,
        personId: 1,
        startsAt: -1,
        _id: -1,
      },
    },
    {
      key: {
        endsAt: 1,
      },
      partialFilterExpression: {
        state: {
          $in: ['accepted', 'confirmed', 'checked_in'],
        },
      },
    },
  ],
  auditentries: [
    {
      key: {
        tenantId: 1,
        at: -1,
        _id: -1,
      },
    },
    {
      key: {
        tenantId: 1,
        subjectType: 1,
        subjectId: 1,
        at: -1,
      },
    },
  ],
  certificates: [
    {
      key: {
        tenantId: 1,
        personId: 1,
        periodFrom: 1,
        periodTo: 1,
        locale: 1,
        ledgerHead: 1,
      },
      unique: true,
    },
    {
      key: {
        tenantId: 1,
        number: 1,
      },
      unique: true,
    },
    {
      key: {
        tenantId: 1,
        personId: 1,
        issuedAt: -1,
        _id: -1,
      },
    },
    {
      key: {
        code: 1,
      },
    },
  ],
  certificateserials: [
    {
      key: {
        tenantId: 1,
        year: 1,
      },
      unique: true,
    },
  ],
  credentials: [
    {
      key: {
        tenantId: 1,
        personId: 1,
        state: 1,
      },
    },
    {
      key: {
        tenantId: 1,
        state: 1,
        createdAt: 1,
        _id: 1,
      },
    },
    {
      key: {
        tenantId: 1,
        type: 1,
        number: 1,
      },
      unique: true,
      partialFilterExpression: {
        state: {
          $in: [
            'claimed',
            'under_review',
            'needs_correction',
            'first_pass',
            'valid',
            'expiring',
            'suspended',
          ],
        },
      },
    },
    {
      key: {
        validTo: 1,
      },
      partialFilterExpression: {
        state: {
          $in: ['valid', 'expiring'],
        },
      },
    },
  ],
  hoursrecords: [
    {
      key: {
        tenantId: 1,
        assignmentId: 1,
      },
      unique: true,
      partialFilterExpression: {
        assignmentId: {
          $type: 'objectId',
        },
      },
    },
    {
      key: {
        tenantId: 1,
        state: 1,
        unitId: 1,
        'activity.startsAt': -1,
        _id: -1,
      },
    },
    {
      key: {
        tenantId: 1,
        personId: 1,
        'activity.startsAt': -1,
        _id: -1,
      },
    },
    {
      key: {
        tenantId: 1,
        shiftId: 1,
        state: 1,
      },
    },
  ],
  idempotencykeys: [
    {
      key: {
        tenantId: 1,
        account: 1,
        route: 1,
        key: 1,
      },
      unique: true,
    },
    {
      key: {
        createdAt: 1,
      },
      expireAfterSeconds: 172800,
    },
  ],
  importlines: [
    {
      key: {
        tenantId: 1,
        importId: 1,
        line: 1,
      },
      unique: true,
    },
    {
      key: {
        tenantId: 1,
        importId: 1,
        outcome: 1,
        line: 1,
      },
    },
  ],
  imports: [
    {
      key: {
        tenantId: 1,
        createdAt: -1,
        _id: -1,
      },
    },
    {
      key: {
        state: 1,
        createdAt: 1,
      },
      partialFilterExpression: {
        state: 'applying',
      },
    },
  ],
  ledgeraccounts: [
    {
      key: {
        tenantId: 1,
        account: 1,
      },
      unique: true,
    },
  ],
  ledgerentries: [
    {
      key: {
        tenantId: 1,
        account: 1,
        seq: 1,
      },
      unique: true,
    },
    {
      key: {
        tenantId: 1,
        sourceKey: 1,
        account: 1,
      },
      unique: true,
    },
    {
      key: {
        tenantId: 1,
        account: 1,
        serviceDate: 1,
      },
    },
    {
      key: {
        tenantId: 1,
        postingId: 1,
      },
    },
  ],
  memberships: [
    {
      key: {
        tenantId: 1,
        personId: 1,
      },
      unique: true,
      partialFilterExpression: {
        state: {
          $in: ['draft', 'submitted', 'needs_correction', 'first_review', 'approved', 'suspended'],
        },
      },
    },
    {
      key: {
        tenantId: 1,
        state: 1,
        unitId: 1,
        _id: 1,
      },
    },
    {
      key: {
        tenantId: 1,
        unitId: 1,
        _id: 1,
      },
    },
    {
      key: {
        tenantId: 1,
        searchKeys: 1,
        _id: 1,
      },
    },
    {
      key: {
        accountId: 1,
      },
    },
  ],
  offers: [
    {
      key: {
        tenantId: 1,
        subjectType: 1,
        subjectId: 1,
        state: 1,
        _id: 1,
      },
    },
    {
      key: {
        tenantId: 1,
        assignmentId: 1,
      },
      unique: true,
      partialFilterExpression: {
        state: {
          $in: ['queued', 'open'],
        },
      },
    },
    {
      key: {
        tenantId: 1,
        personId: 1,
        state: 1,
        dueAt: 1,
      },
    },
    {
      key: {
        dueAt: 1,
      },
      partialFilterExpression: {
        state: 'open',
      },
    },
  ],
  outboxmessages: [
    {
      key: {
        tenantId: 1,
        dedupeKey: 1,
      },
      unique: true,
    },
    {
      key: {
        dueAt: 1,
        _id: 1,
      },
      partialFilterExpression: {
        state: 'waiting',
      },
    },
    {
      key: {
        tenantId: 1,
        createdAt: -1,
        _id: -1,
      },
    },
  ],
  people: [
    {
      key: {
        county: 1,
        'consents.purpose': 1,
        _id: 1,
      },
    },
  ],
  persondays: [
    {
      key: {
        personId: 1,
        _id: 1,
      },
    },
  ],
  positions: [
    {
      key: {
        tenantId: 1,
        shiftId: 1,
        _id: 1,
      },
    },
    {
      key: {
        tenantId: 1,
        requestId: 1,
      },
    },
  ],
  rate_limits: [
    {
      key: {
        expire: -1,
      },
      expireAfterSeconds: 0,
    },
    {
      key: {
        key: 1,
      },
      unique: true,
    },
  ],
  requests: [
    {
      key: {
        tenantId: 1,
        state: 1,
        createdAt: -1,
        _id: -1,
      },
    },
    {
      key: {
        tenantId: 1,
        unitId: 1,
        createdAt: -1,
        _id: -1,
      },
    },
    {
      key: {
        tenantId: 1,
        createdAt: -1,
        _id: -1,
      },
    },
    {
      key: {
        tenantId: 1,
        'source.system': 1,
        'source.id': 1,
      },
      unique: true,
      partialFilterExpression: {
        'source.id': {
          $exists: true,
        },
      },
    },
  ],
  sessions: [
    {
      key: {
        expires: 1,
      },
      expireAfterSeconds: 0,
    },
  ],
  shifts: [
    {
      key: {
        tenantId: 1,
        state: 1,
        startsAt: 1,
        _id: 1,
      },
    },
    {
      key: {
        tenantId: 1,
        requestId: 1,
        startsAt: 1,
      },
    },
    {
      key: {
        tenantId: 1,
        unitId: 1,
        startsAt: 1,
        _id: 1,
      },
    },
    {
      key: {
        tenantId: 1,
        state: 1,
        skillCodes: 1,
        startsAt: 1,
        _id: 1,
      },
    },
    {
      key: {
        tenantId: 1,
        'place.point': '2dsphere',
      },
    },
    {
      key: {
        startsAt: 1,
      },
      partialFilterExpression: {
        state: {
          $in: ['published', 'locked'],
        },
      },
    },
    {
      key: {
        endsAt: 1,
      },
      partialFilterExpression: {
        state: 'running',
      },
    },
  ],
  tenants: [
    {
      key: {
        slug: 1,
      },
      unique: true,
    },
    {
      key: {
        parentId: 1,
      },
    },
  ],
  units: [
    {
      key: {
        tenantId: 1,
        path: 1,
      },
    },
    {
      key: {
        tenantId: 1,
        parentId: 1,
        _id: 1,
      },
    },
  ],
  workclaims: [
    {
      key: {
        sweep: 1,
        dead: 1,
        nextAt: 1,
      },
    },
  ],
};

/** Re-runnable: existing collections and equal indexes are left as they are. */
export async function up(db: Db): Promise<void> {
  const existing = new Set(
    (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
  );
  for (const [name, indexes] of Object.entries(INDEXES)) {
    // Transactions cannot wait for a collection to be made.
    if (!existing.has(name)) await db.createCollection(name);
    if (indexes.length > 0) await db.collection(name).createIndexes(indexes);
  }
}
