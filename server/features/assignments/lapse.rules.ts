import type { Finding } from '../matching/index.ts';

/**
 * Why a place was given up without anybody's doing: something that it needs is no longer held. Stored as the reason of the
 * move, in words that a program reads; every reader sees it in their own language.
 */
export interface LapseCause {
  readonly of: 'credential' | 'pool' | 'membership';
  /** `expired`, `suspended`, `revoked`, `lapsed`, `left`, `ended`. */
  readonly how: string;
  /** Code of the type, or id of the pool; empty of a membership. */
  readonly what: string;
  /** What it is called here, for what has no name elsewhere. */
  readonly name: string;
  /** Codes of the skills that went with it. */
  readonly skills: readonly string[];
}

const MARK = 'lapse|';

export const lapseReason = ({ of, how, what, name }: LapseCause): string =>
  `${MARK}${[of, how, what, name.replaceAll('|', ' ')].join('|')}`;

/** What a stored reason says of a lapse; null when somebody wrote it. */
export function readLapse(reason: string | null): Omit<LapseCause, 'skills'> | null {
  if (!reason?.startsWith(MARK)) return null;
  const [of, how = '', what = '', name = ''] = reason.slice(MARK.length).split('|');
  return of === 'credential' || of === 'pool' || of === 'membership' ? { of, how, what, name } : null;
}

/** What the rules say of somebody who is a member no longer, or not for now. */
const WITHOUT_MEMBERSHIP: readonly string[] = ['not-a-member', 'membership-suspended'];

/** The refusals that come of the lapse; what was in the way before was agreed to when the place was given. */
export const causedBy = (refusals: readonly Finding[], { of, what, skills }: LapseCause): Finding[] =>
  refusals.filter(
    ({ code, params }) =>
      (of === 'membership' && WITHOUT_MEMBERSHIP.includes(code)) ||
      (of === 'credential' && params?.['credential'] === what) ||
      (of === 'pool' && code === 'pool-missing' && String(params?.['pool'] ?? '').includes(what)) ||
      (code.startsWith('skill-') && skills.includes(String(params?.['skill']))),
  );
