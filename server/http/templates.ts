import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import Handlebars from 'handlebars';
import { LOCALES } from '../i18n/index.ts';
import type { I18n, Locale } from '../i18n/index.ts';
import type { Assets } from './assets.ts';
import type { Icons } from './icons.ts';

export interface Templates {
  /** Of all templates below the folder, partials and mail too. */
  readonly names: readonly string[];
  /** @throws Error for an unknown template and, when strict, for a name the model lacks */
  run(name: string, locale: Locale, model: object, data: Readonly<Record<string, unknown>>): string;
}

export interface TemplateParts {
  readonly root: string;
  readonly engine: typeof Handlebars;
  readonly helpers: Readonly<Record<string, Handlebars.HelperDelegate>>;
  readonly i18n: I18n;
  readonly icons: Icons;
  readonly assets: Assets;
  readonly strict: boolean;
  /** Tell of a faulty template at once, else when it is first shown. */
  readonly eager: boolean;
}

/**
 * A template that is made when it is first shown: most processes live for a few of them. All of them would take a second,
 * and 25 megabytes for as long as the process lives.
 */
function onFirstUse(make: () => Handlebars.TemplateDelegate): Handlebars.TemplateDelegate {
  let made: Handlebars.TemplateDelegate | null = null;
  return (model, options) => (made ??= make())(model, options);
}

/** What handlebars reads beside its documented options when a template runs as part of another. */
interface Running extends Handlebars.RuntimeOptions {
  readonly hooks: object;
  readonly protoAccessControl: object;
}

/** Nothing inherited is ever read by a template, nor warned about: it is simply not there (S-29). */
const OWN_PROPERTIES_ONLY = {
  properties: { whitelist: Object.assign(Object.create(null), { __proto__: false }), defaultValue: false },
  methods: { whitelist: Object.create(null), defaultValue: false },
};

/**
 * The templates below `root`, as they are when the program starts, compiled for each language: words, icons and addresses
 * that a template names outright are written into it then, and not looked up by every page anew.
 *
 * Templates run as handlebars runs partials, with the helpers as they are. Run from the top it would copy all helpers and
 * all partials for each page, and hand every helper a copy of its options.
 */
export function createTemplates({
  root,
  engine,
  helpers,
  strict,
  eager,
  ...words
}: TemplateParts): Templates {
  engine.registerHelper(helpers as Handlebars.HelperDeclareSpec);
  const knownHelpers = Object.fromEntries(Object.keys(helpers).map((name) => [name, true]));
  // Read now: a file that is replaced later belongs to another version of the program.
  const sources = new Map(
    listTemplates(root).map((name) => [name, readFileSync(join(root, `${name}.hbs`), 'utf8')]),
  );

  function read(name: string, source: string, locale: Locale) {
    // Escaping is for HTML; in a mail's subject and text part it would print &amp; to people.
    const noEscape = /\.(subject|text)$/.test(name);
    const tree = parseTemplate(engine, name, source);
    new Wording(locale, noEscape, engine, words).accept(tree);
    const options = { strict, knownHelpersOnly: true, knownHelpers, noEscape, preventIndent: true };
    return { tree, options };
  }
  // What is found is not kept. All languages have the same faults.
  if (eager)
    for (const [name, source] of sources) {
      const { tree, options } = read(name, source, LOCALES[0]);
      engine.precompile(tree, options);
    }
  const compiled = new Map(
    LOCALES.map((locale) => [
      locale,
      Object.fromEntries(
        [...sources].map(([name, source]) => [
          name,
          onFirstUse(() => {
            const { tree, options } = read(name, source, locale);
            return engine.compile(tree, options);
          }),
        ]),
      ),
    ]),
  );
  const running = {
    ...engine.helpers,
    lookup: (from: object | null | undefined, name: string) =>
      from && Object.hasOwn(from, name) ? (from as Record<string, unknown>)[name] : undefined,
  } as Record<string, Handlebars.HelperDelegate>;

  return {
    names: [...sources.keys()],
    run(name, locale, model, data) {
      const partials = compiled.get(locale) ?? {};
      const template = Object.hasOwn(partials, name) ? partials[name] : undefined;
      if (!template) throw new Error(`No view "${name}"`);
      try {
        return template(model, {
          partial: true,
          helpers: running,
          partials,
          data: { ...data, root: model },
          hooks: {},
          protoAccessControl: OWN_PROPERTIES_ONLY,
        } as Running);
      } catch (error) {
        throw new Error(`View ${name}: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
    },
  };
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

const helperOf = ({ path }: { path: hbs.AST.PathExpression | hbs.AST.Literal }): string | null =>
  path.type === 'PathExpression' ? (path as hbs.AST.PathExpression).original : null;
const literalOf = (params: readonly hbs.AST.Expression[]): string | null =>
  params.length === 1 && params[0]?.type === 'StringLiteral'
    ? (params[0] as hbs.AST.StringLiteral).value
    : null;

/** Writes what does not depend on the page into the template of one language; what has no words is left to fail as ever. */
class Wording extends Handlebars.Visitor {
  readonly #locale: Locale;
  readonly #plain: boolean;
  readonly #engine: typeof Handlebars;
  readonly #words: Pick<TemplateParts, 'i18n' | 'icons' | 'assets'>;

  constructor(
    locale: Locale,
    plain: boolean,
    engine: typeof Handlebars,
    words: Pick<TemplateParts, 'i18n' | 'icons' | 'assets'>,
  ) {
    super();
    (this as unknown as { mutating: boolean }).mutating = true;
    this.#locale = locale;
    this.#plain = plain;
    this.#engine = engine;
    this.#words = words;
  }

  /** `{{t 'key'}}`, `{{icon 'name' class='…'}}`, `{{asset 'name'}}` as the text that they would print. */
  override MustacheStatement(mustache: hbs.AST.MustacheStatement): void {
    super.MustacheStatement(mustache);
    const text = this.#text(mustache);
    const html = helperOf(mustache) === 'icon' ? this.#icon(mustache) : null;
    if (text === null && html === null) return;
    const raw = this.#plain || !mustache.escaped;
    const value = html ?? (raw ? (text ?? '') : this.#engine.escapeExpression(text ?? ''));
    // A visitor that mutates takes what is returned for what was there; the types do not know.
    return { type: 'ContentStatement', value, original: value, loc: mustache.loc } as unknown as undefined;
  }

  /** `(t 'key')` as the words. */
  override SubExpression(expression: hbs.AST.SubExpression): void {
    super.SubExpression(expression);
    const value = this.#text(expression);
    if (value === null) return;
    return { type: 'StringLiteral', value, original: value, loc: expression.loc } as unknown as undefined;
  }

  #text(call: hbs.AST.MustacheStatement | hbs.AST.SubExpression): string | null {
    const literal = literalOf(call.params);
    if (literal === null || call.hash) return null;
    const helper = helperOf(call);
    if (helper === 'asset') return this.#words.assets.url(literal);
    const { i18n } = this.#words;
    return helper === 't' && i18n.has(this.#locale, literal) ? i18n.t(this.#locale, literal) : null;
  }

  #icon({ params, hash }: hbs.AST.MustacheStatement): string | null {
    const name = literalOf(params);
    const pairs = hash?.pairs ?? [];
    const [pair] = pairs;
    if (name === null || pairs.length > 1) return null;
    if (pair && (pair.key !== 'class' || pair.value.type !== 'StringLiteral')) return null;
    try {
      return this.#words.icons.svg(name, pair ? (pair.value as hbs.AST.StringLiteral).value : '');
    } catch {
      return null;
    }
  }
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
