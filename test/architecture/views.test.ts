import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import ts from 'typescript';
import { staleAssets } from '../../scripts/assets.ts';
import { createAssets } from '../../server/http/assets.ts';
import { readIcon } from '../../server/http/icons.ts';
import { listTemplates } from '../../server/http/templates.ts';
import { createHelpers } from '../../server/http/view-helpers.ts';
import { createViews } from '../../server/http/views.ts';
import { createI18n } from '../../server/i18n/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const VIEWS = join(ROOT, 'views');

interface Template {
  readonly name: string;
  readonly source: string;
  /** The HTML with every `{{…}}` replaced by one character, so that quotes inside expressions do not confuse the checks. */
  readonly html: string;
  readonly mail: boolean;
}
const HOLE = '\u0001';
const templates: Template[] = listTemplates(VIEWS).map((name) => {
  const source = readFileSync(join(VIEWS, `${name}.hbs`), 'utf8');
  const html = source.replace(/\{\{!--[\s\S]*?--\}\}|\{\{![\s\S]*?\}\}/g, '').replace(/\{\{[^}]*\}\}/g, HOLE);
  return { name, source, html, mail: /^(mail\/|layouts\/mail|partials\/mail-)/.test(name) };
});

const offenders = (
  wrong: RegExp,
  among = templates,
  text: (template: Template) => string = ({ html }) => html,
): string[] =>
  among.flatMap((template) =>
    [...text(template).matchAll(wrong)].map(
      ([found]) => `${template.name}: ${found.replaceAll(HOLE, '{{…}}').trim()}`,
    ),
  );

