import { requestLifecycle } from '../../core/states.ts';

/** One step of a request's way, with the coded reason that its history keeps. */
export interface Step {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** The straight way from first words to a request that somebody serves; every step is an edge of the life cycle. */
const STRAIGHT = ['draft', 'submitted', 'screened', 'dispatched', 'accepted', 'in_progress'] as const;

/** States in which shifts of a request may be published. */
export const SERVABLE = ['accepted', 'in_progress', 'extended'] as const;
/** States in which its words may still be changed. */
export const EDITABLE = [
  'draft',
  'submitted',
  'screened',
  'dispatched',
  'accepted',
  'in_progress',
  'extended',
  'blocked',
  'reopened',
] as const;

/**
 * The steps from one state to a later one on the straight way; empty when the request is there or beyond.
 * `own-request`: whoever may publish here wrote it and serves it, so nobody has to pass it on by hand.
 */
export function stepsTo(goal: (typeof STRAIGHT)[number], from: string, reason: string): readonly Step[] {
  const start = (STRAIGHT as readonly string[]).indexOf(from);
  const end = STRAIGHT.indexOf(goal);
  if (start === -1) return [];
  return STRAIGHT.slice(start, end).map((state, index) => ({
    from: state,
    to: STRAIGHT[start + index + 1] as string,
    reason,
  }));
}

/**
 * Whether somebody who may publish for the unit may take this request on without an officer. What was screened may be
 * taken on anywhere; an organisation has no officers between itself and whoever asks it, a department does.
 */
export function mayTakeOn(state: string, tenantKind: 'department' | 'organisation'): boolean {
  if (state === 'screened' || state === 'dispatched') return true;
  return state === 'submitted' && tenantKind === 'organisation';
}

export const isServable = (state: string): boolean => (SERVABLE as readonly string[]).includes(state);
export const isEditable = (state: string): boolean => (EDITABLE as readonly string[]).includes(state);
/** Nothing follows these: they leave the working list. */
export const isOver = (state: string): boolean =>
  (requestLifecycle.edges[state as 'draft'] ?? []).length === 0;
