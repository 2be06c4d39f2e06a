import { dueOnOf as credentialDue, nextState as credentialNext } from '../credentials/index.ts';

interface Standing {
  readonly state: string;
  readonly validTo: string | null;
  readonly windowMonths: number;
}

/** A certification ages as a certificate does, under its own words. */
const aged = (one: Standing): Standing => ({
  ...one,
  state: one.state === 'certified' ? 'valid' : one.state,
});

/** Day on which time changes the state next; null when it does not. */
export const dueOnOf = (one: Standing): string | null => credentialDue(aged(one));

/** The state that time brings on the date; null when it is the one it has. */
export function nextState(one: Standing, today: string): 'expiring' | 'lapsed' | null {
  const next = credentialNext({ ...aged(one), renewed: false }, today);
  return next === 'expiring' ? 'expiring' : next === null ? null : 'lapsed';
}
