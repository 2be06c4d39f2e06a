import { isOn } from '../matching.rules.ts';
import { HARD_RULES } from '../hard.rules.ts';
import type { FitSettings, PositionFacts } from '../matching.types.ts';
import { Asked } from './asked.ts';
import { cellsWithin } from './cells.ts';
import { keepingOut } from './hard.columns.ts';
import type { PoolColumns } from './pool.columns.ts';
import { scoring } from './soft.columns.ts';

// Who lies within a radius by the far end of a band lies within it by metres: cells may go by metres.
const serviceArea = HARD_RULES.find(({ name }) => name === 'service-area');

/** Everybody of a pool whom no hard rule keeps from a position, with their scores: exact, by the one list of rules. */
export class PairSearch {
  private readonly asked: Asked;
  private readonly tests: ((row: number) => boolean)[] | null;
  private readonly points: (row: number) => number;

  constructor(pool: PoolColumns, facts: PositionFacts, settings: FitSettings) {
    this.asked = new Asked(pool, facts, settings);
    this.tests = keepingOut(this.asked);
    this.points = scoring(this.asked);
  }

  /** Whether no hard rule keeps the row out. */
  fits(row: number): boolean {
    if (!this.tests) return false;
    for (const keepsOut of this.tests) if (keepsOut(row)) return false;
    return true;
  }

  /** 0 to the sum of the weights; of a row that fits. */
  score(row: number): number {
    return this.points(row);
  }

  /** Whole metres, or the far end of a band; −1 when unknown. */
  metres(row: number): number {
    return this.asked.metres(row);
  }

  /** Visits every row that fits, each once. */
  each(visit: (row: number) => void): void {
    if (!this.tests) return;
    const { pool, facts, settings } = this.asked;
    const list = pool.skilled(facts.skills.map(({ code }) => code));
    const take = (row: number): void => {
      if (this.fits(row)) visit(row);
    };
    if (!facts.point || !serviceArea || !isOn(serviceArea, settings)) {
      for (const row of list) take(row);
      return;
    }
    const stretches = cellsWithin(facts.point, settings.reachMetres);
    for (const [first, last] of stretches)
      for (let at = firstFrom(pool, list, first); (pool.cell[list[at] ?? -1] ?? Infinity) <= last; at++)
        take(list[at] ?? 0);
    for (let at = firstFrom(pool, list, Infinity); at < list.length; at++) take(list[at] ?? 0);
    // Who goes further by their own word and lives outside those cells.
    for (const row of pool.farFrom(settings.reachMetres)) {
      const cell = pool.cell[row] ?? 0;
      if (!stretches.some(([first, last]) => cell >= first && cell <= last)) take(row);
    }
  }
}

/** The first place of an ascending list of rows whose cell is no smaller. */
function firstFrom({ cell }: PoolColumns, list: Int32Array, key: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cell[list[middle] ?? 0] ?? 0) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
