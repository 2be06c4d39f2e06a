import { expect } from 'chai';
import { LOCALES } from '../../server/core/locale.ts';
import { ROLES } from '../../server/core/permissions.ts';
import type { Role } from '../../server/core/permissions.ts';
import { publishRoutes } from '../../server/http/router.ts';
import { createServed } from '../factories/hours.ts';
import { createMember, createTenant, createUnit, PASSWORD } from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import { createOpening, createRequest } from '../factories/requests.ts';
import { nycFile, nycRow } from '../feature/imports/samples.ts';
import { testApp } from '../support/app.ts';
import {
  axe,
  axeText,
  collectCspViolations,
  collectPageErrors,
  launchBrowser,
  newPage,
  overflowsSideways,
} from '../support/browser.ts';
import type { Browser, Page } from '../support/browser.ts';

const PHONE = { width: 390, height: 844 };
const SMALLEST = { width: 320, height: 640 };
const DESK = { width: 1280, height: 900 };
/** What is downloaded, not looked at. */
const FILES = /\.(json|csv|ics|xml|pdf|png)$|\/(pdf|json|credential|print)$|^\/(api|health|ready|feeds)/;

interface Pattern {
  readonly path: string;
  readonly parts: readonly string[];
}

/** A place where every role finds something on its pages. */
async function createPlace(): Promise<ReadonlyMap<Role, Member>> {
  const tenant = await createTenant({ name: { 'zh-CN': '桐庐县邻里互助会', en: 'Tonglu Neighbours' } });
  const unitId = await createUnit(tenant, { name: '桐君街道' });
  const cast = new Map<Role, Member>();
  for (const role of ROLES) {
    const roles = role === 'volunteer' ? [] : [role];
    cast.set(role, await createMember(tenant, { roles, person: { name: `${role}·欧阳明月` } }));
  }
  await createMember(tenant, { roles: ['reviewer'], person: { name: '第二位复核' } });
  const apiOf = async (role: Role): ReturnType<Member['api']> => (cast.get(role) as Member).api();
  const [own, coordinator] = [await apiOf('volunteer'), await apiOf('coordinator')];
  const open = await createOpening(tenant, {
    request: { title: '陪独居老人看病', category: 'elderly' },
    position: { required: 3, maximum: 5 },
  });
  const asked = await createOpening(tenant, { request: { title: '河道清洁' }, position: { maximum: 2 } });
  await createOpening(tenant, {
    request: { title: '社区运动会', state: 'draft' },
    shift: { state: 'draft', riskLevel: 'bodily' },
  });
  await createRequest(tenant, { title: '想有人陪我去医院', state: 'submitted' });
  const claim = { level: 'intermediate', number: 'TEST-2026-000001', issuer: '演示发证机构' };
  const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  for (const [daysAgo, title] of [
    [3, '社区图书角整理'],
    [20, '端午包粽子送温暖'],
  ] as const) {
    const startsAt = new Date(Date.now() - daysAgo * 86_400_000);
    const endsAt = new Date(startsAt.getTime() + 7_200_000);
    const id = await createServed(tenant, cast.get('volunteer') as Member, { title, startsAt, endsAt });
    await coordinator.post(`/hours/${id}/approve`);
    const claim = await own.post(`/hours/${id}/claims`, { wrong: 'not-served', text: '那天我没有去' });
    expect(claim.status, claim.text).to.equal(201);
    const taken = await (await apiOf('reviewer')).post(`/hours/${id}/reversal`, { reason: '登记有误' });
    expect(taken.status, taken.text).to.equal(201);
  }
  await createServed(tenant, cast.get('volunteer') as Member, { title: '垃圾分类督导' });
  const due = (await coordinator.get('/appraisals/desk')).json<{ data: { id: string; shiftId: string }[] }>()
    .data;
  for (const [n, { id, shiftId }] of due.slice(0, 2).entries()) {
    const said = await coordinator.post(`/shifts/${shiftId}/appraisals`, { quality: 'good', rows: [{ id }] });
    expect(said.status, said.text).to.equal(201);
    if (n === 0) await own.post(`/appraisals/${id}/contest`, { reason: '我全程都在' });
  }
  await createMember(tenant, { state: 'submitted', unitId, person: { name: '申请人甲' } });
  const faced = await coordinator.post('/people', {
    name: '当面登记的人',
    phone: '13900000001',
    phoneSeen: true,
    consentHow: 'signed',
    consent: true,
  });
  expect(faced.status, faced.text).to.equal(201);
  const desk = await (cast.get('coordinator') as Member).page();
  await desk.get('/imports/new');
  const brought = await desk.upload(
    '/imports',
    { kind: 'opportunities', unitId: tenant.rootUnitId },
    {
      name: 'a.csv',
      bytes: nycFile([nycRow(), nycRow({ title: '', summary: 'Nobody wrote what this is' })]),
    },
  );
  expect(brought.status, brought.text).to.equal(303);
  const award = { name: '优秀志愿者', awardedOn: '2025-12-05', awardedBy: '桐庐县人民政府' };
  const { membershipId } = cast.get('volunteer') as Member;
  for (const [status, made] of [
    [201, await own.post('/awards', { ...award, origin: 'government', level: 'county' })],
    [
      201,
      await coordinator.post(`/memberships/${membershipId}/awards`, {
        ...award,
        origin: 'own',
        awardedBy: '',
      }),
    ],
    [201, await own.post(`/positions/${open.positionId}/assignments`)],
    [201, await coordinator.post(`/positions/${asked.positionId}/assignments`)],
    [
      201,
      await own.post('/credits', {
        title: '个案工作培训',
        activity: 'training',
        dimension: 'ability',
        date: today,
        hours: 24,
        evidence: ['passCertificate'],
      }),
    ],
    [201, await own.post('/credentials', { ...claim, issuedOn: '2025-03-01', validFrom: '2025-03-15' })],
    [
      201,
      await own.post('/certificates', {
        from: `${Number(today.slice(0, 4)) - 1}-01-01`,
        to: today,
        locale: 'en',
      }),
    ],
  ] as const)
    expect(made.status, made.text).to.equal(status);
  return cast;
}

