import type { LatLng } from '../../core/geo.ts';

/** What the rules are told of a position. Instants in UTC; `local` is the shift on its own wall clock. */
export interface PositionFacts {
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
  readonly bodilyRisk: boolean;
  readonly skills: readonly { readonly code: string; readonly minLevel: number }[];
  readonly credentials: readonly { readonly type: string; readonly level: string }[];
  readonly languages: readonly string[];
  readonly minAge: number | null;
  readonly maxAge: number | null;
}

export interface CredentialFacts {
  readonly type: string;
  readonly level: string;
  /** Local dates, both inclusive. */
  readonly validFrom: string;
  readonly validTo: string;
  readonly state: string;
}

/** What the rules are told of a person, as the posting tenant may know it. */
export interface PersonFacts {
  readonly personId: string;
  /** Approved member of the posting tenant, findable from outside it, or neither. */
  readonly standing: 'member' | 'suspended' | 'findable' | 'stranger';
  readonly birthDate: string | null;
  readonly guardianConsent: boolean;
  readonly languages: readonly string[];
  readonly skills: readonly { readonly code: string; readonly level: number; readonly verified: boolean }[];
  readonly credentials: readonly CredentialFacts[];
  readonly availability: readonly {
    readonly weekday: number;
    readonly startMinute: number;
    readonly endMinute: number;
  }[];
  readonly home: LatLng | null;
  /** Booked stretches around the shift, in whatever tenants; half-open. */
  readonly booked: readonly { readonly startsAt: Date; readonly endsAt: Date }[];
  /** Minutes booked on the shift's local day, without this shift. */
  readonly bookedMinutesThatDay: number;
  /** Minutes booked in the 28 days around the shift. */
  readonly recentMinutes: number;
}

export interface FitSettings {
  readonly now: Date;
  /** */
  readonly minAge: number;
  readonly dailyCapMinutes: number;
}

/** Something a rule noticed; worded in the locale files under `matching.finding.<code>`. */
export interface Finding {
  readonly code: string;
  readonly params?: Readonly<Record<string, string | number>> | undefined;
}

export interface HardRule {
  readonly name: string;
  readonly level: 'hard';
  /** Why not; empty when the rule is content. */
  judge(position: PositionFacts, person: PersonFacts, settings: FitSettings): readonly Finding[];
}

export interface SoftRule {
  readonly name: string;
  readonly level: 'soft';
  /** Most points this rule can give. */
  readonly weight: number;
  judge(
    position: PositionFacts,
    person: PersonFacts,
    settings: FitSettings,
  ): { readonly share: number; readonly finding: Finding | null };
}

export type Rule = HardRule | SoftRule;

export interface ScorePart {
  readonly rule: string;
  readonly points: number;
  readonly most: number;
  readonly finding: Finding | null;
}

export interface Fit {
  readonly eligible: boolean;
  readonly refusals: readonly (Finding & { readonly rule: string })[];
  /** 0 to 1000. */
  readonly score: number;
  readonly parts: readonly ScorePart[];
  readonly distanceMetres: number | null;
}
