import { expect } from 'chai';
import { now } from '../../../server/core/clock.ts';
import { SHARED_SECONDS } from '../../../server/http/shared-pages.ts';
import { CONSENT_VERSIONS } from '../../../server/features/people/index.ts';
import { createMember, createTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createOpening } from '../../factories/requests.ts';
import { PageAgent } from '../../support/agent.ts';
import type { Answer, ApiAgent } from '../../support/agent.ts';
import { atOffset } from '../../support/app.ts';
import { startProcesses } from '../../support/processes.ts';
import type { Processes } from '../../support/processes.ts';

/** With the process's clock at an instant, whatever the time is by now. */
const at = <T>(instant: Date, work: () => Promise<T>): Promise<T> =>
  atOffset(instant.getTime() - Date.now(), work);
const visit = (path: string): Promise<Answer> => new PageAgent().get(path, { cookie: '__Host-lang=en' });

describe('what was withdrawn, on the pages that all visitors share', function () {
  this.timeout(60_000);
  let elsewhere: Processes;
  before(async () => {
    elsewhere = await startProcesses({ web: 1, jobs: 0 });
  });
  after(() => elsewhere.stop());

  /**
   * A change that another process hears of: this one goes on showing what it kept until its seconds are over, and not one
   * moment longer. @param shown of both pages, before and after
   */
  async function withdrawn(
    pages: readonly [list: string, one: string],
    shown: { readonly before: readonly [string, string]; readonly after: readonly [string, string] },
    change: (elsewhere: string) => Promise<Answer>,
  ): Promise<void> {
    const expectShown = async (what: readonly string[], not: readonly string[], when: string) => {
      for (const [n, path] of pages.entries()) {
        const { text } = await visit(path);
        if (what[n]) expect(text, `${path} ${when}`).to.include(what[n]);
        if (not[n]) expect(text, `${path} ${when}`).to.not.include(not[n]);
      }
    };
    await expectShown(shown.before, shown.after, 'before');
    const kept = now();
    const answer = await change(elsewhere.urls[0] ?? '');
    expect(answer.status, answer.text).to.equal(200);
    const heard = now();
    await at(kept, () => expectShown(shown.before, shown.after, 'while it is kept'));
    await at(new Date(heard.getTime() + SHARED_SECONDS * 1_000), () =>
      expectShown(shown.after, shown.before, 'after its seconds'),
    );
  }

  const takePlace = async (api: ApiAgent, positionId: string): Promise<string> => {
    const taken = await api.post(`/positions/${positionId}/assignments`);
    expect(taken.status, taken.text).to.equal(201);
    return taken.json<{ id: string }>().id;
  };

  it('is gone within three seconds: a place given back, a guardian’s consent, an opportunity closed or called off', async () => {
    const tenant = await createTenant();
    const desk = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const adult = await (await createMember(tenant)).api();
    const young = await createMinor(tenant);
    const minor = await young.api();
    const { shiftId, positionId } = await createOpening(tenant, {
      request: { title: '江边清洁' },
      position: { required: 2, maximum: 3, minAge: null },
    });
    const pages = [`/t/${tenant.slug}/opportunities`, `/t/${tenant.slug}/opportunities/${shiftId}`] as const;
    const place = await takePlace(adult, positionId);
    await takePlace(minor, positionId);

    const [covered, oneMore, twoMore] = ['Covered', '1 more', '2 more'];
    await withdrawn(pages, { before: [covered, '2 of 3'], after: [oneMore, '1 of 3'] }, (url) =>
      adult.at(url).post(`/assignments/${place}/cancel`, { reason: '家里有事' }),
    );
    await withdrawn(pages, { before: [oneMore, '1 of 3'], after: [twoMore, '0 of 3'] }, (url) =>
      desk.at(url).post(`/memberships/${young.membershipId}/guardian-consent/withdrawal`),
    );
    await withdrawn(pages, { before: ['江边清洁', 'sign-up"'], after: ['', 'Sign-up is closed'] }, (url) =>
      desk.at(url).post(`/shifts/${shiftId}/lock`),
    );
    expect((await visit(pages[0])).text, 'no longer among what is open').to.not.include('江边清洁');
  });

  it('is gone within three seconds: a shift that is called off with its reason told to its people only', async () => {
    const tenant = await createTenant();
    const desk = await (await createMember(tenant, { roles: ['coordinator'] })).api();
    const { shiftId } = await createOpening(tenant, { request: { title: '夜间送药' } });
    const pages = [`/t/${tenant.slug}/opportunities`, `/t/${tenant.slug}/opportunities/${shiftId}`] as const;
    await withdrawn(
      pages,
      { before: ['夜间送药', 'sign-up"'], after: ['', 'This shift was cancelled'] },
      (url) => desk.at(url).post(`/shifts/${shiftId}/cancellation`, { reason: '负责人生病了' }),
    );
    const [list, one] = [await visit(pages[0]), await visit(pages[1])];
    expect(list.text).to.not.include('夜间送药');
    expect(one.text).to.not.include('负责人生病了');
  });
});

/** Sixteen years old, with the guardian's consent. */
const createMinor = (tenant: Parameters<typeof createMember>[0]): Promise<Member> =>
  createMember(tenant, {
    person: {
      birthDate: `${now().getUTCFullYear() - 17}-06-15`,
      guardian: { name: '陈母', relation: 'mother', address: 'parent@example.org' } as never,
      consents: (['terms', 'guardian'] as const).map((purpose) => ({
        purpose,
        version: CONSENT_VERSIONS[purpose],
        givenAt: new Date(0),
        withdrawnAt: null,
      })) as never,
    },
  });
