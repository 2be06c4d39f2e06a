import Handlebars from 'handlebars';
import type { I18n, Locale } from '../i18n/index.ts';
import type { Assets } from './assets.ts';
import type { LetterSize } from './reading.ts';
import { createIcons, SPRITE } from './icons.ts';
import { createTemplates } from './templates.ts';
import { createHelpers } from './view-helpers.ts';

/** The works that a desk does, in the order in which they are shown; `own` is what members do for themselves. */
export const NAV_GROUPS = ['service', 'review', 'people', 'learning', 'records', 'setup', 'own'] as const;
export type NavGroup = (typeof NAV_GROUPS)[number];

/** One entry of the navigation, already worded; `phone` puts it into the tab bar (at most five of them). */
export interface NavItem {
  readonly href: string;
  readonly label: string;
  /** A Tabler icon name, e.g. `home`. */
  readonly icon: string;
  readonly current: boolean;
  readonly phone: boolean;
  /** Below which heading it stands on the home page and in the menu. */
  readonly group?: NavGroup;
}

/** Entries of the navigation that belong to one work, under its heading; none where all of them are few. */
export interface NavSection {
  readonly key: NavGroup | null;
  readonly items: readonly NavItem[];
}

export interface Flash {
  readonly kind: 'success' | 'info' | 'error';
  readonly text: string;
}

export interface PageUser {
  readonly name: string;
  readonly initials: string;
  readonly tenantName: string;
  readonly tenantSlug: string;
  /** Role names as in permissions.ts; worded by `states.role.*`. */
  readonly roles: readonly string[];
  /** Whether the first visit where they act has a guide. */
  readonly guided: boolean;
  readonly memberships: readonly {
    readonly id: string;
    readonly tenantName: string;
    readonly current: boolean;
  }[];
}

export interface PageTenant {
  readonly slug: string;
  readonly name: string;
  /** One of the brand colours of app.css: teal, blue, indigo, green, orange, red, purple. */
  readonly colour?: string | null;
}

/** So many tiles are found at a glance, without headings. */
const FEW_ENTRIES = 6;

/** The entries by their work, in the order of the works. */
const sectionsOf = (items: readonly NavItem[]): NavSection[] => {
  if (items.length <= FEW_ENTRIES) return items.length > 0 ? [{ key: null, items }] : [];
  const sections = NAV_GROUPS.map((key) => ({
    key,
    items: items.filter((one) => (one.group ?? 'own') === key),
  })).filter((section) => section.items.length > 0);
  return sections.length > 1 ? sections : [{ key: null, items }];
};

/** How many entries fit into the header of a desk's screen; the menu holds all. */
const HEADER_ENTRIES = 6;

/** Everything a page needs beside its own model; templates read it as `@page`. Built by the express side for each answer. */
export interface PageContext {
  readonly locale: Locale;
  /** IANA zone of the tenant. */
  readonly zone: string;
  /** The CSP nonce of this answer (S-26). */
  readonly nonce: string;
  readonly csrfToken: string | null;
  /** Fresh for each rendered form, so that pressing twice acts once (F-3). */
  readonly idempotencyKey?: string | null;
  /** Path without query, for `aria-current` and the like. */
  readonly path: string;
  /** Path with query: where the language switch returns to. */
  readonly fullUrl: string;
  /** The page's title without the site's name; a template may set it with `{{title …}}`. */
  readonly title?: string | null;
  readonly user: PageUser | null;
  readonly tenant: PageTenant | null;
  readonly nav: readonly NavItem[];
  readonly flash: readonly Flash[];
  /** Larger letters for those who ask for them. */
  readonly letters?: LetterSize;
  /** Shows the link to the development mailbox. */
  readonly mailboxEnabled: boolean;
}

export interface MailContext {
  readonly locale: Locale;
  readonly zone: string;
  readonly tenant: { readonly name: string; readonly slug?: string } | null;
}

export interface Views {
  /** Every view by name, without layouts, partials and mail. */
  readonly names: readonly string[];
  has(name: string): boolean;
  /** A whole page in its layout. @throws Error for an unknown view and, when strict, for a name the model lacks. */
  render(name: string, model: object, page: PageContext): string;
  /** The view alone, to be swapped in by htmx. */
  renderFragment(name: string, model: object, page: PageContext): string;
  /**
   * The three parts of a message from `views/mail/<feature>/<name>.{subject,html,text}.hbs`; as a text message its `.sms`
   * part alone, on one line, under the subject that the mailbox page shows.
   */
  renderMail(
    name: string,
    model: object,
    context: MailContext,
    channel?: 'email' | 'sms',
  ): { subject: string; html: string; text: string };
}

export interface ViewsOptions {
  /** The `views` folder. */
  readonly root: string;
  readonly i18n: I18n;
  readonly assets: Assets;
  /** Throw on names that a model does not have, and on messages that are not worded: tests and development. */
  readonly strict: boolean;
  /** Compile all at once, so that a faulty template stops the start and not a visitor; else each on first use. */
  readonly eager?: boolean;
}

