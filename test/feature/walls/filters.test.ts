import { expect } from 'chai';
import { database } from '../../../server/db/connect.ts';
import { LOCALES } from '../../../server/core/locale.ts';
import type { Locale } from '../../../server/core/locale.ts';
import { ROLES } from '../../../server/core/permissions.ts';
import { publishRoutes } from '../../../server/http/router.ts';
import { readMessages } from '../../../server/i18n/index.ts';
import { createMember } from '../../factories/people.ts';
import type { PageAgent } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';
import { pathAt } from './addresses.ts';
import { createPlace } from './place.ts';
import type { Place } from './place.ts';

type Published = ReturnType<typeof publishRoutes>[number];

/** What somebody may have typed or a broken link may hold; the last one is refused by every filter (S-36). */
const NONSENSE = [
  '2026-13-45',
  '-1',
  '"><img src=x onerror=alert(1)>',
  'x'.repeat(1_200),
  '<b>\u202Ex</b>\u0000',
];

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#x27': "'",
  '#x3D': '=',
  '#x60': '`',
};
const unescaped = (html: string): string =>
  html.replace(/&(amp|lt|gt|quot|#x27|#x3D|#x60);/g, (_whole, name: string) => entities[name] ?? '');

/** Every page whose address takes filters, and every filter of it, with nonsense in it: walked by itself from the registry. */
describe('a filter in an address that cannot be used', function () {
  // Every filter of every page: a minute, and on a busy machine many.
  this.timeout(900_000);
  let place: Place;
  let page: PageAgent;
  let routes: readonly Published[];
  let words: Record<Locale, Record<string, string>>;
  let faults: string[] = [];

  before(async () => {
    place = await createPlace('筛选词');
    const almighty = await createMember(place.tenant, { roles: ROLES });
    page = await almighty.page();
    routes = publishRoutes((await testApp()).composed.routes).filter(
      ({ door, method, input }) => door === 'page' && method === 'GET' && input.query.length > 0,
    );
    const messages = readMessages();
    const filters = (locale: Locale): Record<string, string> =>
      (messages[locale] as { errors: { filter: Record<string, string> } }).errors.filter;
    words = { en: filters('en'), 'zh-CN': filters('zh-CN') };
  });
  beforeEach(() => (faults = []));
  const settle = (): void => {
    if (faults.length > 0) throw new Error(`${faults.length} faults:\n${faults.join('\n')}`);
  };
  const unthrottled = (): Promise<unknown> => database().collection('rate_limits').deleteMany({});

  const addressOf = ({ path }: Published): string | null =>
    path.includes(':tenantSlug')
      ? path.replace(':tenantSlug', place.tenant.slug)
      : path === '/sessions/:id'
        ? `/sessions/${place.ids['sessionId']}`
        : pathAt(path, place.ids);

  it('has a name in words, in both languages', () => {
    const names = [...new Set(routes.flatMap(({ input }) => input.query))].sort();
    expect(names.length).to.be.greaterThan(40);
    for (const locale of LOCALES) expect(Object.keys(words[locale]).sort()).to.deep.equal(names);
  });

  /** Whether the way that a refusing page offers leads to the same page, without the filter and with the rest. */
  const leadsBack = async (address: string, html: string, name: string): Promise<string | null> => {
    const way = /class="error-ways"><a class="btn btn-primary" href="([^"]*)"/.exec(html)?.[1];
    const back = unescaped(way ?? '');
    if (back.split('?')[0] !== address || !back.includes('lang=')) return `leads to ${back}`;
    if (new URLSearchParams(back.split('?')[1]).has(name)) return 'leads back to the same nonsense';
    const status = await statusOf(back);
    // What waits for a second person is no dead end of the address.
    return status < 400 || status === 409 ? null : `leads back to a ${status}`;
  };
  /** Every filter of a page leads back to the same page: it is opened once in each language. */
  const statuses = new Map<string, number>();
  const statusOf = async (address: string): Promise<number> => {
    const status = statuses.get(address) ?? (await page.get(address)).status;
    statuses.set(address, status);
    return status;
  };

  it('is named beside what was given, and the way back to the page without it stands there', async () => {
    let refused = 0;
    for (const [at, route] of routes.entries()) {
      const address = addressOf(route);
      if (address === null) {
        faults.push(`${route.path} is not walked`);
        continue;
      }
      await unthrottled();
      for (const name of route.input.query) {
        let here = 0;
        // Where in a list one is, is asked by the same two names everywhere.
        const tried = ['limit', 'cursor'].includes(name) ? NONSENSE.slice(-2) : NONSENSE;
        for (const [n, nonsense] of tried.entries()) {
          const locale = LOCALES[(at + n) % 2] as Locale;
          const query = new URLSearchParams({ lang: locale, [name]: nonsense });
          const { status, text } = await page.get(`${address}?${query.toString()}`);
          const label = `${route.path}?${name}=${JSON.stringify(nonsense.slice(0, 20))} (${locale}): ${status}`;
          if (status >= 500) faults.push(label);
          if (text.includes('<img src=x')) faults.push(`${label} is not inert`);
          if (status !== 400 && status !== 422) continue;
          here += 1;
          // A form that stands on the page says it beside its field.
          if (!text.includes('class="error-page"')) {
            if (!/aria-invalid="true"|role="alert"/.test(text)) faults.push(`${label} says nothing`);
            continue;
          }
          if (/\u202E|\u0000/.test(text)) faults.push(`${label} turns its own text around`);
          if (!text.includes(`<dt>${words[locale][name]}</dt>`)) faults.push(`${label} does not name it`);
          if (!text.includes('<code><bdi>')) faults.push(`${label} does not show what was given`);
          const way = await leadsBack(address, text, name);
          if (way !== null) faults.push(`${label} ${way}`);
        }
        if (here === 0) faults.push(`${route.path}?${name} takes anything`);
        refused += here;
      }
    }
    expect(refused).to.be.greaterThan(150);
    settle();
  });

  it('leaves the other filters as they were; the page of the list goes', async () => {
    const answer = await page.get('/shifts?lang=en&from=2026-13-45&to=2026-12-31&cursor=W10');
    expect(answer.status).to.equal(422);
    expect(answer.text).to.include('<dt>From</dt>').and.to.include('Please enter a date');
    expect(answer.text).not.to.include('<dt>Until</dt>');
    expect(unescaped(answer.text)).to.include('href="/shifts?lang=en&to=2026-12-31"');
  });

  it('is told of when it is no filter of the page, or stands there twice', async () => {
    const unknown = await page.get('/attendance?lang=en&utm_source=x');
    expect(unknown.status).to.equal(400);
    expect(unknown.text).to.include('<dt>utm_source</dt>').and.to.include('href="/attendance?lang');
    const twice = await page.get('/attendance?lang=en&day=2026-11-01&day=2026-11-02');
    expect(twice.status).to.equal(400);
    expect(twice.text).to.include('<dt>Day</dt>').and.to.include('2026-11-01, 2026-11-02');
    const worse = await page.get('/attendance?__proto__=x');
    expect(worse.status).to.equal(400);
    expect(worse.text).to.include('href="/attendance"');
    // A mark that is neither a filter nor ours keeps its whole name away from the page's own lines.
    const long = await page.get(`/attendance?${'y'.repeat(300)}=1`);
    expect(long.text).to.include(`<dt>${'y'.repeat(60)}…</dt>`);
  });

  it('is a problem document for programs, as before', async () => {
    const api = await place.coordinator.api();
    const { status, json } = await api.get('/attendance?day=2026-13-45');
    expect(status).to.equal(422);
    expect(json<{ errors: unknown[] }>().errors).to.deep.equal([{ path: 'day', code: 'not-a-date' }]);
  });
});
