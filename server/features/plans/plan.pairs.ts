/** Somebody who fits a position. */
export interface DraftPair {
  readonly position: number;
  readonly person: number;
  /** 0 to 1,000. */
  readonly score: number;
  readonly certified: boolean;
  readonly metres: number | null;
}

/** Pairs that there is room for at first. */
const AT_FIRST = 1 << 16;
const UNKNOWN = -1;
/** What a pair that must not be is worth: more is lost by it than any place brings. */
const CLOSED = -1_000_000;
const NONE = -1;

/** The pairs that a plan chooses among, in the order in which they were added: as arrays, since there are very many. */
export class PairList {
  length = 0;
  position = new Int32Array(AT_FIRST);
  person = new Int32Array(AT_FIRST);
  score = new Int32Array(AT_FIRST);
  /** Whole metres; −1 unknown. */
  metres = new Int32Array(AT_FIRST);
  certified = new Uint8Array(AT_FIRST);
  /** The pairs of each position as a list, the last one added first. */
  private readonly head: Int32Array;
  private next = new Int32Array(AT_FIRST);

  constructor(positions: number) {
    this.head = new Int32Array(positions).fill(NONE);
  }

  add({ position, person, score, certified, metres }: DraftPair): void {
    this.push(position, person, score, metres ?? UNKNOWN, certified);
  }

  /** The same without an object. @param metres −1 unknown */
  push(position: number, person: number, score: number, metres: number, certified: boolean): void {
    if (this.length === this.position.length) this.grow();
    const k = this.length++;
    this.position[k] = position;
    this.person[k] = person;
    this.score[k] = score;
    this.metres[k] = metres;
    this.certified[k] = certified ? 1 : 0;
    this.next[k] = this.head[position] ?? NONE;
    this.head[position] = k;
  }

  at(k: number): DraftPair {
    const metres = this.metres[k] ?? UNKNOWN;
    return {
      position: this.position[k] ?? 0,
      person: this.person[k] ?? 0,
      score: this.score[k] ?? 0,
      certified: this.certified[k] === 1,
      metres: metres === UNKNOWN ? null : metres,
    };
  }

  all(): DraftPair[] {
    return Array.from({ length: this.length }, (_, k) => this.at(k));
  }

  /** Sees to it that no plan chooses the pair. */
  close(k: number): void {
    this.score[k] = CLOSED;
  }

  eachOf(position: number, visit: (k: number) => void): void {
    for (let k = this.head[position] ?? NONE; k !== NONE; k = this.next[k] ?? NONE) visit(k);
  }

  /** The pair of a person at a position; −1 where there is none. */
  find(position: number, person: number): number {
    for (let k = this.head[position] ?? NONE; k !== NONE; k = this.next[k] ?? NONE)
      if (this.person[k] === person) return k;
    return NONE;
  }

  private grow(): void {
    const length = this.length * 4;
    const wider = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(length);
      to.set(from);
      return to;
    };
    this.position = wider(this.position);
    this.person = wider(this.person);
    this.score = wider(this.score);
    this.metres = wider(this.metres);
    this.next = wider(this.next);
    const certified = new Uint8Array(length);
    certified.set(this.certified);
    this.certified = certified;
  }
}
