import type { Chance } from './demo.random.ts';
import type { County } from './demo.people.ts';

/** What the parts of the demo place are built from. Everything follows from the seed and today's date. */
export interface DemoGround {
  readonly seed: number;
  readonly chance: Chance;
  readonly today: Date;
  readonly county: County;
  /** A stable id: the same for the same seed, kind and number. */
  id(kind: string, n: number | string, at?: Date): string;
}

export interface DemoTenant {
  readonly slug: string;
  readonly id: string;
  readonly rootUnitId: string;
  /** Units that people belong to and work happens in, with a point each. */
  readonly places: readonly DemoUnit[];
}

export interface DemoUnit {
  readonly id: string;
  readonly parentId: string | null;
  readonly path: readonly string[];
  readonly kind: string;
  readonly name: { 'zh-CN': string; en: string };
  readonly point: [number, number];
  readonly row: object;
}

export interface DemoPerson {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly birthDate: string;
  readonly skills: readonly { code: string; level: number }[];
  readonly languages: readonly string[];
  readonly row: object;
  readonly email: string;
  /** Of the cast, and serves by rota. */
  readonly byRota: boolean;
}

export interface DemoMembership {
  readonly id: string;
  readonly tenant: string;
  readonly personId: string;
  readonly unitId: string;
  readonly state: string;
  readonly row: object;
}
