import { isOn } from '../matching.rules.ts';
import { HARD_RULES } from '../hard.rules.ts';
import type { FitSettings, PositionFacts } from '../matching.types.ts';
import { Asked } from './asked.ts';
import { cellsWithin } from './cells.ts';
import { keepingOut } from './hard.columns.ts';
import type { Sieve } from './hard.columns.ts';
import type { PoolColumns } from './pool.columns.ts';
import { scoring } from './soft.columns.ts';
import type { Giving } from './soft.columns.ts';

// Who lies within a radius by the far end of a band lies within it by metres: cells may go by metres.
const serviceArea = HARD_RULES.find(({ name }) => name === 'service-area');

/**
 * Everybody of a pool whom no hard rule keeps from a position, with their scores: exact, by the one list of rules. Rules are
 * asked one after the other about all rows that are left, which is many times quicker than row by row.
 */
export class PairSearch {
  private readonly asked: Asked;
  private readonly sieves: readonly Sieve[] | null;
  private readonly give: Giving;

  constructor(pool: PoolColumns, facts: PositionFacts, settings: FitSettings) {
    this.asked = new Asked(pool, facts, settings);
    this.sieves = keepingOut(this.asked);
    this.give = scoring(this.asked);
  }

  /**
   * Rows that fit, each once, at the beginning of `into`.
   * @param into room for all rows of the pool
   * @returns how many fit
   */
  find(into: Int32Array): number {
    if (!this.sieves) return 0;
    let size = this.gather(into);
    for (const sieve of this.sieves) size = sieve(into, size);
    return size;
  }

  /** The scores of rows that fit, 0 to the sum of the weights, at the beginning of `points`. */
  score(rows: Int32Array, size: number, points: Int32Array): void {
    this.give(rows, size, points);
  }

  /** Whole metres, or the far end of a band; −1 when unknown. */
  metres(row: number): number {
    return this.asked.metres(row);
  }

  /** Everybody who may have the skills and live near enough, and others. */
  private gather(into: Int32Array): number {
    const { pool, facts, settings } = this.asked;
    const list = pool.skilled(facts.skills.map(({ code }) => code));
    let size = 0;
    const take = (from: number, to: number): void => {
      for (let i = from; i < to; i++) into[size++] = list[i]!;
    };
    if (!facts.point || !serviceArea || !isOn(serviceArea, settings)) {
      take(0, list.length);
      return size;
    }
    const stretches = cellsWithin(facts.point, settings.reachMetres);
    let at = 0;
    for (const [first, last] of stretches) {
      const from = firstFrom(pool, list, first, at);
      at = firstFrom(pool, list, last + 1, from);
      take(from, at);
    }
    take(firstFrom(pool, list, Infinity, at), list.length);
    // Who goes further by their own word and lives outside those cells.
    for (const row of pool.farFrom(settings.reachMetres)) {
      const cell = pool.cell[row]!;
      if (!stretches.some(([first, last]) => cell >= first && cell <= last)) into[size++] = row;
    }
    return size;
  }
}

/** The first place, from one on, of an ascending list of rows whose cell is no smaller. */
function firstFrom({ cell }: PoolColumns, list: Int32Array, key: number, from: number): number {
  let [low, high] = [from, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cell[list[middle]!]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
