import { sideBySide } from '../../db/transaction.ts';
import { Types } from 'mongoose';
import { factsOf } from '../credentials/index.ts';
import type { MembershipRow } from '../memberships/index.ts';
import type { PeopleService } from '../people/index.ts';
import type { UnitService } from '../units/index.ts';
import type { PoolFacts } from './judge.rules.ts';

/** Sums of other features' records, injected by compose.ts. */
export interface PoolRecords {
  /** Posted service of these people in the current tenant, each with its local day. */
  served(personIds: readonly string[]): Promise<Map<string, { on: string; minutes: number }[]>>;
  /** Posted credit hours, raw. */
  credits(
    personIds: readonly string[],
  ): Promise<Map<string, { on: string; minutes: number; dimension: string }[]>>;
  /** Codes of trainings passed and in force. */
  trained(personIds: readonly string[]): Promise<Map<string, string[]>>;
}

export interface PoolSourceParts {
  readonly people: PeopleService;
  readonly units: UnitService;
  readonly records: PoolRecords;
}

/** What the rules of pools are told of people: a fixed number of reads however many they are. */
export function createPoolSources({ people, units, records }: PoolSourceParts) {
  return {
    /** Facts by person, of these members of the current tenant. `today` is its local date. */
    async factsOf(members: readonly MembershipRow[], today: string): Promise<Map<string, PoolFacts>> {
      const ids = members.map((member) => String(member.personId));
      const [persons, credentials, served, credits, trained, tree] = await sideBySide([
        () => people.rows(ids),
        () => factsOf(ids),
        () => records.served(ids),
        () => records.credits(ids),
        () => records.trained(ids),
        () => units.all(),
      ]);
      const parents = new Map(tree.map((unit) => [unit.id, unit.parentId]));
      const byId = new Map(persons.map((person) => [String(person._id), person]));
      const found = new Map<string, PoolFacts>();
      for (const member of members) {
        const id = String(member.personId);
        const person = byId.get(id);
        if (!person) continue;
        const own = credentials.get(id) ?? [];
        found.set(id, {
          birthDate: person.birthDate,
          kind: member.kind,
          units: pathOf(String(member.unitId), parents),
          skills: skillsOf(person.skills, member, own, today),
          credentials: own,
          served: served.get(id) ?? [],
          credits: credits.get(id) ?? [],
          trained: trained.get(id) ?? [],
        });
      }
      return found;
    },
  };
}

function pathOf(unitId: string, parents: ReadonlyMap<string, string | null>): string[] {
  const path: string[] = [];
  for (let at: string | null | undefined = unitId; at && path.length < 20; at = parents.get(at))
    path.push(at);
  return path;
}

/** Claimed skills, those that an officer has seen, and those that a certificate gives today. */
function skillsOf(
  claimed: readonly { code: string; level: number }[],
  member: Pick<MembershipRow, 'verifiedSkills'>,
  credentials: readonly {
    readonly validFrom: string;
    readonly validTo: string | null;
    readonly gives: readonly { readonly code: string; readonly level: number }[];
  }[],
  today: string,
): PoolFacts['skills'] {
  const seen = new Map(member.verifiedSkills.map(({ code, level }) => [code, level]));
  for (const own of credentials)
    if (own.validFrom <= today && (own.validTo === null || today <= own.validTo))
      for (const { code, level } of own.gives) seen.set(code, Math.max(level, seen.get(code) ?? 0));
  const said = new Map(claimed.map(({ code, level }) => [code, level]));
  return [...new Set([...said.keys(), ...seen.keys()])].map((code) => ({
    code,
    level: Math.max(said.get(code) ?? 0, seen.get(code) ?? 0),
    seen: seen.get(code) ?? 0,
  }));
}

export const objectIds = (ids: readonly string[]): Types.ObjectId[] =>
  ids.map((id) => new Types.ObjectId(id));
