import type { Services } from '../server/compose.ts';
import { deliverMessages } from './messages/deliver.sweep.ts';
import type { Sweep } from './sweep.ts';

/** Every sweep there is, listed once. Names are unique: agenda would overwrite silently. */
export function allSweeps(services: Services): Sweep[] {
  const sweeps = [deliverMessages(services.messages)];
  const names = new Set(sweeps.map((sweep) => sweep.name));
  if (names.size !== sweeps.length) throw new Error('Two sweeps have the same name');
  return sweeps;
}
