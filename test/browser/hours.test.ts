import { join } from 'node:path';
import { expect } from 'chai';
import { LOCALES } from '../../server/core/locale.ts';
import { createServed } from '../factories/hours.ts';
import { createMember, createTenant, createUnit, PASSWORD } from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import { byTwo, createSecond } from '../factories/proposals.ts';
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

const PICTURES = join(import.meta.dirname, '../../tmp/hours');
const DAY = 24;

/** A page to look at, and the selector of what a person came for: it must be on a phone's first screen. */
interface Stop {
  readonly name: string;
  readonly path: string;
  readonly action: string | null;
}

describe('the pages of hours and certificates in a browser', function () {
  this.timeout(180_000);
  let browser: Browser;
  let desk: { who: Member; stops: Stop[] };
  let mine: { who: Member; stops: Stop[] };
  let anybody: Stop[];

  before(async () => {
    browser = await launchBrowser();
    const tenant = await createTenant({ name: { 'zh-CN': '桐庐县邻里互助会', en: 'Tonglu Neighbours' } });
    await createUnit(tenant, { name: '桐君街道' });
    const reviewer = await createMember(tenant, {
      roles: ['coordinator', 'reviewer'],
      person: { name: '周敏' },
    });
    const volunteer = await createMember(tenant, { person: { name: '欧阳明月' } });
    const api = await reviewer.api();
    const own = await volunteer.api();
    for (const [title, daysAgo, hours] of [
      ['陪独居老人看病', 3, 3],
      ['河道清洁', 20, 2],
      ['社区图书角整理', 45, 2.5],
      ['端午包粽子送温暖', 80, 4],
      ['校门口交通引导', 150, 1.5],
    ] as const) {
      const startsAt = new Date(Date.now() - daysAgo * DAY * 3_600_000);
      const id = await createServed(tenant, volunteer, {
        title,
        startsAt,
        endsAt: new Date(startsAt.getTime() + hours * 3_600_000),
      });
      await api.post(`/hours/${id}/approve`);
    }
    const second = await createSecond(tenant);
    const waits: string[] = [];
    for (const hoursAgo of [100, 110]) {
      const id = await createServed(tenant, volunteer, { title: '社区广播值守', hoursAgo });
      expect((await api.post(`/hours/${id}/approve`)).status).to.equal(200);
      waits.push(id);
    }
    const propose = async (agent: typeof api, id: string | undefined): Promise<{ id: string }> =>
      (
        await agent.post(`/hours/${id}/reversal`, { reason: '同一场服务登记了两次，保留另一条记录。' })
      ).json();
    const [taken, other] = [await propose(api, waits[0]), await propose(second, waits[1])];
    const waiting = await createServed(tenant, volunteer, { title: '独居老人探访' });
    const rejected = await createServed(tenant, volunteer, { title: '健步走引导', hoursAgo: 30 });
    await api.post(`/hours/${rejected}/reject`, { reason: '当天名单上没有您，请联系张老师。' });
    const posted = await createServed(tenant, volunteer, {
      title: '反诈宣传',
      hoursAgo: 60,
      left: 'automatic',
    });
    await api.post(`/hours/${posted}/approve`);
    for (const name of ['李建国', 'Anna Bell', '阿卜杜拉·买买提'])
      await createServed(tenant, await createMember(tenant, { person: { name } }), {
        title: '垃圾分类督导',
        hoursAgo: 9,
      });
    const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
    const issue = async (locale: string): Promise<{ id: string; code: string }> =>
      (
        await own.post('/certificates', { from: `${Number(today.slice(0, 4)) - 1}-01-01`, to: today, locale })
      ).json();
    const [valid, revoked] = [await issue('zh-CN'), await issue('en')];
    await byTwo(tenant, api, `/certificates/${revoked.id}/revocation`, { reason: '姓名拼写有误' });
    mine = {
      who: volunteer,
      stops: [
        { name: 'list', path: '/hours', action: '.page-actions .btn-primary' },
        { name: 'new', path: '/hours/new', action: '#f-name' },
        { name: 'waiting', path: `/hours/${waiting}`, action: null },
        { name: 'rejected', path: `/hours/${rejected}`, action: 'details.confirm summary' },
        { name: 'certificates', path: '/certificates', action: '.row-actions .btn-primary' },
        { name: 'certificate', path: `/certificates/${valid.id}`, action: '.sticky-actions .btn-primary' },
        { name: 'certificate-revoked', path: `/certificates/${revoked.id}`, action: null },
      ],
    };
    desk = {
      who: reviewer,
      stops: [
        { name: 'queue', path: '/hours/queue', action: '.sticky-actions .btn-primary' },
        { name: 'confirm', path: `/hours/${waiting}`, action: '.sticky-actions .btn-primary' },
        { name: 'posted', path: `/hours/${posted}`, action: null },
        { name: 'issued', path: '/certificates/issued', action: '.row-title a' },
        { name: 'revoke', path: `/certificates/${valid.id}`, action: null },
        { name: 'proposals', path: '/proposals', action: '.row-title a' },
        { name: 'proposal-own', path: `/proposals/${taken.id}`, action: null },
        { name: 'proposal', path: `/proposals/${other.id}`, action: 'details.confirm summary' },
        { name: 'proposed', path: `/hours/${waits[0]}`, action: null },
      ],
    };
    anybody = [
      { name: 'verify-form', path: '/certificates/verify', action: 'main .btn-primary' },
      { name: 'verify-valid', path: `/certificates/verify/${valid.code}`, action: '.facts' },
      { name: 'verify-revoked', path: `/certificates/verify/${revoked.code}`, action: '.facts' },
      { name: 'verify-unknown', path: '/certificates/verify/ABCDEFGHJKMNPQRSTVWXYZ2345', action: '#code' },
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
          [null, anybody],
          [mine.who, mine.stops],
          [desk.who, desk.stops],
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
          // The page of an unknown code is a 404, which the browser reports as an error of its own.
          problems.push(...violations, ...errors.filter((error) => !error.includes('404')));
          await page.context().close();
        }
        expect(problems.join('\n')).to.equal('');
      });
});
