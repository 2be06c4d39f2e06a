import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { kinshipLifecycle } from '../../core/states.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import { born, transition } from '../../db/transition.ts';
import type { IdentityDocumentService } from '../identity-documents/index.ts';
import type { BankService } from './bank.service.ts';
import { BankAccountModel, KinshipModel } from './time-bank.model.ts';
import type { KinshipRow } from './time-bank.model.ts';
import type { Relation } from './time-bank.rules.ts';

export interface KinshipParts {
  readonly bank: BankService;
  readonly identityDocuments: IdentityDocumentService;
}

export type KinshipService = ReturnType<typeof createKinshipService>;

const MOST = 50;

/** Who is whose relative: said by one of them, seen by a coordinator who is neither. */
export function createKinshipService({ bank, identityDocuments }: KinshipParts) {
  const isOne = (actor: AccountActor, row: KinshipRow): boolean =>
    [row.personId, row.relativeId].some((id) => String(id) === actor.personId);

  /** One's own, or one within reach of the desk; anything else is missing. */
  async function access(actor: AccountActor, id: string): Promise<KinshipRow> {
    const row = isId(id) ? await KinshipModel.findById(id).lean() : null;
    if (!row || !(isOne(actor, row) || can(actor, 'time-bank:see', String(row.unitId)))) throw new NotFound();
    return row;
  }

  return {
    /** One's own, newest first. */
    own: (actor: AccountActor): Promise<KinshipRow[]> => {
      const self = new Types.ObjectId(actor.personId);
      return KinshipModel.find({ $or: [{ personId: self }, { relativeId: self }] } as never)
        .sort({ createdAt: -1 })
        .limit(MOST)
        .lean();
    },

    /** Relatives whom a coordinator confirmed, with the name of the other. */
    async confirmed(actor: AccountActor): Promise<{ id: string; name: string }[]> {
      return (await this.own(actor))
        .filter(({ state }) => state === 'confirmed')
        .map((row) => ({
          id: String(row._id),
          name: String(row.personId) === actor.personId ? row.relativeName : row.personName,
        }));
    },

    /** What waits for somebody's word within reach, oldest first. */
    async waiting(actor: AccountActor): Promise<KinshipRow[]> {
      const reach = reachOf(actor, 'time-bank:see');
      return KinshipModel.find({
        state: 'declared',
        ...(reach === 'tenant' ? {} : { unitId: { $in: [...reach].map((id) => new Types.ObjectId(id)) } }),
      } as never)
        .sort({ createdAt: 1 })
        .limit(MOST)
        .lean();
    },

    /** Says that somebody is one's relative, by the number of their account. @throws Invalid beside the number */
    async declare(actor: AccountActor, number: string, relation: Relation): Promise<KinshipRow> {
      try {
        return await inTransaction(async () => {
          const { account } = await bank.open(actor.personId);
          const other = await BankAccountModel.findOne({ number, closedAt: null } as never).lean();
          if (!other || other._id.equals(account._id)) throw Invalid.field('number', 'no-such-account');
          const _id = new Types.ObjectId();
          await KinshipModel.create([
            {
              _id,
              ...born('declared'),
              personId: account.personId,
              relativeId: other.personId,
              personName: account.personName,
              relativeName: other.personName,
              relation,
              pair: [String(account.personId), String(other.personId)].sort().join(' '),
              unitId: account.unitId,
              createdAt: contextNow(),
            } as never,
          ]);
          await recordAudit({
            action: 'time-bank/declare',
            subjectType: 'TimeBankKinship',
            subjectId: _id,
            to: 'declared',
          });
          return (await KinshipModel.findById(_id).lean()) as KinshipRow;
        });
      } catch (err) {
        if (isDuplicateKey(err)) throw Invalid.field('number', 'declared-already');
        throw err;
      }
    },

    /** A coordinator who saw it confirms, or refuses; neither of the two, whatever account they use. @throws Forbidden */
    async decide(
      actor: AccountActor,
      id: string,
      verdict: 'confirmed' | 'refused',
      reason: string,
    ): Promise<KinshipRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        const people = [String(row.personId), String(row.relativeId)];
        const humans = await identityDocuments.humansOf([...people, actor.personId]);
        const human = (personId: string): string => humans.get(personId)?.human ?? personId;
        if (people.some((one) => human(one) === human(actor.personId))) throw new Forbidden('not-your-own');
        if (!can(actor, 'time-bank:run', String(row.unitId))) throw new Forbidden('not-permitted');
        if (verdict === 'confirmed' && human(people[0] ?? '') === human(people[1] ?? ''))
          throw new Conflict('same-human');
        return transition(KinshipModel, row._id, {
          lifecycle: kinshipLifecycle,
          from: ['declared'],
          to: verdict,
          reason,
          action: 'time-bank/decide-kinship',
          set: { decidedByPersonId: new Types.ObjectId(actor.personId) },
        });
      });
    },

    /** Either of the two, or the desk, ends it; what was given stays given. */
    async end(actor: AccountActor, id: string): Promise<KinshipRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (!isOne(actor, row) && !can(actor, 'time-bank:run', String(row.unitId)))
          throw new Forbidden('not-permitted');
        return transition(KinshipModel, row._id, {
          lifecycle: kinshipLifecycle,
          from: ['declared', 'confirmed'],
          to: 'ended',
          action: 'time-bank/end-kinship',
        });
      });
    },
  };
}
