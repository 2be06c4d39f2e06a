import { Forbidden } from './errors.ts';

/** The answer to *may I do it*, with the reason for every no. */
export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

export const allow: Decision = { allowed: true };
export const deny = (reason: string): Decision => ({ allowed: false, reason });

/** @throws Forbidden with the decision's reason as its code. */
export function authorize(decision: Decision): void {
  if (!decision.allowed) throw new Forbidden(decision.reason);
}
