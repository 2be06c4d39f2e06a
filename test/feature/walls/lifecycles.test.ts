import { expect } from 'chai';
import fc from 'fast-check';
import { database } from '../../../server/db/connect.ts';
import {
  assignmentLifecycle,
  credentialLifecycle,
  creditLifecycle,
  membershipLifecycle,
  requestLifecycle,
} from '../../../server/core/states.ts';
import { createMember, createTenant } from '../../factories/people.ts';
import { byTwo, createSecond } from '../../factories/proposals.ts';
import { createOpening, createRequest } from '../../factories/requests.ts';
import type { ApiAgent, Answer } from '../../support/agent.ts';

interface Walk {
  /** Where the thing stands now. */
  state(): Promise<string>;
  /** What may be tried, by name. */
  readonly tries: Readonly<Record<string, () => Promise<Answer>>>;
}

/** Whether there is a way along the edges: one press may go several steps, as taking on a request does. */
function reaches(edges: Readonly<Record<string, readonly string[]>>, from: string, to: string): boolean {
  const seen = new Set([from]);
  for (const state of seen) for (const next of edges[state] ?? []) seen.add(next);
  return from !== to && seen.has(to);
}

/**
 * Whatever is asked of a thing in whatever order and by whom: what succeeds goes along its life cycle, what is refused
 * leaves it where it was (S-11).
 */
