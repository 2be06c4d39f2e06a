import chineseDays from 'chinese-days';

/**
 * The State Council's holidays and make-up days as a package knows them, for years that were announced. It is the seed of
 * every calendar; an organisation's own days go before it.
 */
export interface NationalDay {
  readonly date: string;
  readonly kind: 'off' | 'work';
  /** In the reader's language where the package has it. */
  readonly name: { readonly 'zh-CN': string; readonly en: string };
}

/** Named days read `National Day,国庆节,3`; plain ones are only called by their weekday. */
function named(date: string): NationalDay | null {
  const { work, name } = chineseDays.getDayDetail(date);
  const [en = '', zh = ''] = name.split(',');
  return zh === '' ? null : { date, kind: work ? 'work' : 'off', name: { 'zh-CN': zh, en } };
}

/** Whether the year's holidays are known; for a year that is not, Monday to Friday count. */
export const isKnownYear = (year: number): boolean => named(`${year}-10-01`) !== null;

/** Whether the nation works on the day. */
export const isNationalWorkingDay = (date: string): boolean => chineseDays.getDayDetail(date).work;

/** The days of a year that are not as their weekday says, in order. */
export function nationalDays(year: number): NationalDay[] {
  const days: NationalDay[] = [];
  for (let at = Date.UTC(year, 0, 1); at < Date.UTC(year + 1, 0, 1); at += 86_400_000) {
    const day = named(new Date(at).toISOString().slice(0, 10));
    if (day) days.push(day);
  }
  return days;
}
