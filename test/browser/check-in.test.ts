import { join } from 'node:path';
import { expect } from 'chai';
import { LOCALES } from '../../server/core/locale.ts';
import { AssignmentModel } from '../../server/features/assignments/assignment.model.ts';
import { createMember, createTenant, inTenant, PASSWORD } from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
import { createPosition, createShift } from '../factories/requests.ts';
import { atOffset, testApp } from '../support/app.ts';
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
import { eventually } from '../support/temporary.ts';

const PICTURES = join(import.meta.dirname, '../../tmp/check-in');
const MINUTE = 60_000;

describe('checking in with a phone and at a device', function () {
  this.timeout(180_000);
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(async () => {
    await browser.close();
  });

  /** A shift that has been running for half an hour, with this member on it, and the codes that it showed then. */
  async function scene() {
    const tenant = await createTenant();
    const coordinator = await createMember(tenant, { roles: ['coordinator'] });
    const member = await createMember(tenant);
    const desk = await coordinator.api();
    const startsAt = new Date(Date.now() - 30 * MINUTE);
    const shiftId = await createShift(tenant, {
      startsAt,
      endsAt: new Date(startsAt.getTime() + 60 * MINUTE),
    });
    const positionId = await createPosition(tenant, { shiftId, maximum: 10 });
    const code = async (): Promise<string> =>
      String((await desk.get(`/shifts/${shiftId}/attendance`)).json()['code']);
    const id = await atOffset(-40 * MINUTE, async () => {
      const answer = await (await member.api()).post(`/positions/${positionId}/assignments`);
      return String(answer.json()['id']);
    });
    const [coming, going] = [await atOffset(-25 * MINUTE, code), await atOffset(-5 * MINUTE, code)];
    return { tenant, desk, member, shiftId, id, coming, going };
  }

  async function signIn(page: Page, member: Member): Promise<string> {
    const { url } = await testApp();
    await page.goto(`${url}/sign-in`);
    await page.fill('[name=email]', member.email);
    await page.fill('[name=password]', PASSWORD);
    await Promise.all([page.waitForURL((at) => at.pathname !== '/sign-in'), page.click('main form button')]);
    return url;
  }

  it('keeps two codes while there is no network and delivers each once when it is back', async () => {
    const { member, id, coming, going, tenant } = await scene();
    const page = await newPage(browser, { phone: true, locale: 'zh-CN' });
    const csp = collectCspViolations(page);
    const errors = collectPageErrors(page);
    const url = await signIn(page, member);
    await page.goto(`${url}/check-in`);
    await page.evaluate('navigator.serviceWorker.ready.then(() => true)');
    await eventually('the page is kept on the phone', () =>
      page.evaluate<boolean>("caches.match('/check-in/offline').then((kept) => kept !== undefined)"),
    );
    await page.context().setOffline(true);
    await page.goto(`${url}/check-in`);
    expect(await page.textContent('main')).to.include('当前没有网络');
    for (const code of [coming, going]) {
      await page.fill('[name=code]', code);
      await page.click('main form button[type=submit]');
      await page.waitForSelector(`#kept li:has-text("${code}")`);
    }
    await picture(page, join(PICTURES, 'offline-390-zh-CN.png'));
    // The phone is switched off and on again: what waits is still there.
    await page.goto(`${url}/check-in`);
    await page.waitForSelector(`#kept li:nth-child(2)`);
    const before = await inTenant(tenant.id, () => AssignmentModel.findById(id).lean());
    expect(before?.state).to.equal('accepted');
    await page.context().setOffline(false);
    await page.goto(`${url}/check-in`);
    await eventually('both codes arrived', async () => {
      const now = await inTenant(tenant.id, () => AssignmentModel.findById(id).lean());
      return now?.state === 'checked_out';
    });
    await eventually('nothing waits any more', async () => (await page.locator('#kept li').count()) === 0);
    const row = await inTenant(tenant.id, () => AssignmentModel.findById(id).lean());
    expect(row?.history.map(({ to }) => to)).to.deep.equal(['accepted', 'checked_in', 'checked_out']);
    const minutes = ((row?.checkOut?.at.getTime() ?? 0) - (row?.checkIn?.at.getTime() ?? 0)) / MINUTE;
    expect(minutes).to.be.within(17, 21);
    expect(csp).to.deep.equal([]);
    expect(errors.filter((text) => !/ERR_INTERNET_DISCONNECTED|Failed to fetch/.test(text))).to.deep.equal(
      [],
    );
    await page.context().close();
  });

  it('shows its pages whole and accessible in every size and language', async () => {
    const { desk, member, shiftId } = await scene();
    for (const locale of LOCALES)
      for (const phone of [true, false]) {
        const width = phone ? 390 : 1280;
        const page = await newPage(browser, { phone, locale });
        const url = await signIn(page, member);
        const link = String((await desk.post(`/shifts/${shiftId}/kiosks`)).json()['link']);
        for (const [name, at] of [
          ['check-in', `${url}/check-in`],
          ['offline', `${url}/check-in/offline`],
          ['kiosk-link', link],
          ['kiosk', `${url}/kiosk`],
        ] as const) {
          await page.goto(at);
          await picture(page, join(PICTURES, `${name}-${width}-${locale}.png`));
          expect(axeText(await axe(page)), `${name} ${width} ${locale}`).to.equal('');
          expect(await overflowsSideways(page), `${name} ${width} ${locale}`).to.equal(false);
          if (name === 'kiosk-link') {
            await page.click('main button[type=submit]');
            await page.waitForURL('**/kiosk');
          }
        }
        await page.context().close();
      }
  });
});
