import { addDays, localDate } from '../../server/core/time.ts';

/** The date so many days from today in the zone of the tests' tenants. */
export const inDays = (days: number, zone = 'Asia/Shanghai'): string =>
  addDays(localDate(new Date(), zone), days);
export const tomorrow = (): string => inDays(1);
