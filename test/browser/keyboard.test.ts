import { expect } from 'chai';
import { createMember, createTenant, PASSWORD } from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import { createServed } from '../factories/hours.ts';
import { createOpening } from '../factories/requests.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { testApp } from '../support/app.ts';
import { launchBrowser, newPage } from '../support/browser.ts';
import type { Browser, Page } from '../support/browser.ts';

/** More stops than any page of the walk has. */
const MANY = 400;

/**
 * What has the focus: a number that stays with the element, whether its outline can be seen, and what covers its middle.
 * Null at the end of the page. Run inside the page.
 */
const FOCUS = `(() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const known = (window.focusNumbers ??= new Map());
  if (!known.has(one)) known.set(one, known.size);
  const box = one.getBoundingClientRect();
  const [x, y] = [box.left + box.width / 2, box.top + Math.min(box.height / 2, 20)];
  const hit = document.elementFromPoint(Math.min(Math.max(x, 0), innerWidth - 1), Math.min(Math.max(y, 0), innerHeight - 1));
  const label = one.closest('label') ?? document.querySelector('label[for="' + one.id + '"]');
  const seen = hit && (one.contains(hit) || hit.contains(one) || label?.contains(hit));
  const style = getComputedStyle(one);
  return {
    number: known.get(one),
    name: one.localName + ' "' + (one.innerText || one.name || '').trim().slice(0, 30) + '"',
    marked: style.outlineStyle !== 'none' || style.boxShadow !== 'none',
    seen: Boolean(seen) && box.width > 0 && box.bottom > 0 && box.top < innerHeight,
  };
})()`;

interface Focus {
  readonly number: number;
  readonly name: string;
  readonly marked: boolean;
  readonly seen: boolean;
}

