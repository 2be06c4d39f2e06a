import { createHmac } from 'node:crypto';
import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid } from '../../core/errors.ts';
import { trainingLifecycle } from '../../core/states.ts';
import { localDate } from '../../core/time.ts';
import { inTransaction } from '../../db/transaction.ts';
import { editRow, transition } from '../../db/transition.ts';
import {
  acceptedSteps,
  CODE_STEP_SECONDS,
  codeFrom,
  codeStep,
  normaliseCheckInCode,
} from '../attendance/index.ts';
import { postTrainings } from '../credits/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { CourseService } from './course.service.ts';
import { EnrolmentModel } from './enrolment.model.ts';
import type { EnrolmentRow } from './enrolment.model.ts';
import type { EnrolmentService } from './enrolment.service.ts';
import type { SessionRow } from './session.model.ts';
import type { SessionService } from './session.service.ts';
import { evidenceOf, validUntil, verdictOf, whyNotPresent } from './training.rules.ts';

export interface DeskParts {
  readonly courses: CourseService;
  readonly sessions: SessionService;
  readonly enrolments: EnrolmentService;
  readonly tenants: TenantService;
  /** Key of the rotating codes. */
  readonly codeKey: Buffer;
}

/** What the instructor says of somebody who was there. */
export interface Assessment {
  readonly score: number | null;
  readonly passed: boolean;
}

export type DeskService = ReturnType<typeof createDeskService>;

