import { Types } from 'mongoose';
import { randomToken } from '../../server/core/ids.ts';
import { asTenant, runInContext } from '../../server/core/context.ts';
import type { Role } from '../../server/core/permissions.ts';
import { born } from '../../server/db/transition.ts';
import { inTransaction } from '../../server/db/transaction.ts';
import { AccountModel } from '../../server/features/accounts/account.model.ts';
import { MembershipModel } from '../../server/features/memberships/membership.model.ts';
import type { MembershipRow } from '../../server/features/memberships/membership.model.ts';
import { searchKeysOf } from '../../server/features/memberships/index.ts';
import { checkCharacter } from '../../server/features/identity-documents/identity-document.rules.ts';
import { PersonModel } from '../../server/features/people/person.model.ts';
import type { PersonRow } from '../../server/features/people/person.model.ts';
import { UnitModel } from '../../server/features/units/unit.model.ts';
import type { NewTenant, Tenant } from '../../server/features/tenants/index.ts';
import { ApiAgent, PageAgent } from '../support/agent.ts';
import { testApp } from '../support/app.ts';
import { openSession } from '../support/sessions.ts';

/** Factories make what a test needs, missing parents included, in the test's own tenant; counters, not random words. */
let counter = 0;
const next = (): number => (counter += 1);
const run = randomToken(4)
  .toLowerCase()
  .replace(/[^a-z0-9]/g, 'x');

export const PASSWORD = 'correct horse battery staple';
let passwordHash: Promise<string> | null = null;

/** Work outside a request: an operator's. */
export function asOperator<T>(work: () => Promise<T>): Promise<T> {
  return runInContext(
    { requestId: 'test', actor: { kind: 'operator', command: 'test' }, tenantId: null, crossTenant: null },
    work,
  );
}

/** Work inside a tenant, without a request. */
export const inTenant = <T>(tenantId: string, work: () => Promise<T>): Promise<T> =>
  asOperator(() => asTenant(tenantId, work));

export async function createTenant(overrides: Partial<NewTenant> = {}): Promise<Tenant> {
  const { composed } = await testApp();
  const n = next();
  return asOperator(() =>
    composed.services.tenants.create({
      slug: `t${n}-${run}`,
      name: { 'zh-CN': `组织${n}`, en: `Organisation ${n}` },
      kind: 'organisation',
      serviceCounties: ['330122'],
      ...overrides,
    }),
  );
}

/** A unit below the root (or below `parentId`). */
export async function createUnit(
  tenant: Tenant,
  overrides: { parentId?: string; name?: string } = {},
): Promise<string> {
  const n = next();
  return inTenant(tenant.id, async () => {
    const parent = await UnitModel.findById(overrides.parentId ?? tenant.rootUnitId).lean();
    const _id = new Types.ObjectId();
    const name = overrides.name ?? `单位${n}`;
    await UnitModel.create([
      {
        _id,
        parentId: parent?._id,
        path: [...(parent?.path ?? []), _id],
        kind: 'team',
        name: { 'zh-CN': name, en: name },
      } as never,
    ]);
    return String(_id);
  });
}

export interface TestPerson {
  readonly name: string;
  readonly email: string;
  readonly accountId: string;
  readonly personId: string;
}

/** Before every limit that keeps newcomers from confirming what nobody saw. */
const LONG_AGO = new Date(Date.now() - 60 * 86_400_000);

/** A well-formed number of nobody: people of these numbers were born in 1900. */
export function documentNumber(n = next()): string {
  const day = new Date(Date.UTC(1900, 0, 1 + (Math.floor(n / 999) % 365))).toISOString().slice(0, 10);
  const digits = `110101${day.replace(/-/g, '')}${String((n % 999) + 1).padStart(3, '0')}`;
  return `${digits}${checkCharacter(digits)}`;
}

