import { expect } from 'chai';
import { MembershipModel } from '../../server/features/memberships/membership.model.ts';
import { createMember, createTenant, inTenant, PASSWORD } from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { testApp } from '../support/app.ts';
import { axe, axeText, launchBrowser, newPage, overflowsSideways } from '../support/browser.ts';
import type { Browser, Page } from '../support/browser.ts';

const SMALLEST = { width: 320, height: 640 };
const DESK = { width: 1280, height: 900 };

/** Pages of a place where nothing has happened yet, for somebody who may see them all. */
const EMPTY = [
  '/',
  '/requests',
  '/shifts',
  '/shift-templates',
  '/hours/queue',
  '/memberships?state=rejected',
  '/join-links',
  '/credentials/reviews',
  '/imports',
  '/opportunities',
  '/assignments',
  '/offers',
  '/hours',
  '/certificates',
  '/credentials',
  ...[
    '/reviews',
    '/proposals',
    '/inspections',
    '/external-records',
    '/talent-pools',
    '/talent-pools/reviews',
  ],
  ...['/training-plans', '/curricula/overview', '/curricula/own', '/appraisals', '/appraisals/desk'],
  ...[
    '/appraisals/contested',
    '/awards',
    '/awards/desk',
    '/hours/claims',
    '/hours/claims/desk',
    '/hours/held',
  ],
  ...[
    '/hours/transfers',
    '/annual-reports',
    '/plans',
    '/recognition',
    '/recognition-cases',
    '/saved-searches',
  ],
  ...['/sessions', '/training', '/duplicates', '/exclusions', '/certificate-batches', '/certificates/issued'],
  ...[
    '/ledger/periods',
    '/re-registration',
    '/credits',
    '/credits/reviews',
    '/qualifications',
    '/import-mappings',
  ],
];

/** More forms, sent as they are opened: what is missing stands beside the fields, and every error of the summary leads to one. */
const BLANK = [
  ...['/awards/new', '/credits/new', '/credentials', '/hours/claims/new', '/saved-searches/new'],
  ...[
    '/account/email',
    '/account/password',
    '/account/identity',
    '/account/proof',
    '/me/matching',
    '/check-in',
  ],
  ...['/people/new-minor', '/imports/new', '/external-records', '/courses/new', '/talent-pools/new'],
  ...['/training-plans/new', '/inspections', '/curricula/new', '/calendar', '/units', '/recognition-schemes'],
];

interface Walk {
  readonly form: string;
  readonly who: 'anybody' | 'member' | 'coordinator';
  /** What is typed; a list of a select chooses its second entry. */
  readonly fill: (page: Page) => Promise<void>;
  /** Where the filled form leads. */
  readonly to: RegExp;
  /** Forms that are whole when nothing is typed have no error to show. */
  readonly blank?: false;
}

const type =
  (values: Readonly<Record<string, string>>) =>
  async (page: Page): Promise<void> => {
    for (const [name, value] of Object.entries(values)) {
      const field = page.locator(`main form [name="${name}"]`).first();
      const kind = await field.getAttribute('type');
      if ((await page.locator(`main form select[name="${name}"]`).count()) > 0)
        await field.selectOption({ index: Number(value) });
      else if (kind === 'checkbox' || kind === 'radio')
        await page.locator(`main form [name="${name}"][value="${value}"]`).check();
      else await field.fill(value);
    }
  };

const tomorrow = (): string => new Date(Date.now() + 32 * 3_600_000).toISOString().slice(0, 10);

const walks = (tenant: Tenant): readonly Walk[] => [
  {
    form: '/register',
    who: 'anybody',
    fill: type({
      name: '没有脚本',
      email: `scriptless-${Date.now()}@example.org`,
      password: 'a quiet evening by the river',
      terms: 'true',
    }),
    to: /\/register\/sent$/,
  },
  {
    form: '/forgotten',
    who: 'anybody',
    fill: type({ email: 'nobody@example.org' }),
    to: /\/forgotten\/sent$/,
  },
  {
    form: `/t/${tenant.slug}/requests/new`,
    who: 'anybody',
    fill: type({
      title: '想有人陪我去医院',
      placeLabel: '河畔社区',
      contactName: '王奶奶',
      contactPhone: '13900000000',
      consent: 'true',
    }),
    to: /thanks|requests/,
  },
  { form: '/profile', who: 'member', fill: type({ homeLabel: '桐君街道' }), to: /\/profile/, blank: false },
  {
    form: '/hours/new',
    who: 'member',
    fill: type({
      name: '帮邻居搬家',
      date: new Date(Date.now() - 40 * 3_600_000).toISOString().slice(0, 10),
      startTime: '09:00',
      endTime: '10:00',
      witness: '李四',
      nature: 'volunteer',
    }),
    to: /\/hours/,
  },
  {
    form: '/join-links/new',
    who: 'coordinator',
    fill: type({ note: '一起来', days: '3' }),
    to: /\/join-links\/[0-9a-f]{24}$/,
    blank: false,
  },
  {
    form: '/people/new',
    who: 'coordinator',
    fill: type({ name: '当面登记', email: `faced-${Date.now()}@example.org`, consent: 'true' }),
    to: /\/memberships\/[0-9a-f]{24}/,
  },
  {
    form: '/requests/new',
    who: 'coordinator',
    fill: type({
      title: '端午包粽子',
      category: '1',
      'place.label': '文化礼堂',
      'shift.date': tomorrow(),
      'shift.startTime': '09:00',
      'shift.endTime': '11:00',
      'position.required': '3',
    }),
    to: /\/(requests|shifts)\/[0-9a-f]{24}/,
  },
];

