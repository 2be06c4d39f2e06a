import type { Market } from '../../server/features/matching/solver/market.ts';

/** A class of instances: how many requests and volunteers, and on how many streets they live. */
export interface CityClass {
  readonly name: string;
  readonly requests: number;
  readonly volunteers: number;
  readonly skills: number;
  readonly centres: number;
  /** Capacity a slot; null as drawn. */
  readonly capacityPerSlot: number | null;
}

const city = (name: string, requests: number, volunteers: number): CityClass => ({
  name,
  requests,
  volunteers,
  skills: 30,
  centres: 40,
  capacityPerSlot: null,
});

/** The classes of the benchmark; `5k` serves the comparison with HiGHS. */
export const CLASSES: readonly CityClass[] = [
  city('S', 1_000, 10_000),
  city('5k', 5_000, 50_000),
  city('M-loose', 10_000, 200_000),
  city('M', 10_000, 100_000),
  city('M-tight', 10_000, 60_000),
  city('M-scarce', 10_000, 30_000),
  { ...city('adversarial', 2_000, 10_000), skills: 1, centres: 1, capacityPerSlot: 0.95 },
];

/** The class of that name. @throws Error where there is none */
export function classNamed(name: string): CityClass {
  const found = CLASSES.find((one) => one.name === name);
  if (!found) throw new Error(`There is no class ${name}: ${CLASSES.map((one) => one.name).join(', ')}`);
  return found;
}

const KEPT_PER_SLOT = 200;
const DAY_PARTS = 21;

/** xorshift32; every draw of an instance comes from one. */
class Draws {
  private state: number;

  constructor(seed: number) {
    this.state = (Math.imul(seed, 2654435761) + 17) | 0 || 1;
  }

  /** Uniform in [0, 1). */
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return (x >>> 0) / 2 ** 32;
  }

  /** Whole number from 0 to below n. */
  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }
}

/** Draws 0 … n - 1 with weights 1 / (rank + 1)^exponent. */
function zipf(n: number, exponent: number): (draws: Draws) => number {
  const sums = new Float64Array(n);
  let total = 0;
  for (let i = 0; i < n; i++) sums[i] = total += (i + 1) ** -exponent;
  return (draws) => {
    const at = draws.next() * total;
    let i = 0;
    while (i < n - 1 && sums[i]! <= at) i++;
    return i;
  };
}

interface People {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Level 1 … 3 for each skill, 0 without it. */
  readonly level: Uint8Array;
  readonly free: Int32Array;
  readonly languages: Uint8Array;
  readonly capacity: Int32Array;
  readonly reliability: Uint8Array;
  readonly idle: Uint8Array;
}

interface Streets {
  readonly side: number;
  readonly centre: readonly { x: number; y: number; sigma: number }[];
}

function layStreets(of: CityClass, draws: Draws): Streets {
  const side = 60 * Math.sqrt(of.volunteers / 100_000);
  const centre = Array.from({ length: of.centres }, () => ({
    x: draws.next() * side,
    y: draws.next() * side,
    sigma: 1 + 3 * draws.next(),
  }));
  return { side, centre };
}

/**
 * Around a centre, also beyond the square: only the centres lie in it. Put onto its edge, people would crowd there: S would have
 * 174,000 pairs (166,000 so; the figures that this is compared with: 164,000) and M 49.6 a slot (48.5; 49), and fill more slots.
 */
function placeNear({ centre }: Streets, at: number, draws: Draws): [number, number] {
  const { x, y, sigma } = centre[at]!;
  return [x + sigma * draws.normal(), y + sigma * draws.normal()];
}

function drawPeople(of: CityClass, streets: Streets, draws: Draws): People {
  const n = of.volunteers;
  const people: People = {
    x: new Float64Array(n),
    y: new Float64Array(n),
    level: new Uint8Array(n * of.skills),
    free: new Int32Array(n),
    languages: new Uint8Array(n),
    capacity: new Int32Array(n),
    reliability: new Uint8Array(n),
    idle: new Uint8Array(n),
  };
  const centre = zipf(of.centres, 0.8);
  const skill = zipf(of.skills, 1);
  for (let v = 0; v < n; v++) {
    [people.x[v], people.y[v]] = placeNear(streets, centre(draws), draws) as [number, number];
    for (let i = 1 + draws.below(5); i > 0; i--)
      people.level[v * of.skills + skill(draws)] = 1 + draws.below(3);
    for (let i = 4 + draws.below(7); i > 0; i--) people.free[v]! |= 1 << draws.below(DAY_PARTS);
    people.languages[v] = 1 | (1 << draws.below(4));
    const share = draws.next();
    people.capacity[v] = share < 0.6 ? 1 : share < 0.9 ? 2 : 3;
    people.reliability[v] = draws.below(100);
    people.idle[v] = draws.below(100);
  }
  return people;
}

