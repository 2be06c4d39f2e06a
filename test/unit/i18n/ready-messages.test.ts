import { expect } from 'chai';
import i18next from 'i18next';
import { LOCALES, readMessages } from '../../../server/i18n/index.ts';
import { readyMessages } from '../../../server/i18n/messages.ts';

describe('messages made ready', () => {
  const messages = readMessages();
  const extra = {
    nested: 'see $t(common.action.save)',
    formatted: '{{at, date}}',
    contextual: 'somebody',
    contextual_female: 'she',
    none_zero: 'nothing',
    none_one: 'one',
    none_other: '{{count}} things',
    money: 'costs {{amount}}',
  };
  const instance = i18next.createInstance();
  void instance.init({
    initAsync: false,
    lng: 'en',
    fallbackLng: false,
    supportedLngs: [...LOCALES],
    ns: 'all',
    defaultNS: 'all',
    nsSeparator: false,
    resources: Object.fromEntries(LOCALES.map((one) => [one, { all: { ...messages[one], extra } }])) as never,
    interpolation: { escapeValue: false, skipOnVariables: true },
    returnObjects: false,
  });

  const keysOf = (tree: object, prefix = ''): string[] =>
    Object.entries(tree).flatMap(([name, value]) =>
      typeof value === 'string' ? [`${prefix}${name}`] : keysOf(value as object, `${prefix}${name}.`),
    );

  for (const locale of LOCALES)
    it(`says in ${locale} what i18next says, for every message and every count`, () => {
      const ready = readyMessages(locale, { ...messages[locale], extra });
      const said = instance.getFixedT(locale);
      let compared = 0;
      for (const key of keysOf({ ...messages[locale], extra })) {
        const wanted = String(instance.getResource(locale, 'all', key)).matchAll(/\{\{(\w+)/g);
        const values = Object.fromEntries(
          [...wanted].map(([, name], at) => [
            name as string,
            ['$t(x) {{y}} <&>', '$1 $& $$', 7.5][at % 3] as string,
          ]),
        );
        const base = key.replace(/_(zero|one|two|few|many|other)$/, '');
        for (const count of base === key ? [undefined] : [0, 1, 2, 5, 1.5, 1_000])
          for (const params of [count === undefined ? values : { ...values, count }, undefined]) {
            const text = ready.text(base, params);
            if (text === null) continue;
            compared += 1;
            // Amounts are grouped, which i18next leaves to whoever asks.
            const plain = said(base, { ...params }).replaceAll('1000', '1,000');
            expect(text, `${base} ${JSON.stringify(params)}`).to.equal(plain);
          }
        expect(ready.has(base) ?? instance.exists(base, { lng: locale }), base).to.equal(
          instance.exists(base, { lng: locale }),
        );
      }
      expect(compared).to.be.greaterThan(keysOf(messages[locale]).length);
    });

  it('leaves to i18next what it does not know', () => {
    const ready = readyMessages('en', { ...messages.en, extra });
    for (const [key, params] of [
      ['extra.nested', {}],
      ['extra.formatted', { at: 'x' }],
      ['extra.contextual', { context: 'female' }],
      ['extra.money', {}],
      ['common.action', {}],
      ['common.nothing', {}],
    ] as const)
      expect(ready.text(key, params as never), key).to.equal(null);
    expect(ready.has('common.action')).to.equal(null);
    expect(ready.has('errors..')).to.equal(null);
  });
});