/** State shared by a page's body and its layout while one answer is rendered. */
interface Rendering {
  body: string;
  title: string | null;
  layout: string | null;
  /** What the page is surrounded with; mails have no such thing. */
  readonly around: Around | null;
}

/** What templates read as `@page`. */
interface Around extends PageContext {
  title: string | null;
  readonly colour: string | null;
  readonly languageHref: string;
  readonly lettersHref: string;
  readonly phoneNav: readonly NavItem[];
  readonly topNav: readonly NavItem[];
  readonly menuSections: readonly NavSection[];
  readonly deskSections: readonly NavSection[];
}

const LAYOUTS = new Set(['app', 'public', 'plain']);

/**
 * The templates below `root`, as they are when the program starts, in closed maps: what is rendered is always one of these
 * files, never text that was stored or sent (S-29, S-30).
 */
export function createViews({ root, i18n, assets, strict, eager = false }: ViewsOptions): Views {
  const engine = Handlebars.create();
  for (const name of ['log', 'blockHelperMissing', 'helperMissing']) engine.unregisterHelper(name);
  const icons = createIcons({ url: assets.url(SPRITE), sprite: assets.text(SPRITE), strict });
  const helpers = createHelpers({ i18n, assets, icons, strict, engine });
  const { names, run } = createTemplates({ root, engine, helpers, i18n, icons, assets, strict, eager });
  const known = new Set(names);

  const isPage = (name: string): boolean => known.has(name) && !/^(layouts|partials|mail)\//.test(name);

  const complete = (page: PageContext): Around => ({
    locale: page.locale,
    zone: page.zone,
    nonce: page.nonce,
    // Asked for only where a form is drawn: it starts a session.
    get csrfToken() {
      return page.csrfToken;
    },
    idempotencyKey: page.idempotencyKey ?? null,
    path: page.path,
    fullUrl: page.fullUrl,
    title: page.title ?? null,
    user: page.user,
    tenant: page.tenant,
    nav: page.nav,
    flash: page.flash,
    mailboxEnabled: page.mailboxEnabled,
    colour: page.tenant?.colour ?? null,
    languageHref: hrefWith(page, 'lang', page.locale === 'en' ? 'zh-CN' : 'en'),
    letters: page.letters ?? 'normal',
    lettersHref: hrefWith(page, 'letters', page.letters === 'large' ? 'normal' : 'large'),
    get phoneNav() {
      return page.nav.filter((item) => item.phone);
    },
    get topNav() {
      return page.nav.slice(0, HEADER_ENTRIES);
    },
    get menuSections() {
      return sectionsOf(page.nav);
    },
    get deskSections() {
      return sectionsOf(page.nav.filter(({ group }) => group !== undefined && group !== 'own'));
    },
  });

  function renderBody(name: string, model: object, page: PageContext): Rendering {
    if (!isPage(name)) throw new Error(`No view "${name}"`);
    const around = complete(page);
    const rendering: Rendering = { body: '', title: around.title, layout: null, around };
    rendering.body = run(name, page.locale, model, { page: around, rendering });
    return rendering;
  }

  return {
    names: names.filter(isPage).sort(),
    has: isPage,
    render(name, model, page) {
      const rendering = renderBody(name, model, page);
      const layout = rendering.layout ?? (page.user ? 'app' : 'public');
      if (!LAYOUTS.has(layout)) throw new Error(`View ${name}: no layout "${layout}"`);
      const around = rendering.around as Around;
      around.title = rendering.title;
      return run(`layouts/${layout}`, page.locale, {}, { page: around, rendering });
    },
    renderFragment: (name, model, page) => renderBody(name, model, page).body,
    renderMail(name, model, context, channel = 'email') {
      const sender = context.tenant?.name ?? i18n.t(context.locale, 'common.site.name');
      const page = { ...context, sender };
      const part = (kind: string): string => run(`mail/${name}.${kind}`, context.locale, model, { page });
      const inLayout = (kind: 'html' | 'text'): string => {
        const rendering: Rendering = { body: part(kind), title: null, layout: null, around: null };
        return run(
          `layouts/mail.${kind}`,
          context.locale,
          {},
          { page: { ...page, title: subject }, rendering },
        );
      };
      const subject = part('subject').replace(/\s+/g, ' ').trim(); // one line: a header cannot be smuggled in through a name
      if (channel === 'sms')
        return { subject, html: '', text: `${part('sms').replace(/\s+/g, ' ').trim()}\n` };
      return { subject, html: inLayout('html'), text: `${inLayout('text').trim()}\n` };
    },
  };
}

/** The same page in the other language or in other letters; the choice is remembered by the express side. */
function hrefWith({ fullUrl }: PageContext, name: 'lang' | 'letters', value: string): string {
  // Most addresses: nothing in them that needs reading.
  if (/^\/(?:[\w-]+(?:\/[\w-]+)*)?$/.test(fullUrl)) return `${fullUrl}?${name}=${value}`;
  const url = new URL(fullUrl, 'http://linli.invalid');
  url.searchParams.set(name, value);
  return `${url.pathname}${url.search}`;
}