describe('every page of the registry', function () {
  this.timeout(180_000);
  let browser: Browser;
  let cast: ReadonlyMap<Role, Member>;
  let patterns: readonly Pattern[];
  /** What a form can be sent to: method and declared path. */
  let targets: readonly (Pattern & { readonly method: string })[];
  const patternsOf = new Map<string, string | null>();
  /** How many have looked at each declared page. */
  const seen = new Map<string, number>();
  const passed = new Set<string>();

  before(async () => {
    browser = await launchBrowser();
    cast = await createPlace();
    targets = publishRoutes((await testApp()).composed.routes)
      .filter(({ door }) => door === 'page')
      .map(({ method, path }) => ({ method, path, parts: path.split('/') }));
    patterns = targets.filter(({ method, path }) => method === 'GET' && !FILES.test(path));
  });
  after(async () => browser?.close());

  /** The declared path that an address belongs to; the most literal one wins, as in the router. */
  function patternOf(address: string): string | null {
    const path = address.split(/[?#]/)[0] ?? '';
    const known = patternsOf.get(path);
    if (known !== undefined) return known;
    const fitted = fitPattern(path.split('/'));
    patternsOf.set(path, fitted);
    return fitted;
  }

  function fitPattern(parts: readonly string[]): string | null {
    const fitting = patterns.filter((pattern) => fits(pattern, parts));
    const literal = ({ parts: all }: Pattern): number => all.filter((part) => !part.startsWith(':')).length;
    return fitting.sort((a, b) => literal(b) - literal(a))[0]?.path ?? null;
  }

  /** Addresses that the reader may open, by declared path: what has no parameter, and all that links lead to from there. */
  async function reachable(page: Page, deadEnds: string[]): Promise<ReadonlyMap<string, string[]>> {
    const { url } = await testApp();
    const cookies = await page.context().cookies();
    // The browser's own requests would pack and unpack every page, and take three times as long.
    const headers = {
      accept: 'text/html',
      'accept-language': 'zh-CN',
      'accept-encoding': 'identity',
      cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
    };
    const found = new Map<string, string[]>();
    const queue = patterns.map(({ path }) => path).filter((path) => !path.includes(':'));
    const asked = new Set(queue);
    const kinds = new Map(queue.map((path) => [path, 1]));
    /** Where a link to an address was seen first, and which addresses the reader may not open. */
    const linkedFrom = new Map<string, string>();
    const closed = new Set<string>();
    for (let address = queue.shift(); address !== undefined; address = queue.shift()) {
      const answer = await fetch(`${url}${address}`, { redirect: 'manual', headers });
      // A page that only leads on is seen where it leads to.
      if (answer.status === 303 && answer.headers.get('location') !== '/sign-in') passed.add(address);
      if (answer.status === 403) closed.add(address);
      if (answer.status === 303 || answer.status === 403) continue;
      expect(answer.status, address).to.equal(200);
      const pattern = patternOf(address) as string;
      found.set(pattern, [...(found.get(pattern) ?? []), address]);
      for (const [, raw = ''] of (await answer.text()).matchAll(/href="(\/[^"]*)/g)) {
        const href = raw.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=').replace(/#.*/, '');
        if (
          FILES.test(href.replace(/\?.*/, '')) ||
          /[?&](lang|letters)=/.test(href) ||
          href.startsWith('/assets/')
        )
          continue;
        const to = patternOf(href);
        linkedFrom.set(to === null ? `${href}, which is no page` : href, address);
        if (to === null || asked.has(href)) continue;
        const known = kinds.get(to) ?? 0;
        // Two of a kind show it; a filter's or a pager's address is one more of the same.
        if (known >= 2) continue;
        kinds.set(to, known + 1);
        asked.add(href);
        queue.push(href);
      }
    }
    for (const [href, from] of linkedFrom)
      if (closed.has(href) || href.endsWith('no page')) deadEnds.push(`${from}: leads to ${href}`);
    return found;
  }

  async function signIn(page: Page, who: Member): Promise<void> {
    await page.goto('/sign-in');
    await page.fill('#f-email', who.email);
    await page.fill('#f-password', PASSWORD);
    await page.click('main button[type=submit]');
    await page.waitForURL((url) => url.pathname !== '/sign-in');
  }

  const fits = ({ parts: known }: Pattern, parts: readonly string[]): boolean =>
    known.length === parts.length && known.every((part, n) => part.startsWith(':') || part === parts[n]);

  /** Forms of the page that only a script could send, and those that lead nowhere. */
  async function brokenForms(page: Page): Promise<string[]> {
    const forms = await page.evaluate<{ method: string; action: string; buttons: number }[]>(
      `[...document.forms].map((form) => ({ method: form.method.toUpperCase(), action: form.getAttribute('action') ?? location.pathname,
        buttons: [...form.elements].filter((one) => one.type === 'submit' && !one.hidden).length }))`,
    );
    return forms.flatMap(({ method, action, buttons }) => {
      const parts = (action.split(/[?#]/)[0] ?? '').split('/');
      const known = targets.some((one) => one.method === method && fits(one, parts));
      return [
        ...(known ? [] : [`a form goes to ${method} ${action}`]),
        ...(buttons > 0 ? [] : [`the form of ${action} has no button`]),
      ];
    });
  }

  /** Everything wrong with the page as it stands: its width in every size, all that axe asks in `sizes`. */
  async function faultsOf(page: Page, sizes: readonly (typeof PHONE)[]): Promise<string[]> {
    const faults = await brokenForms(page);
    // It was opened in a phone's size; each change of it lays the page out and draws it anew.
    for (const size of [PHONE, SMALLEST, DESK]) {
      if (size !== PHONE) await page.setViewportSize(size);
      if (await overflowsSideways(page)) faults.push(`wider than ${size.width} px`);
      if (!sizes.includes(size)) continue;
      const found = await axe(page);
      if (found.length > 0) faults.push(`at ${size.width} px ${axeText(found)}`);
    }
    return faults;
  }

  for (const [n, role] of (['anonymous', ...ROLES] as const).entries())
    it(`is whole, accessible and within the policy for: ${role}`, async () => {
      const { url } = await testApp();
      const page = await newPage(browser, { phone: true, locale: 'zh-CN', baseURL: url });
      const violations = collectCspViolations(page);
      const errors = collectPageErrors(page);
      if (role !== 'anonymous') await signIn(page, cast.get(role) as Member);
      const problems: string[] = [];
      let step = n;
      for (const [pattern, addresses] of await reachable(page, problems)) {
        step += 1;
        const address = addresses[n % addresses.length] as string;
        const locale = LOCALES[step % LOCALES.length] as string;
        // The first who comes here looks at both sizes, the second at one of them; others get the same templates.
        const before = seen.get(pattern) ?? 0;
        seen.set(pattern, before + 1);
        if (before > 1) continue;
        await page.setViewportSize(PHONE);
        await page.goto(`${address}${address.includes('?') ? '&' : '?'}lang=${locale}`);
        const sizes = before === 0 ? [PHONE, DESK] : [step % 4 < 2 ? PHONE : DESK];
        for (const fault of await faultsOf(page, sizes)) problems.push(`${address} (${locale}): ${fault}`);
      }
      problems.push(...violations, ...errors);
      await page.context().close();
      expect(problems.join('\n')).to.equal('');
    });

  it('was opened by somebody, where no id is needed', () => {
    const missed = patterns
      .map(({ path }) => path)
      .filter((path) => !path.includes(':') && !seen.has(path) && !passed.has(path));
    expect(missed).to.deep.equal([]);
  });
});
