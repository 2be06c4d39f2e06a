import { expect } from 'chai';
import { newSomebody } from '../../../server/features/plans/plan.ground.ts';
import type { Somebody } from '../../../server/features/plans/plan.ground.ts';
import { Reach } from '../../../server/features/plans/plan.reach.ts';
import { position } from '../matching/facts.ts';

const CROWD = 3_000;
const WANTED = 20;
const POINT = { latitude: 29.8, longitude: 119.69 };

/** Somebody so many metres north of the place. */
const livingAt = (n: number, metres: number): Somebody =>
  newSomebody({
    _id: String(n).padStart(24, '0'),
    home: { type: 'Point', coordinates: [POINT.longitude, POINT.latitude + metres / 111_195] },
    availability: [],
    skills: [],
    radiusMetres: null,
  } as never);

describe('whom a plan looks at', () => {
  const people = Array.from({ length: CROWD }, (_unused, n) => livingAt(n, n));
  const [inPool, passed, certified, hidden] = [2_900, 2_950, 2_999, 2_990];
  people[inPool]?.pools.set(0, [{ poolId: 'p1', validTo: null }]);
  people[hidden]?.pools.set(0, [{ poolId: 'p1', validTo: null }]);
  for (const n of [5, passed, inPool])
    people[n]?.trained.set(0, [{ courseId: 'c1', passedOn: '2026-01-01', validTo: null }]);
  for (const n of [passed, certified]) people[n]?.credentials.set(0, [{ type: 'social-worker' } as never]);
  const visible = new Uint8Array(CROWD).fill(1);
  visible[hidden] = 0;
  const reach = new Reach(people, [visible], [10_000]);
  const pool = (id: string) => ({ id, name: { 'zh-CN': id, en: id } });
  const social = { type: 'social-worker', level: '' };
  const asked = { ...position, point: POINT, skills: [], credentials: [], trainings: [], pools: [] };

  it('takes the nearest where nothing rare is asked for', () => {
    expect(reach.candidates(0, asked, WANTED)).to.have.members([...Array(WANTED).keys()]);
  });

  it('begins with those who hold what few hold, however far down they live', () => {
    const found = (more: object): number[] => reach.candidates(0, { ...asked, ...more }, WANTED);
    expect(found({ pools: [pool('p1'), pool('p2')] })).to.deep.equal([inPool]);
    expect(found({ trainings: ['c1'] })).to.have.members([5, passed, inPool]);
    // Of all that is asked for, what fewest hold.
    expect(found({ trainings: ['c1'], credentials: [social] })).to.have.members([passed, certified]);
    expect(found({ pools: [pool('p2')] })).to.deep.equal([]);
  });

  it('leaves out of them whom the rules refuse anyhow', () => {
    const near = new Reach(people, [visible], [1_000]);
    expect(near.candidates(0, { ...asked, trainings: ['c1'] }, WANTED)).to.deep.equal([5]);
  });
});