/** A market of the class: the same for the same seed. */
export function drawCity(of: CityClass, seed: number): Market {
  const draws = new Draws(seed);
  const streets = layStreets(of, draws);
  const people = drawPeople(of, streets, draws);
  const near = new Neighbourhoods(of, people, streets.side);
  const order = permutation(of.centres, draws);
  const [centre, skill] = [zipf(of.centres, 0.8), zipf(of.skills, 0.7)];
  const demand = new Int32Array(of.requests);
  const start = new Int32Array(of.requests + 1);
  const edges = new EdgeStore();
  for (let r = 0; r < of.requests; r++) {
    const [x, y] = placeNear(streets, order[centre(draws)]!, draws);
    const request = {
      x,
      y,
      skill: skill(draws),
      part: 1 << draws.below(DAY_PARTS),
      language: draws.next() < 0.85 ? 1 : 1 << (1 + draws.below(3)),
      radius: 3 + 12 * draws.next(),
      fill: 1000 * (2 + draws.below(3)),
    };
    demand[r] = 1 + draws.below(10);
    near.addBest(request, demand[r]! * KEPT_PER_SLOT, draws, edges);
    start[r + 1] = edges.size;
  }
  const capacity =
    of.capacityPerSlot === null ? people.capacity : scaled(people.capacity, demand, of.capacityPerSlot);
  return {
    rows: of.requests,
    cols: of.volunteers,
    start,
    col: edges.cols(),
    weight: edges.weights(),
    demand,
    capacity,
  };
}

function permutation(n: number, draws: Draws): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = draws.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Takes away or gives capacity, person by person, until it is the wanted share of all slots. */
function scaled(capacity: Int32Array, demand: Int32Array, perSlot: number): Int32Array {
  const result = capacity.slice();
  const sum = (of: Int32Array): number => of.reduce((total, one) => total + one, 0);
  let surplus = sum(result) - Math.round(sum(demand) * perSlot);
  for (let v = 0; surplus !== 0; v = (v + 1) % result.length) {
    if (surplus > 0 && result[v] === 0) continue;
    result[v]! -= Math.sign(surplus);
    surplus -= Math.sign(surplus);
  }
  return result;
}

interface Wanted {
  readonly x: number;
  readonly y: number;
  readonly skill: number;
  readonly part: number;
  readonly language: number;
  readonly radius: number;
  readonly fill: number;
}

/** People by kilometre square; those beyond the city with the nearest ones within. */
class Neighbourhoods {
  private readonly of: CityClass;
  private readonly people: People;
  private readonly across: number;
  private readonly start: Int32Array;
  private readonly member: Int32Array;

  constructor(of: CityClass, people: People, side: number) {
    this.of = of;
    this.people = people;
    this.across = Math.floor(side) + 1;
    const cell = (v: number): number => this.lineOf(people.y[v]!) * this.across + this.lineOf(people.x[v]!);
    this.start = new Int32Array(this.across * this.across + 1);
    for (let v = 0; v < of.volunteers; v++) this.start[cell(v) + 1]!++;
    for (let c = 0; c < this.start.length - 1; c++) this.start[c + 1]! += this.start[c]!;
    const at = this.start.slice();
    this.member = new Int32Array(of.volunteers);
    for (let v = 0; v < of.volunteers; v++) this.member[at[cell(v)]!++] = v;
  }

  /** The row or column of squares that a place is in. */
  private lineOf(at: number): number {
    return Math.min(this.across - 1, Math.max(0, Math.floor(at)));
  }

  /** Adds the best candidates of a request, heaviest first, ties by person. */
  addBest(wanted: Wanted, most: number, draws: Draws, edges: EdgeStore): void {
    const keys: number[] = [];
    const { across } = this;
    const low = (at: number): number => this.lineOf(at - wanted.radius);
    const high = (at: number): number => this.lineOf(at + wanted.radius);
    for (let row = low(wanted.y); row <= high(wanted.y); row++) {
      for (let cell = row * across + low(wanted.x); cell <= row * across + high(wanted.x); cell++) {
        for (let i = this.start[cell]!; i < this.start[cell + 1]!; i++) {
          const v = this.member[i]!;
          const weight = this.weigh(wanted, v, draws);
          if (weight > 0) keys.push((8192 - weight) * 2 ** 20 + v);
        }
      }
    }
    const sorted = Float64Array.from(keys).sort();
    for (let i = 0; i < sorted.length && i < most; i++) {
      const v = sorted[i]! % 2 ** 20;
      edges.add(v, 8192 - (sorted[i]! - v) / 2 ** 20);
    }
  }

  /** Fill value and score, 0 where the person does not fit. */
  private weigh(wanted: Wanted, v: number, draws: Draws): number {
    const { people, of } = this;
    const level = people.level[v * of.skills + wanted.skill]!;
    if (level === 0 || (people.free[v]! & wanted.part) === 0) return 0;
    if ((people.languages[v]! & wanted.language) === 0) return 0;
    const distance = Math.hypot(people.x[v]! - wanted.x, people.y[v]! - wanted.y);
    if (distance > wanted.radius) return 0;
    const near = 400 * (1 - distance / wanted.radius) + (200 * level) / 3;
    return wanted.fill + Math.round(near) + draws.below(201) + people.reliability[v]! + people.idle[v]!;
  }
}

class EdgeStore {
  size = 0;
  private col = new Int32Array(1 << 16);
  private weight = new Int32Array(1 << 16);

  add(col: number, weight: number): void {
    if (this.size === this.col.length) {
      const [cols, weights] = [new Int32Array(2 * this.size), new Int32Array(2 * this.size)];
      cols.set(this.col);
      weights.set(this.weight);
      [this.col, this.weight] = [cols, weights];
    }
    this.col[this.size] = col;
    this.weight[this.size++] = weight;
  }

  cols = (): Int32Array => this.col.slice(0, this.size);
  weights = (): Int32Array => this.weight.slice(0, this.size);
}