describe('every template', () => {
  it('compiles, strictly, into the closed map', () => {
    const views = createViews({
      root: VIEWS,
      i18n: createI18n({ strict: true }),
      assets: createAssets(join(VIEWS, 'assets/generated')),
      strict: true,
      eager: true,
    });
    expect(views.names).to.include('home/index');
    expect(views.names).to.include('errors/show');
  });

  it('escapes all it prints: no triple-stash, no ampersand form', () => {
    expect(offenders(/\{\{\{|\{\{&/g, templates, ({ source }) => source)).to.deep.equal([]);
  });

  it('prints no value that bears the name of a helper, which would be called instead', () => {
    const helpers = Object.keys(createHelpers({} as Parameters<typeof createHelpers>[0])).filter(
      (name) => name !== 'body',
    );
    expect(helpers).to.include('when');
    const bare = new RegExp(`\\{\\{(${helpers.join('|')})\\}\\}`, 'g');
    expect(offenders(bare, templates, ({ source }) => source)).to.deep.equal([]);
  });

  it('quotes its attributes', () => {
    expect(offenders(new RegExp(`\\s[\\w-]+=${HOLE}`, 'g'))).to.deep.equal([]);
  });

  it('holds no style, no handler and no script of its own, which the CSP would drop', () => {
    const pages = templates.filter((template) => !template.mail);
    expect(offenders(/<style|\sstyle=/g, pages)).to.deep.equal([]);
    expect(offenders(/\son\w+=/g)).to.deep.equal([]);
    const scripts = [
      ...pages.flatMap(({ source }) => [...source.matchAll(/<script\b[^>]*>/g)].map(([tag]) => tag)),
    ];
    expect(
      scripts.filter((tag) => !tag.includes('src="{{asset ') || !tag.includes('nonce="{{@page.nonce}}"')),
    ).to.deep.equal([]);
  });

  it('sends computed addresses through safeUrl or starts them with a literal path', () => {
    const wrong = templates.flatMap(({ name, source }) =>
      [...source.matchAll(/\s(?:href|src|action|formaction|hx-(?:get|post|put|delete))="([^"]*)"/g)]
        .map(([, value]) => value ?? '')
        .filter(
          (value) =>
            value.includes('{{') && !/^\{\{(safeUrl|asset) /.test(value) && !/^(\/(?!\/)|[#?])/.test(value),
        )
        .map((value) => `${name}: ${value}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('guards every form that changes something', () => {
    const GUARD = /\{\{> partials\/form-guard(?:-kept token=\S+ key=\S+)?\}\}/;
    const wrong = templates.flatMap(({ name, source }) =>
      [...source.matchAll(/<form\b[\s\S]*?<\/form>/g)]
        .map(([form]) => form)
        .filter((form) => /method="post"/i.test(form) && !GUARD.test(form))
        .map((form) => `${name}: ${form.slice(0, 80)}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('has no word of its own: every text comes from the locale files', () => {
    const words = /[A-Za-z]{2,}|[\u3400-\u9fff]/;
    const wrong = templates.flatMap(({ name, html }) => {
      const texts = html
        .replace(/<!doctype[^>]*>/gi, '')
        .replace(/<svg[\s\S]*?<\/svg>/g, '')
        .split(/<[^>]*>/);
      const attributes = [...html.matchAll(/\s(?:aria-label|placeholder|title|alt)="([^"]*)"/g)].map(
        ([, value]) => value ?? '',
      );
      return [...texts, ...attributes]
        .filter((text) => words.test(text))
        .map((text) => `${name}: ${text.trim()}`);
    });
    expect(wrong).to.deep.equal([]);
  });

  it('names icons that exist', () => {
    const names = templates.flatMap(({ source }) =>
      [...source.matchAll(/(?:\{\{icon|\bicon=)\s*'([^']+)'/g)].map(([, name]) => name ?? ''),
    );
    for (const name of new Set(names)) expect(readIcon(name), name).to.not.equal(null);
  });

  it('uses classes that the style sheet knows', () => {
    const css = readFileSync(join(VIEWS, 'assets/generated/app.css'), 'utf8');
    const known = new Set(
      [...css.matchAll(/\.((?:\\.|[\w-])+)/g)].map(([, name]) => (name ?? '').replaceAll('\\', '')),
    );
    const unknown = templates.flatMap(({ name, html }) =>
      [...html.matchAll(/\sclass="([^"]*)"/g)]
        .flatMap(([, value]) => (value ?? '').split(/\s+/))
        .map((token) => token.replace(new RegExp(`^${HOLE}+|${HOLE}+$`, 'g'), ''))
        // What is put together from parts (`badge-{{tone}}`) cannot be looked up.
        .filter((token) => token !== '' && !token.includes(HOLE) && !token.endsWith('-') && !known.has(token))
        .map((token) => `${name}: ${token}`),
    );
    expect(unknown).to.deep.equal([]);
  });

  it('is a subject, an html and a text part where it is a message, and a text message where it may be one', () => {
    const parts = Map.groupBy(
      templates.filter(({ name }) => name.startsWith('mail/')),
      ({ name }) => name.replace(/\.\w+$/, ''),
    );
    const broken = [...parts].filter(
      ([, files]) =>
        files
          .map(({ name }) => name.split('.').at(-1))
          .filter((part) => part !== 'sms')
          .sort()
          .join() !== 'html,subject,text',
    );
    expect(broken.map(([name]) => name)).to.deep.equal([]);
  });
});

describe('what the browser gets', () => {
  it('marks text as HTML in one file only, and leaves escaping on outside plain-text mail', () => {
    const files = globSync('{server,jobs}/**/*.ts', { cwd: ROOT });
    const holding = (word: string): string[] =>
      files.filter((file) => readFileSync(join(ROOT, file), 'utf8').includes(word)).sort();
    expect(holding('SafeString')).to.deep.equal(['server/http/view-helpers.ts']);
    expect(holding('noEscape')).to.deep.equal(['server/http/templates.ts']);
  });

  it('is current: npm run assets would change nothing', async () => {
    expect((await staleAssets()).map((path) => path.slice(ROOT.length + 1))).to.deep.equal([]);
  });

  it('is small: one style sheet of at most 30 KB and our script of at most 150 lines', () => {
    const css = readFileSync(join(VIEWS, 'assets/generated/app.css'));
    expect(gzipSync(css).length).to.be.at.most(30 * 1024);
    expect(css.toString()).to.not.match(/@import|url\(["']?(https?:)?\/\//);
    expect(readFileSync(join(VIEWS, 'assets/app.js'), 'utf8').split('\n').length).to.be.at.most(151);
  });

  it('is checked: our scripts have the types they say', function () {
    this.timeout(60_000);
    const program = ts.createProgram([join(VIEWS, 'assets/app.js'), join(VIEWS, 'assets/map.js')], {
      allowJs: true,
      checkJs: true,
      noEmit: true,
      strict: true,
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
      types: [],
    });
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map((problem) => ts.flattenDiagnosticMessageText(problem.messageText, ' '));
    expect(problems).to.deep.equal([]);
  });
});
