import { expect } from 'chai';
import { ObjectId } from 'mongodb';
import { ROLES } from '../../server/core/permissions.ts';
import { localDate, localMinutes } from '../../server/core/time.ts';
import { database } from '../../server/db/connect.ts';
import { NUMBER_SETTINGS } from '../../server/features/tenants/tenant.schema.ts';
import { createMember, createUnit } from '../factories/people.ts';
import { createSearch } from '../factories/searches.ts';
import type { ApiAgent, Answer, PageAgent } from '../support/agent.ts';
import { freshTestApp, stopTestApp, testApp } from '../support/app.ts';
import { expectVerified } from '../support/processes.ts';
import { BODIES } from '../feature/walls/bodies.ts';
import { createPlace } from '../feature/walls/place.ts';
import type { Place } from '../feature/walls/place.ts';

/** One edit, as programs and as forms say it; `text` is what one of the two editors writes. */
interface Edit {
  readonly collection: string;
  readonly id: string;
  /** Where the text is stored; null where nobody's words are. */
  readonly field: string | null;
  readonly path: string;
  readonly pagePath?: string;
  body(text: string): Record<string, unknown>;
  /** The whole form; null where a second time is impossible anyway. */
  form: ((text: string) => Record<string, string>) | null;
}

const COURSE = { title: '同一门课', dimension: 'law', tracks: ['professional'], minutes: 60 };
const SESSION = {
  date: localDate(new Date(Date.now() + 9 * 86_400_000), 'Asia/Shanghai'),
  startTime: '09:00',
  endTime: '11:00',
  place: { label: '教室' },
  capacity: 9,
};

const clock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

const valueAt = (row: unknown, path: string): unknown =>
  path.split('.').reduce((value, key) => (value as Record<string, unknown> | undefined)?.[key], row);

/** Those of whom only their owner knows: one editor at two windows. */
const OWN = ['people/edit-profile', 'saved-searches/edit'];

