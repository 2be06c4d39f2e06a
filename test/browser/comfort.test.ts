import { expect } from 'chai';
import { createMember, createTenant, PASSWORD } from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import { createOpening } from '../factories/requests.ts';
import { createSession } from '../factories/training.ts';
import { atOffset, testApp } from '../support/app.ts';
import { axe, axeText, launchBrowser, newPage, overflowsSideways } from '../support/browser.ts';
import type { Browser, Page, PageOptions } from '../support/browser.ts';

describe('what makes pages comfortable', function () {
  this.timeout(60_000);
  let browser: Browser;
  let volunteer: Member;
  let coordinator: Member;
  before(async () => {
    browser = await launchBrowser();
    const tenant = await createTenant();
    volunteer = await createMember(tenant);
    coordinator = await createMember(tenant, { roles: ['coordinator'] });
    await createOpening(tenant, {
      request: { title: '陪独居老人看病' },
      position: { required: 2, maximum: 3 },
    });
    await createSession(tenant, {
      title: '家庭探访',
      startsAt: new Date(Date.now() + 3_600_000),
    });
  });
  after(async () => browser?.close());

  async function open(who: Member | null, options: Partial<PageOptions> = {}): Promise<Page> {
    const { url } = await testApp();
    const page = await newPage(browser, { phone: true, locale: 'zh-CN', baseURL: url, ...options });
    if (!who) return page;
    await page.goto('/sign-in');
    await page.fill('#f-email', who.email);
    await page.fill('#f-password', PASSWORD);
    await page.click('main button[type=submit]');
    await page.waitForURL((url_) => url_.pathname !== '/sign-in');
    return page;
  }
  const letters = (page: Page): Promise<string> =>
    page.evaluate('getComputedStyle(document.documentElement).fontSize');

  it('lets anybody choose larger letters, once, without JavaScript', async () => {
    const page = await open(volunteer, { javaScript: false });
    await page.goto('/opportunities?tab=others');
    await page.click('footer a[href*="letters=large"]');
    expect(new URL(page.url()).searchParams.get('tab'), 'the page one was on').to.equal('others');
    for (const path of ['/', '/hours', '/sign-in']) {
      await page.goto(path);
      expect(await letters(page), path).to.equal('20px');
      expect(await overflowsSideways(page), path).to.equal(false);
    }
    await page.setViewportSize({ width: 320, height: 640 });
    await page.goto('/calendar-feed?lang=en');
    expect(await overflowsSideways(page), 'a long button on the smallest phone').to.equal(false);
    await page.click('footer a[href*="letters=normal"]');
    expect(await letters(page)).to.equal('16px');
    await page.context().close();
  });

  it('keeps every desk in one line of the head in large letters, with the name for who hears it', async () => {
    const roles = ['coordinator', 'officer', 'reviewer', 'instructor', 'auditor', 'administrator'] as const;
    const tenant = await createTenant();
    for (const role of roles) {
      const page = await open(await createMember(tenant, { roles: [role] }), { phone: false, locale: 'en' });
      for (const locale of ['en', 'zh-CN'])
        for (const width of [1_280, 1_024]) {
          await page.setViewportSize({ width, height: 700 });
          await page.goto(`/?letters=large&lang=${locale}`);
          const height: number = await page.evaluate(
            `document.querySelector('.topbar').getBoundingClientRect().height`,
          );
          expect(height, `${role} ${width} ${locale}`).to.be.below(70);
          expect(await overflowsSideways(page), `${role} ${width} ${locale}`).to.equal(false);
        }
      const named = await page.evaluate(`document.querySelector('.menu-name').innerText.length > 0`);
      expect(named).to.equal(true);
      await page.context().close();
    }
  });

  it('has room for columns and answers in large letters between a phone and a desk', async () => {
    const officer = await createMember(await createTenant(), { roles: ['officer'] });
    const page = await open(officer, { phone: false, locale: 'en' });
    await page.setViewportSize({ width: 640, height: 900 });
    for (const path of ['/curricula/overview', '/ledger/periods', '/offers']) {
      await page.goto(`${path}?letters=large&lang=en`);
      expect(await overflowsSideways(page), path).to.equal(false);
    }
    await page.context().close();
  });

  it('sends what was kept when a sign-in ended by one press, once somebody signed in in another window', async () => {
    const page = await open(volunteer, { locale: 'en' });
    await page.goto('/saved-searches/new?lang=en');
    await page.fill('#f-name', '陪老人看病');
    await page.fill('#f-words', '看病');
    await page.context().clearCookies();
    await page.click('main button[type=submit]');
    expect(await page.locator('.error-code').innerText()).to.equal('401');
    const [other] = await Promise.all([
      page.waitForEvent('popup'),
      page.click('.error-ways a[target=_blank]'),
    ]);
    await other.fill('#f-email', volunteer.email);
    await other.fill('#f-password', PASSWORD);
    await other.click('main button[type=submit]');
    await other.waitForURL((url) => url.pathname !== '/sign-in');
    await page.click('form.error-ways button');
    await page.waitForSelector('.error-page', { state: 'detached' });
    expect(await page.locator('main').innerText()).to.include('陪老人看病');
    await page.context().close();
  });

  it('asks for the password anew in the form itself, and loses nothing of it', async () => {
    for (const phone of [true, false]) {
      const page = await open(coordinator, { phone, locale: 'en' });
      await page.goto('/account?lang=en');
      await page.fill('#f-name', 'printer');
      await atOffset(11 * 60_000, async () => {
        const form = page.locator('form[action="/account/tokens"]');
        await form.locator('button[type=submit]').click();
        await page.waitForSelector('#f-_proof');
        expect(axeText(await axe(page))).to.equal('');
        expect(await overflowsSideways(page)).to.equal(false);
        expect(await page.locator('main h1').innerText()).to.equal('Your password once more');
        await page.fill('#f-_proof', 'not my password');
        await page.click('main button[type=submit]');
        await page.waitForSelector('#f-_proof-error');
        expect(axeText(await axe(page))).to.equal('');
        await page.fill('#f-_proof', PASSWORD);
        await page.click('main button[type=submit]');
        await page.waitForSelector('form[action="/account/tokens"]');
        expect(await page.locator('main').innerText()).to.include('printer');
      });
      await page.context().close();
    }
  });

  it('says which filter of an address cannot be used, and opens the page without it', async () => {
    for (const phone of [true, false]) {
      const page = await open(coordinator, { phone, locale: 'en' });
      const answer = await page.goto('/attendance?lang=en&day=2026-13-45');
      expect(answer?.status()).to.equal(422);
      expect(axeText(await axe(page))).to.equal('');
      const main = await page.locator('main').innerText();
      expect(main).to.include('Day').and.include('2026-13-45').and.include('Please enter a date');
      await page.click('main .btn-primary');
      expect(new URL(page.url()).search).to.equal('?lang=en');
      expect(await page.locator('main h1').innerText()).to.equal('Who is here');
      await page.context().close();
    }
  });

  for (const locale of ['zh-CN', 'en'] as const)
    it(`shows an error with the way back, and keeps the reader's own navigation (${locale})`, async () => {
      const words = { 'zh-CN': ['页面不存在', '没有权限'], en: ['not found', 'not allowed'] }[locale];
      for (const [path, status, who] of [
        ['/no-such-page', 404, null],
        ['/no-such-page', 404, volunteer],
        ['/shifts/0123456789abcdef01234567', 404, coordinator],
        ['/memberships', 403, volunteer],
      ] as const) {
        const page = await open(who, { locale });
        await page.goto(`/?lang=${locale}`);
        const answer = await page.goto(path, { referer: page.url() });
        expect(answer?.status(), path).to.equal(status);
        expect(await page.locator('html').getAttribute('lang')).to.equal(locale);
        expect((await page.locator('h1').innerText()).toLowerCase()).to.include(
          words[status === 404 ? 0 : 1],
        );
        expect(await page.locator('.error-ways a').first().getAttribute('href')).to.match(/^\//);
        expect(await page.locator('.error-ways a.btn-primary').count(), 'one main way').to.equal(1);
        expect(await page.locator('.tabbar').count(), 'own navigation').to.equal(who ? 1 : 0);
        expect(axeText(await axe(page))).to.equal('');
        expect(await overflowsSideways(page)).to.equal(false);
        await page.context().close();
      }
    });

  for (const locale of ['zh-CN', 'en'] as const)
    it(`draws training as a month, a week and a list that everybody can read, on a phone and a desk (${locale})`, async () => {
      const page = await open(volunteer, { locale });
      const problems: string[] = [];
      for (const size of [
        { width: 390, height: 844 },
        { width: 1_280, height: 900 },
      ]) {
        await page.setViewportSize(size);
        await page.goto(`/sessions?view=month&limit=100&lang=${locale}`);
        const box = page.locator('[data-calendar]:not([hidden])');
        await box.getByText('家庭探访').first().waitFor();
        const views = box.getByRole('tab');
        expect(await views.count(), 'month, week, list').to.equal(3);
        for (let at = 0; at < 3; at += 1) {
          await views.nth(at).click();
          const found = axeText(await axe(page));
          if (found !== '') problems.push(`view ${at} at ${size.width} px: ${found}`);
          if (await overflowsSideways(page)) problems.push(`view ${at} is wider than ${size.width} px`);
        }
      }
      await page.context().close();
      expect(problems.join('\n')).to.equal('');
    });

  it('is used by keyboard alone: skip link, menu, a dialog that asks, and the focus in sight', async () => {
    const page = await open(coordinator, { phone: false });
    await page.goto('/');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).to.equal('skip-link');
    expect((await page.locator('.skip-link').boundingBox())?.y, 'in sight').to.be.at.least(0);
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).to.equal('content');
    await page.locator('details.menu > summary').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('Boolean(document.activeElement.closest(".menu-panel"))')).to.equal(true);
    await page.keyboard.press('Escape');
    expect(await page.locator('details.menu[open]').count()).to.equal(0);
    expect(await page.evaluate('document.activeElement.localName')).to.equal('summary');
    await page.goto('/shifts');
    await page.locator('.row-title a').first().click();
    await page.locator('details.confirm > summary').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.localName'), 'the reason').to.equal('textarea');
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).to.equal('solid');
    await page.context().close();
  });

  it('prints the day’s list without what is only for screens', async () => {
    const page = await open(coordinator, { phone: false });
    await page.goto('/shifts');
    await page.emulateMedia({ media: 'print' });
    for (const hidden of ['.topbar', '.footer-line', '.filter-bar', '.jumps'])
      expect(await page.locator(hidden).first().isVisible(), hidden).to.equal(false);
    expect(await page.locator('.row-title').first().isVisible()).to.equal(true);
    // A sheet says by itself what it is of: the way back above it is not printed.
    const shift = await page.locator('.row-title a').first().getAttribute('href');
    await page.goto(`${shift}/attendance`);
    expect(await page.locator('.page-lead').innerText()).to.include('陪独居老人看病');
    await page.goto('/certificates/verify');
    expect(await page.locator('#code').isVisible(), 'an empty field on paper').to.equal(false);
    await page.context().close();
  });
});
