import { expect } from 'chai';
import { membershipLifecycle, requestLifecycle } from '../../../server/core/states.ts';
import {
  buildCredentials,
  buildMemberships,
  buildPeople,
  CAST,
} from '../../../server/features/demo/demo.members.ts';
import { buildNeeds, wayTo } from '../../../server/features/demo/demo.needs.ts';
import { readCounty } from '../../../server/features/demo/demo.people.ts';
import { buildTenants } from '../../../server/features/demo/demo.places.ts';
import { createChance, stableId } from '../../../server/features/demo/demo.random.ts';
import { buildStaffing } from '../../../server/features/demo/demo.staffing.ts';
import type { DemoGround } from '../../../server/features/demo/demo.types.ts';

const TODAY = new Date('2026-11-24T02:00:00Z');

function build(seed: number, count: number) {
  const ground: DemoGround = {
    seed,
    today: TODAY,
    chance: createChance(seed),
    county: readCounty(),
    id: (kind, n, at = TODAY) => stableId(seed, kind, n, at),
  };
  const { tenants } = buildTenants(ground);
  const people = buildPeople(ground, count);
  const memberships = buildMemberships(ground, people, tenants);
  const credentials = buildCredentials(ground, people, memberships, ['a'.repeat(24), 'b'.repeat(24)]);
  const leader = people[1]!;
  const needs = buildNeeds(ground, tenants, () => ({
    personId: leader.id,
    name: leader.name,
    accountId: leader.accountId,
  }));
  const workers = new Set(credentials.filter(({ valid }) => valid).map(({ personId }) => personId));
  return {
    tenants,
    people,
    memberships,
    credentials,
    needs,
    workers,
    staffing: buildStaffing(ground, people, memberships, needs.shifts, workers),
  };
}

describe('the demo place', () => {
  const place = build(1, 3_000);

  it('is the same for the same seed and day, and another for another seed', () => {
    const again = build(1, 3_000);
    // Compared by hand: a matcher would first word the two, which are twenty megabytes together.
    expect(JSON.stringify(again) === JSON.stringify(place), 'the same seed').to.equal(true);
    expect(JSON.stringify(build(2, 300).people)).to.not.equal(JSON.stringify(build(1, 300).people));
  });

  it('has real townships and communities of Tonglu', () => {
    const county = readCounty();
    expect(county.townships).to.have.length(14);
    expect(county.townships.flatMap(({ communities }) => communities).length).to.be.above(200);
    for (const { code } of county.townships) expect(code).to.match(/^330122\d{3}$/);
  });

  it('invents its people: addresses below example.org, documents of type demo', () => {
    for (const person of place.people) {
      expect(person.email).to.match(/@example\.org$/);
      expect(person.row).to.include({ documentType: 'demo' });
    }
    for (const { row } of place.credentials) expect((row as { number: string }).number).to.match(/^DEMO-/);
  });

  it('has somebody in every state of a membership, sixty social workers and forty requests in every state', () => {
    expect(new Set(place.memberships.map(({ state }) => state))).to.deep.equal(
      new Set(membershipLifecycle.states),
    );
    expect(place.credentials.length).to.equal(60);
    expect(place.needs.requests).to.have.length(40);
    expect(new Set(place.needs.requests.map(({ row }) => (row as { state: string }).state))).to.deep.equal(
      new Set(requestLifecycle.states),
    );
  });

  it('comes to every state along legal edges', () => {
    for (const state of requestLifecycle.states) {
      const way = wayTo(state);
      way
        .slice(1)
        .forEach((to, index) =>
          expect(requestLifecycle.canMove(way[index]!, to), `${way[index]} → ${to}`).to.equal(true),
        );
    }
  });

  it('never fills more places than there are and never sends anybody to two places at once', () => {
    for (const shift of place.needs.shifts) expect(shift.taken).to.be.at.most(shift.activity.maximum);
    const seated = place.staffing.assignments.filter(({ row }) =>
      ['accepted', 'checked_out', 'no_show'].includes(String(row['state'])),
    );
    const byPerson = Map.groupBy(seated, ({ row }) => String(row['personId']));
    for (const own of byPerson.values()) {
      const spans = own
        .map(({ shift }) => [shift.startsAt.getTime(), shift.endsAt.getTime()] as const)
        .sort((a, b) => a[0] - b[0]);
      spans.slice(1).forEach(([start], index) => expect(start).to.be.at.least(spans[index]![1]));
    }
  });

  it('sends only people who fit', () => {
    const people = new Map(place.people.map((person) => [person.id, person]));
    for (const { shift, row } of place.staffing.assignments) {
      const person = people.get(String(row['personId']))!;
      const { activity } = shift;
      if (activity.skill)
        expect(
          person.skills.some((skill) => skill.code === activity.skill && skill.level >= activity.minLevel),
        ).to.equal(true);
      if (activity.language) expect(person.languages).to.include(activity.language);
      if (activity.needsSocialWorker) expect(place.workers.has(person.id)).to.equal(true);
    }
  });

  it('gives the volunteer whose sign-in is printed a year of service and something ahead', () => {
    const own = place.staffing.assignments.filter(({ row }) => row['personId'] === place.people[0]!.id);
    expect(own.filter(({ row }) => row['state'] === 'checked_out').length).to.be.above(8);
    expect(own.filter(({ row }) => row['state'] === 'accepted').length).to.be.above(0);
    expect(CAST[0]!.role).to.equal('volunteer');
  });

  it('gives a certified social worker a sign-in, service of their own and no role', () => {
    const at = CAST.findIndex(({ kind }) => kind === 'social-worker');
    const person = place.people[at]!;
    const membership = place.memberships.find(({ personId }) => personId === person.id)!;
    expect(membership.row).to.deep.include({ kind: 'social-worker', grants: [], state: 'approved' });
    expect(place.staffing.assignments.some(({ row }) => row['personId'] === person.id)).to.equal(true);
    const officer = place.people[CAST.findIndex(({ key }) => key === 'officer')]!;
    expect(place.staffing.assignments.some(({ row }) => row['personId'] === officer.id)).to.equal(false);
  });

  it('gives officers of the department, of a township and of a community what lies below them', () => {
    const reach = CAST.flatMap(({ role }, n) => {
      const own = place.memberships.find(({ personId }) => personId === place.people[n]!.id)!;
      const { grants } = own.row as { grants: { unitId: string }[] };
      const at = place.tenants[0]!.places.find(({ id }) => id === grants[0]?.unitId);
      return role === 'officer' ? [at?.kind ?? 'root'] : [];
    });
    expect(reach).to.deep.equal(['root', 'township', 'community']);
  });
});