/** For every route that asks for the version that was seen: a new one without an entry fails the test. */
const EDITS: Readonly<Record<string, (place: Place, personId: string) => Promise<Edit>>> = {
  'people/edit-profile': async (_place, personId) => ({
    collection: 'people',
    id: personId,
    field: 'homeLabel',
    path: '/me/profile',
    pagePath: '/profile',
    body: (homeLabel) => ({ homeLabel }),
    form: (homeLabel) => ({ name: '改名', homeLabel }),
  }),
  'requests/edit': async ({ ids }) => ({
    collection: 'requests',
    id: ids['requestId'] ?? '',
    field: 'title',
    path: `/requests/${ids['requestId']}`,
    body: (title) => ({ title }),
    form: (title) => ({ title, description: '说明' }),
  }),
  'saved-searches/edit': async ({ tenant }, personId) => {
    const search = await createSearch(tenant, personId);
    return {
      collection: 'savedsearches',
      id: search,
      field: 'name',
      path: `/me/saved-searches/${search}`,
      pagePath: `/saved-searches/${search}`,
      body: (name) => ({ name, words: 'x' }),
      form: (name) => ({ name, words: 'x', often: 'daily' }),
    };
  },
  'shifts/edit': async ({ ids }) => {
    const id = ids['shiftId'] ?? '';
    const row = await database()
      .collection('shifts')
      .findOne({ _id: new ObjectId(id) });
    const [startsAt, endsAt] = [row?.['startsAt'] as Date, row?.['endsAt'] as Date];
    const zone = 'Asia/Shanghai';
    return {
      collection: 'shifts',
      id,
      field: 'policyNumber',
      path: `/shifts/${id}`,
      body: (policyNumber) => ({ policyNumber }),
      form: (policyNumber) => ({
        policyNumber,
        date: localDate(startsAt, zone),
        startTime: clock(localMinutes(startsAt, zone)),
        endTime: clock(localMinutes(endsAt, zone)),
        breakMinutes: '0',
        riskLevel: 'none',
        leaderName: '负责人',
      }),
    };
  },
  'units/move': async ({ ids, tenant }) => {
    const parentId = await createUnit(tenant);
    const id = ids['unitId'] ?? '';
    return {
      collection: 'units',
      id,
      field: null,
      path: `/units/${id}/move`,
      body: (reason) => ({ parentId, reason }),
      form: null,
    };
  },
  'positions/edit': async ({ ids }) => ({
    collection: 'positions',
    id: ids['positionId'] ?? '',
    field: 'name',
    path: `/positions/${ids['positionId']}`,
    body: (name) => ({ name }),
    form: (name) => ({ name, required: '1', maximum: '3', admission: 'direct' }),
  }),
  'credentials/edit-type': async ({ tenant }) => {
    const type = { nameZh: '证', nameEn: 'Card', windowMonths: 0 };
    const officer = await (await createMember(tenant, { roles: ['officer'] })).api();
    const made = await officer.post('/credential-types', { ...type, code: 'own-card' });
    expect(made.status, made.text).to.equal(201);
    const row = await database().collection('credentialtypes').findOne({ code: 'own-card' });
    return {
      collection: 'credentialtypes',
      id: String(row?._id),
      field: null,
      path: '/credential-types/own-card',
      body: (source) => ({ ...type, source }),
      form: null,
    };
  },
  'courses/edit': async ({ ids }) => ({
    collection: 'courses',
    id: ids['courseId'] ?? '',
    field: 'content',
    path: `/courses/${ids['courseId']}`,
    body: (content) => ({ ...COURSE, content }),
    form: (content) => ({ ...COURSE, tracks: 'professional', minutes: '60', content }),
  }),
  'sessions/edit': async ({ ids }) => ({
    collection: 'trainingsessions',
    id: ids['sessionId'] ?? '',
    field: 'host',
    path: `/sessions/${ids['sessionId']}`,
    body: (host) => ({ ...SESSION, host }),
    form: (host) => ({
      date: SESSION.date,
      startTime: '09:00',
      endTime: '11:00',
      'place.label': '教室',
      capacity: '9',
      host,
    }),
  }),
  'talent-pools/edit': async ({ ids }) => {
    const pool = (purpose: string) => ({ nameZh: '人才库', nameEn: 'Pool', purpose });
    return {
      collection: 'talentpools',
      id: ids['poolId'] ?? '',
      field: 'purpose',
      path: `/talent-pools/${ids['poolId']}`,
      body: pool,
      form: pool,
    };
  },
  'shift-templates/rename': async ({ ids }) => ({
    collection: 'shifttemplates',
    id: ids['templateId'] ?? '',
    field: 'name',
    path: `/shift-templates/${ids['templateId']}`,
    body: (name) => ({ name }),
    form: (name) => ({ name }),
  }),
  'tenants/change': async ({ tenant }) => ({
    collection: 'tenants',
    id: tenant.id,
    field: 'name.en',
    path: '/settings',
    body: (nameEn) => ({ nameEn }),
    form: (nameEn) => ({
      nameZh: tenant.name['zh-CN'],
      nameEn,
      locale: 'zh-CN',
      colour: '',
      ...Object.fromEntries(NUMBER_SETTINGS.map((name) => [name, String(tenant.settings[name])])),
    }),
  }),
  'import-mappings/rename': async ({ ids }) => ({
    collection: 'importmappings',
    id: ids['importMappingId'] ?? '',
    field: 'name',
    path: `/import-mappings/${ids['importMappingId']}`,
    body: (name) => ({ name }),
    form: null,
  }),
  'matching/set-weights': async ({ tenant }) => ({
    collection: 'tenants',
    id: tenant.id,
    field: null,
    path: '/matching/weights',
    body: () => ({ restMinutes: 500 }),
    form: null,
  }),
  'imports/recheck': async ({ ids }) => ({
    collection: 'imports',
    id: ids['importId'] ?? '',
    field: null,
    path: `/imports/${ids['importId']}/recheck`,
    body: () => ({}),
    form: null,
  }),
  'import-mappings/use': async ({ ids }) => ({
    collection: 'imports',
    id: ids['importId'] ?? '',
    field: null,
    path: `/imports/${ids['importId']}/saved-mapping`,
    body: () => BODIES['import-mappings/use']?.(ids) as Record<string, unknown>,
    form: null,
  }),
  'imports/remap': async ({ ids }) => ({
    collection: 'imports',
    id: ids['importId'] ?? '',
    field: null,
    path: `/imports/${ids['importId']}/mapping`,
    body: () => BODIES['imports/remap']?.(ids) as Record<string, unknown>,
    form: null,
  }),
  'imports/start': async ({ ids }) => ({
    collection: 'imports',
    id: ids['importId'] ?? '',
    field: null,
    path: `/imports/${ids['importId']}/start`,
    body: () => ({}),
    form: null,
  }),
};

