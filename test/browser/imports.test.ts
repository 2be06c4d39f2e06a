import { join } from 'node:path';
import { expect } from 'chai';
import { LOCALES } from '../../server/core/locale.ts';
import { createMember, createTenant, PASSWORD } from '../factories/people.ts';
import type { Member } from '../factories/people.ts';
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
  picture,
} from '../support/browser.ts';
import type { Browser, Page } from '../support/browser.ts';

const PICTURES = join(import.meta.dirname, '../../tmp/imports');

/** The first on a phone's screen is what one came for. */
const LAST_ON_SCREEN = 844;

async function signIn(page: Page, who: Member): Promise<void> {
  await page.goto('/sign-in');
  await page.fill('#f-email', who.email);
  await page.fill('#f-password', PASSWORD);
  await page.click('main button[type=submit]');
  await page.waitForURL((url) => url.pathname !== '/sign-in');
}

describe('bringing a file in a browser', function () {
  this.timeout(300_000);
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(async () => browser?.close());

  const file = (): Buffer =>
    Buffer.from(
      nycFile([
        ...Array.from({ length: 60 }, () => nycRow()),
        nycRow({ title: '', summary: 'Nobody wrote what this is' }),
        nycRow({ vol_requests: 'as many as come' }),
        nycRow({ locality: '', category_desc: 'Knitting' }),
      ]),
    );

  // Each size and each language once: a run through all of it takes long.
  for (const phone of [true, false])
    for (const locale of [LOCALES[phone ? 0 : 1] ?? 'en'])
      it(`goes from the file to its requests at ${phone ? 390 : 1280} px in ${locale}`, async () => {
        const { url, sweep } = await testApp();
        const coordinator = await createMember(await createTenant(), { roles: ['coordinator'] });
        const page = await newPage(browser, { phone, locale, baseURL: url });
        const problems = [...[collectCspViolations(page), collectPageErrors(page)]];
        const faults: string[] = [];
        const look = async (name: string, action: string | null): Promise<void> => {
          await picture(page, join(PICTURES, `${name}-${phone ? 390 : 1280}-${locale}.png`));
          const found = await axe(page);
          if (found.length > 0) faults.push(`${name}: ${axeText(found)}`);
          if (await overflowsSideways(page)) faults.push(`${name} overflows`);
          const box = action ? await page.locator(action).first().boundingBox() : null;
          if (action && phone && (!box || box.y + box.height > LAST_ON_SCREEN))
            faults.push(`${name}: ${action} is not on the first screen`);
        };
        await signIn(page, coordinator);
        await page.goto(`/imports?lang=${locale}`);
        await look('none', 'a[href="/imports/new"]');
        await page.goto('/imports/new');
        await look('new', '#f-file');
        await page.setInputFiles('#f-file', {
          name: '2026 opportunities.csv',
          mimeType: 'text/csv',
          buffer: file(),
        });
        await page.click('main form button[type=submit]');
        await page.waitForURL(/\/imports\/[0-9a-f]{24}$/);
        await look('checked', '.page-actions .btn-primary');
        await page.click('details:not(.menu) summary');
        await look('mapping', null);
        await page.click('#import-progress a[href$="show=rejected"]');
        await page.waitForURL(/show=rejected/);
        await look('rejected', null);
        await page.locator('.import-row summary').first().click();
        await look('fixing', null);
        const wrong = '=1+1';
        const right = 'Help at the library';
        await page.fill('[name="fixes.title"]', wrong);
        await page.locator('.import-row form button[type=submit]').last().scrollIntoViewIfNeeded();
        await page.locator('form:has([name="fixes.title"]) button[type=submit]').click();
        await page.waitForSelector('.error-summary');
        await look('refused', '.error-summary');
        await page.fill('[name="fixes.title"]', right);
        await page.locator('form:has([name="fixes.title"]) button[type=submit]').click();
        await page.waitForURL(/rows\?show=rejected$/);
        await look('mended', null);
        await page.goto(page.url().replace('show=rejected', 'fault=people.not-a-number'));
        await look('fault', null);
        await page.fill('[name="to"]', '6');
        await page.locator('form:has([name="to"]) button[type=submit]').click();
        await page.waitForSelector('.empty-state');
        await look('fault-mended', null);
        const base = page.url().replace(/\/rows.*$/, '');
        await page.goto(base);
        await page.locator('details:has(#s-name) summary').click();
        await page.fill('#s-name', 'Old system');
        await page.locator('form:has(#s-name) button[type=submit]').click();
        await page.waitForURL(base);
        await look('saved', '.page-actions .btn-primary');
        await page.goto('/import-mappings');
        await look('mappings', null);
        await page.goto(base);
        await page.click('.page-actions .btn-primary');
        await page.waitForSelector('#import-progress progress');
        await look('applying', 'progress');
        await sweep('imports/apply');
        // The page asks by itself how far it is, and becomes the page of what it came to.
        await page.waitForSelector('.page-actions a[href$="/undo"]', { timeout: 15_000 });
        await look('done', '.page-actions .btn');
        await page.click('.page-actions a[href$="/undo"]');
        await page.waitForURL(/undo$/);
        await look('undo', null);
        await page.click('main .btn-danger');
        await page.waitForURL(base);
        await look('undoing', 'progress');
        await sweep('imports/undo');
        await page.waitForSelector('#import-progress .notice', { timeout: 15_000 });
        await page.waitForSelector('#import-progress:not([hx-trigger])', { timeout: 15_000 });
        await look('undone', null);
        await page.goto('/imports');
        await look('list', 'a[href="/imports/new"]');
        expect([...problems.flat(), ...faults].join('\n')).to.equal('');
        await page.context().close();
      });
});