describe('the keyboard alone', function () {
  this.timeout(120_000);
  let browser: Browser;
  let tenant: Tenant;
  let volunteer: Member;
  let desk: Member;
  before(async () => {
    browser = await launchBrowser();
    tenant = await createTenant();
    volunteer = await createMember(tenant);
    desk = await createMember(tenant, { roles: ['coordinator', 'administrator', 'auditor', 'officer'] });
    const place = {
      label: '河畔社区',
      address: '示例路1号',
      point: { type: 'Point', coordinates: [119.7, 29.8] },
    };
    for (let n = 1; n <= 6; n += 1)
      await createOpening(tenant, {
        request: { title: `河道巡护第${n}段`, place: place as never },
        position: { required: 2, maximum: 3 },
        shift: {
          startsAt: new Date(Date.now() + n * 86_400_000),
          endsAt: new Date(Date.now() + n * 86_400_000 + 7_200_000),
        },
      });
    await createServed(tenant, volunteer, { title: '垃圾分类督导' });
  });
  after(async () => browser?.close());

  async function open(who: Member, phone: boolean): Promise<Page> {
    const { url } = await testApp();
    const page = await newPage(browser, { phone, locale: 'zh-CN', baseURL: url });
    await page.goto('/sign-in');
    await reach(page, '#f-email');
    await page.keyboard.type(who.email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL((now) => now.pathname !== '/sign-in');
    return page;
  }

  /** Presses Tab until something that `selector` names has the focus. */
  async function reach(page: Page, selector: string): Promise<void> {
    for (let step = 0; step < MANY; step += 1) {
      if (await page.evaluate<boolean>(`document.activeElement?.matches(${JSON.stringify(selector)})`))
        return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`${page.url()}: Tab never comes to ${selector}`);
  }

  const send = async (page: Page, key = 'Enter'): Promise<void> => {
    await Promise.all([page.waitForEvent('framenavigated'), page.keyboard.press(key)]);
    await page.waitForLoadState();
  };

  /** Walks a page by Tab from its beginning to its end. */
  async function faultsOf(page: Page, path: string): Promise<string[]> {
    await page.goto(path);
    const faults: string[] = [];
    const last = { number: -1, times: 0 };
    for (let step = 0; step < MANY; step += 1) {
      await page.keyboard.press('Tab');
      const focus = await page.evaluate<Focus | null>(FOCUS);
      if (!focus) return faults;
      last.times = focus.number === last.number ? last.times + 1 : 0;
      last.number = focus.number;
      // A field of a date has several stops; more than eight are a trap.
      if (last.times > 8) return [...faults, `${path}: stays at ${focus.name}`];
      if (!focus.marked) faults.push(`${path}: nothing marks ${focus.name}`);
      if (!focus.seen) faults.push(`${path}: ${focus.name} is covered or out of sight`);
    }
    return [...faults, `${path}: has no end`];
  }

  for (const phone of [true, false])
    it(`comes to everything on the main pages, in sight, and out again (${phone ? 'phone' : 'desk'})`, async () => {
      const faults: string[] = [];
      for (const [who, paths] of [
        [
          volunteer,
          ['/', '/opportunities', '/hours', '/hours/new', '/profile', '/account', '/saved-searches/new'],
        ],
        [desk, ['/', '/requests/new', '/shifts', '/hours/queue', '/memberships', '/settings', '/audit']],
      ] as const) {
        const page = await open(who, phone);
        for (const path of paths) faults.push(...(await faultsOf(page, path)));
        await page.context().close();
      }
      expect(faults.join('\n')).to.equal('');
    });

  it('signs up for a task, and cancels with a reason', async () => {
    const page = await open(volunteer, true);
    await page.goto('/opportunities');
    await reach(page, 'form[action*="/assignments"] button[type=submit]');
    await send(page);
    await page.goto('/assignments');
    await reach(page, '.row-title a');
    await send(page);
    await reach(page, 'details.confirm > summary');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    if (await page.evaluate<boolean>('document.activeElement.matches("textarea, input")')) {
      await page.keyboard.type('临时有事');
      await page.keyboard.press('Tab');
    }
    await send(page);
    expect(await page.locator('.page-head .badge').innerText()).to.equal('本人取消');
    await page.context().close();
  });

  it('enters service with fields of date and time, and finds the errors by their links', async () => {
    const page = await open(volunteer, true);
    await page.goto('/hours/new');
    await reach(page, 'main form[method=post] .btn-primary');
    await send(page);
    await reach(page, '.error-summary a');
    const target = await page.evaluate<string>('document.activeElement.hash');
    await page.keyboard.press('Enter');
    expect(await page.evaluate<string>('`#${document.activeElement.id}`'), 'the field itself').to.equal(
      target,
    );
    await reach(page, '[name=date]');
    // Month, day and year are stops of their own, in the order of the browser's language.
    await page.keyboard.type('01022026');
    expect(await page.locator('[name=date]').inputValue()).to.match(/^2026-0[12]-0[12]$/);
    await reach(page, '[name=startTime]');
    await page.keyboard.type('0900AM');
    expect(await page.locator('[name=startTime]').inputValue()).to.equal('09:00');
    await reach(page, '[name=nature]');
    await page.keyboard.press('Space');
    expect(await page.locator('[name=nature]:checked').inputValue()).to.equal('volunteer');
    await page.context().close();
  });

  it('opens a place of the map and leaves it by Escape', async () => {
    const page = await open(volunteer, false);
    await page.goto('/opportunities?view=map');
    await page.locator('.leaflet-marker-icon').first().waitFor();
    await reach(page, '.leaflet-marker-icon');
    await page.keyboard.press('Enter');
    await page.locator('.leaflet-popup a').first().waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.leaflet-popup').waitFor({ state: 'detached' });
    expect(await page.evaluate<boolean>('document.activeElement.matches(".leaflet-marker-icon")')).to.equal(
      true,
    );
    await page.context().close();
  });

  it('confirms hours, and changes a shift', async () => {
    const page = await open(desk, false);
    await page.goto('/hours/queue');
    await reach(page, 'main form .btn-primary');
    await send(page);
    expect(await page.locator('input[name=ids]').count(), 'nothing left to confirm').to.equal(0);
    await page.goto('/shifts');
    const shift = await page.locator('.row-title a', { hasText: '河道巡护' }).first().getAttribute('href');
    await reach(page, `.row-title a[href="${shift}"]`);
    await send(page);
    await reach(page, '.page-head a.btn[href$="/edit"]');
    await send(page);
    await reach(page, 'main form[method=post] .btn-primary');
    await send(page);
    expect(new URL(page.url()).pathname).to.match(/^\/shifts\/[0-9a-f]{24}$/);
    await page.context().close();
  });
});
