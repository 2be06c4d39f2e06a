import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { NotFound } from '../../core/errors.ts';
import { ageOn, localDate } from '../../core/time.ts';
import type { AttachmentService } from '../attachments/index.ts';
import type { CreditReading, CreditRow, OwnEvaluation } from '../credits/index.ts';
import type { CredentialRow, CredentialService } from '../credentials/index.ts';
import type { PeopleService } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { checklist, forecast } from './re-registration.rules.ts';
import type { ChecklistItem, Forecast } from './re-registration.rules.ts';

/** Everything that one re-registration is about. */
export interface OwnRegistration {
  readonly on: string;
  readonly personName: string;
  readonly credential: CredentialRow;
  readonly own: OwnEvaluation;
  /** What was claimed and posted, by id. */
  readonly entries: ReadonlyMap<string, CreditRow>;
  readonly checklist: readonly ChecklistItem[];
  readonly forecast: Forecast | null;
  /** Titles of what counts and has no picture of its evidence. */
  readonly withoutEvidence: readonly string[];
  /** All that applies is there. */
  readonly ready: boolean;
}

export interface OwnRegistrationParts {
  readonly attachments: AttachmentService;
  readonly credentials: CredentialService;
  readonly people: PeopleService;
  readonly reading: CreditReading;
  readonly tenants: TenantService;
  readonly isIdentified: (personId: string) => Promise<boolean>;
}

export type OwnRegistrationService = ReturnType<typeof createOwnRegistrationService>;

/** One's own re-registration: window, checklist, forecast, and what is handed in. */
export function createOwnRegistrationService(parts: OwnRegistrationParts) {
  const { attachments, credentials, people, reading, tenants, isIdentified } = parts;
  return {
    /** Null for who has no registration here. */
    async of(personId: string): Promise<OwnRegistration | null> {
      const on = localDate(contextNow(), (await tenants.current()).zone);
      const credential = await credentials.currentRegistration(personId, on);
      if (!credential) return null;
      const { rows, evaluations } = await reading.of(personId);
      const own = evaluations.find(({ programme }) => programme.programme === `cn-${credential.level}`);
      if (!own) return null;
      const entries = new Map(rows.map((row) => [String(row._id), row]));
      const counting = own.evaluation.entries.filter(({ countedMinutes }) => countedMinutes > 0);
      const pictured = await attachments.having(
        'credit',
        counting.map(({ id }) => new Types.ObjectId(id)),
      );
      const withoutEvidence = counting.flatMap(({ id }) => {
        const row = entries.get(id);
        return row && !pictured.has(id) ? [row.title] : [];
      });
      const person = await people.row(personId);
      const items = checklist({
        today: on,
        state: credential.state,
        windowStart: own.evaluation.cycle.windowStart,
        windowEnd: own.evaluation.cycle.windowEnd,
        missingMinutes: own.evaluation.missingMinutes,
        shortfalls: own.evaluation.shortfalls.length,
        withoutEvidence,
        certificatePictures: (await credentials.scans.of(credential)).length,
        identified: await isIdentified(personId),
        age: person.birthDate === null ? null : ageOn(person.birthDate, on),
      });
      return {
        on,
        personName: person.name,
        credential,
        own,
        entries,
        checklist: items,
        forecast: forecast({ ...own.evaluation.cycle, ...own.evaluation }, on),
        withoutEvidence,
        ready: items.every(({ done }) => done),
      };
    },

    /** @throws NotFound for who has no registration here */
    async get(personId: string): Promise<OwnRegistration> {
      const found = await this.of(personId);
      if (!found) throw new NotFound();
      return found;
    },
  };
}
