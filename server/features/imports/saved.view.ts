import type { Locale } from '../../core/locale.ts';
import type { FormFailure } from '../../http/route.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n } from '../../i18n/index.ts';
import type { SavedView } from './bench.schema.ts';

/** Model of `imports/saved`. */
export function savedModel({
  i18n,
  locale,
  data,
  failed,
}: {
  i18n: I18n;
  locale: Locale;
  data: readonly SavedView[];
  failed?: { id: string; failure: FormFailure } | undefined;
}): object {
  const forms = data.map((one) => {
    const failure = failed?.id === one.id ? failed.failure : null;
    const form = createForm({
      i18n,
      locale,
      messages: 'imports.saved',
      idPrefix: `m-${one.id}`,
      values: failure ? failure.values : { name: one.name },
      ...(failure
        ? { issues: failure.issues.length > 0 ? failure.issues : [{ path: '', code: failure.error.code }] }
        : {}),
    });
    return { one, field: form.input('name', 'text', { required: true, maxLength: 60 }), errors: form.errors };
  });
  return {
    errors: forms.flatMap(({ errors }) => errors),
    mappings: forms.map(({ one, field }) => ({
      ...one,
      field,
      columnCount: Object.keys(one.columns).length,
      base: `/import-mappings/${one.id}`,
    })),
  };
}
