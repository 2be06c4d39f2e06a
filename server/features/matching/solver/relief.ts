import type { Residual } from './residual.ts';

/**
 * Sends units away from over-full columns along ways that cost nothing, many in one turn: after prices rose by the length of the
 * shortest way, there are many as short. Each node is left once in a turn, but where units went through.
 */
export class Relief {
  private readonly residual: Residual;
  /** In which turn a column or row was last entered. */
  private readonly mark: Int32Array;
  private turn = 0;
  /** The way so far: columns and rows in turns, by what each was entered, and where to go on from it. */
  private readonly node: Int32Array;
  private readonly entered: Int32Array;
  private readonly next: Int32Array;

  constructor(residual: Residual) {
    const nodes = residual.far;
    this.residual = residual;
    this.mark = new Int32Array(nodes);
    this.node = new Int32Array(nodes + 1);
    this.entered = new Int32Array(nodes + 1);
    this.next = new Int32Array(nodes + 1);
  }

  /** @returns how many units were sent */
  send(from: readonly number[]): number {
    const { load, capacity } = this.residual.plan;
    this.turn++;
    let sent = 0;
    for (const v of from) while (load[v]! > capacity[v]! && this.sendFrom(v)) sent++;
    return sent;
  }

  private sendFrom(from: number): boolean {
    const { cols } = this.residual.plan;
    if (this.mark[from] === this.turn) return false;
    let depth = 0;
    this.enterColumn(0, from, -1);
    while (depth >= 0) {
      const node = this.node[depth]!;
      const step = node < cols ? this.leaveColumn(depth, node) : this.leaveRow(depth, node - cols);
      depth += step;
      if (step > 0 && this.isOut(depth)) {
        this.give(depth);
        return true;
      }
    }
    return false;
  }

  private enterColumn(depth: number, v: number, edge: number): void {
    this.mark[v] = this.turn;
    this.node[depth] = v;
    this.entered[depth] = edge;
    this.next[depth] = this.residual.plan.first[v]!;
  }

  /** Goes on to a row that gives the column up at no loss. @returns how much deeper the way is */
  private leaveColumn(depth: number, v: number): 1 | -1 {
    const { residual, mark, turn } = this;
    const { cols, price, weight, slotEdge, slotRow, after } = residual.plan;
    for (let slot = this.next[depth]!; slot >= 0; slot = after[slot]!) {
      const r = slotRow[slot]!;
      if (mark[cols + r] === turn) continue;
      if (weight[slotEdge[slot]!]! - price[v]! !== residual.surplusOf(r)) continue;
      this.next[depth] = after[slot]!;
      this.enterRow(depth + 1, r, slot);
      return 1;
    }
    return -1;
  }

  private enterRow(depth: number, r: number, slot: number): void {
    const { residual } = this;
    const { near, plan } = residual;
    this.mark[plan.cols + r] = this.turn;
    this.node[depth] = plan.cols + r;
    this.entered[depth] = slot;
    if (!near) return;
    near.recall(r);
    // Edges as good as the row's last one must be among those remembered; where that is worth nothing, the way ends here.
    const surplus = residual.surplusOf(r);
    if (surplus > 0 && near.floor[r]! >= surplus) near.look(r);
    this.next[depth] = near.start[r]!;
  }

  /** Goes on to a column that the row takes instead at no loss. */
  private leaveRow(depth: number, r: number): 1 | -1 {
    const { residual, mark, turn } = this;
    const { near, plan } = residual;
    if (!near) return -1;
    const { col, weight, price, taken } = plan;
    const end = near.start[r]! + near.count[r]!;
    const surplus = residual.surplusOf(r);
    for (let i = this.next[depth]!; i < end; i++) {
      const e = near.edge[i]!;
      const v = col[e]!;
      if (mark[v] === turn || taken[e] === 1 || weight[e]! - price[v]! !== surplus) continue;
      this.next[depth] = i + 1;
      this.enterColumn(depth + 1, v, e);
      return 1;
    }
    return -1;
  }

  /** Whether the way ends here: a column has room, or a row may as well leave the slot open. */
  private isOut(depth: number): boolean {
    const { residual } = this;
    const { plan } = residual;
    const node = this.node[depth]!;
    if (node < plan.cols) return plan.load[node]! < plan.capacity[node]!;
    return plan.open && residual.surplusOf(node - plan.cols) === 0;
  }

  /** Sends a unit along the way, and opens it for others. */
  private give(last: number): void {
    const { residual, entered, mark } = this;
    const { plan } = residual;
    const atRow = this.node[last]! >= plan.cols;
    if (atRow) plan.drop(entered[last]!);
    for (let depth = atRow ? last - 1 : last; depth > 0; depth -= 2)
      plan.exchange(entered[depth - 1]!, entered[depth]!);
    for (let depth = 0; depth <= last; depth++) {
      const node = this.node[depth]!;
      mark[node] = 0;
      if (node >= plan.cols) residual.touch(node - plan.cols);
    }
  }
}
