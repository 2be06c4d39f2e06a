import { Types } from 'mongoose';
import { OutboxModel } from '../../../server/db/outbox.ts';
import type { ShiftModel } from '../../../server/features/shifts/shift.model.ts';
import type { Tenant } from '../../../server/features/tenants/index.ts';
import type { Member } from '../../factories/people.ts';
import { inTenant } from '../../factories/people.ts';
import { as } from '../../support/actor.ts';
import { testApp } from '../../support/app.ts';

export const HOUR = 3_600_000;

/** Work for a sweep: when it is due, and what must be so once it was done, however often it was tried. */
export interface Arranged {
  /** Milliseconds from now at which the work is due. */
  readonly at: number;
  readonly rows: number;
  effect(): Promise<unknown>;
  readonly expected: unknown;
}

/** Makes the work in a tenant of its own. */
export type Arrange = (tenant: Tenant) => Promise<Arranged>;

/** @returns the id of the place that the member took */
export const signUp = async (member: Member, positionId: string): Promise<string> => {
  const { assignments } = (await testApp()).composed.services;
  return String((await as(member, (actor) => assignments.signUp(actor, positionId, '')))._id);
};

/** How many messages of a kind the tenant has sent or will send. */
export const told = (tenant: Tenant, kind: string): Promise<number> =>
  inTenant(tenant.id, () => OutboxModel.countDocuments({ kind }));

/** The states that each row went through, in the order of the ids. */
export const livesOf = async (model: typeof ShiftModel, ids: readonly string[]): Promise<string[]> => {
  const rows = await model
    .find({ _id: { $in: ids.map((id) => new Types.ObjectId(id)) } } as never)
    .sort({ _id: 1 })
    .lean();
  return rows.map(({ history }) => history.map(({ to }) => to).join(' '));
};
