import { contextNow } from '../../core/context.ts';
import { localDate } from '../../core/time.ts';
import { defineMessage, envelopeOf } from '../../mail/message.ts';
import type { MessageDefinition, Recipient } from '../../mail/message.ts';
import type { TenantService } from '../tenants/index.ts';
import type { OwnRegistrationService } from './own.service.ts';
import type { WatchService } from './watch.service.ts';

export interface ReRegistrationMailParts {
  readonly own: OwnRegistrationService;
  readonly watches: WatchService;
  readonly tenants: TenantService;
  readonly recipientOf: (personId: string) => Promise<Recipient | null>;
  readonly publicUrl: string;
}

/** What the holder of a registration is told before its end: how long it is, and what is still missing that day. */
export function reRegistrationMessages(parts: ReRegistrationMailParts): MessageDefinition[] {
  const { own, watches, tenants, recipientOf, publicUrl } = parts;
  return [
    defineMessage({
      kind: 're-registration/due',
      async load(row) {
        const watch = await watches.row(row.subjectId);
        const to = watch ? await recipientOf(String(watch.personId)) : null;
        if (!watch || !to) return null;
        const tenant = await tenants.current();
        // Late by a breakdown: a reminder of what is over helps nobody.
        if (row.state === 'waiting' && localDate(contextNow(), tenant.zone) > watch.validTo) return null;
        const found = await own.of(String(watch.personId));
        return {
          ...envelopeOf(to, tenant),
          model: {
            name: to.name,
            days: Number(row.data['days'] ?? 0),
            validTo: watch.validTo,
            windowStart: found?.own.evaluation.cycle.windowStart ?? null,
            missingMinutes: found?.own.evaluation.missingMinutes ?? 0,
            link: `${publicUrl}/re-registration`,
          },
        };
      },
    }),
  ];
}