/** Those that need a row in a state of its own; two editors meet in `feature/imports/workbench` and `undo`, and in `feature/plans`. */
const PROVED_THERE = [
  ...['imports/fix', 'imports/skip', 'imports/replace', 'imports/undo'],
  ...['plans/decide', 'plans/wish', 'plans/send', 'plans/withdraw'],
  'training-plans/publish',
];

/** Two people at the same form: one saves, the other is told, nobody's words are lost unseen (F-40). */
describe('two editors of one thing', function () {
  this.timeout(60_000);
  let place: Place;
  let personId: string;
  let apis: [ApiAgent, ApiAgent];
  let pages: [PageAgent, PageAgent];

  before(async () => {
    await freshTestApp();
    place = await createPlace('同改');
    const one = await createMember(place.tenant, { roles: ROLES.filter((role) => role !== 'volunteer') });
    const other = await createMember(place.tenant, { roles: ROLES.filter((role) => role !== 'volunteer') });
    personId = one.personId;
    apis = [await one.api(), await other.api()];
    pages = [await one.page(), await other.page()];
  });
  after(async () => {
    try {
      await expectVerified();
    } finally {
      await stopTestApp();
    }
  });

  const stored = async ({ collection, id }: Edit): Promise<Record<string, unknown>> =>
    (await database()
      .collection(collection)
      .findOne({ _id: new ObjectId(id) })) ?? {};

  it('are thought of at every route that edits', async () => {
    const { routes } = (await testApp()).composed;
    const versioned = routes.filter((route) => route.versioned).map(({ name }) => name);
    expect([...Object.keys(EDITS), ...PROVED_THERE].sort()).to.deep.equal(versioned.sort());
    // Whatever changes parts of a thing asks which version was seen.
    const blind = routes.filter(({ method, versioned: asks }) => ['patch', 'put'].includes(method) && !asks);
    expect(blind.map(({ name }) => name)).to.deep.equal([]);
  });

  for (const [name, arrange] of Object.entries(EDITS))
    it(`cannot both save: ${name}`, async () => {
      const edit = await arrange(place, personId);
      const { routes } = (await testApp()).composed;
      const method = routes.find((route) => route.name === name)?.method.toUpperCase() ?? '';
      const editors = OWN.includes(name) ? [apis[0], apis[0]] : apis;
      const windows = OWN.includes(name) ? [pages[0], pages[0]] : pages;
      const before = await stored(edit);
      const seen = { 'if-match': `"v${String(before['version'])}"` };
      const texts = ['甲写的', '乙写的'];
      const answers = await Promise.all(
        editors.map((api, at) => api.send(method, edit.path, edit.body(texts[at] ?? ''), seen)),
      );
      const won = answers.findIndex(({ status }) => status < 300);
      const lost = answers[1 - won] as Answer;
      expect(
        answers.filter(({ status }) => status < 300),
        answers.map(({ text }) => text).join(),
      ).to.have.length(1);
      expect([lost.status, lost.json()['code']]).to.satisfy(
        ([status, code]: [number, string]) =>
          (status === 412 && code === 'version-changed') || (status === 409 && code === 'wrong-state'),
        lost.text,
      );
      if (edit.field !== null) expect(valueAt(await stored(edit), edit.field)).to.equal(texts[won]);
      const blind = await editors[0]?.send(method, edit.path, edit.body('盲写的'));
      expect(blind?.status).to.equal(428);

      if (edit.form === null) return;
      const version = String((await stored(edit))['version']);
      const path = edit.pagePath ?? edit.path;
      const first = await windows[0]?.post(path, { ...edit.form('先存的'), _version: version });
      expect(first?.status, first?.text.slice(0, 2_000)).to.equal(303);
      const second = await windows[1]?.post(path, { ...edit.form('后存的'), _version: version });
      expect(second?.status).to.equal(409);
      expect(second?.text)
        .to.match(/内容已被他人修改/)
        .and.include('后存的');
      expect(valueAt(await stored(edit), edit.field ?? '')).to.equal('先存的');
    });
});
