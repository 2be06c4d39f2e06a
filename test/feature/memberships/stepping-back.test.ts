import { expect } from 'chai';
import { database } from '../../../server/db/connect.ts';
import { publishRoutes } from '../../../server/http/router.ts';
import { APPLICANT_PERMISSIONS, ROLE_PERMISSIONS } from '../../../server/core/permissions.ts';
import { createMember } from '../../factories/people.ts';
import type { ApiAgent, PageAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';
import { pathAt } from '../walls/addresses.ts';
import { BODIES } from '../walls/bodies.ts';
import { createPlace } from '../walls/place.ts';
import type { Place } from '../walls/place.ts';

/**
 * What every member may do for themselves, and whether it stays open while the membership is suspended. Saying no,
 * calling off, leaving and taking back do, as does contesting what was written of one; nothing new begins. An action
 * that is not in the table fails the test: whoever adds one decides.
 */
const OPEN: Readonly<Record<string, string>> = {
  'appraisals/contest': 'what was said of one is contested',
  'assignments/cancel': 'called off',
  'assignments/decline': 'said no',
  'awards/add-evidence': 'belongs to contesting and to a claim made before',
  'awards/contest': 'what was decided is contested',
  'awards/remove-evidence': 'taken back',
  'awards/withdraw': 'taken back',
  'certificates/issue': 'proof of service given is never withheld (R-1.18)',
  'credits/withdraw': 'taken back',
  'feeds/close': 'ended',
  'hours/appeal': 'what was decided is contested',
  'hours/ask-transfer': 'hours given are taken along',
  'hours/claim': 'what was recorded is contested',
  'hours/claim-add-evidence': 'belongs to contesting',
  'hours/claim-gap': 'what was not recorded is contested',
  'hours/claim-remove-evidence': 'taken back',
  'hours/claim-withdraw': 'taken back',
  'hours/withdraw-transfer': 'taken back',
  'recognition/name': 'taken off the notice',
  'recognition/withdraw': 'taken back',
  'saved-searches/pause': 'ended',
  'saved-searches/remove': 'ended',
  'talent-pools/leave': 'left',
  'talent-pools/share': 'taken back',
  'time-bank/cancel': 'called off',
  'time-bank/close': 'ended',
  'time-bank/end-kinship': 'ended',
  'training/cancel': 'called off',
  'training/decline': 'said no',
};
const CLOSED: Readonly<Record<string, string>> = {
  'assignments/accept': 'begins service',
  'assignments/sign-up': 'begins service',
  'assignments/sign-up-for-several': 'begins service',
  'attendance/check-in-own': 'places ahead were given up with the suspension',
  'attendance/check-out-own': 'who was there is checked out with the suspension',
  'attendance/use-code': 'begins service',
  'awards/claim': 'begins a claim',
  'credentials/add-scan': 'goes on with a claim',
  'credentials/appeal': 'waits for the end of the suspension; the verdict stands open',
  'credentials/claim': 'begins a claim',
  'credentials/correct': 'goes on with a claim',
  'credentials/remove-scan': 'belongs to correcting',
  'credentials/renew': 'begins a claim',
  'credits/add-scan': 'goes on with a claim',
  'credits/claim': 'begins a claim',
  'credits/correct': 'goes on with a claim',
  'credits/remove-scan': 'belongs to correcting; the whole claim can be taken back',
  'curricula/choose-own-roles': 'begins learning',
  'feeds/open': 'begins something',
  'first-steps/follow': 'shows what cannot be begun',
  'first-steps/set-shown': 'shows what cannot be begun',
  'hours/log': 'begins a record',
  'hours/submit': 'goes on with a record',
  'matching/object': 'nobody is matched meanwhile',
  'recognition/apply': 'begins a case',
  'recognition/object': 'speaks of others as a member',
  'saved-searches/create': 'begins a search',
  'saved-searches/edit': 'goes on with a search',
  'talent-pools/appeal': 'goes on with an application',
  'talent-pools/apply': 'begins an application',
  'time-bank/ask': 'begins a redemption',
  'time-bank/declare': 'begins something',
  'time-bank/donate': 'gives away',
  'time-bank/give': 'gives away',
  'time-bank/open': 'begins something',
  'training/accept': 'takes a seat',
  'training/come': 'seats are given to members',
  'training/give-feedback': 'waits for the end of the suspension',
  'training/sign-up': 'takes a seat',
};

describe('whoever is suspended, at every action for oneself', function () {
  this.timeout(300_000);
  let place: Place;
  let api: ApiAgent;
  let page: PageAgent;

  before(async () => {
    place = await createPlace('暂停词');
    api = await place.volunteer.api();
    page = await place.volunteer.page();
    await page.get('/account');
    const reviewer = await (await createMember(place.tenant, { roles: ['reviewer'] })).api();
    const answer = await reviewer.post(`/memberships/${place.volunteer.membershipId}/standing`, {
      to: 'suspended',
      reason: '核实情况',
    });
    expect(answer.status, answer.text).to.equal(200);
  });

  const actions = async () => {
    const own: readonly string[] = [...ROLE_PERMISSIONS.volunteer, ...APPLICANT_PERMISSIONS];
    return publishRoutes((await testApp()).composed.routes).filter(
      ({ method, access, tenant }) => method !== 'GET' && tenant === 'member' && own.includes(access),
    );
  };

  it('finds each in the table, once', async () => {
    const names = [...new Set((await actions()).map(({ name }) => name))].sort();
    expect([...Object.keys(OPEN), ...Object.keys(CLOSED)].sort()).to.deep.equal(names);
  });

  it('may step back from everything and begin nothing, on both doors', async () => {
    const faults: string[] = [];
    for (const { door, name, path, method } of await actions()) {
      await database().collection('rate_limits').deleteMany({});
      const concrete = (pathAt(path, place.ids) ?? path)
        .replace('/api/v1', '')
        .replace(/:sessionId|:id/g, place.ids['sessionId'] ?? '')
        .replace(/:[A-Za-z]+/g, '0'.repeat(24));
      // Nothing that is sent acts: an action that would succeed is sent something that it refuses by its own rules.
      const body = name in OPEN ? { nothing: 'like this' } : (BODIES[name]?.(place.ids) ?? {});
      const fields = Object.fromEntries(Object.entries(body).map(([key, value]) => [key, String(value)]));
      const { status } =
        door === 'api'
          ? await api.send(method, concrete, body, { 'if-match': '"v1"' })
          : await page.post(concrete, { ...fields, _version: '1' });
      const forbidden = status === 403;
      if (forbidden !== name in CLOSED) faults.push(`${door} ${name} ${path}: ${status}`);
    }
    if (faults.length > 0) throw new Error(`${faults.length} faults:\n${faults.join('\n')}`);
  });

  it('reaches each on a page that offers no more than that', async () => {
    for (const path of [
      '/training',
      '/calendar-feed',
      '/saved-searches',
      '/qualifications',
      '/recognition',
      '/time-bank',
      '/credits',
      '/credentials',
      '/assignments',
    ]) {
      const { status, text } = await page.get(`${path}?lang=en`);
      expect(status, path).to.equal(200);
      if (!['/assignments', '/calendar-feed'].includes(path))
        expect(text, path).to.include('Your membership is suspended');
      const forms = [...text.matchAll(/<form[^>]*action="([^"]*)"/g)].map(([, action]) => action ?? '');
      expect(
        forms.filter((action) =>
          /acceptance|applications|\/credentials$|\/time-bank\/account$|calendar-feed$/.test(action),
        ),
        path,
      ).to.deep.equal([]);
    }
  });
});
