import { expect } from 'chai';
import { createForm, createI18n, pickLocale } from '../../../server/i18n/index.ts';

describe('messages', () => {
  const i18n = createI18n();

  it('answers in both languages and follows the count', () => {
    expect(i18n.t('zh-CN', 'common.action.save')).to.equal('保存');
    expect(i18n.t('en', 'common.pager.shown', { count: 1 })).to.equal('1 entry on this page');
    expect(i18n.t('en', 'common.pager.shown', { count: 3 })).to.equal('3 entries on this page');
    expect(i18n.t('zh-CN', 'common.pager.shown', { count: 1 })).to.equal('本页 1 条');
  });

  it('groups what is counted from a thousand on, and leaves years alone', () => {
    expect(i18n.t('zh-CN', 'common.pager.shown', { count: 20_000 })).to.equal('本页 20,000 条');
    expect(i18n.t('en', 'annual-reports.of', { year: 2026 })).to.contain('2026');
  });

  it('leaves a person’s own text alone: no nesting, no interpolation, no escaping', () => {
    const hostile = '$t(common.action.save) {{tenant}} <b>&';
    expect(i18n.t('en', 'common.mail.footer', { tenant: hostile })).to.contain(hostile);
  });

  it('answers an unknown key with the key, and throws when strict', () => {
    expect(i18n.t('en', 'common.nothing.here')).to.equal('common.nothing.here');
    expect(() => createI18n({ strict: true }).t('en', 'common.nothing.here')).to.throw('common.nothing.here');
    expect(i18n.has('en', 'common.nothing.here')).to.equal(false);
    expect(i18n.has('zh-CN', 'errors.required')).to.equal(true);
  });

  it('never answers with a whole branch of the tree', () => {
    expect(i18n.t('en', 'common.action')).to.be.a('string');
  });

  it('takes the language of the person, then of the tenant, then of the browser, out of the fixed list', () => {
    expect(pickLocale({ user: 'en', tenant: 'zh-CN', acceptLanguage: 'zh' })).to.equal('en');
    expect(pickLocale({ user: '../../etc', tenant: 'en' })).to.equal('en');
    expect(pickLocale({ acceptLanguage: 'fr;q=0.9, en-GB;q=0.8, zh;q=0.7' })).to.equal('en');
    expect(pickLocale({ acceptLanguage: 'en;q=0, zh-TW' })).to.equal('zh-CN');
    expect(pickLocale({ acceptLanguage: 'fr' })).to.equal('zh-CN');
    expect(pickLocale({})).to.equal('zh-CN');
    expect(pickLocale({ acceptLanguage: ',;q=x,'.repeat(5000) })).to.equal('zh-CN');
  });
});

describe('createForm', () => {
  const i18n = createI18n({ strict: true });
  const issues = [
    { path: 'tags.0', code: 'required' },
    { path: 'name', code: 'too-long', params: { max: 5 } },
    { path: 'elsewhere', code: 'never-worded' },
  ];
  const make = (): {
    form: ReturnType<typeof createForm>;
    fields: ReturnType<ReturnType<typeof createForm>['input']>[];
  } => {
    const form = createForm({
      i18n,
      locale: 'en',
      messages: 'none',
      values: { name: 'abcdef', tags: ['b'], secret: 'x' },
      issues,
    });
    const options = [
      { value: 'a', label: 'A' },
      { value: 'b', label: 'B' },
    ];
    return {
      form,
      fields: [
        form.input('name', 'text', { label: 'Name', hint: 'short', required: true, maxLength: 5 }),
        form.checkboxes('tags', options, { label: 'Tags' }),
        form.input('secret', 'password', { label: 'Password' }),
        form.select('kind', options, { label: 'Kind' }),
      ],
    };
  };

  it('ties hint and error to the field', () => {
    const [name] = make().fields;
    expect(name?.error).to.equal('Too long: at most 5 characters');
    expect(name?.describedBy).to.equal('f-name-hint f-name-error');
    expect(name?.value).to.equal('abcdef');
  });

  it('lists the errors in the order of the fields, each with its label and a link that exists', () => {
    const { form } = make();
    expect(form.errors).to.deep.equal([
      { href: '#f-name', text: 'Name: Too long: at most 5 characters' },
      { href: '#f-tags', text: 'Tags: Please fill this in' },
      { href: '#content', text: 'Please check this entry' },
    ]);
  });

  it('keeps choices, never sends a password back, and lets a person choose', () => {
    const [, tags, secret, kind] = make().fields;
    expect(tags?.options.map((option) => option.chosen)).to.deep.equal([false, true]);
    expect(tags?.options[0]?.id).to.equal('f-tags');
    expect(secret?.value).to.equal('');
    expect(kind?.options[0]).to.include({ value: '', label: 'Please choose' });
  });
});
