import type { Beside } from '../../db/builders.ts';

/** What fitting needs to know of a credential; dates are local and inclusive. */
export interface CredentialFact {
  readonly type: string;
  readonly level: string;
  /** Levels that it stands for: its own and those below. */
  readonly covers: readonly string[];
  /** Skills that the holder has by it. */
  readonly gives: readonly { readonly code: string; readonly level: number }[];
  readonly validFrom: string;
  /** Null when it never ends. */
  readonly validTo: string | null;
  readonly state: string;
  /** A renewal of it is under review. */
  readonly renewalUnderWay: boolean;
}

/** What is read of one. */
export const FIELDS = {
  type: 1,
  level: 1,
  covers: 1,
  gives: 1,
  validFrom: 1,
  validTo: 1,
  state: 1,
  renewalUnderWay: 1,
} as const;

/** Verified credentials of a person in the current tenant, to be read beside the person. */
export const GOOD_CREDENTIALS: Beside = {
  from: 'credentials',
  foreignField: 'personId',
  as: 'credentials',
  match: { state: { $in: ['valid', 'expiring'] } },
  fields: FIELDS,
};
