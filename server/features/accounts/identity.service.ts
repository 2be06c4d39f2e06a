import { Types } from 'mongoose';
import type { AccountActor, ActorMembership, Over, Reach } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { hashToken } from '../../core/ids.ts';
import type { Locale } from '../../core/locale.ts';
import {
  APPLICANT_PERMISSIONS,
  CLOSED_PERMISSIONS,
  FORMER_PERMISSIONS,
  ROLE_PERMISSIONS,
  SUSPENDED_PERMISSIONS,
} from '../../core/permissions.ts';
import type { Permission, Role } from '../../core/permissions.ts';
import { FORMER } from '../../core/states.ts';
import { database } from '../../db/connect.ts';
import { readWhole } from '../../db/whole-reads.ts';
import { toTenant } from '../tenants/index.ts';
import type { TenantRow, Tenant } from '../tenants/index.ts';
import { placesAmong, STOOD } from '../memberships/index.ts';
import { AccountModel } from './account.model.ts';
import type { ApiTokenRow } from './account.model.ts';

/**
 * Who is asking: account, person, all memberships with their tenants, and the acting membership's rights, in one
 * indexed read per request. Nothing is cached in the process, so a change acts on the very next request (S-8).
 */
interface JoinedMembership {
  _id: Types.ObjectId;
  tenantId: Types.ObjectId;
  unitId: Types.ObjectId;
  state: string;
  kind: string;
  grants: { role: Role; unitId: Types.ObjectId }[];
  tenant: TenantRow;
}
interface Joined {
  _id: Types.ObjectId;
  personId: Types.ObjectId;
  locale: Locale | null;
  stepsShown?: 'auto' | 'open' | 'closed';
  stepsSeen?: string[];
  person: { name: string };
  memberships: JoinedMembership[];
  units: { _id: Types.ObjectId; path: Types.ObjectId[] }[];
}

export interface FoundIdentity {
  /** Epoch milliseconds when the token was made, with a password; 0 for sessions, which keep their own. */
  readonly provedAt?: number;
  readonly accountId: string;
  readonly personId: string;
  readonly name: string;
  readonly locale: Locale | null;
  readonly firstSteps: AccountActor['firstSteps'];
  readonly membership: ActorMembership | null;
  readonly tenant: Tenant | null;
  readonly memberships: readonly { id: string; state: string; tenant: Tenant }[];
}

/** States in which somebody may act at all; who has left only reads. */
const OPEN_STATES = [
  'draft',
  'submitted',
  'needs_correction',
  'first_review',
  'approved',
  'suspended',
  FORMER,
];

/** From an account (and the id of a membership in `chosen`) to everything about who is asking. */
const ABOUT: object[] = [
  {
    $lookup: {
      from: 'people',
      localField: 'personId',
      foreignField: '_id',
      as: 'person',
      pipeline: [{ $project: { name: 1 } }],
    },
  },
  { $set: { person: { $first: '$person' } } },
  {
    $lookup: {
      from: 'memberships',
      localField: '_id',
      foreignField: 'accountId',
      as: 'memberships',
      pipeline: [
        { $match: { state: { $in: OPEN_STATES } } },
        { $project: { tenantId: 1, unitId: 1, state: 1, kind: 1, 'grants.role': 1, 'grants.unitId': 1 } },
        { $lookup: { from: 'tenants', localField: 'tenantId', foreignField: '_id', as: 'tenant' } },
        { $set: { tenant: { $first: '$tenant' } } },
        // Of one that has closed, those who belonged there keep their record; every other is missing.
        {
          $match: {
            $or: [{ 'tenant.active': true }, { 'tenant.active': false, state: { $in: STOOD } }],
          },
        },
      ],
    },
  },
  {
    $set: {
      acting: { $first: { $filter: { input: '$memberships', cond: { $eq: ['$$this._id', '$chosen'] } } } },
    },
  },
  // Rights on a unit reach everything below it; grants on the root unit reach all, and the units are not even read.
  {
    $set: {
      below: {
        $cond: [
          { $in: ['$acting.tenant.rootUnitId', { $ifNull: ['$acting.grants.unitId', []] }] },
          [],
          { $ifNull: ['$acting.grants.unitId', []] },
        ],
      },
    },
  },
  {
    $lookup: {
      from: 'units',
      localField: 'below',
      foreignField: 'path',
      as: 'units',
      let: { tenantId: '$acting.tenantId' },
      pipeline: [{ $match: { $expr: { $eq: ['$tenantId', '$$tenantId'] } } }, { $project: { path: 1 } }],
    },
  },
  {
    $project: {
      personId: 1,
      locale: 1,
      stepsShown: 1,
      stepsSeen: 1,
      person: 1,
      memberships: 1,
      units: 1,
      session: 1,
      lastModified: 1,
      token: 1,
    },
  },
];

