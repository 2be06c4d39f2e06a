import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { LIFECYCLES } from '../../server/core/states.ts';
import { isAuditedType } from '../../server/features/audit/audit.schema.ts';
import { LOCALES, readMessages } from '../../server/i18n/index.ts';
import type { Locale } from '../../server/i18n/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const PLURAL = /_(zero|one|two|few|many|other)$/;

function flatten(value: unknown, path = ''): Map<string, string> {
  if (typeof value === 'string') return new Map([[path, value]]);
  return new Map(
    Object.entries(value as object).flatMap(([key, inner]) => [
      ...flatten(inner, path ? `${path}.${key}` : key),
    ]),
  );
}

const messages: Record<Locale, Map<string, string>> = {
  'zh-CN': flatten(readMessages()['zh-CN']),
  en: flatten(readMessages().en),
};
const baseKeys = (locale: Locale): string[] =>
  [...new Set([...messages[locale].keys()].map((key) => key.replace(PLURAL, '')))].sort();
const textsOf: Record<Locale, Map<string, string[]>> = { 'zh-CN': new Map(), en: new Map() };
for (const locale of LOCALES)
  for (const [name, text] of messages[locale]) {
    const key = name.replace(PLURAL, '');
    textsOf[locale].set(key, [...(textsOf[locale].get(key) ?? []), text]);
  }
const params = (locale: Locale, key: string): string[] => {
  const texts = textsOf[locale].get(key) ?? [];
  return [
    ...new Set(
      texts.flatMap((text) => [...text.matchAll(/\{\{\s*([\w.]+)[^}]*\}\}/g)].map(([, name]) => name ?? '')),
    ),
  ].sort();
};

describe('the locale files', () => {
  it('word every key in both languages', () => {
    expect(baseKeys('zh-CN')).to.deep.equal(baseKeys('en'));
  });

  /** One sentence in two halves, which each language divides where its grammar does. */
  const HALVES = ['certificate-pdf.served', 'certificate-pdf.amounting'];

  it('use the same values in both languages', () => {
    const different = baseKeys('en').filter((key) => {
      if (HALVES.includes(key)) return false;
      // "one" may be written out, so that only the count may be missing from one language.
      const [en, zh] = [params('en', key), params('zh-CN', key)];
      return en.filter((name) => name !== 'count').join() !== zh.filter((name) => name !== 'count').join();
    });
    expect(different).to.deep.equal([]);
  });

  it('have the plural forms that each language has: one and other in English, other in Chinese', () => {
    const plural = (locale: Locale, form: string): string[] =>
      [...messages[locale].keys()]
        .filter((key) => key.endsWith(`_${form}`))
        .map((key) => key.slice(0, -form.length - 1))
        .sort();
    expect(plural('en', 'one')).to.deep.equal(plural('en', 'other'));
    // A key without a suffix serves every count in Chinese.
    expect(plural('zh-CN', 'other').filter((key) => !plural('en', 'other').includes(key))).to.deep.equal([]);
    expect(plural('zh-CN', 'one')).to.deep.equal([]);
  });

  it('hold no empty texts, no HTML and no nested messages', () => {
    for (const map of Object.values(messages)) {
      const odd = [...map]
        .filter(
          ([key, text]) =>
            (text.trim() === '' && !EMPTY_ON_PURPOSE.has(key)) || /<[a-z/]|&[a-z]+;|\$t\(/i.test(text),
        )
        .map(([key]) => key);
      expect(odd).to.deep.equal([]);
    }
  });

  it('use straight quotes in English: Chinese fonts draw the curly ones as wide as a character', () => {
    expect(
      [...messages.en]
        .filter(([key, text]) => /[‘’“”]/.test(text) && !key.startsWith('certificate-pdf.'))
        .map(([key]) => key),
    ).to.deep.equal([]);
  });

  it('set a space between Chinese characters and digits or letters, also where a value will stand', () => {
    expect([...messages['zh-CN']].flatMap(([key, text]) => unspaced(key, text))).to.deep.equal([]);
  });

  it('speak Chinese in the Chinese files', () => {
    const latinOnly = [...messages['zh-CN']].filter(
      ([, text]) =>
        !/[\u3400-\u9fff]/.test(text.replace(/\{\{[^}]*\}\}/g, '')) &&
        /[a-z]{4}/i.test(text.replace(/\{\{[^}]*\}\}/g, '')),
    );
    expect(latinOnly.map(([key]) => key).filter((key) => !LATIN_ON_PURPOSE.has(key))).to.deep.equal([]);
  });
});

/** Values that are words and may stand against Chinese text; every other value begins with a digit, or is entered here. */
const WORDS = new Set(
  `activity address category credential decider dimension evidence identifier language level minor name organisation
  person place pool pools proposer reason relation relative skill state tenant title unit validity weights what why
  within`.split(/\s+/),
);
/** Amounts with their unit and dates: they begin with a digit and end with a word ("1.5 小时", "11月25日"). */
const AMOUNTS = new Set('at date day hours metres minutes on time to until way when'.split(' '));
/** Names that are words in these messages only. */
const WORDS_THERE = new Set([
  'assignments.mail.announcement.text:from',
  'credentials.types.from:from',
  'matching.change.add-time:day',
]);

