import ical, { ICalCalendarMethod, ICalEventStatus } from 'ical-generator';

/** One thing in a calendar, in words of the reader. */
export interface FeedEvent {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly place: string;
  readonly url: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly state: 'confirmed' | 'tentative' | 'cancelled';
  /** Grows with every change: programs take the higher one. */
  readonly sequence: number;
  readonly changedAt: Date;
}

const STATUS = {
  confirmed: ICalEventStatus.CONFIRMED,
  tentative: ICalEventStatus.TENTATIVE,
  cancelled: ICalEventStatus.CANCELLED,
} as const;

/**
 * A calendar as RFC 5545 writes it: UTC instants without zones, stable ids under the service's own name, what was called off
 * as CANCELLED, so that it leaves programs that knew it.
 * @param host name of the service, for ids
 */
export function feedText(name: string, host: string, events: readonly FeedEvent[]): string {
  const calendar = ical({
    name,
    prodId: { company: 'Linli', product: 'Training', language: 'EN' },
    method: ICalCalendarMethod.PUBLISH,
    ttl: 3_600,
  });
  for (const one of events)
    calendar.createEvent({
      id: `${one.id}@${host}`,
      start: one.startsAt,
      end: one.endsAt,
      summary: one.title,
      description: one.description,
      location: one.place,
      url: one.url,
      status: STATUS[one.state],
      sequence: one.sequence,
      stamp: one.changedAt,
      lastModified: one.changedAt,
    });
  return calendar.toString();
}