describe('things move only along their life cycles', function () {
  this.timeout(180_000);
  const stateAt = (api: ApiAgent, path: string) => async (): Promise<string> =>
    (await api.get(path)).json<{ state: string }>().state;

  /** @returns the steps that were taken in all walks */
  async function walk(
    lifecycle: { readonly edges: Readonly<Record<string, readonly string[]>> },
    names: readonly string[],
    begin: () => Promise<Walk>,
  ): Promise<Set<string>> {
    const taken = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...names), { minLength: 4, maxLength: 14 }),
        async (commands) => {
          await database().collection('rate_limits').deleteMany({});
          const thing = await begin();
          let before = await thing.state();
          for (const name of commands) {
            const answer = await thing.tries[name]?.();
            if (!answer) throw new Error(`Nothing is called ${name}`);
            const after = await thing.state();
            const step = `${before} > ${name} > ${after} (${answer.status})`;
            expect(answer.status, `${step} ${answer.text.slice(0, 200)}`).to.be.lessThan(500);
            if (answer.status >= 400) expect(after, step).to.equal(before);
            else if (after !== before) {
              expect(reaches(lifecycle.edges, before, after), step).to.equal(true);
              taken.add(`${before} > ${after}`);
            }
            before = after;
          }
        },
      ),
      { numRuns: Number(process.env['LINLI_FUZZ'] ?? 15), seed: 11 },
    );
    return taken;
  }

  it('memberships', async () => {
    const tenant = await createTenant();
    const [officer, first, second] = await Promise.all(
      (['officer', 'reviewer', 'reviewer'] as const).map(async (role) =>
        (await createMember(tenant, { roles: [role] })).api(),
      ),
    );
    if (!officer || !first || !second) throw new Error('Nobody reviews');
    const begin = async (): Promise<Walk> => {
      const applicant = await createMember(tenant, { state: 'submitted' });
      const own = await applicant.api();
      const path = `/memberships/${applicant.membershipId}`;
      const review = (api: ApiAgent, verdict: string) => () =>
        api.post(`${path}/review`, { verdict, reason: 'x' });
      const stand = (to: string) => () => first.post(`${path}/standing`, { to, reason: 'x' });
      return {
        state: stateAt(officer, path),
        tries: {
          pass: review(officer, 'first_review'),
          approve: review(first, 'approved'),
          'approve by another': review(second, 'approved'),
          'approve too early': review(officer, 'approved'),
          reject: review(second, 'rejected'),
          'send back': review(officer, 'needs_correction'),
          suspend: stand('suspended'),
          resume: stand('approved'),
          end: stand('ended'),
          mend: () => own.post(`${path}/answer`, { to: 'submitted', motivation: 'x' }),
          withdraw: () => own.post(`${path}/answer`, { to: 'withdrawn' }),
        },
      };
    };
    const names = Object.keys((await begin()).tries);
    const taken = await walk(membershipLifecycle, names, begin);
    expect(taken.size, [...taken].join(', ')).to.be.greaterThan(3);
  });

  it('assignments', async () => {
    const tenant = await createTenant();
    const coordinator = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const begin = async (): Promise<Walk> => {
      const volunteer = await createMember(tenant);
      const own = await volunteer.api();
      const { positionId } = await createOpening(tenant, { position: { admission: 'approval' } as never });
      const made = await own.post(`/positions/${positionId}/assignments`);
      expect(made.status, made.text).to.equal(201);
      const path = `/assignments/${made.json<{ id: string }>().id}`;
      const press =
        (api: ApiAgent, verb: string, body: object = {}) =>
        () =>
          api.post(`${path}/${verb}`, body);
      return {
        state: stateAt(coordinator, path),
        tries: {
          accept: press(coordinator, 'admit'),
          confirm: press(coordinator, 'confirm'),
          decline: press(coordinator, 'decline', { reason: 'x' }),
          'accept oneself': press(own, 'accept'),
          'decline oneself': press(own, 'decline'),
          cancel: press(own, 'cancel', { reason: 'x' }),
          release: press(coordinator, 'cancel', { reason: 'x' }),
          arrive: press(coordinator, 'attendance', { mark: 'check-in' }),
          leave: press(coordinator, 'attendance', { mark: 'check-out' }),
          miss: press(coordinator, 'attendance', { mark: 'no-show' }),
        },
      };
    };
    const taken = await walk(assignmentLifecycle, Object.keys((await begin()).tries), begin);
    expect(taken.size, [...taken].join(', ')).to.be.greaterThan(1);
  });

  it('requests', async () => {
    const tenant = await createTenant();
    const [officer, coordinator] = await Promise.all([
      createMember(tenant, { roles: ['officer'] }).then((one) => one.api()),
      createMember(tenant, { roles: ['coordinator'] }).then((one) => one.api()),
    ]);
    const begin = async (): Promise<Walk> => {
      const id = await createRequest(tenant, { state: 'submitted' });
      const path = `/requests/${id}`;
      const screen = (verdict: string) => () => officer.post(`${path}/screening`, { verdict, reason: 'x' });
      return {
        state: stateAt(coordinator, path),
        tries: {
          screen: screen('screened'),
          reject: screen('rejected'),
          'take on': () => coordinator.post(`${path}/acceptance`),
          discard: () => coordinator.post(`${path}/discard`, { reason: 'x' }),
          close: () => coordinator.post(`${path}/closing`, { reason: 'x' }),
        },
      };
    };
    const taken = await walk(requestLifecycle, Object.keys((await begin()).tries), begin);
    expect(taken.size, [...taken].join(', ')).to.be.greaterThan(1);
  });

  it('credentials', async () => {
    const tenant = await createTenant();
    const holder = await createMember(tenant);
    const own = await holder.api();
    const [officer, reviewer] = await Promise.all([
      createMember(tenant, { roles: ['officer'] }).then((one) => one.api()),
      createMember(tenant, { roles: ['reviewer'] }).then((one) => one.api()),
    ]);
    let n = 0;
    const begin = async (): Promise<Walk> => {
      const claim = {
        level: 'assistant',
        number: `L${(n += 1)}${holder.personId.slice(-6)}`,
        issuedOn: '2025-01-10',
        validFrom: '2025-02-01',
      };
      const made = await own.post('/credentials', claim);
      expect(made.status, made.text).to.equal(201);
      const path = `/credentials/${made.json<{ id: string }>().id}`;
      const review = (api: ApiAgent, verdict: string) => () =>
        api.post(`${path}/review`, { verdict, reason: 'x' });
      return {
        state: stateAt(own, path),
        tries: {
          pass: review(officer, 'first_pass'),
          certify: review(reviewer, 'valid'),
          'certify too early': review(officer, 'valid'),
          'send back': review(officer, 'needs_correction'),
          reject: review(reviewer, 'rejected'),
          'certify oneself': review(own, 'valid'),
          correct: () => own.post(`${path}/correction`, claim),
        },
      };
    };
    const taken = await walk(credentialLifecycle, Object.keys((await begin()).tries), begin);
    expect(taken.size, [...taken].join(', ')).to.be.greaterThan(2);
  });

  it('credit hours', async () => {
    const tenant = await createTenant();
    const own = await createMember(tenant, { roles: ['officer', 'reviewer'] }).then((one) => one.api());
    const other = await createMember(tenant, { roles: ['officer', 'reviewer'] }).then((one) => one.api());
    const third = await createSecond(tenant);
    let n = 0;
    const begin = async (): Promise<Walk> => {
      const claim = {
        title: `培训${(n += 1)}`,
        activity: 'training',
        dimension: 'law',
        date: '2025-06-10',
        hours: 6,
        evidence: ['passCertificate'],
      };
      const made = await own.post('/credits', claim);
      expect(made.status, made.text).to.equal(201);
      const path = `/credits/${made.json<{ id: string }>().id}`;
      const review = (api: ApiAgent, verdict: string) => () =>
        api.post(`${path}/review`, { verdict, reason: 'x', evidence: ['passCertificate'] });
      return {
        state: stateAt(own, path),
        tries: {
          post: review(other, 'posted'),
          'send back': review(other, 'needs_correction'),
          reject: review(other, 'rejected'),
          'post one’s own': review(own, 'posted'),
          correct: () => own.post(`${path}/correction`, claim),
          withdraw: () => own.post(`${path}/withdrawal`),
          'withdraw another’s': () => other.post(`${path}/withdrawal`),
          reverse: () => byTwo(third, other, `${path}/reversal`, { reason: 'x' }),
          'reverse one’s own': () => own.post(`${path}/reversal`, { reason: 'x' }),
        },
      };
    };
    const taken = await walk(creditLifecycle, Object.keys((await begin()).tries), begin);
    expect(taken.size, [...taken].join(', ')).to.be.greaterThan(2);
  });
});
