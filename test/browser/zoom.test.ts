import { expect } from 'chai';
import { ROLES } from '../../server/core/permissions.ts';
import { createMember, PASSWORD } from '../factories/people.ts';
import { testApp } from '../support/app.ts';
import { launchBrowser, newPage, overflowsSideways } from '../support/browser.ts';
import type { Browser, Page } from '../support/browser.ts';
import { createPlace } from '../feature/walls/place.ts';
import type { Place } from '../feature/walls/place.ts';

/** A window of 1280 px at 200 % and at 400 % (WCAG 1.4.4, 1.4.10), and a sheet of A4 at 96 dpi. */
const ZOOMED = [
  { width: 640, height: 450 },
  { width: 320, height: 256 },
];
const PAPER = { width: 794, height: 1_123 };

/**
 * What is wrong with a page on paper, as words: something to press, a link that cannot be read, something cut off at the
 * right. Run inside the page.
 */
const ON_PAPER = `(() => {
  const seen = (one) => one.checkVisibility({ visibilityProperty: true }) && Math.min(one.getBoundingClientRect().width, one.getBoundingClientRect().height) > 1;
  const name = (one) => one.tagName.toLowerCase() + '.' + one.className + ' ' + (one.textContent || '').trim().slice(0, 30);
  const pressed = [...document.querySelectorAll('nav, button, .topbar, .tabbar, .footer-line, input[type=search]')];
  const cut = [...document.querySelectorAll('main *')].filter((one) => {
    if (!['auto', 'scroll', 'hidden'].includes(getComputedStyle(one).overflowX)) return false;
    return one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1 && !one.closest('.visually-hidden, svg');
  });
  const faint = [...document.querySelectorAll('main a')].filter((one) => {
    const at = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    at.fillStyle = getComputedStyle(one).color;
    at.fillRect(0, 0, 1, 1);
    const [red, green, blue] = at.getImageData(0, 0, 1, 1).data;
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 130;
  });
  const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
  return [
    ...pressed.filter(seen).map((one) => 'to press: ' + name(one)),
    ...cut.filter(seen).map((one) => 'cut: ' + name(one)),
    ...faint.filter(seen).map((one) => 'faint: ' + name(one)),
    ...(wide ? ['wider than the sheet'] : []),
  ];
})()`;

describe('the main pages, enlarged and on paper', function () {
  this.timeout(60_000);
  let browser: Browser;
  let place: Place;
  before(async () => {
    browser = await launchBrowser();
    place = await createPlace('放大词');
  });
  after(async () => browser?.close());

  async function signedIn(email: string): Promise<Page> {
    const { url } = await testApp();
    const page = await newPage(browser, { phone: false, locale: 'en', baseURL: url });
    await page.goto('/sign-in?lang=en');
    await page.fill('#f-email', email);
    await page.fill('#f-password', PASSWORD);
    await page.click('main button[type=submit]');
    await page.waitForURL((url_) => url_.pathname !== '/sign-in');
    return page;
  }

  it('need no sideways scrolling at 200 % and 400 %, and print without what is only for screens', async () => {
    const desk = await createMember(place.tenant, { roles: ROLES.filter((role) => role !== 'volunteer') });
    const { ids } = place;
    const walks: readonly (readonly [string, readonly string[]])[] = [
      [
        place.volunteer.email,
        [
          '/',
          '/opportunities',
          '/assignments',
          '/hours',
          '/certificates',
          '/profile',
          '/account',
          '/credentials',
        ],
      ],
      [
        desk.email,
        [
          ...['/', '/requests', `/requests/${ids['requestId']}`, '/shifts', `/shifts/${ids['shiftId']}`],
          ...[
            `/shifts/${ids['shiftId']}/attendance`,
            '/memberships',
            '/units',
            `/units/${ids['unitId']}/move`,
          ],
          ...['/reviews', '/imports', '/plans', '/audit', '/settings'],
        ],
      ],
    ];
    const faults: string[] = [];
    for (const [email, paths] of walks) {
      const page = await signedIn(email);
      for (const path of paths) {
        await page.emulateMedia({ media: 'screen' });
        await page.setViewportSize(ZOOMED[0] as { width: number; height: number });
        const answer = await page.goto(path);
        if (answer?.status() !== 200) faults.push(`${path}: ${answer?.status()}`);
        for (const size of ZOOMED) {
          await page.setViewportSize(size);
          if (await overflowsSideways(page)) faults.push(`${path}: wider than ${size.width} px`);
        }
        await page.setViewportSize(PAPER);
        await page.emulateMedia({ media: 'print' });
        for (const fault of await page.evaluate<string[]>(ON_PAPER))
          faults.push(`${path} on paper: ${fault}`);
      }
      await page.context().close();
    }
    expect(faults, faults.slice(0, 40).join('\n')).to.deep.equal([]);
  });

  it('say on paper by what a list was filtered, and nothing where it was not', async () => {
    const desk = await createMember(place.tenant, { roles: ['officer'] });
    const page = await signedIn(desk.email);
    await page.setViewportSize(PAPER);
    await page.emulateMedia({ media: 'print' });
    const seen = async (path: string): Promise<boolean[]> => {
      await page.goto(path);
      return Promise.all(
        ['q', 'state', 'kind'].map((name) => page.locator(`.filter-bar [name=${name}]`).isVisible()),
      );
    };
    expect(await seen('/memberships')).to.deep.equal([false, false, false]);
    expect(await seen('/memberships?state=approved')).to.deep.equal([false, true, false]);
    expect(await seen('/memberships?q=%E5%91%98&kind=volunteer')).to.deep.equal([true, false, true]);
    await page.context().close();
  });
});