const pipelineFor = (match: Record<string, unknown>, membershipId: string | null): object[] => [
  { $match: { ...match, state: 'active' } },
  { $set: { chosen: membershipId ? new Types.ObjectId(membershipId) : null } },
  ...ABOUT,
];

const OVER_PERMISSIONS: Readonly<Record<Over, readonly Permission[]>> = {
  left: FORMER_PERMISSIONS,
  closed: CLOSED_PERMISSIONS,
};
const overOf = ({ state, tenant }: JoinedMembership): Over | null =>
  !tenant.active ? 'closed' : state === FORMER ? 'left' : null;

function rightsOf(
  membership: JoinedMembership,
  { units, memberships }: Pick<Joined, 'units' | 'memberships'>,
): ActorMembership {
  const permissions = new Map<Permission, Reach>();
  const add = (names: readonly Permission[], reach: Reach): void => {
    for (const name of names) {
      const known = permissions.get(name);
      if (known === 'tenant' || reach === 'tenant') permissions.set(name, 'tenant');
      else permissions.set(name, new Set([...(known ?? []), ...reach]));
    }
  };
  const over = overOf(membership);
  const approved = over === null && membership.state === 'approved';
  if (approved) add(ROLE_PERMISSIONS.volunteer, 'tenant');
  add(over === null ? APPLICANT_PERMISSIONS : OVER_PERMISSIONS[over], 'tenant');
  if (over === null && membership.state === 'suspended') add(SUSPENDED_PERMISSIONS, 'tenant');
  const root = String(membership.tenant.rootUnitId);
  for (const grant of approved ? membership.grants : []) {
    const unitId = String(grant.unitId);
    const below = units
      .filter((unit) => unit.path.some((step) => String(step) === unitId))
      .map((unit) => String(unit._id));
    add(ROLE_PERMISSIONS[grant.role], unitId === root ? 'tenant' : new Set(below));
  }
  return {
    id: String(membership._id),
    tenantId: String(membership.tenantId),
    unitId: String(membership.unitId),
    state: membership.state,
    over,
    recorded: memberships.some(
      ({ tenantId, state }) => STOOD.includes(state) && String(tenantId) === String(membership.tenantId),
    ),
    kind: membership.kind,
    roles: approved ? [...new Set<Role>(['volunteer', ...membership.grants.map((grant) => grant.role)])] : [],
    permissions,
  };
}

async function find(
  match: Record<string, unknown>,
  membershipId: string | null,
): Promise<FoundIdentity | null> {
  const [joined] = await AccountModel.aggregate<Joined>(pipelineFor(match, membershipId) as never);
  return joined ? foundIn(joined, membershipId) : null;
}

function foundIn(joined: Joined, membershipId: string | null): FoundIdentity {
  const own = placesAmong(joined.memberships);
  own.sort((one, other) => (String(one._id) < String(other._id) ? -1 : 1));
  const acting = own.find((membership) => String(membership._id) === membershipId) ?? null;
  return {
    accountId: String(joined._id),
    personId: String(joined.personId),
    name: joined.person.name,
    locale: joined.locale,
    firstSteps: { shown: joined.stepsShown ?? 'auto', seen: joined.stepsSeen ?? [] },
    membership: acting ? rightsOf(acting, joined) : null,
    tenant: acting ? toTenant(acting.tenant) : null,
    memberships: own.map((membership) => ({
      id: String(membership._id),
      state: membership.state,
      tenant: toTenant(membership.tenant),
    })),
  };
}

