import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import Handlebars from 'handlebars';
import type { I18n, Locale } from '../i18n/index.ts';
import type { Assets } from './assets.ts';
import type { LetterSize } from './reading.ts';
import { createIcons, SPRITE } from './icons.ts';
import { createHelpers } from './view-helpers.ts';

/** One entry of the navigation, already worded; `phone` puts it into the tab bar (at most five of them). */
export interface NavItem {
  readonly href: string;
  readonly label: string;
  /** A Tabler icon name, e.g. `home`. */
  readonly icon: string;
  readonly current: boolean;
  readonly phone: boolean;
  /** Work at a desk, for others. */
  readonly desk?: boolean;
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

/** How many entries fit into the header of a desk's screen; the menu holds all. */
const HEADER_ENTRIES = 7;

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
  /** The three parts of a message from `views/mail/<feature>/<name>.{subject,html,text}.hbs`. */
  renderMail(
    name: string,
    model: object,
    context: MailContext,
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
}

const LAYOUTS = new Set(['app', 'public', 'plain']);

/** A template that is made when it is first shown: most processes live for a few of them, and all would take a second. */
function onFirstUse(make: () => Handlebars.TemplateDelegate): Handlebars.TemplateDelegate {
  let made: Handlebars.TemplateDelegate | null = null;
  return (model, options) => (made ??= make())(model, options);
}

/**
 * The templates below `root`, as they are when the program starts, in closed maps: what is rendered is always one of these
 * files, never text that was stored or sent (S-29, S-30).
 */
export function createViews({ root, i18n, assets, strict, eager = false }: ViewsOptions): Views {
  const engine = Handlebars.create();
  for (const name of ['log', 'blockHelperMissing', 'helperMissing']) engine.unregisterHelper(name);
  const icons = createIcons({ url: assets.url(SPRITE), sprite: assets.text(SPRITE), strict });
  const helpers = createHelpers({ i18n, assets, icons, strict, engine });
  engine.registerHelper(helpers);
  const knownHelpers = Object.fromEntries(Object.keys(helpers).map((name) => [name, true]));

  const compile = (name: string, source: string): Handlebars.TemplateDelegate => {
    const tree = parseTemplate(engine, name, source);
    // Escaping is for HTML; in a mail's subject and text part it would print &amp; to people.
    const plainText = /\.(subject|text)$/.test(name);
    const options = {
      strict,
      knownHelpersOnly: true,
      knownHelpers,
      noEscape: plainText,
      preventIndent: true,
    };
    engine.precompile(tree, options); // compile() waits for a first model: this tells of a faulty template before
    return engine.compile(tree, options);
  };
  const templates = new Map(
    listTemplates(root).map((name) => {
      // Read now: a file that is replaced later belongs to another version of the program.
      const source = readFileSync(join(root, `${name}.hbs`), 'utf8');
      return [name, eager ? compile(name, source) : onFirstUse(() => compile(name, source))];
    }),
  );
  const partials = Object.fromEntries(templates);

  function run(name: string, model: object, data: Record<string, unknown>): string {
    const template = templates.get(name);
    if (!template) throw new Error(`No view "${name}"`);
    try {
      return template(model, { partials, data });
    } catch (error) {
      throw new Error(`View ${name}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }

  const isPage = (name: string): boolean => templates.has(name) && !/^(layouts|partials|mail)\//.test(name);

  // Descriptors, not a spread: `csrfToken` may be a getter that starts a session only where a form is drawn.
  const complete = (page: PageContext, extra: object = {}): object =>
    Object.defineProperties(
      {},
      {
        ...Object.getOwnPropertyDescriptors(page),
        ...Object.getOwnPropertyDescriptors({
          colour: page.tenant?.colour ?? null,
          idempotencyKey: page.idempotencyKey ?? null,
          title: page.title ?? null,
          languageHref: hrefWith(page, 'lang', page.locale === 'en' ? 'zh-CN' : 'en'),
          letters: page.letters ?? 'normal',
          lettersHref: hrefWith(page, 'letters', page.letters === 'large' ? 'normal' : 'large'),
          phoneNav: page.nav.filter((item) => item.phone),
          topNav: page.nav.slice(0, HEADER_ENTRIES),
          ...extra,
        }),
      },
    );

  function renderBody(name: string, model: object, page: PageContext): Rendering {
    if (!isPage(name)) throw new Error(`No view "${name}"`);
    const rendering: Rendering = { body: '', title: page.title ?? null, layout: null };
    rendering.body = run(name, model, { page: complete(page), rendering });
    return rendering;
  }

  return {
    names: [...templates.keys()].filter(isPage).sort(),
    has: isPage,
    render(name, model, page) {
      const rendering = renderBody(name, model, page);
      const layout = rendering.layout ?? (page.user ? 'app' : 'public');
      if (!LAYOUTS.has(layout)) throw new Error(`View ${name}: no layout "${layout}"`);
      return run(`layouts/${layout}`, {}, { page: complete(page, { title: rendering.title }), rendering });
    },
    renderFragment: (name, model, page) => renderBody(name, model, page).body,
    renderMail(name, model, context) {
      const sender = context.tenant?.name ?? i18n.t(context.locale, 'common.site.name');
      const page = { ...context, sender };
      const part = (kind: string): string => run(`mail/${name}.${kind}`, model, { page });
      const inLayout = (kind: 'html' | 'text'): string => {
        const rendering: Rendering = { body: part(kind), title: null, layout: null };
        return run(`layouts/mail.${kind}`, {}, { page: { ...page, title: subject }, rendering });
      };
      const subject = part('subject').replace(/\s+/g, ' ').trim(); // one line: a header cannot be smuggled in through a name
      return { subject, html: inLayout('html'), text: `${inLayout('text').trim()}\n` };
    },
  };
}

/** The same page in the other language or in other letters; the choice is remembered by the express side. */
function hrefWith({ fullUrl }: PageContext, name: 'lang' | 'letters', value: string): string {
  const url = new URL(fullUrl, 'http://linli.invalid');
  url.searchParams.set(name, value);
  return `${url.pathname}${url.search}`;
}

/** Names of all templates below the folder: `assignments/_row`, `mail/offers/made.subject`. */
export function listTemplates(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.hbs'))
    .map((entry) =>
      relative(root, join(entry.parentPath, entry.name)).split(sep).join('/').slice(0, -'.hbs'.length),
    )
    .sort();
}

const call = (
  helper: string,
  params: hbs.AST.Expression[],
  loc: hbs.AST.SourceLocation,
): hbs.AST.SubExpression => ({
  type: 'SubExpression',
  path: { type: 'PathExpression', data: false, depth: 0, parts: [helper], original: helper, loc },
  params,
  hash: { type: 'Hash', pairs: [], loc },
  loc,
});

/**
 * Partials below `partials/` are components: they see what they are handed and nothing else. Handlebars would let a
 * page's own `title` or `href` leak into them wherever an option is left out. A component around a block
 * (`{{#> partials/card}}`) gets the page as `outer`, so that `{{> @partial-block outer}}` shows the block exactly as if
 * it stood in the page, `../` included.
 */
function parseTemplate(engine: typeof Handlebars, name: string, source: string): hbs.AST.Program {
  const isComponent = (partial: hbs.AST.PartialStatement | hbs.AST.PartialBlockStatement): boolean =>
    partial.name.type === 'PathExpression' &&
    (partial.name as hbs.AST.PathExpression).original.startsWith('partials/');

  class Components extends Handlebars.Visitor {
    override PartialStatement(partial: hbs.AST.PartialStatement): void {
      if (isComponent(partial) && partial.params.length === 0)
        partial.params.push(call('dict', [], partial.loc));
      super.PartialStatement(partial);
    }
    override PartialBlockStatement(partial: hbs.AST.PartialBlockStatement): void {
      if (isComponent(partial)) {
        if (partial.params.length > 0)
          throw new Error(
            `${name}: line ${partial.loc.start.line}: hand a block component its values by name`,
          );
        const here = {
          type: 'PathExpression',
          data: false,
          depth: 0,
          parts: [],
          original: 'this',
          loc: partial.loc,
        };
        partial.params.push(call('enclose', [here], partial.loc));
      }
      super.PartialBlockStatement(partial);
    }
  }
  const tree = engine.parse(source, { srcName: name });
  new Components().accept(tree);
  return tree;
}
