import { canEverywhere } from '../../core/actor.ts';
import type { AccountActor } from '../../core/actor.ts';
import { firstActionsOf } from '../../db/audit.ts';
import type { PeopleService } from '../people/index.ts';
import { isShown, leadingRole, STEPS, stepsOf } from './first-steps.rules.ts';
import type { Step, StepFacts, StepsOf, StepsShown } from './first-steps.rules.ts';
import { sideBySide } from '../../db/transaction.ts';

/** First actions looked through: enough for a first visit, one batch of the database for people who have done thousands of things. */
const LOOKED_AT = 100;

const NOTHING_KNOWN: StepFacts = {
  actions: new Set(),
  seen: [],
  profileFilled: false,
  signedUp: false,
  served: false,
};

export interface FirstSteps {
  readonly role: StepsOf;
  readonly steps: readonly Step[];
  readonly done: number;
  readonly shown: boolean;
}

const roleOf = ({ membership }: AccountActor): StepsOf =>
  leadingRole(membership?.roles ?? [], membership?.kind);

/** What the accounts feature keeps of them. */
export interface StepMemory {
  setStepsShown(accountId: string, shown: StepsShown): Promise<void>;
  addStepSeen(accountId: string, step: string): Promise<void>;
}

export interface FirstStepParts {
  readonly people: PeopleService;
  readonly memory: StepMemory;
  /** Whether the person has a place ahead, and whether they ever served here. */
  readonly service: (actor: AccountActor) => Promise<{ signedUp: boolean; served: boolean }>;
}

export type FirstStepService = ReturnType<typeof createFirstStepService>;

/** A short list of what to do first, which ticks itself from what was done. */
export function createFirstStepService({ people, memory, service }: FirstStepParts) {
  return {
    /** @param known what the caller has read already; read here when absent */
    async of(
      actor: AccountActor,
      known?: { readonly signedUp: boolean; readonly served: boolean },
    ): Promise<FirstSteps> {
      const role = roleOf(actor);
      const [person, actions, { signedUp, served }] = await sideBySide([
        () => (STEPS[role].some(({ fact }) => fact === 'profileFilled') ? people.row(actor.personId) : null),
        () => firstActionsOf(actor.accountId, LOOKED_AT),
        () => known ?? service(actor),
      ]);
      const facts = {
        actions,
        seen: actor.firstSteps.seen,
        profileFilled: person !== null && person.skills.length > 0 && person.availability.length > 0,
        signedUp: signedUp || served,
        served,
      };
      const steps = stepsOf(role, facts, (permission) => canEverywhere(actor, permission));
      return {
        role,
        steps,
        done: steps.filter((step) => step.done).length,
        shown: isShown(actor.firstSteps.shown, steps),
      };
    },

    setShown: (actor: AccountActor, shown: StepsShown): Promise<void> =>
      memory.setStepsShown(actor.accountId, shown),

    /** Notes that a step was followed. @returns where it leads; null for no step of the actor's role */
    async follow(actor: AccountActor, key: string): Promise<string | null> {
      const step = stepsOf(roleOf(actor), NOTHING_KNOWN).find((one) => one.key === key);
      if (!step) return null;
      if (step.look) await memory.addStepSeen(actor.accountId, key);
      return step.href;
    },
  };
}
