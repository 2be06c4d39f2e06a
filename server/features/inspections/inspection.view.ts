import type { I18n, Locale } from '../../i18n/index.ts';
import type { Views } from '../../http/views.ts';
import { TABLE_NAMES, fileOf } from './inspection.rules.ts';
import { MANIFEST, SUMS } from './inspection.types.ts';
import type { InspectionStatement } from './inspection.types.ts';

/** Writes the page that stands in the archive: a document of its own, without anything from elsewhere. */
export const summaryPage =
  ({ views, i18n }: { views: Views; i18n: I18n }) =>
  (statement: Omit<InspectionStatement, 'keyId'>, locale: Locale): string => {
    const { name } = statement.tenant;
    const model = {
      ...statement,
      organisation: name[locale],
      manifest: MANIFEST,
      tables: TABLE_NAMES.map((table) => ({
        file: fileOf(table),
        label: i18n.t(locale, `inspections.tables.${table}`),
        rows: statement.files.find((one) => one.name === fileOf(table))?.rows ?? 0,
      })),
      counted: SUMS.map((sum) => ({
        label: i18n.t(locale, `inspections.sums.${sum}`),
        value: sum.endsWith('Minutes')
          ? i18n.t(locale, 'inspections.summary.minutes', { count: statement.sums[sum] })
          : String(statement.sums[sum]),
      })),
    };
    const body = views.renderFragment('inspections/summary', model, {
      locale,
      zone: statement.period.zone,
      nonce: '',
      csrfToken: null,
      path: '/inspections',
      fullUrl: '/inspections',
      user: null,
      tenant: null,
      nav: [],
      flash: [],
      mailboxEnabled: false,
    });
    const title = i18n.t(locale, 'inspections.summary.title');
    return `<!doctype html>\n<html lang="${locale}">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>${title}</title>\n</head>\n<body>\n${body}\n</body>\n</html>\n`;
  };