/** A person with a confirmed account; who they are was seen by the operator unless `identity` says otherwise. */
export async function createPerson({
  identity = 'verified',
  ...overrides
}: Partial<PersonRow> & { identity?: 'none' | 'verified' } = {}): Promise<TestPerson> {
  const { composed } = await testApp();
  const n = next();
  const name = overrides.name ?? `志愿者${n}`;
  const email = `p${n}-${run}@example.org`;
  passwordHash ??= composed.services.passwords.hash(PASSWORD);
  const hash = await passwordHash;
  const personId = new Types.ObjectId();
  const accountId = new Types.ObjectId();
  const number = documentNumber();
  // One commit for all of it: tests make thousands of people.
  await asOperator(() =>
    inTransaction(async () => {
      await PersonModel.create([
        {
          _id: personId,
          name,
          birthDate: '1990-01-01',
          languages: ['zh'],
          county: '330122',
          consents: [{ purpose: 'terms', version: '2026-11', givenAt: new Date(0), withdrawnAt: null }],
          createdAt: LONG_AGO,
          ...overrides,
        } as never,
      ]);
      if (identity === 'verified')
        await composed.services.identityDocuments.verifyAsOperator(String(personId), {
          type: 'resident-id',
          number,
        });
      await AccountModel.create([
        {
          _id: accountId,
          personId,
          email,
          emailKey: email,
          passwordHash: hash,
          state: 'active',
          createdAt: new Date(),
          confirmedAt: new Date(),
        },
      ]);
    }),
  );
  return { name, email, accountId: String(accountId), personId: String(personId) };
}

/** A membership, approved unless told otherwise; `roles` are granted on `unitId` (the root unit by default). */
export async function createMembership(
  tenant: Tenant,
  person: TestPerson,
  overrides: { roles?: readonly Role[]; unitId?: string; state?: string; kind?: MembershipRow['kind'] } = {},
): Promise<string> {
  const unitId = new Types.ObjectId(overrides.unitId ?? tenant.rootUnitId);
  return inTenant(tenant.id, () =>
    inTransaction(async () => {
      const _id = new Types.ObjectId();
      await MembershipModel.create([
        {
          _id,
          ...born(overrides.state ?? 'approved'),
          personId: new Types.ObjectId(person.personId),
          accountId: new Types.ObjectId(person.accountId),
          unitId,
          kind: overrides.kind ?? 'volunteer',
          grants: (overrides.roles ?? []).map((role) => ({
            role,
            unitId,
            grantedBy: null,
            grantedAt: LONG_AGO,
          })),
          personName: person.name,
          searchKeys: searchKeysOf(person.name),
          createdAt: new Date(),
        } as never,
      ]);
      return String(_id);
    }),
  );
}

export interface Member extends TestPerson {
  readonly membershipId: string;
  readonly tenant: Tenant;
  /** A browser in a session of theirs, acting in the tenant; `signedIn` goes through the form. */
  page(): Promise<PageAgent>;
  /** With a bearer token of the membership. */
  api(): Promise<ApiAgent>;
}

/** A person with a membership in the tenant, ready to act on both doors. */
export async function createMember(
  tenant: Tenant,
  overrides: {
    roles?: readonly Role[];
    unitId?: string;
    state?: string;
    kind?: MembershipRow['kind'];
    person?: Partial<PersonRow> & { identity?: 'none' | 'verified' };
  } = {},
): Promise<Member> {
  await testApp();
  const [person, membershipId] = await asOperator(() =>
    inTransaction(async () => {
      const made = await createPerson(overrides.person);
      return [made, await createMembership(tenant, made, overrides)] as const;
    }),
  );
  return memberOf(tenant, person, membershipId);
}

/** Two accounts of one human, whose document the operator saw for both. */
export async function createTwice(tenant: Tenant, roles: readonly Role[] = []): Promise<[Member, Member]> {
  const { identityDocuments } = (await testApp()).composed.services;
  const number = documentNumber();
  const account = async (): Promise<Member> => {
    const member = await createMember(tenant, { roles, person: { identity: 'none', birthDate: null } });
    await asOperator(() =>
      identityDocuments.verifyAsOperator(member.personId, { type: 'resident-id', number }),
    );
    return member;
  };
  return [await account(), await account()];
}

export function memberOf(tenant: Tenant, person: TestPerson, membershipId: string): Member {
  return {
    ...person,
    membershipId,
    tenant,
    async page() {
      return new PageAgent().enter(await openSession(person.accountId, membershipId));
    },
    async api() {
      const { composed } = await testApp();
      const issued = await asOperator(() =>
        composed.services.accounts.createToken(
          { accountId: person.accountId, accountVersion: 1 },
          { membershipId, name: 'test', days: 7 },
        ),
      );
      return new ApiAgent(issued.token);
    },
  };
}

/** A browser in which the person signed in by the form. @throws Error when the door stays shut */
export async function signedIn(
  person: Pick<TestPerson, 'email'>,
  password = PASSWORD,
  email = person.email,
): Promise<PageAgent> {
  const page = new PageAgent();
  await page.get('/sign-in');
  const answer = await page.post('/sign-in', { email, password });
  if (answer.status !== 303) throw new Error(`Sign-in answered ${answer.status}`);
  return page;
}