describe('pages in every state', function () {
  this.timeout(180_000);
  let browser: Browser;
  let tenant: Tenant;
  let member: Member;
  let coordinator: Member;
  before(async () => {
    browser = await launchBrowser();
    tenant = await createTenant({ name: { 'zh-CN': '新设的互助会', en: 'A new place' } });
    member = await createMember(tenant);
    // Service is logged from the day one joined.
    await inTenant(tenant.id, () =>
      MembershipModel.updateOne({ _id: member.membershipId }, { $set: { createdAt: new Date(0) } }),
    );
    coordinator = await createMember(tenant, { roles: ['coordinator'] });
  });
  after(async () => browser?.close());

  async function open(who: Member | null, javaScript = true): Promise<Page> {
    const { url } = await testApp();
    const page = await newPage(browser, { phone: true, locale: 'zh-CN', baseURL: url, javaScript });
    if (!who) return page;
    await page.goto('/sign-in');
    await page.fill('#f-email', who.email);
    await page.fill('#f-password', PASSWORD);
    await page.click('main button[type=submit]');
    await page.waitForURL((now) => now.pathname !== '/sign-in');
    return page;
  }

  async function faultsOf(page: Page, label: string): Promise<string[]> {
    const faults: string[] = [];
    const found = axeText(await axe(page));
    if (found) faults.push(`${label}: ${found}`);
    const size = page.viewportSize();
    for (const other of [SMALLEST, DESK]) {
      await page.setViewportSize(other);
      if (await overflowsSideways(page)) faults.push(`${label}: wider than ${other.width} px`);
    }
    if (size) await page.setViewportSize(size);
    return faults;
  }

  it('is whole where nothing has happened yet', async () => {
    const roles = ['coordinator', 'officer', 'reviewer', 'auditor', 'administrator'] as const;
    const page = await open(await createMember(await createTenant(), { roles }));
    const faults: string[] = [];
    for (const [n, path] of EMPTY.entries()) {
      const answer = await page.goto(
        `${path}${path.includes('?') ? '&' : '?'}lang=${n % 2 ? 'en' : 'zh-CN'}`,
      );
      if (answer?.status() !== 200) faults.push(`${path}: ${answer?.status()}`);
      faults.push(...(await faultsOf(page, path)));
    }
    await page.context().close();
    expect(faults.join('\n')).to.equal('');
  });

  it('says beside the fields what is missing in every other form, without JavaScript', async () => {
    const roles = ['coordinator', 'officer', 'administrator'] as const;
    const who = await createMember(tenant, { roles });
    const [page, lens] = [await open(who, false), await open(null)];
    await lens.goto('/sign-in');
    const faults: string[] = [];
    for (const path of BLANK) {
      await page.goto(path);
      const button = page.locator('main form[method=post] button.btn-primary[type=submit]').last();
      await Promise.all([page.waitForEvent('framenavigated'), button.click()]);
      await page.waitForLoadState();
      const links = await page.locator('.error-summary li a').count();
      const entries = await page.locator('.error-summary li').count();
      const beside = await page.locator('[aria-invalid=true]').count();
      if (entries === 0 || links < entries || beside === 0)
        faults.push(`${path}: ${entries} errors, ${links} links, ${beside} beside`);
      await lens.setContent(await page.content());
      faults.push(...(await faultsOf(lens, `${path} with errors`)));
    }
    for (const one of [page, lens]) await one.context().close();
    expect(faults.join('\n')).to.equal('');
  });

  it('takes every main form without JavaScript, and says beside the fields what is missing', async () => {
    const faults: string[] = [];
    const pages = {
      anybody: await open(null, false),
      member: await open(member, false),
      coordinator: await open(coordinator, false),
    };
    const lens = await open(null);
    await lens.goto('/sign-in');
    for (const { form, who, fill, to, blank } of walks(tenant)) {
      const page = pages[who];
      const send = (): Promise<unknown> =>
        Promise.all([
          page.waitForEvent('framenavigated'),
          page.locator('main form[method=post]:has(.btn-primary) .btn-primary').first().click(),
        ]);
      await page.goto(form);
      if (blank !== false) {
        await send();
        await page.waitForLoadState();
        const summary = await page.locator('.error-summary').count();
        const beside = await page.locator('[aria-invalid=true]').count();
        if (summary !== 1 || beside === 0) faults.push(`${form}: ${summary} summaries, ${beside} beside`);
        // axe is a script itself: the same page is looked at where scripts run.
        await lens.setContent(await page.content());
        faults.push(...(await faultsOf(lens, `${form} with errors`)));
      }
      await fill(page);
      await send();
      await page.waitForLoadState();
      if (!to.test(page.url()))
        faults.push(
          `${form} led to ${page.url()}: ${(await page.locator('main').innerText()).slice(0, 400)}`,
        );
      const left = await page.locator('.error-summary').count();
      if (left > 0) faults.push(`${form}: ${await page.locator('.error-summary').innerText()}`);
    }
    for (const page of [lens, ...Object.values(pages)]) await page.context().close();
    expect(faults.join('\n')).to.equal('');
  });
});
