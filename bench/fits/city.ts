import { ObjectId } from 'mongodb';
import type { PersonSources, PositionFacts } from '../../server/features/matching/index.ts';
import { LANGUAGES, SERVICE_AREAS, SKILL_CODES } from '../../server/features/skills/index.ts';

/**
 * A generated city by the laws of the matching benchmark: forty centres, skills and neighbourhoods by Zipf, free times by
 * day-parts. The same seed gives the same people, one by one, so that a million need not be kept.
 */
const CENTRES = 40;
const SKILLS = [...SKILL_CODES].slice(0, 30);
const SPOKEN = LANGUAGES.slice(0, 4).map(({ code }) => code);
/** Morning, afternoon, evening. */
const PARTS = [
  [8 * 60, 12 * 60],
  [13 * 60, 17 * 60],
  [18 * 60, 21 * 60],
] as const;
const HOUR_MS = 3_600_000;
/** A Wednesday far enough ahead for everything to be open. */
export const MONDAY = Date.UTC(2030, 0, 7) - 8 * HOUR_MS;
const SOUTH_WEST = { latitude: 29, longitude: 119 };

export class Draws {
  private state: number;
  constructor(seed: number) {
    this.state = (Math.imul(seed, 2654435761) + 17) | 0 || 1;
  }
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return (x >>> 0) / 2 ** 32;
  }
  below(n: number): number {
    return Math.floor(this.next() * n);
  }
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }
}

function zipf(n: number, exponent: number): (draws: Draws) => number {
  const sums: number[] = [];
  let total = 0;
  for (let i = 0; i < n; i++) sums.push((total += (i + 1) ** -exponent));
  return (draws) => {
    const at = draws.next() * total;
    return Math.min(
      n - 1,
      Math.max(
        0,
        sums.findIndex((sum) => sum > at),
      ),
    );
  };
}

interface Centre {
  readonly x: number;
  readonly y: number;
  readonly sigma: number;
}

/** A city of so many people: draws them and what is asked of them. */
export class City {
  readonly side: number;
  private readonly draws: Draws;
  private readonly centres: Centre[];
  private readonly centre = zipf(CENTRES, 0.8);
  private readonly skill = zipf(SKILLS.length, 1);
  private readonly asked = zipf(SKILLS.length, 0.7);
  private drawn = 0;

  constructor(people: number, seed: number) {
    this.side = 60 * Math.sqrt(people / 100_000);
    this.draws = new Draws(seed);
    this.centres = Array.from({ length: CENTRES }, () => ({
      x: this.draws.next() * this.side,
      y: this.draws.next() * this.side,
      sigma: 1 + 3 * this.draws.next(),
    }));
  }

  private place(at: Centre): { latitude: number; longitude: number } {
    const inside = (value: number): number => Math.min(this.side, Math.max(0, value));
    const x = inside(at.x + at.sigma * this.draws.normal());
    const y = inside(at.y + at.sigma * this.draws.normal());
    const round = (value: number): number => Math.round(value * 1e6) / 1e6;
    const latitude = SOUTH_WEST.latitude + y / 111.195;
    return {
      latitude: round(latitude),
      longitude: round(SOUTH_WEST.longitude + x / (111.195 * Math.cos((latitude * Math.PI) / 180))),
    };
  }

  /** The next person, as their rows: person without words, membership without a unit. */
  person(): PersonSources & { readonly places: NonNullable<PersonSources['places']> } {
    const { draws } = this;
    const home = this.place(this.centres[this.centre(draws)] as Centre);
    const skills = new Map<string, number>();
    for (let i = 1 + draws.below(5); i > 0; i--)
      skills.set(SKILLS[this.skill(draws)] ?? '', 1 + draws.below(3));
    const parts = new Set<number>();
    for (let i = 4 + draws.below(7); i > 0; i--) parts.add(draws.below(21));
    const idle = draws.below(100);
    const kept = draws.below(20);
    return {
      person: {
        _id: new ObjectId(`5a${(++this.drawn).toString(16).padStart(22, '0')}`),
        birthDate: `${1950 + draws.below(50)}-0${1 + draws.below(9)}-1${draws.below(9)}`,
        languages: [SPOKEN[0], SPOKEN[draws.below(4)]],
        skills: [...skills].map(([code, level]) => ({ code, level })),
        home: { type: 'Point', coordinates: [home.longitude, home.latitude] },
        county: '330122',
        availability: [...parts].map((part) => ({
          weekday: 1 + Math.floor(part / 3),
          startMinute: PARTS[part % 3]?.[0] ?? 0,
          endMinute: PARTS[part % 3]?.[1] ?? 0,
        })),
        radiusMetres: null,
        interests: draws.next() < 0.4 ? [SERVICE_AREAS[draws.below(20)]?.code ?? ''] : [],
        consents: [],
      } as never,
      membership: { state: 'approved', kind: 'volunteer', verifiedSkills: [] },
      notToBeAsked: false,
      credentials: [],
      bookings: [],
      places: Array.from({ length: kept }, (_unused, n) => ({
        requestId: new ObjectId('6'.repeat(24)),
        state: n === 0 && idle < 10 ? ('no_show' as const) : ('checked_out' as const),
        endsAt: new Date(MONDAY - idle * 24 * HOUR_MS),
      })),
    };
  }

  /** Something asked: where, which skill, when, in which language, and how far people are looked for. */
  position(): { facts: PositionFacts; reachMetres: number } {
    const { draws } = this;
    const part = draws.below(21);
    const start = MONDAY + (Math.floor(part / 3) * 24 * 60 + (PARTS[part % 3]?.[0] ?? 0)) * 60_000;
    const at = (ms: number): string => new Date(ms + 8 * HOUR_MS).toISOString().slice(0, 10);
    const language = draws.next() < 0.85 ? SPOKEN[0] : SPOKEN[1 + draws.below(3)];
    const point = this.place(this.centres[CENTRES - 1 - this.centre(draws)] as Centre);
    return {
      reachMetres: Math.round(3_000 + 12_000 * draws.next()),
      facts: {
        requestId: '7'.repeat(24),
        startsAt: new Date(start),
        endsAt: new Date(start + 3 * HOUR_MS),
        startDate: at(start),
        endDate: at(start),
        weekday: 1 + Math.floor(part / 3),
        startMinute: PARTS[part % 3]?.[0] ?? 0,
        lengthMinutes: 180,
        shiftState: 'published',
        point,
        county: '330122',
        category: SERVICE_AREAS[draws.below(20)]?.code ?? '',
        bodilyRisk: false,
        insured: false,
        skills: [{ code: SKILLS[this.asked(draws)] ?? '', minLevel: 1 + draws.below(2) }],
        credentials: [],
        trainings: [],
        pools: [],
        languages: [language ?? ''],
        minAge: null,
        maxAge: null,
        taken: 0,
        required: 1 + draws.below(10),
        team: { certified: 0, semiProfessional: 0 },
      },
    };
  }
}
