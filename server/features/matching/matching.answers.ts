import type { MembershipService } from '../memberships/index.ts';
import type { PeopleService } from '../people/index.ts';
import type { PlannedShift, PlannedPosition, PositionRow, ShiftRow, ShiftService } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { Change } from './change.rules.ts';
import type { Finding, Fit, PositionFacts } from './matching.types.ts';
import type { PlannedPlace, PlanOfDay } from './prices.ts';
import type { SourceReaders } from './matching.sources.ts';
import type { SearchQuery } from './search/query.ts';
import type { SearchClient } from './search/search.client.ts';

export interface Candidate {
  /** What an offer names: stands for one person on one position and says nothing else. */
  readonly handle: string;
  /** Null for people from outside the tenant, until they accept. */
  readonly name: string | null;
  readonly membershipId: string | null;
  readonly fit: Fit;
  /** What they are ranked by: the score less the price. */
  readonly worth: number;
  readonly needed: Needed;
}

/** The plan whose prices a ranking counted; its id where whoever asks may read it. */
export interface CountedPlan {
  readonly id: string | null;
  readonly madeAt: Date;
  /** Whether the position is one of those it planned. */
  readonly covers: boolean;
}

/** What the plan that stands for the day wants of somebody. */
export interface Needed {
  /** Points that it gives up by losing them, 0 where it proposes them just here; the ranking takes these from the score. */
  readonly price: number;
  /** It proposes them for this position. */
  readonly here: boolean;
  /** Where else it has them; null where it has them nowhere, or nobody may know. */
  readonly elsewhere: PlannedPlace | null;
}

export interface Ranking {
  readonly candidates: readonly Candidate[];
  /** The plan whose prices were counted; null where none stands, its id where the asker may read it. */
  readonly plan: CountedPlan | null;
  /** Where the next page begins; null where there is none, or none that anybody should read. */
  readonly nextCursor: string | null;
  readonly funnel: readonly { readonly rule: string; readonly remaining: number }[];
  readonly looked: number;
  /** Null where everybody was looked at; else how many there are at most to look at, 0 where nobody knows. */
  readonly ofAtMost: number | null;
  /** How many fit in all; `candidates` are the best of them. */
  readonly eligible: number;
  readonly excluded: readonly {
    readonly name: string;
    readonly membershipId: string;
    readonly refusals: readonly Finding[];
  }[];
}

export interface Suited {
  readonly position: PlannedPosition;
  readonly shift: PlannedShift;
  readonly fit: Fit;
  /** What the person could change so that it fits; null where something stands against it that they cannot. */
  readonly changes: readonly Change[] | null;
}

/** What a plan wants of somebody, and which. */
export interface Counted {
  readonly needed: Needed;
  readonly plan: CountedPlan | null;
}

/** One person on one position, with everything that their score is made of. */
export interface Pair {
  readonly position: PositionRow;
  readonly shift: ShiftRow;
  readonly fit: Fit;
  readonly changes: readonly Change[] | null;
  /** Which version of the tenant's weights. */
  readonly weightsVersion: number;
  /** The points that anybody could have at most. */
  readonly most: number;
  /** What each part is reckoned from, by rule. */
  readonly inputs: Readonly<Record<string, readonly Finding[]>>;
}

export interface MatchingParts extends SourceReaders {
  readonly people: PeopleService;
  readonly memberships: MembershipService;
  readonly shifts: ShiftService;
  readonly tenants: TenantService;
  /** Who of the two tracks has a place of these shifts of the current tenant. */
  readonly teamsOf: (shiftIds: readonly unknown[]) => Promise<Map<string, PositionFacts['team']>>;
  /** Who served a request of the current tenant how often. */
  readonly servedBy: (requestId: unknown) => Promise<[personId: string, times: number][]>;
  /** The search in memory, for tenants with at least so many people to look at; absent: always the database. */
  readonly search?: { readonly client: SearchClient; readonly fromPeople: number };
  /** The plan of the current tenant, or of one above, that stands for a position's local date; whom it needs ranks lower elsewhere. */
  readonly planOf?: (date: string, positionId: unknown) => Promise<PlanOfDay | null>;
  /** Key of the handles under which nameless candidates are offered. */
  readonly handleKey: Buffer;
}

/** What memory is told of a position. */
export type Question = Omit<SearchQuery, 'k' | 'others'>;
