import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import express from 'express';
import { LOCALES } from '../../server/core/locale.ts';
import type { Locale } from '../../server/core/locale.ts';
import { createAssets } from '../../server/http/assets.ts';
import { securityHeaders } from '../../server/http/headers.ts';
import { createViews } from '../../server/http/views.ts';
import type { PageContext, Views } from '../../server/http/views.ts';
import { createI18n } from '../../server/i18n/index.ts';
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
import {
  busySample,
  errorSample,
  galleryModel,
  homeSample,
  mailSample,
  pageSample,
  unservedSample,
} from './gallery-samples.ts';

const ROOT = join(import.meta.dirname, '../..');
const PICTURES = join(ROOT, 'tmp/gallery');

/** A message as a feature writes it: `views/mail/<feature>/<name>.{subject,html,text}.hbs`. */
const MAIL = {
  subject: '{{heading}}',
  html: "<p>{{heading}}</p>{{> partials/mail-facts items=facts}}{{> partials/mail-button href='https://example.org/x' label=action}}",
  text: '{{heading}}\n{{#each facts}}{{label}} {{value}}\n{{/each}}',
};

interface Sample {
  readonly name: string;
  readonly view: string;
  readonly signedIn: boolean;
  readonly model: (locale: Locale) => object;
}

const SAMPLES: readonly Sample[] = [
  { name: 'components', view: 'gallery', signedIn: true, model: galleryModel },
  { name: 'home', view: 'home/index', signedIn: false, model: homeSample },
  { name: 'error', view: 'errors/show', signedIn: true, model: errorSample },
  { name: 'unserved', view: 'errors/show', signedIn: true, model: unservedSample },
  { name: 'busy', view: 'errors/busy', signedIn: false, model: busySample },
];

describe('every component in a real browser', function () {
  this.timeout(60_000);
  const i18n = createI18n({ strict: true });
  let folder: string;
  let server: Server;
  let browser: Browser;
  let origin: string;

  function serve(views: Views, assets: ReturnType<typeof createAssets>): Promise<Server> {
    const app = express();
    app.use(securityHeaders(), assets.middleware);
    app.get('/mail/:locale', (req, res) => {
      const locale = req.params.locale as Locale;
      const tenant = pageSample(i18n, locale, true).tenant;
      // Mail programs have no such policy; inline styles are what they understand.
      res.removeHeader('Content-Security-Policy');
      res.send(
        views.renderMail('gallery/sample', mailSample(locale), { locale, zone: 'Asia/Shanghai', tenant })
          .html,
      );
    });
    app.get('/:sample/:locale', (req, res) => {
      const sample = SAMPLES.find((candidate) => candidate.name === req.params.sample);
      const locale = req.params.locale as Locale;
      const page: PageContext = {
        ...pageSample(i18n, locale, sample?.signedIn ?? false),
        nonce: res.locals.nonce,
      };
      if (!sample) return void res.status(404).end();
      res.send(views.render(sample.view, sample.model(locale), page));
    });
    return new Promise((resolve) => {
      const started = app.listen(0, '127.0.0.1', () => resolve(started));
    });
  }

  before(async function () {
    try {
      browser = await launchBrowser();
    } catch (error) {
      console.warn(`    no browser here: ${(error as Error).message.split('\n')[0] ?? ''}`);
      return this.skip();
    }
    // The sample page is compiled beside the real views, so that it uses them as any page does.
    folder = mkdtempSync(join(tmpdir(), 'linli-gallery-'));
    cpSync(join(ROOT, 'views'), folder, { recursive: true });
    cpSync(join(import.meta.dirname, 'gallery.hbs'), join(folder, 'gallery.hbs'));
    mkdirSync(join(folder, 'mail/gallery'), { recursive: true });
    for (const [part, text] of Object.entries(MAIL))
      writeFileSync(join(folder, `mail/gallery/sample.${part}.hbs`), text);
    const assets = createAssets(join(ROOT, 'views/assets/generated'));
    server = await serve(createViews({ root: folder, i18n, assets, strict: true }), assets);
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(async () => {
    await browser?.close();
    server?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  async function look(page: Page, sample: string, locale: Locale): Promise<void> {
    await page.goto(`${origin}/${sample}/${locale}`);
  }

  it('lays out a message so that it can be read on a phone', async () => {
    const page = await newPage(browser, { phone: true, locale: 'zh-CN' });
    await look(page, 'mail', 'zh-CN');
    await picture(page, join(PICTURES, 'mail-phone.png'));
    expect(await overflowsSideways(page)).to.equal(false);
    expect(await page.locator('img, script, link').count(), 'remote content').to.equal(0);
    await page.context().close();
  });

  it('fits a window between phone and desk', async () => {
    const page = await newPage(browser, { phone: false, locale: 'en' });
    await page.setViewportSize({ width: 820, height: 1100 });
    await look(page, 'components', 'en');
    await picture(page, join(PICTURES, 'tablet.png'), { fullPage: false });
    expect(await overflowsSideways(page)).to.equal(false);
    await page.context().close();
  });

  it('keeps the header in sight to the end of a long page', async () => {
    const page = await newPage(browser, { phone: false, locale: 'en' });
    await look(page, 'components', 'en');
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
    expect((await page.locator('.topbar').boundingBox())?.y).to.equal(0);
    await page.context().close();
  });

  it('opens the account menu without JavaScript and keeps it inside the window', async () => {
    const page = await newPage(browser, { phone: true, locale: 'zh-CN', javaScript: false });
    await look(page, 'components', 'zh-CN');
    await page.locator('details.menu > summary').click();
    const panel = await page.locator('.menu-panel').boundingBox();
    expect(panel?.x).to.be.at.least(0);
    expect((panel?.x ?? 0) + (panel?.width ?? 0)).to.be.at.most(390);
    await picture(page, join(PICTURES, 'menu-phone.png'), { fullPage: false });
    await page.context().close();
  });

  it('takes the focus to the error summary and from there to the field', async () => {
    const page = await newPage(browser, { phone: false, locale: 'en' });
    await look(page, 'components', 'en');
    expect(await page.evaluate('document.activeElement.className')).to.equal('error-summary');
    await page.locator('.error-summary a').first().click();
    expect(await page.evaluate('document.activeElement.name')).to.equal('minutes');
    await page.context().close();
  });

  it('gives every link and button of the frame a target of 44 px on a phone', async () => {
    const page = await newPage(browser, { phone: true, locale: 'en' });
    await look(page, 'components', 'en');
    for (const target of await page.locator('.topbar a, .topbar summary, .tabbar a, .btn:visible').all()) {
      if (!(await target.isVisible())) continue;
      const box = await target.boundingBox();
      expect(Math.round(box?.height ?? 0), await target.innerText()).to.be.at.least(44);
    }
    await page.context().close();
  });

  for (const sample of SAMPLES) {
    for (const locale of LOCALES) {
      for (const phone of [true, false]) {
        it(`shows ${sample.name} in ${locale} ${phone ? 'on a phone' : 'at a desk'} without a fault`, async () => {
          const page = await newPage(browser, { phone, locale });
          const csp = collectCspViolations(page);
          const errors = collectPageErrors(page);
          await look(page, sample.name, locale);
          await picture(page, join(PICTURES, `${sample.name}-${locale}-${phone ? 'phone' : 'desk'}.png`));
          expect(axeText(await axe(page))).to.equal('');
          expect(csp).to.deep.equal([]);
          expect(errors).to.deep.equal([]);
          expect(await overflowsSideways(page), 'wider than the window').to.equal(false);
          await page.context().close();
        });
      }
    }
  }
});
