import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { createI18n } from '../../../server/i18n/index.ts';
import { spriteOf } from '../../../server/http/icons.ts';
import { createViews } from '../../../server/http/views.ts';
import type { PageContext, Views } from '../../../server/http/views.ts';
import { safeUrl } from '../../../server/http/view-helpers.ts';

const page: PageContext = {
  locale: 'zh-CN',
  zone: 'Asia/Shanghai',
  nonce: 'n0nce',
  csrfToken: null,
  path: '/x',
  fullUrl: '/x?a=1',
  user: null,
  tenant: null,
  nav: [],
  flash: [],
  mailboxEnabled: false,
};
const assets = {
  url: (name: string) => `/assets/${name}`,
  text: () => spriteOf(['home']),
  middleware: () => undefined,
  serviceWorker: () => undefined,
};

describe('the view engine', () => {
  const folders: string[] = [];
  function views(files: Record<string, string>, strict = true, eager = false): Views {
    const root = mkdtempSync(join(tmpdir(), 'linli-views-'));
    folders.push(root);
    const all = {
      'layouts/public': '<{{@page.title}}>{{body}}',
      'layouts/plain': 'plain:{{body}}',
      ...files,
    };
    for (const [name, text] of Object.entries(all)) {
      const file = join(root, `${name}.hbs`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    return createViews({ root, i18n: createI18n({ strict }), assets, strict, eager });
  }
  const show = (template: string, model: object = {}, files: Record<string, string> = {}): string =>
    views({ 'a/show': template, ...files }).renderFragment('a/show', model, page);
  after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

  it('escapes everything a model holds', () => {
    expect(show('<p title="{{x}}">{{x}}</p>', { x: `<b a="1" b='2'>&` })).to.equal(
      '<p title="&lt;b a&#x3D;&quot;1&quot; b&#x3D;&#x27;2&#x27;&gt;&amp;">&lt;b a&#x3D;&quot;1&quot; b&#x3D;&#x27;2&#x27;&gt;&amp;</p>',
    );
  });

  it('puts the view into its layout, which the view may choose and title', () => {
    const made = views({ 'a/show': "{{title 'T & U'}}hello", 'a/paper': "{{layout 'plain'}}hello" });
    expect(made.render('a/show', {}, page)).to.equal('<T &amp; U>hello');
    expect(made.render('a/paper', {}, page)).to.equal('plain:hello');
    expect(made.renderFragment('a/show', {}, page)).to.equal('hello');
  });

  it('draws what is kept of a list once for each language and name, and anew for another list', () => {
    const kept = "{{#kept @page.nav 'a'}}{{#each @page.nav}}{{label}}{{/each}}{{/kept}}";
    const made = views({ 'a/show': `${kept}{{#kept @page.nav 'b'}}{{t 'nav.shifts'}}{{/kept}}` });
    const item = { href: '/', label: '<1>', icon: 'home', current: false, phone: false };
    const [nav, other] = [[item], [{ ...item, label: '2' }]];
    const draw = (own: typeof nav, locale: PageContext['locale'] = 'zh-CN'): string =>
      made.renderFragment('a/show', {}, { ...page, nav: own, locale });
    expect(draw(nav)).to.equal('&lt;1&gt;班次');
    expect(draw(other)).to.equal('2班次');
    expect(draw(nav, 'en')).to.equal('&lt;1&gt;Shifts');
    item.label = '3';
    expect(draw(nav)).to.equal('&lt;1&gt;班次');
    expect(draw([{ ...item }])).to.equal('3班次');
  });

  it('knows only its own files: no path, layout, partial or mail is a page', () => {
    const made = views({ 'a/show': 'x', 'partials/p': 'p', 'mail/a/b.text': 'm' });
    expect(made.names).to.deep.equal(['a/show']);
    for (const name of [
      '../a/show',
      'layouts/public',
      'partials/p',
      'mail/a/b.text',
      'toString',
      '__proto__',
      '',
    ]) {
      expect(() => made.render(name, {}, page), name).to.throw('No view');
    }
    expect(() => views({ 'a/show': "{{layout 'mail.html'}}" }).render('a/show', {}, page)).to.throw(
      'no layout',
    );
  });

  it('stops an eager start at a faulty template or an unknown helper', () => {
    expect(() => views({ 'a/show': '{{#if x}}' }, true, true)).to.throw();
    expect(() => views({ 'a/show': "{{nothing 'x'}}" }, true, true)).to.throw('nothing');
  });

  it('throws on a name that the model lacks when strict, with the view’s name', () => {
    expect(() => show('{{missing}}')).to.throw(/a\/show.*missing/);
    expect(() => show('{{t "no.such.key"}}')).to.throw('no.such.key');
    expect(views({ 'a/show': '[{{missing}}]' }, false).renderFragment('a/show', {}, page)).to.equal('[]');
  });

  it('does not reach prototypes', () => {
    expect(
      views(
        { 'a/show': '[{{constructor}}{{x.constructor}}{{lookup x "constructor"}}]' },
        false,
      ).renderFragment('a/show', { x: {} }, page),
    ).to.equal('[]');
  });

  it('shows components only what they are handed', () => {
    const files = {
      'partials/p': '{{#if title}}{{this.title}}{{else}}none{{/if}}',
      'a/_own': '{{this.title}}',
    };
    expect(show('{{> partials/p}}', { title: 'of the page' }, files)).to.equal('none');
    expect(show("{{> partials/p title='handed'}}", { title: 'of the page' }, files)).to.equal('handed');
    expect(show('{{> partials/p this}}', { title: 'of the page' }, files)).to.equal('of the page');
    expect(show('{{> a/_own}}', { title: 'of the page' }, files)).to.equal('of the page');
  });

  it('shows the block of a component as if it stood in the page', () => {
    const files = {
      'partials/box': '[{{this.title}}:{{> @partial-block outer}}]',
      'partials/leaf': '{{#if block}}block{{else}}leaf{{/if}}',
    };
    const template =
      "{{#each rows}}{{#> partials/box title='box'}}{{name}}{{../suffix}}{{@index}}{{> partials/leaf}}{{/partials/box}}{{/each}}";
    expect(show(template, { suffix: '!', rows: [{ name: 'a' }, { name: 'b' }] }, files)).to.equal(
      '[box:a!0leaf][box:b!1leaf]',
    );
  });

  it('reads the CSRF token only where a form is drawn', () => {
    let reads = 0;
    const lazy = Object.defineProperty({ ...page }, 'csrfToken', {
      enumerable: true,
      get: () => ((reads += 1), 'token'),
    });
    const made = views({ 'a/plain': 'x', 'a/form': '{{@page.csrfToken}}' });
    made.render('a/plain', {}, lazy);
    expect(reads).to.equal(0);
    expect(made.render('a/form', {}, lazy)).to.contain('token');
  });

  it('links the language switch to the same page', () => {
    const made = views({ 'a/show': '{{@page.languageHref}}' });
    expect(made.renderFragment('a/show', {}, page)).to.equal('/x?a&#x3D;1&amp;lang&#x3D;en');
    expect(made.renderFragment('a/show', {}, { ...page, fullUrl: '//evil.example/x' })).to.not.contain(
      'evil',
    );
  });

  it('formats in the language and zone of the page, and shows a dash for what is absent', () => {
    const model = { at: new Date('2026-11-24T16:30:00Z'), none: null, minutes: 90 };
    expect(show('{{time at}} {{minutes minutes}} {{date none}} {{minutes none none="-"}}', model)).to.equal(
      '00:30 1.5 小时 – -',
    );
    expect(() => show('{{date}}', {})).to.throw('needs a value');
    expect(() => show('{{date forgotten}}', {})).to.throw('undefined');
  });

  it('writes only attributes from a fixed alphabet and leaves empty ones out', () => {
    expect(
      show('<i {{attrs id=a required=true hidden=false title=none}}>', { a: '"x"', none: null }),
    ).to.equal('<i required id="&quot;x&quot;">');
    expect(() => show('<i {{attrs onclick="x"}}>')).to.throw('onclick');
    expect(() => show('<i {{attrs style="x"}}>')).to.throw('style');
  });

  it('keeps data inside its island', () => {
    const html = show("{{json-island 'd' x}}", {
      x: { a: '</script><script>alert(1)</script>', b: '\u2028&' },
    });
    expect(html.match(/<\/?script/g)).to.have.length(2);
    expect(JSON.parse(html.replace(/<[^>]*>/g, ''))).to.deep.equal({
      a: '</script><script>alert(1)</script>',
      b: '\u2028&',
    });
  });

  it('draws icons that exist and refuses names that are none', () => {
    expect(show("{{icon 'home' class='big'}}")).to.match(/^<svg class="icon big"[^>]*aria-hidden="true"/);
    expect(() => show("{{icon '../../package'}}")).to.throw('No icon');
    expect(() => show("{{icon 'abacus-off'}}")).to.throw('npm run assets');
    expect(() => show("{{icon 'no-such-icon'}}")).to.throw('No icon');
  });

  it('draws charts and QR codes without styles, which the CSP would drop', () => {
    const chart = show("{{bar-chart bars size='small'}}", { bars: [{ label: '<1月>', value: 3 }] });
    expect(chart).to.match(/^<svg class="chart" width="330"/);
    expect(chart).to.not.match(/style|<1月>|onload|url\(/);
    expect(show("{{qr 'https://example.org/' label='<code>'}}"))
      .to.match(/aria-label="&lt;code&gt;"/)
      .and.not.match(/style/);
  });

  it('makes the three parts of a message; a name cannot add a header', () => {
    const made = views({
      'layouts/mail.html': '<h1>{{@page.sender}}</h1>{{body}}',
      'layouts/mail.text': '{{body}}\n-- {{@page.sender}}',
      'mail/a/hello.subject': '{{name}},\r\n{{t "common.action.save"}}',
      'mail/a/hello.html': '<p>{{name}}</p>',
      'mail/a/hello.text': '{{name}} {{minutes 90}}',
    });
    const mail = made.renderMail(
      'a/hello',
      { name: 'A & B\r\nBcc: x' },
      { locale: 'zh-CN', zone: 'Asia/Shanghai', tenant: { name: '春江' } },
    );
    expect(mail.subject).to.equal('A & B Bcc: x, 保存');
    expect(mail.html).to.equal('<h1>春江</h1><p>A &amp; B\r\nBcc: x</p>');
    expect(mail.text).to.equal('A & B\r\nBcc: x 1.5 小时\n-- 春江\n');
    expect(
      made.renderMail('a/hello', { name: 'x' }, { locale: 'en', zone: 'UTC', tenant: null }).text,
    ).to.contain('-- Linli');
  });
});

describe('safeUrl', () => {
  it('lets local addresses and harmless schemes through', () => {
    for (const url of [
      '/',
      '/a/b?c=d#e',
      '?x=1',
      '#part',
      'https://example.org/',
      'mailto:a@example.org',
      'tel:+8657164210000',
    ]) {
      expect(safeUrl(url)).to.equal(url);
    }
  });
  it('turns everything else into #', () => {
    for (const url of [
      'javascript:alert(1)',
      'JAVASCRIPT:x',
      ' javascript:x',
      'java\tscript:x',
      '//evil.example',
      '/\\evil.example',
      '\\\\evil',
      'data:text/html,x',
      'vbscript:x',
      'a/b',
      'http:evil',
      '',
      null,
      undefined,
      7,
      {},
    ]) {
      expect(safeUrl(url), String(url)).to.equal('#');
    }
  });
});
