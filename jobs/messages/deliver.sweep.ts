import type { MessageService } from '../../server/features/messages/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Mail leaves Linli here and nowhere else. */
export const deliverMessages = (messages: MessageService): Sweep =>
  defineSweep({
    name: 'messages/deliver',
    everyMs: 2_000,
    leaseMs: 60_000,
    batch: 100,
    due: (query) => messages.due(query),
    run: ({ id }) => messages.deliver(id),
    onDead: ({ id }) => messages.giveUp(id),
  });
