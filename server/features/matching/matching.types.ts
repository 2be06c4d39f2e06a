import type { LatLng } from '../../core/geo.ts';
import type { LocalText } from '../../db/fields.ts';

/** What the rules are told of a position. Instants in UTC; `local` is the shift on its own wall clock. */
export interface PositionFacts {
  readonly requestId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** Local date the shift starts on, `YYYY-MM-DD`, and the one it ends on. */
  readonly startDate: string;
  readonly endDate: string;
  /** Weekday 1–7 and minutes from midnight of start; length in minutes. */
  readonly weekday: number;
  readonly startMinute: number;
  readonly lengthMinutes: number;
  readonly shiftState: string;
  readonly point: LatLng | null;
  /** Division code of the county it is in; null when unknown. */
  readonly county: string | null;
  /** Code of its service area. */
  readonly category: string;
  readonly bodilyRisk: boolean;
  /** a policy number is on file. */
  readonly insured: boolean;
  readonly skills: readonly { readonly code: string; readonly minLevel: number }[];
  readonly credentials: readonly {
    readonly type: string;
    readonly level: string;
    /** Names of a type that does not come with Linli. */
    readonly name?: LocalText | null | undefined;
  }[];
  /** Talent pools of which one must be a certified member; any of them will do. */
  readonly pools: readonly { readonly id: string; readonly name: LocalText }[];
  /** Codes of the trainings that must be passed before. */
  readonly trainings: readonly string[];
  /** What the codes are called, where they do not speak for themselves. */
  readonly trainingNames?: Readonly<Record<string, string>>;
  readonly languages: readonly string[];
  readonly minAge: number | null;
  readonly maxAge: number | null;
  /** Places taken and needed, and who of the two tracks has a place of the shift. */
  readonly taken: number;
  readonly required: number;
  readonly team: { readonly certified: number; readonly semiProfessional: number };
}

export interface CredentialFacts {
  readonly type: string;
  readonly level: string;
  /** Levels that it stands for: its own and those below. */
  readonly covers: readonly string[];
  /** Local dates, both inclusive; null when it never ends. */
  readonly validFrom: string;
  readonly validTo: string | null;
  readonly state: string;
  /** A renewal of it is under review. */
  readonly renewalUnderWay: boolean;
}

/** What a person did in the posting tenant; nothing of other tenants is in it. */
export interface ServiceRecord {
  /** Places kept and places missed without a word. */
  readonly kept: number;
  readonly missed: number;
  /** Local date of the last service; null before the first. */
  readonly lastOn: string | null;
  /** How often the person served each request. */
  readonly served: ReadonlyMap<string, number>;
}

/** What the rules are told of a person, as the posting tenant may know it. */
export interface PersonFacts {
  readonly personId: string;
  /** Approved member of the posting tenant; outside it: findable, near without having agreed to be asked, or neither. */
  readonly standing: 'member' | 'suspended' | 'findable' | 'unasked' | 'stranger';
  /** Whoever looks may know only in which band of distance they live: people of no or of another organisation. */
  readonly banded: boolean;
  /** Somebody decided that the person does not serve here (exclusion list). */
  readonly excluded: boolean;
  readonly birthDate: string | null;
  readonly guardianConsent: boolean;
  readonly languages: readonly string[];
  readonly skills: readonly { readonly code: string; readonly level: number; readonly verified: boolean }[];
  readonly credentials: readonly CredentialFacts[];
  /** Pools that the person is certified in; null when a certification has no end. */
  readonly pools: readonly { readonly poolId: string; readonly validTo: string | null }[];
  /** Codes of trainings passed and still in force. */
  readonly trained: readonly string[];
  readonly availability: readonly {
    readonly weekday: number;
    readonly startMinute: number;
    readonly endMinute: number;
  }[];
  readonly home: LatLng | null;
  readonly county: string | null;
  /** How far the person goes; null leaves it to the organisation. */
  readonly radiusMetres: number | null;
  /** Codes of the service areas the person likes best. */
  readonly interests: readonly string[];
  /** Certified social worker, semi-professional track, or neither. */
  readonly track: 'certified' | 'semi-professional' | null;
  /** Booked stretches around the shift, in whatever tenants; half-open. */
  readonly booked: readonly { readonly startsAt: Date; readonly endsAt: Date }[];
  /** Minutes booked on the shift's local day and in its local week, in whatever tenants, without this shift. */
  readonly bookedMinutesThatDay: number;
  readonly bookedMinutesThatWeek: number;
  /** Minutes booked by the posting tenant in the 28 days around the shift. */
  readonly recentMinutes: number;
  readonly record: ServiceRecord;
}

/** How a tenant weighs: which version of its settings, the weight of each soft rule, and what is switched off. */
export interface FitSettings {
  readonly now: Date;
  /** 0 until the tenant set weights of its own. */
  readonly version: number;
  /** Points by rule; a rule that is not named has its own. */
  readonly weights: Readonly<Record<string, number>>;
  /** Names of rules switched off; those that law asks for stay on whatever is named. */
  readonly off: readonly string[];
  /** */
  readonly minAge: number;
  readonly dailyCapMinutes: number;
  readonly weeklyCapMinutes: number;
  /** So long without service once in any 24 hours. */
  readonly restMinutes: number;
  /** How far people are looked for who did not say how far they go. */
  readonly reachMetres: number;
}

/** Something a rule noticed; worded in the locale files under `matching.finding.<code>`. */
export interface Finding {
  readonly code: string;
  readonly params?: Readonly<Record<string, string | number>> | undefined;
}

export interface HardRule {
  readonly name: string;
  readonly level: 'hard';
  /** Law or an invariant asks for it: no tenant switches it off. */
  readonly fixed: boolean;
  /** Why not; empty when the rule is content. */
  judge(position: PositionFacts, person: PersonFacts, settings: FitSettings): readonly Finding[];
}

/** A part of a whole, in whole numbers, so that anybody can multiply it by the weight and come to the same points. */
export interface Share {
  readonly of: number;
  readonly from: number;
  readonly finding: Finding | null;
}

export interface SoftRule {
  readonly name: string;
  readonly level: 'soft';
  /** Most points this rule can give, unless the tenant says otherwise. */
  readonly weight: number;
  judge(position: PositionFacts, person: PersonFacts, settings: FitSettings): Share;
}

export type Rule = HardRule | SoftRule;

export interface ScorePart {
  readonly rule: string;
  /** Half up: ⌊weight × of ÷ from + ½⌋. */
  readonly points: number;
  readonly most: number;
  readonly of: number;
  readonly from: number;
  readonly finding: Finding | null;
}

export interface Fit {
  readonly eligible: boolean;
  readonly refusals: readonly (Finding & { readonly rule: string })[];
  /** The sum of the points of its parts. */
  readonly score: number;
  readonly parts: readonly ScorePart[];
  /** For people from outside the far end of a band, never the distance itself. */
  readonly distanceMetres: number | null;
}
