/**
 * The best k of many scores. Whoever has less than `floor` is not among them, so that a caller who knows how much somebody
 * can have at most need not reckon further.
 */
export class TopScores {
  floor = 0;
  private readonly k: number;
  private rows = new Int32Array(256);
  private scores = new Int32Array(256);
  private size = 0;
  private readonly counts: Int32Array;
  /** How many were added that have the floor or more. */
  private above = 0;

  /** @param most the highest score that anybody can have */
  constructor(k: number, most: number) {
    this.k = Math.max(1, k);
    this.counts = new Int32Array(most + 2);
  }

  add(row: number, score: number): void {
    if (score < this.floor) return;
    if (this.size === this.rows.length) this.grow();
    this.rows[this.size] = row;
    this.scores[this.size++] = score;
    this.counts[score]! += 1;
    this.above += 1;
    // The floor itself stays in: among equals the ids decide.
    while (this.above - (this.counts[this.floor] ?? 0) >= this.k)
      this.above -= this.counts[this.floor++] ?? 0;
  }

  /** Every row that may be among the best k, in no order: those of the floor may be more than fit. */
  chosen(): { readonly row: number; readonly score: number }[] {
    const chosen: { row: number; score: number }[] = [];
    for (let i = 0; i < this.size; i++) {
      const score = this.scores[i] ?? 0;
      if (score >= this.floor) chosen.push({ row: this.rows[i] ?? 0, score });
    }
    return chosen;
  }

  private grow(): void {
    const [rows, scores] = [new Int32Array(2 * this.size), new Int32Array(2 * this.size)];
    rows.set(this.rows);
    scores.set(this.scores);
    [this.rows, this.scores] = [rows, scores];
  }
}
