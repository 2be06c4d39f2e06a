import { addDays, addMonths, ageOn, daysBetween, isDate, weekdayOf } from '../../server/core/time.ts';
import {
  isCalendarDate,
  periodDays,
  periodRefusals,
} from '../../server/features/certificates/certificate.rules.ts';
import { expiringFrom, nextState, validToOf } from '../../server/features/credentials/credential.rules.ts';
import { plusDays, sameWeekdayLater } from '../../server/features/imports/import.schedule.rules.ts';
import { readDate } from '../../server/features/imports/import.value.rules.ts';
import { comesOfAge } from '../../server/features/people/age.rules.ts';
import { repeatedDates } from '../../server/features/shifts/series.rules.ts';
import { formatDate, formatDay } from '../../server/i18n/format.ts';

/** What the rules make of dates, printed: a machine's own zone (TZ) must not matter to any of it. */
const days = ['2024-02-28', '2024-02-29', '2024-03-31', '2026-01-01', '2026-12-31', '2027-02-28'];
const place = { locale: 'en', zone: 'Asia/Shanghai' } as const;
const results = days.map((day) => ({
  day,
  next: addDays(day, 1),
  month: addMonths(day, 1),
  year: addMonths(day, -12),
  weekday: weekdayOf(day),
  since: daysBetween('2024-01-01', day),
  age: ageOn('2008-02-29', day),
  grown: comesOfAge(day).toISOString(),
  real: [isDate(day), isCalendarDate(day)],
  period: [periodDays({ from: '2024-02-01', to: day }), periodRefusals({ from: day, to: day }, '2026-12-30')],
  valid: [
    validToOf(day, { validMonths: 36 }),
    expiringFrom(day, 3),
    nextState({ state: 'valid', validTo: day, windowMonths: 3, renewed: false }, '2026-12-31'),
  ],
  import: [plusDays(day, 60), sameWeekdayLater(day, '2028-03-01'), readDate(day.replaceAll('-', '/'))],
  repeated: repeatedDates(day, {
    everyWeeks: 2,
    weekdays: [weekdayOf(day)],
    until: null,
    times: 4,
    except: [],
  }),
  shown: [formatDate(day, place), formatDay(day, place)],
}));
process.stdout.write(JSON.stringify(results));
