import { NodeHeap } from './heap.ts';
import type { Network } from './flow.ts';
import type { Staffing, StaffingPlan } from './staffing.ts';
import { bonusOf } from './staffing.ts';
import { networkOf, potentialsOf } from './staffing-network.ts';

/** How a plan answers "what if this pair must be in it?" */
export interface Forced {
  /** What the plan loses at least, exactly; 0 where the pair is in it, Infinity where it cannot be. */
  readonly loss: number;
  /** The options that would be given up for it, and those that would come in beside it. */
  readonly out: readonly number[];
  readonly in: readonly number[];
}

/**
 * What the whole plan loses if each of these options must be used, one at a time: one shortest path each, from the stored
 * numbers, exact where the plan is optimal. Nothing is changed.
 */
export function forceOptions(
  staffing: Staffing,
  plan: Pick<StaffingPlan, 'used' | 'proof'>,
  options: readonly number[],
): Forced[] {
  const network = networkOf(staffing);
  const residual = new Residual(
    network,
    flowOf(staffing, network, plan.used),
    potentialsOf(staffing, plan.proof),
  );
  return options.map((option) =>
    plan.used[option] === 1 ? { loss: 0, out: [], in: [] } : residual.force(option, staffing.position.length),
  );
}

/** The flow that a plan is: options as used, each position's dearest slots first. */
function flowOf(staffing: Staffing, network: Network, used: Uint8Array): Int32Array {
  const { slots, position, cap, inside, holds } = staffing;
  const flow = new Int32Array(network.tail.length);
  const filled = new Int32Array(slots.length);
  const open = new Int32Array(slots.length);
  const load = new Int32Array(inside.length);
  for (let o = 0; o < used.length; o++) {
    if (used[o] === 0) continue;
    flow[o] = 1;
    filled[position[o]!]!++;
    if (holds[o] === 0) open[position[o]!]!++;
    for (let c = cap[o]!; c >= 0; c = inside[c]!) load[c]!++;
  }
  let k = position.length;
  for (let r = 0; r < slots.length; r++) {
    flow[k++] = open[r]!;
    let left = filled[r]!;
    for (let slot = 0; slot < slots[r]!;) {
      const value = bonusOf(staffing, r, slot);
      while (slot < slots[r]! && bonusOf(staffing, r, slot) === value) slot++;
      flow[k] = Math.min(left, network.capacity[k]!);
      left -= flow[k++]!;
    }
  }
  for (let c = 0; c < load.length; c++) flow[k++] = load[c]!;
  return flow;
}

/** What may still move: lengths are what a step loses at the potentials, so never negative. */
class Residual {
  private readonly network: Network;
  private readonly flow: Int32Array;
  private readonly potential: Float64Array;
  private readonly start: Int32Array;
  private readonly arc: Int32Array;

  constructor(network: Network, flow: Int32Array, potential: Float64Array) {
    this.network = network;
    this.flow = flow;
    this.potential = potential;
    const { nodes, tail, head } = network;
    this.start = new Int32Array(nodes + 1);
    for (let k = 0; k < tail.length; k++) {
      this.start[tail[k]! + 1]!++;
      this.start[head[k]! + 1]!++;
    }
    for (let x = 0; x < nodes; x++) this.start[x + 1]! += this.start[x]!;
    const at = this.start.slice();
    this.arc = new Int32Array(2 * tail.length);
    for (let k = 0; k < tail.length; k++) {
      this.arc[at[tail[k]!]!++] = k;
      this.arc[at[head[k]!]!++] = ~k;
    }
  }

  /** The cheapest circle through the option's arc: from its head back to its tail, over the free way between the ends. */
  force(option: number, options: number): Forced {
    const { nodes, tail, head, gain, source, sink } = this.network;
    const [from, goal] = [head[option]!, tail[option]!];
    const dist = new Float64Array(nodes).fill(Infinity);
    const via = new Int32Array(nodes);
    const heap = new NodeHeap(nodes);
    const NOTHING = 2 ** 30;
    const reach = (x: number, d: number, k: number): void => {
      if (d >= dist[x]!) return;
      dist[x] = d;
      via[x] = k;
      heap.push(x, d);
    };
    reach(from, 0, NOTHING);
    while (heap.size > 0) {
      const x = heap.pop();
      if (x === goal) break;
      const d = dist[x]!;
      // Units come and go freely: any amount may flow, so the ends are one.
      if (x === sink) reach(source, d, NOTHING + 1);
      if (x === source) reach(sink, d, NOTHING + 1);
      for (let i = this.start[x]!; i < this.start[x + 1]!; i++) {
        const k = this.arc[i]!;
        if (k !== option && this.mayGo(k)) reach(this.otherEnd(k), d + this.length(k), k);
      }
    }
    if (dist[goal] === Infinity) return { loss: Infinity, out: [], in: [] };
    const moved: { out: number[]; in: number[] } = { out: [], in: [] };
    for (let x = goal; x !== from;) {
      const k = via[x]!;
      if (k === NOTHING + 1) {
        x = x === source ? sink : source;
        continue;
      }
      const forward = k >= 0;
      const index = forward ? k : ~k;
      if (index < options) (forward ? moved.in : moved.out).push(index);
      x = forward ? tail[index]! : head[index]!;
    }
    // Potentials of the ends are equal, so those along the circle cancel out.
    const first = this.potential[goal]! - this.potential[from]! - gain[option]!;
    return { loss: dist[goal]! + first, ...moved };
  }

  private mayGo(k: number): boolean {
    return k >= 0 ? this.flow[k]! < this.network.capacity[k]! : this.flow[~k]! > 0;
  }

  private otherEnd(k: number): number {
    return k >= 0 ? this.network.head[k]! : this.network.tail[~k]!;
  }

  private length(k: number): number {
    const index = k >= 0 ? k : ~k;
    const beyond =
      this.network.gain[index]! -
      this.potential[this.network.tail[index]!]! +
      this.potential[this.network.head[index]!]!;
    return k >= 0 ? -beyond : beyond;
  }
}