/** By session: the account's version must be the one at sign-in. */
export const identityOfSession = (session: {
  accountId: string;
  accountVersion: number;
  membershipId: string | null;
}): Promise<FoundIdentity | null> =>
  find({ _id: new Types.ObjectId(session.accountId), version: session.accountVersion }, session.membershipId);

/** A stored session, and who it says is asking: nobody when it has ended, is of an older version, or names no account. */
export interface SessionWithIdentity {
  readonly session: Record<string, unknown>;
  readonly lastModified: Date | undefined;
  readonly found: FoundIdentity | null;
}

/** Ids of no row: an empty look-up must not meet the members without an account. */
const NOBODY = new Types.ObjectId('000000000000000000000000');
const asId = (path: string): object => ({
  $convert: { input: path, to: 'objectId', onError: NOBODY, onNull: NOBODY },
});

/** The active account that a session or a token names, of the version that it had when that was made. */
const accountNamed = (version: string): object => ({
  $lookup: {
    from: 'accounts',
    localField: 'accountId',
    foreignField: '_id',
    as: 'account',
    let: { version },
    pipeline: [
      { $match: { state: 'active', $expr: { $eq: ['$version', '$$version'] } } },
      { $project: { personId: 1, locale: 1, stepsShown: 1, stepsSeen: 1 } },
    ],
  },
});

type StoredSession = Joined & { session: Record<string, unknown>; lastModified?: Date };

/** The browser's session by its secret id, with who is asking, in one indexed read; null when there is none. */
export async function sessionWithIdentity(sid: string): Promise<SessionWithIdentity | null> {
  const pipeline = [
    // The machine's clock, by which the store writes when a session ends.
    { $match: { _id: sid, expires: { $gt: new Date(Date.now()) } } },
    { $set: { accountId: asId('$session.passport.user.accountId') } },
    accountNamed('$session.accountVersion'),
    {
      $replaceWith: {
        $mergeObjects: [
          { _id: NOBODY, personId: NOBODY },
          { $first: '$account' },
          {
            session: '$session',
            lastModified: '$lastModified',
            chosen: asId('$session.membershipId'),
          },
        ],
      },
    },
    ...ABOUT,
  ];
  const [joined] =
    (await readWhole<StoredSession>('sessions', 'aggregate', { pipeline, cursor: {} })) ??
    ((await database().collection('sessions').aggregate(pipeline).toArray()) as unknown as StoredSession[]);
  if (!joined) return null;
  const { session, lastModified } = joined;
  const { membershipId } = session;
  const known = !joined._id.equals(NOBODY) && joined.person !== undefined;
  return {
    session,
    lastModified,
    found: known ? foundIn(joined, typeof membershipId === 'string' ? membershipId : null) : null,
  };
}

type StoredToken = Joined & { token: Pick<ApiTokenRow, 'membershipId' | 'former' | 'createdAt'> };

/** By bearer token: the membership it was made for, and no other; in one indexed read. */
export async function identityOfToken(token: string): Promise<FoundIdentity | null> {
  const pipeline = [
    { $match: { tokenHash: hashToken(token), revokedAt: null, expiresAt: { $gt: contextNow() } } },
    accountNamed('$accountVersion'),
    { $match: { account: { $ne: [] } } },
    {
      $replaceWith: {
        $mergeObjects: [
          { $first: '$account' },
          {
            chosen: '$membershipId',
            token: { membershipId: '$membershipId', former: '$former', createdAt: '$createdAt' },
          },
        ],
      },
    },
    ...ABOUT,
  ];
  const [joined] =
    (await readWhole<StoredToken>('apitokens', 'aggregate', { pipeline, cursor: {} })) ??
    ((await database().collection('apitokens').aggregate(pipeline).toArray()) as unknown as StoredToken[]);
  if (!joined) return null;
  const { membershipId, former, createdAt } = joined.token;
  const identity = foundIn(joined, membershipId ? String(membershipId) : null);
  // A token of a membership that ended since is worth nothing, rather than worth less: nobody goes on using it unawares. Nor is one
  // for the record alone worth more when the organisation opens again.
  const changedSince = identity.membership
    ? (identity.membership.over !== null) !== (former === true)
    : Boolean(membershipId);
  return changedSince ? null : { ...identity, provedAt: createdAt.getTime() };
}