/** The day of a session: who was there, who passed, what it counts. Nobody notes or assesses themselves. */
export function createDeskService({ courses, sessions, enrolments, tenants, codeKey }: DeskParts) {
  const codeAt = (sessionId: unknown, at: number): string =>
    codeFrom(
      createHmac('sha256', codeKey)
        .update(`session:${String(sessionId)}:${at}`)
        .digest(),
    );

  async function runOne(
    actor: AccountActor,
    id: string,
  ): Promise<{ row: EnrolmentRow; session: SessionRow }> {
    const row = await enrolments.access(actor, id);
    if (String(row.personId) === actor.personId) throw new Forbidden('not-your-own');
    const session = await sessions.accessToRun(actor, String(row.sessionId));
    // Results of a closed session change by a reversal of what was posted, then anew.
    return { row, session };
  }

  /** Notes the results of these, posts what was passed, and tells everybody. */
  async function settle(
    actor: AccountActor,
    session: SessionRow,
    results: readonly { row: EnrolmentRow; said: Assessment }[],
  ): Promise<EnrolmentRow[]> {
    const { zone } = await tenants.current();
    const course = await courses.row(session.courseId);
    const passedOn = localDate(session.endsAt, zone);
    const after: EnrolmentRow[] = [];
    for (const { row, said } of results) {
      const verdict = verdictOf(session.passMark, said.score, said.passed);
      const assessed =
        row.state === 'assessed'
          ? row
          : await enrolments.step(row, 'assessed', 'training/assess', {
              set: {
                score: session.passMark === null ? null : said.score,
                assessedBy: new Types.ObjectId(actor.accountId),
                assessedByPersonId: new Types.ObjectId(actor.personId),
              },
            });
      after.push(
        await enrolments.step(assessed, verdict, `training/${verdict}`, {
          set:
            verdict === 'passed'
              ? {
                  passedOn,
                  validTo: validUntil(passedOn, course.validMonths),
                  score: session.passMark === null ? null : said.score,
                }
              : { passedOn: null, validTo: null, score: session.passMark === null ? null : said.score },
        }),
      );
    }
    const credited = await credit(
      actor,
      session,
      after.filter(({ state }) => state === 'passed'),
      zone,
    );
    const final = after.map((row) => credited.get(String(row._id)) ?? row);
    for (const row of final) await enrolments.tell(row, row.state === 'failed' ? 'failed' : 'passed');
    return final;
  }

  /** Posts the credit minutes of whoever passed, each once, in the transaction of the result. */
  async function credit(
    actor: AccountActor,
    session: SessionRow,
    passed: readonly EnrolmentRow[],
    zone: string,
  ): Promise<Map<string, EnrolmentRow>> {
    if (passed.length === 0) return new Map();
    const posted = await postTrainings(
      passed.map((row) => ({
        enrolmentId: row._id,
        personId: row.personId,
        membershipId: row.membershipId,
        unitId: row.unitId,
        personName: row.personName,
        title: session.title,
        host: session.host,
        dimension: session.dimension,
        category: session.category,
        mode: session.mode,
        date: localDate(session.endsAt, zone),
        minutes: session.minutes,
        evidence: evidenceOf(session.passMark),
        by: { accountId: actor.accountId, personId: actor.personId },
      })),
      zone,
    );
    const after = new Map<string, EnrolmentRow>();
    for (const row of passed) {
      const creditId = posted.get(String(row._id));
      if (creditId)
        after.set(
          String(row._id),
          await enrolments.step(row, 'credited', 'training/credit', { set: { creditId } }),
        );
    }
    return after;
  }

  const startedOr = (session: SessionRow): void => {
    if (session.startsAt > contextNow()) throw new Conflict('session-not-started');
  };

  return {
    /** The code to show on the screen now, and for how many seconds. */
    async currentCode(
      actor: Actor,
      sessionId: string,
    ): Promise<{ session: SessionRow; code: string | null; secondsLeft: number }> {
      const session = await sessions.accessToRun(actor, sessionId);
      const now = contextNow();
      const open = session.state === 'published' && whyNotPresent({ ...session, now }) === null;
      return {
        session,
        code: open ? codeAt(session._id, codeStep(now)) : null,
        secondsLeft: CODE_STEP_SECONDS - (Math.floor(now.getTime() / 1000) % CODE_STEP_SECONDS),
      };
    },

    /** The person types or scans the code that is shown: they are there. */
    async comeWithCode(actor: AccountActor, sessionId: string, typed: string): Promise<EnrolmentRow> {
      return inTransaction(async () => {
        const session = await sessions.access(actor, sessionId);
        const row = await enrolments.ownIn(actor.personId, session._id);
        if (!row || row.state !== 'enrolled') throw new Conflict('nothing-to-check-in');
        const now = contextNow();
        const refusal = whyNotPresent({ ...session, now });
        if (refusal) throw new Conflict(refusal);
        const code = normaliseCheckInCode(typed);
        if (!acceptedSteps(now).some((one) => codeAt(session._id, one) === code))
          throw new Conflict('code-not-valid');
        return enrolments.step(row, 'attended', 'training/attend', {
          set: { attendance: { at: now, method: 'code', by: new Types.ObjectId(actor.accountId) } },
        });
      });
    },

    /** The list: somebody was there or was not. Before anybody was assessed it may be mended. */
    async mark(actor: AccountActor, id: string, mark: 'present' | 'absent'): Promise<EnrolmentRow> {
      return inTransaction(async () => {
        const { row, session } = await runOne(actor, id);
        const now = contextNow();
        if (session.state !== 'published') throw new Conflict('wrong-state', { state: session.state });
        if (whyNotPresent({ ...session, now }) === 'check-in-too-early')
          throw new Conflict('check-in-too-early');
        if (mark === 'absent') startedOr(session);
        return transition(EnrolmentModel, row._id, {
          lifecycle: trainingLifecycle,
          from: mark === 'present' ? ['enrolled', 'absent'] : ['enrolled', 'attended'],
          to: mark === 'present' ? 'attended' : 'absent',
          action: `training/${mark === 'present' ? 'attend' : 'miss'}`,
          set: {
            attendance:
              mark === 'present'
                ? { at: now, method: 'instructor', by: new Types.ObjectId(actor.accountId) }
                : null,
          },
        });
      });
    },

    /** The result of one person; a better one may follow where it was not posted. Posts what was passed. */
    async assess(actor: AccountActor, id: string, said: Assessment): Promise<EnrolmentRow> {
      return inTransaction(async () => {
        const { row, session } = await runOne(actor, id);
        startedOr(session);
        if (session.passMark !== null && said.score === null) throw Invalid.field('score', 'required');
        if (!['attended', 'assessed', 'failed', 'passed'].includes(row.state))
          throw new Conflict('wrong-state', { state: row.state });
        const [after] = await settle(actor, session, [{ row, said }]);
        return after as EnrolmentRow;
      });
    },

    /**
     * Everybody who was there has learned it, where being there is all that is asked. The instructor's own row, if there is
     * one, is left to somebody else.
     */
    async complete(actor: AccountActor, sessionId: string): Promise<{ count: number }> {
      return inTransaction(async () => {
        const session = await sessions.accessToRun(actor, sessionId);
        startedOr(session);
        if (session.passMark !== null) throw new Conflict('assessment-needed');
        const rows = (await enrolments.inSession(session._id)).filter(
          (row) => row.state === 'attended' && String(row.personId) !== actor.personId,
        );
        await settle(
          actor,
          session,
          rows.map((row) => ({ row, said: { score: null, passed: true } })),
        );
        return { count: rows.length };
      });
    },

    /**
     * Posts what was passed and not posted, because the same thing was among the person's claims: those may have been withdrawn
     * or rejected since. @throws Conflict `credit-claimed-already` while they stand
     */
    async postAgain(actor: AccountActor, id: string): Promise<EnrolmentRow> {
      return inTransaction(async () => {
        const { row, session } = await runOne(actor, id);
        if (row.state !== 'passed') throw new Conflict('wrong-state', { state: row.state });
        const { zone } = await tenants.current();
        const after = (await credit(actor, session, [row], zone)).get(String(row._id));
        if (!after) throw new Conflict('credit-claimed-already');
        await enrolments.tell(after, 'passed');
        return after;
      });
    },

    /** What whoever was there says of the session; may be changed until it closes. */
    async giveFeedback(
      actor: AccountActor,
      id: string,
      said: { rating: number; text: string },
    ): Promise<EnrolmentRow> {
      return inTransaction(async () => {
        const row = await enrolments.access(actor, id);
        if (String(row.personId) !== actor.personId) throw new Forbidden('only-the-person');
        if (!['attended', 'assessed', 'passed', 'failed', 'credited'].includes(row.state))
          throw new Conflict('wrong-state', { state: row.state });
        return editRow(EnrolmentModel, row._id, {
          version: null,
          set: { feedback: { ...said, at: contextNow() } },
          action: 'training/feedback',
        });
      });
    },

    /** For the sweep: whoever was never noted did not come, and the session is closed. Twice changes nothing. */
    async close(sessionId: string): Promise<void> {
      await inTransaction(async () => {
        const session = await sessions.row(sessionId);
        if (session.state !== 'published') return;
        const rows = await enrolments.inSession(session._id);
        for (const row of rows) {
          if (row.state === 'enrolled')
            await enrolments.step(row, 'absent', 'training/miss', { reason: 'never-noted' });
          else if (['applied', 'waitlisted'].includes(row.state))
            await enrolments.step(row, 'cancelled', 'training/cancel', {
              reason: 'session-over',
              set: { waitSeq: null },
            });
        }
        await sessions.close(session);
      });
    },

    /** A posting was taken back: the result is open again. Inside the caller's transaction. */
    async reopen(enrolmentId: Types.ObjectId, reason: string): Promise<void> {
      const row = await EnrolmentModel.findById(enrolmentId).lean();
      if (row?.state !== 'credited') return;
      await enrolments.step(row, 'assessed', 'training/reopen', {
        reason,
        set: { creditId: null, passedOn: null, validTo: null },
      });
    },
  };
}
