import { expect } from 'chai';
import { z } from 'zod';
import { can } from '../../../server/core/actor.ts';
import type { AccountActor } from '../../../server/core/actor.ts';
import { ROLES } from '../../../server/core/permissions.ts';
import type { Permission } from '../../../server/core/permissions.ts';
import { ageOn } from '../../../server/core/time.ts';
import { database } from '../../../server/db/connect.ts';
import { publishRoutes } from '../../../server/http/router.ts';
import type { Route } from '../../../server/http/route.ts';
import {
  createMember,
  createMembership,
  createPerson,
  createUnit,
  memberOf,
} from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { actorOf } from '../../support/actor.ts';
import { ApiAgent, PageAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';
import { pathAt } from './addresses.ts';
import { createPlace } from './place.ts';
import type { Place } from './place.ts';

const BORN = '1971-02-03';
const REACH = ['age', 'name', 'note', 'phone'];
const OWN_ONLY = ['availability', 'birthDate', 'email', 'emergencyContact', 'home'];

/**
 * What each reader may find out about a volunteer, wherever they look. A fellow volunteer of the same shift learns
 * nothing at all; who needs a name for their work reads the name; who asks people may ring them.
 */
const SEEN: Readonly<Record<string, readonly string[]>> = {
  anonymous: [],
  applicant: [],
  'fellow of the same shift': [],
  'coordinator of another unit': [],
  volunteer: [],
  instructor: [],
  coordinator: REACH,
  officer: REACH,
  reviewer: ['name'],
  auditor: ['name', 'note'],
  administrator: ['name'],
  'the person': ['age', 'name', 'note', 'phone', ...OWN_ONLY],
};

/** The operations whose answers have a place for a fact that is the person's: a new one is a decision, made here. */
const CARRIED: Readonly<Record<string, readonly string[]>> = {
  // `people/visibility` shows the reader their own facts.
  age: ['people/list', 'people/show', 'people/visibility'],
  availability: ['people/edit-profile', 'people/profile'],
  birthDate: ['people/edit-profile', 'people/profile'],
  consents: ['people/edit-profile', 'people/profile'],
  email: ['accounts/show'],
  emergencyContact: ['people/edit-profile', 'people/profile'],
  home: ['people/edit-profile', 'people/profile'],
  homeLabel: ['people/edit-profile', 'people/profile'],
  // Whether one's own document and profile agree.
  otherBirthDate: ['identity-documents/own', 'identity-documents/state'],
  phone: [
    // One's own number.
    'accounts/remove-phone-form',
    // The number that signs in, to the coordinator who proves it face to face.
    'accounts/set-phone',
    'accounts/set-phone-form',
    'accounts/show',
    'accounts/start-sheet',
    'people/edit-profile',
    'people/list',
    'people/profile',
    'people/show',
    'people/visibility',
  ],
};
const PERSONAL =
  /^(age|availability|consents?)$|birth|born|e-?mail|emergency|home|phone|passport|document(Type|Number)|idNumber/i;
/** Facts of a need, not of a volunteer. */
const OF_THE_NEED = new Set(['atHome', 'contactPhone']);

interface Reader {
  readonly actor: AccountActor | null;
  readonly api: ApiAgent;
  readonly page: PageAgent;
  readonly ids: Readonly<Record<string, string>>;
}

describe('who sees what of a person', function () {
  this.timeout(240_000);
  let routes: readonly Route[];
  let place: Place;
  let marks: Readonly<Record<string, readonly string[]>>;
  const readers = new Map<string, Reader>();

  before(async () => {
    routes = (await testApp()).composed.routes;
    place = await createPlace('本', [], {
      name: '欧阳秘名',
      phone: '13987654321',
      birthDate: BORN,
      homeLabel: '秘巷七号',
      home: { type: 'Point', coordinates: [119.654321, 29.876543] },
      // In two parts that leave no minute out: at night a shift of this test goes on past midnight.
      availability: [1, 2, 3, 4, 5, 6, 7].flatMap((weekday) => [
        { weekday, startMinute: 0, endMinute: 1439 },
        { weekday, startMinute: 1439, endMinute: 1440 },
      ]),
      emergencyContact: { name: '秘亲甲', phone: '13712345678', relation: '秘表姑' },
    });
    const { tenant, ids } = place;
    // Each value is found nowhere else, so that reading it means knowing it.
    marks = {
      age: [`"age":${ageOn(BORN, new Date().toISOString().slice(0, 10))},`],
      // As a field holds it and as a sentence says it: a bare 23:59 is also the end of many an instant.
      availability: ['"endMinute":1439', '"23:59"', '–23:59'],
      birthDate: [BORN],
      email: [place.volunteer.email],
      emergencyContact: ['秘亲甲', '13712345678', '秘表姑'],
      home: ['秘巷七号', '119.654321', '29.876543'],
      name: ['欧阳秘名'],
      note: ['备注本'],
      phone: ['13987654321'],
    };
    const add = async (label: string, member: Member, own = ids): Promise<void> => {
      readers.set(label, {
        actor: await actorOf(member),
        api: await member.api(),
        page: await member.page(),
        ids: own,
      });
    };
    readers.set('anonymous', { actor: null, api: new ApiAgent(), page: new PageAgent(), ids });
    const stranger = await createPerson();
    const submitted = await createMembership(tenant, stranger, { state: 'submitted' });
    await add('applicant', memberOf(tenant, stranger, submitted));
    const fellow = await createMember(tenant);
    const joined = await (await fellow.api()).post(`/positions/${ids['positionId']}/assignments`);
    expect(joined.status, joined.text).to.equal(201);
    await add('fellow of the same shift', fellow, {
      ...ids,
      assignmentId: joined.json<{ id: string }>().id,
      membershipId: fellow.membershipId,
    });
    const beside = await createUnit(tenant);
    await add(
      'coordinator of another unit',
      await createMember(tenant, { roles: ['coordinator'], unitId: beside }),
    );
    for (const role of ROLES) await add(role, await createMember(tenant, { roles: [role] }));
    await add('the person', place.volunteer);
  });

  /** Where this reader finds each fact, over every address that the registry lets them read. */
  const findings = async ({ actor, api, page, ids }: Reader): Promise<Map<string, string[]>> => {
    const found = new Map<string, string[]>();
    let read = 0;
    await database().collection('rate_limits').deleteMany({});
    for (const { door, method, path, access } of publishRoutes(routes)) {
      if (method !== 'GET' || path.startsWith('/dev/')) continue;
      // The other walls say that who lacks the permission gets 403 and no more.
      if (access !== 'public' && !(actor && (access === 'signed-in' || can(actor, access as Permission))))
        continue;
      const concrete = path.startsWith('/t/')
        ? path.replace(':tenantSlug', place.tenant.slug).replace(':id', ids['shiftId'] ?? '')
        : pathAt(path, ids);
      if (concrete === null) continue;
      const answer = await (door === 'api' ? api.get(concrete.replace('/api/v1', '')) : page.get(concrete));
      if (answer.status === 200) read += 1;
      const heard = `${answer.text} ${JSON.stringify([...answer.headers])}`;
      for (const [fact, values] of Object.entries(marks))
        if (values.some((value) => heard.includes(value)))
          found.set(fact, [...(found.get(fact) ?? []), `${door} ${path}`]);
    }
    // A walk that is refused everywhere proves nothing.
    expect(read).to.be.greaterThan(8);
    return found;
  };

  for (const [label, expected] of Object.entries(SEEN))
    it(`${label}: ${expected.join(', ') || 'nothing'}`, async () => {
      const found = await findings(readers.get(label) as Reader);
      expect([...found.keys()].sort(), JSON.stringify([...found])).to.deep.equal([...expected].sort());
      // What is the person's own is read in the profile and the account, nowhere else.
      for (const fact of OWN_ONLY)
        for (const where of found.get(fact) ?? [])
          expect(where, fact).to.match(/^(api \/api\/v1\/me(\/profile)?|page \/(profile|account))$/);
    });

  it('keeps every other answer without a place for what is the person’s own', () => {
    const carried: Record<string, string[]> = {};
    for (const { name, output } of routes) {
      const schema = JSON.stringify(z.toJSONSchema(output, { unrepresentable: 'any' }));
      const keys = new Set([...schema.matchAll(/"([A-Za-z]+)":\{/g)].map(([, key = '']) => key));
      for (const key of keys)
        if (PERSONAL.test(key) && !OF_THE_NEED.has(key)) (carried[key] ??= []).push(name);
    }
    for (const names of Object.values(carried)) names.sort();
    expect(carried).to.deep.equal(CARRIED);
  });
});
