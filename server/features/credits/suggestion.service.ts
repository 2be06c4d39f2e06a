import { PIECE_MINUTES } from './outlook.rules.ts';
import type { CreditReading } from './credit.reading.ts';
import type { Gap, PlannedLearning } from './outlook.rules.ts';

/** A session ahead, as the entry it would become; training hands it over. */
export interface AheadSession extends Omit<PlannedLearning, 'id'> {
  readonly sessionId: string;
  readonly title: string;
  readonly place: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

export interface SuggestionParts {
  readonly reading: CreditReading;
  /** What somebody may sign up for, and what they have signed up for. */
  readonly toLearn: (
    personId: string,
  ) => Promise<{ offered: readonly AheadSession[]; planned: readonly AheadSession[] }>;
}

export interface Suggestion {
  readonly session: AheadSession;
  /** By the engine, beside everything that counts already. */
  readonly countedMinutes: number;
  readonly closes: readonly Gap[];
}

/** What one programme lacks when everything planned is done, and what to take. */
export interface ProgrammeSuggestions {
  readonly programme: string;
  readonly missing: readonly Gap[];
  readonly plannedMinutes: number;
  readonly sessions: readonly Suggestion[];
}

/** Sessions shown for one programme. */
const MOST_SHOWN = 8;

export type SuggestionService = ReturnType<typeof createSuggestionService>;

/** Which sessions ahead close what somebody lacks, and how much each counts for them. */
export function createSuggestionService({ reading, toLearn }: SuggestionParts) {
  return {
    async of(personId: string): Promise<ProgrammeSuggestions[]> {
      const { offered, planned } = await toLearn(personId);
      const entryOf = ({
        sessionId,
        category,
        mode,
        date,
        minutes,
        evidence,
      }: AheadSession): PlannedLearning => ({
        id: sessionId,
        category,
        mode,
        date,
        minutes,
        evidence,
      });
      const outlooks = await reading.ownOutlooks(personId, planned.map(entryOf));
      return outlooks.flatMap(({ programme, outlook }) => {
        // What was signed up for may close everything by itself; then that is said, and nothing more is suggested.
        if (outlook.shortfalls.length === 0)
          return planned.length === 0
            ? []
            : [
                {
                  programme: programme.programme,
                  missing: [],
                  plannedMinutes: planned.reduce((sum, { minutes }) => sum + minutes, 0),
                  sessions: [],
                },
              ];
        const sessions = offered.flatMap((session): Suggestion[] => {
          const said = outlook.ask(entryOf(session));
          return said && said.closes.length > 0
            ? [{ session, countedMinutes: said.countedMinutes, closes: said.closes }]
            : [];
        });
        const closed = ({ closes }: Suggestion): number =>
          closes.reduce((sum, one) => sum + one.minutes + one.pieces * PIECE_MINUTES, 0);
        return [
          {
            programme: programme.programme,
            missing: outlook.shortfalls,
            plannedMinutes: planned.reduce((sum, { minutes }) => sum + minutes, 0),
            sessions: sessions
              .sort(
                (a, b) =>
                  closed(b) - closed(a) || a.session.startsAt.getTime() - b.session.startsAt.getTime(),
              )
              .slice(0, MOST_SHOWN),
          },
        ];
      });
    },
  };
}