/** Where a Chinese text lacks the space between a Chinese character and a digit or a letter. */
function unspaced(key: string, text: string): string[] {
  const found: string[] = [];
  // Numbers of laws and orders are written as one word: 民政部令第67号, 民发〔2009〕44号.
  const plain = text.replace(/[第〕][\d/]+号/g, '，');
  if (/\p{Script=Han}[A-Za-z0-9]|[A-Za-z0-9%]\p{Script=Han}/u.test(plain)) found.push(key);
  for (const [, before, name = '', after] of plain.matchAll(
    /(\p{Script=Han})?\{\{(\w+)\}\}(?=%?(\p{Script=Han})?)/gu,
  )) {
    if (WORDS.has(name) || WORDS_THERE.has(`${key}:${name}`)) continue;
    if (before || (after && !AMOUNTS.has(name))) found.push(`${key}:${name}`);
  }
  return found;
}

/** The language switch names the other language in that language; a certificate carries its title in both. */
const LATIN_ON_PURPOSE = new Set(['common.layout.language', 'certificate-pdf.subtitle']);
/** The closing formula of a Chinese certificate has no English counterpart. */
const EMPTY_ON_PURPOSE = new Set(['certificate-pdf.statement']);

describe('the words that code and templates ask for', () => {
  const sources = [
    ...globSync('{server,jobs,scripts}/**/*.ts', { cwd: ROOT }),
    ...globSync('views/**/*.hbs', { cwd: ROOT }),
  ]
    .filter((file) => !file.endsWith('i18n/keys.ts'))
    .map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }));
  const known = new Set(baseKeys('en'));

  /** `certificate-pdf.${key}`: a function that words keys below one namespace, handed on inside its folder. */
  const prefixesOf = (folder: string): string[] =>
    sources
      .filter(({ file }) => dirname(file) === folder)
      .flatMap(({ text }) =>
        [...text.matchAll(/`([\w-]+(?:\.[\w-]+)*\.)\$\{/g)].map(([, prefix]) => prefix ?? ''),
      );

  it('exist', () => {
    const missing = sources.flatMap(({ file, text }) =>
      [
        ...text.matchAll(
          file.endsWith('.hbs')
            ? /[{(]\s*t\s+['"]([\w.-]+)['"]/g
            : /\bt\((?:[\w.]+,\s*)?['"]([\w-]+\.[\w.-]+)['"]/g,
        ),
      ]
        .map(([, key]) => key ?? '')
        .filter(
          (key) =>
            !known.has(key) && !prefixesOf(dirname(file)).some((prefix) => known.has(`${prefix}${key}`)),
        )
        .map((key) => `${file}: ${key}`),
    );
    expect(missing).to.deep.equal([]);
  });

  it('name every kind of thing that the audit trail speaks of', () => {
    const models = new Map(
      sources.flatMap(({ text }) =>
        [...text.matchAll(/(\w+Model) = (?:tenant|global)Model<[^(]*\(\s*'(\w+)'/g)].map(
          ([, name, kind]): [string, string] => [name ?? '', kind ?? ''],
        ),
      ),
    );
    const spoken = sources.flatMap(({ text }) => [
      ...[...text.matchAll(/recordAudit\(\{[^}]*?subjectType: '(\w+)'/gs)].map(([, kind]) => kind ?? ''),
      ...[...text.matchAll(/\b(?:transition|editRow)\(\s*(\w+Model)\b/g)].map(
        ([, name]) => models.get(name ?? '') ?? `${name}, which no model file defines`,
      ),
    ]);
    expect(spoken.length).to.be.above(50);
    expect([...new Set(spoken)].filter((kind) => !isAuditedType(kind))).to.deep.equal([]);
  });

  it('word the states of every life cycle in the audit trail', () => {
    const trail = sources.find(({ file }) => file.endsWith('audit/audit.routes.ts'))?.text ?? '';
    expect(
      LIFECYCLES.map(({ name }) => name).filter((name) => !trail.includes(`: ['${name}', `)),
    ).to.deep.equal([]);
  });

  it('are all the words there are: no message is left over', () => {
    // A literal uses its key, everything below it (`messages: 'shifts.form'`), and what it is the beginning of (`errors.${code}`).
    const literals = new Set(
      sources.flatMap(({ text }) =>
        [...text.matchAll(/['"`]([a-z][\w-]*\.[\w.-]*)/gi)].map(([, literal]) => literal ?? ''),
      ),
    );
    const used = (key: string): boolean => {
      const steps = key.split('.');
      return steps.some((_step, index) => {
        const path = steps.slice(0, index + 1).join('.');
        return (index > 0 && literals.has(path)) || literals.has(`${path}.`);
      });
    };
    // The shared vocabulary is for pages to come, too.
    const shared = /^common\.(action|word)\./;
    expect([...known].filter((key) => !used(key) && !shared.test(key))).to.deep.equal([]);
  });
});
