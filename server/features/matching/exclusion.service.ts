import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { recordAudit } from '../../db/audit.ts';
import { isDuplicateKey, inTransaction, sideBySide } from '../../db/transaction.ts';
import type { MembershipService } from '../memberships/index.ts';
import type { ShiftService } from '../shifts/index.ts';
import { ExclusionModel, ObjectionModel } from './matching.model.ts';
import type { ExclusionRow, ObjectionRow } from './matching.model.ts';
import type { MatchingService } from './matching.service.ts';

/** Rows that one page of the desk has room for. */
const MOST_SHOWN = 200;
/** Open objections of one person: more say nothing new. */
const MOST_OPEN = 3;

export type ExclusionService = ReturnType<typeof createExclusionService>;

/**
 * Whom somebody decided to keep from a request or from all of a tenant, and what people say against how they are matched
 * another person reads it and answers.
 */
export function createExclusionService({
  matching,
  memberships,
  shifts,
}: {
  matching: Pick<MatchingService, 'peopleBehind'>;
  memberships: MembershipService;
  shifts: ShiftService;
}) {
  return {
    /**
     * Keeps a member from the position's request, or from everything here. @throws NotFound for a handle of nobody who is a
     * member, Forbidden for oneself, Conflict when it holds already
     */
    async set(
      actor: AccountActor,
      positionId: string,
      input: { handle: string; reason: string; all: boolean },
    ): Promise<ExclusionRow> {
      return inTransaction(async () => {
        const { position, shift } = await shifts.accessPosition(actor, positionId, 'exclusions:edit');
        const personId = (await matching.peopleBehind(position, shift, [input.handle])).get(input.handle);
        if (!personId || !(await memberships.approvedOf(personId))) throw new NotFound();
        if (personId === actor.personId) throw new Forbidden('not-your-own');
        const _id = new Types.ObjectId();
        try {
          await ExclusionModel.create([
            {
              _id,
              personId: new Types.ObjectId(personId),
              requestId: input.all ? null : shift.requestId,
              reason: input.reason,
              setBy: new Types.ObjectId(actor.accountId),
              setAt: contextNow(),
            } as never,
          ]);
        } catch (err) {
          if (isDuplicateKey(err)) throw new Conflict('already-excluded');
          throw err;
        }
        await recordAudit({ action: 'exclusions/set', subjectType: 'Exclusion', subjectId: _id });
        return (await ExclusionModel.findById(_id).lean()) as ExclusionRow;
      });
    },

    /** Lets the person in again. @throws NotFound, Forbidden for one's own, Conflict when it was lifted already */
    async lift(actor: AccountActor, id: string): Promise<ExclusionRow> {
      return inTransaction(async () => {
        const row = isId(id) ? await ExclusionModel.findById(id).lean() : null;
        if (!row) throw new NotFound();
        if (String(row.personId) === actor.personId) throw new Forbidden('not-your-own');
        const after = await ExclusionModel.findOneAndUpdate(
          { _id: row._id, liftedAt: null },
          { $set: { liftedAt: contextNow(), liftedBy: new Types.ObjectId(actor.accountId) } },
          { returnDocument: 'after' },
        ).lean();
        if (!after) throw new Conflict('wrong-state', { state: 'lifted' });
        await recordAudit({ action: 'exclusions/lift', subjectType: 'Exclusion', subjectId: row._id });
        return after;
      });
    },

    /** What holds here, and what waits for an answer, with names. */
    async desk(): Promise<{
      exclusions: (ExclusionRow & { personName: string })[];
      objections: (ObjectionRow & { personName: string })[];
    }> {
      const [exclusions, objections] = await sideBySide([
        () => ExclusionModel.find({ liftedAt: null }).sort({ _id: -1 }).limit(MOST_SHOWN).lean(),
        () => ObjectionModel.find({ answeredAt: null }).sort({ _id: 1 }).limit(MOST_SHOWN).lean(),
      ]);
      const members = await memberships.ofPeople(
        [...exclusions, ...objections].map(({ personId }) => personId),
      );
      const names = new Map(members.map((one) => [String(one.personId), one.personName]));
      const named = <Row extends { personId: Types.ObjectId }>(row: Row) => ({
        ...row,
        personName: names.get(String(row.personId)) ?? '',
      });
      return { exclusions: exclusions.map(named), objections: objections.map(named) };
    },

    /** All that the tenant holds about how the person is matched: theirs to read, reasons included. */
    async own(actor: AccountActor): Promise<{ exclusions: ExclusionRow[]; objections: ObjectionRow[] }> {
      const personId = new Types.ObjectId(actor.personId);
      const [exclusions, objections] = await sideBySide([
        () => ExclusionModel.find({ personId, liftedAt: null }).sort({ _id: -1 }).limit(MOST_SHOWN).lean(),
        () => ObjectionModel.find({ personId }).sort({ _id: -1 }).limit(20).lean(),
      ]);
      return { exclusions, objections };
    },

    /** The person objects; somebody else answers. @throws Conflict when enough wait already */
    async object(actor: AccountActor, input: Pick<ObjectionRow, 'about' | 'text'>): Promise<void> {
      await inTransaction(async () => {
        const personId = new Types.ObjectId(actor.personId);
        if ((await ObjectionModel.countDocuments({ personId, answeredAt: null })) >= MOST_OPEN)
          throw new Conflict('objections-wait');
        const _id = new Types.ObjectId();
        await ObjectionModel.create([{ _id, personId, ...input, madeAt: contextNow() } as never]);
        await recordAudit({ action: 'matching/object', subjectType: 'Objection', subjectId: _id });
      });
    },

    /** A human answer. @throws NotFound, Forbidden for one's own, Conflict when somebody answered already */
    async answer(actor: AccountActor, id: string, answer: string): Promise<void> {
      await inTransaction(async () => {
        const row = isId(id) ? await ObjectionModel.findById(id).lean() : null;
        if (!row) throw new NotFound();
        if (String(row.personId) === actor.personId) throw new Forbidden('not-your-own');
        const { modifiedCount } = await ObjectionModel.updateOne(
          { _id: row._id, answeredAt: null },
          { $set: { answer, answeredBy: new Types.ObjectId(actor.accountId), answeredAt: contextNow() } },
        );
        if (modifiedCount === 0) throw new Conflict('wrong-state', { state: 'answered' });
        await recordAudit({ action: 'matching/answer', subjectType: 'Objection', subjectId: row._id });
      });
    },
  };
}
