import { formatMinutes } from '../../i18n/index.ts';
import type { Programme } from './credit.types.ts';
import { sourceText, worded } from './credit.view.ts';
import type { Reader } from '../../i18n/index.ts';

/** Model of `credits/programme`: each version's rules in words, newest first, and whole for whoever checks or copies them. */
export function programmePageModel(
  reader: Reader,
  name: string,
  { versions, own }: { readonly versions: readonly Programme[]; readonly own: number },
): object {
  const { i18n, locale } = reader;
  const time = (units: number, one: Programme): string => formatMinutes(units * one.unitMinutes, locale);
  const cycleText = ({ cycle }: Programme): string =>
    cycle.kind === 'fromRegistration'
      ? i18n.t(locale, 'credits.rules.months', { count: cycle.months })
      : i18n.t(locale, 'credits.rules.year', { day: cycle.startsOn });
  return {
    name: worded(reader, 'programme', name),
    versions: versions.toReversed().map((one, fromLast) => ({
      from: one.effective[0] === UNKNOWN_START ? null : one.effective[0],
      to: one.effective[1],
      // The organisation's own versions are the last ones.
      source: sourceText(reader, name, one.source, fromLast < own ? own : 0),
      asks: one.requirement.total > 0 ? time(one.requirement.total, one) : null,
      cycle: cycleText(one),
      window:
        one.cycle.windowMonthsBefore === null
          ? null
          : i18n.t(locale, 'credits.rules.windowMonths', { count: one.cycle.windowMonthsBefore }),
      conversions: one.conversions.map(({ activity, rule, value, needs, capPerCycle }) => ({
        activity: worded(reader, 'activity', activity),
        counts: i18n.t(locale, `credits.rules.rule.${rule}`, { time: time(value ?? 0, one) }),
        text: [
          capPerCycle === undefined
            ? ''
            : i18n.t(locale, 'credits.rules.atMost', { time: time(capPerCycle, one) }),
          needs.length === 0
            ? ''
            : i18n.t(locale, 'credits.rules.needs', {
                evidence: needs
                  .map((need) => worded(reader, 'evidence', need))
                  .join(i18n.t(locale, 'credits.listSeparator')),
              }),
        ]
          .filter((text) => text !== '')
          .join(' '),
      })),
      rules: JSON.stringify(one, null, 2),
    })),
  };
}

/** What a programme begins with whose first day nobody stated. */
export const UNKNOWN_START = '1900-01-01';
