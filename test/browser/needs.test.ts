import { join } from 'node:path';
import { expect } from 'chai';
import { LOCALES } from '../../server/core/locale.ts';
import { createMember, createTenant, PASSWORD } from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import { createOpening, createPosition, createRequest } from '../factories/requests.ts';
import { testApp } from '../support/app.ts';
import {
  axe,
  axeText,
  collectCspViolations,
  collectPageErrors,
  launchBrowser,
  newPage,
  overflowsSideways,
  picture,
} from '../support/browser.ts';
import type { Browser, Page } from '../support/browser.ts';

const PICTURES = join(import.meta.dirname, '../../tmp/needs');

/** A page to look at, and the selector of what a person came for: it must be on a phone's first screen. */
interface Stop {
  readonly name: string;
  readonly path: string;
  readonly action: string | null;
}

describe('the pages of requests, shifts and opportunities in a browser', function () {
  this.timeout(180_000);
  let browser: Browser;
  let coordinator: Member;
  let volunteer: Member;
  let desk: Stop[];
  let open: Stop[];
  let member: Stop[];

  before(async () => {
    browser = await launchBrowser();
    const tenant = await createTenant({ name: { 'zh-CN': '桐庐县邻里互助会', en: 'Tonglu Neighbours' } });
    coordinator = await createMember(tenant, { roles: ['coordinator'] });
    volunteer = await createMember(tenant);
    const { requestId, shiftId } = await createOpening(tenant, {
      request: {
        title: '陪独居老人看病',
        description: '陪同挂号、候诊、取药，送回家。',
        category: 'elderly',
      },
      position: {
        name: '陪诊志愿者',
        required: 12,
        maximum: 15,
        taken: 1,
        minAge: 18,
        admission: 'approval',
      },
    });
    await createPosition(tenant, {
      shiftId,
      name: '社工带队',
      maximum: 1,
      taken: 1,
      credentials: [{ type: 'social-worker', level: 'assistant' }],
      skills: [{ code: 'elderly-visit', minLevel: 2 }],
      languages: ['zh', 'zh-wuu'],
    });
    await createOpening(tenant, {
      request: { title: '河道清洁' },
      position: { required: 3, taken: 3, maximum: 5 },
    });
    const draft = await createOpening(tenant, {
      request: { title: '社区运动会', risks: '', support: '', state: 'draft' },
      shift: { state: 'draft', riskLevel: 'bodily' },
    });
    await createRequest(tenant, { title: '想有人陪我去医院', state: 'submitted' });
    const place = `/t/${tenant.slug}`;
    open = [
      { name: 'opportunities', path: `${place}/opportunities`, action: '.row-title a' },
      {
        name: 'opportunity-anonymous',
        path: `${place}/opportunities/${shiftId}`,
        action: 'main .btn-primary',
      },
      { name: 'ask', path: `${place}/requests/new`, action: '#f-title' },
    ];
    member = [
      { name: 'opportunity-member', path: `${place}/opportunities/${shiftId}`, action: '.row-actions .btn' },
    ];
    desk = [
      { name: 'requests', path: '/requests', action: 'a[href="/requests/new"]' },
      { name: 'request', path: `/requests/${requestId}`, action: '.page-actions .btn-primary' },
      { name: 'request-new', path: '/requests/new', action: '.sticky-actions .btn-primary' },
      { name: 'request-edit', path: `/requests/${requestId}/edit`, action: '.sticky-actions .btn-primary' },
      { name: 'shifts', path: '/shifts', action: '.row-title a' },
      { name: 'shift', path: `/shifts/${shiftId}`, action: '.row-actions .btn-primary' },
      { name: 'shift-draft', path: `/shifts/${draft.shiftId}`, action: '.checklist a' },
      { name: 'shift-edit', path: `/shifts/${shiftId}/edit`, action: '#f-date' },
      { name: 'position-new', path: `/shifts/${draft.shiftId}/positions/new`, action: '#f-name' },
    ];
  });

  after(async () => browser?.close());

  async function signIn(page: Page, who: Member): Promise<void> {
    await page.goto('/sign-in');
    await page.fill('#f-email', who.email);
    await page.fill('#f-password', PASSWORD);
    await page.click('main button[type=submit]');
    await page.waitForURL((url) => url.pathname !== '/sign-in');
  }

  for (const phone of [true, false])
    for (const locale of LOCALES)
      it(`are whole, accessible and within the policy at ${phone ? 390 : 1280} px in ${locale}`, async () => {
        const { url } = await testApp();
        const problems: string[] = [];
        for (const [who, stops] of [
          [null, open],
          [volunteer, member],
          [coordinator, desk],
        ] as const) {
          const page = await newPage(browser, { phone, locale, baseURL: url });
          const violations = collectCspViolations(page);
          const errors = collectPageErrors(page);
          if (who) await signIn(page, who);
          for (const stop of stops) {
            await page.goto(`${stop.path}?lang=${locale}`);
            await picture(page, join(PICTURES, `${stop.name}-${phone ? 390 : 1280}-${locale}.png`));
            const found = await axe(page);
            if (found.length > 0) problems.push(`${stop.name}: ${axeText(found)}`);
            if (await overflowsSideways(page)) problems.push(`${stop.name} overflows`);
            const box = stop.action ? await page.locator(stop.action).first().boundingBox() : null;
            if (stop.action && phone && (!box || box.y + box.height > 844))
              problems.push(
                `${stop.name}: ${stop.action} is not on the first screen (${box?.y ?? 'absent'})`,
              );
          }
          problems.push(...violations, ...errors);
          await page.context().close();
        }
        expect(problems.join('\n')).to.equal('');
      });
});
