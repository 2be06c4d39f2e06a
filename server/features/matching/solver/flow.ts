import { UNLIMITED } from './budget.ts';
import type { Budget } from './budget.ts';
import { NodeHeap } from './heap.ts';
import { ExactSum } from './sum.ts';

/** A network: arc k goes from tail[k] to head[k], carries up to capacity[k], and each unit gains gain[k]. */
export interface Network {
  readonly nodes: number;
  readonly source: number;
  readonly sink: number;
  readonly tail: Int32Array;
  readonly head: Int32Array;
  readonly capacity: Int32Array;
  readonly gain: Int32Array;
}

/** The flow of the greatest gain, and potentials that prove it; where the budget ended first, a flow that gains less and potentials that bound it. */
export interface FlowSolution {
  readonly flow: Int32Array;
  readonly potential: Float64Array;
  readonly finished: boolean;
}

const PATHS_BETWEEN_CHECKS = 16;

/**
 * The most gainful flow from source to sink, of whatever size, by successive shortest paths. The network must have no
 * circle. For what the b-matching cannot say: caps inside caps on either side.
 */
export function solveFlow(network: Network, budget: Budget = UNLIMITED): FlowSolution {
  const search = new Search(network);
  let finished = false;
  for (let paths = 1; !finished; paths++) {
    if (paths % PATHS_BETWEEN_CHECKS === 0 && budget.isOver()) break;
    finished = !search.augment();
  }
  const { flow, potential } = search;
  if (finished) assertProved(network, flow, potential);
  return { flow, potential, finished };
}

class Search {
  readonly flow: Int32Array;
  /** What a unit at the node has gained at most, negated: arcs with room left never gain more than their ends differ. */
  readonly potential: Float64Array;
  private readonly network: Network;
  private readonly start: Int32Array;
  /** Arcs at each node: k forward, ~k backward. */
  private readonly arc: Int32Array;
  private readonly heap: NodeHeap;
  private readonly dist: Float64Array;
  private readonly via: Int32Array;
  private readonly touched: Int32Array;
  private touchedCount = 0;

  constructor(network: Network) {
    const { nodes, tail, head } = network;
    this.network = network;
    this.flow = new Int32Array(tail.length);
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
    this.heap = new NodeHeap(nodes);
    this.dist = new Float64Array(nodes).fill(Infinity);
    this.touched = new Int32Array(nodes);
    this.via = new Int32Array(nodes);
    this.potential = this.longestGains();
  }

  /** Sends what one cheapest path carries. @returns false where no path gains any more */
  augment(): boolean {
    const { network, dist, heap } = this;
    const { source, sink } = network;
    this.reach(source, 0, 0);
    // A path that loses this much or more is better not gone.
    const worth = this.potential[source]! - this.potential[sink]!;
    let reached = false;
    while (heap.size > 0 && heap.topKey() < worth && !reached) {
      const x = heap.pop();
      if (x === sink) reached = true;
      else this.leave(x);
    }
    const limit = reached ? dist[sink]! : Math.max(0, worth);
    for (let i = 0; i < this.touchedCount; i++) {
      const x = this.touched[i]!;
      if (dist[x]! < limit) this.potential[x]! += dist[x]! - limit;
      dist[x] = Infinity;
    }
    this.touchedCount = 0;
    heap.clear();
    if (reached) this.send();
    return reached;
  }

  private reach(x: number, d: number, via: number): void {
    if (d >= this.dist[x]!) return;
    if (this.dist[x] === Infinity) this.touched[this.touchedCount++] = x;
    this.dist[x] = d;
    this.via[x] = via;
    this.heap.push(x, d);
  }

  private leave(x: number): void {
    const { dist, potential, arc, flow } = this;
    const { tail, head, capacity, gain } = this.network;
    const d = dist[x]!;
    for (let i = this.start[x]!; i < this.start[x + 1]!; i++) {
      const k = arc[i]!;
      let y: number;
      let loss: number;
      if (k >= 0) {
        if (flow[k] === capacity[k]) continue;
        y = head[k]!;
        loss = -gain[k]!;
      } else {
        if (flow[~k] === 0) continue;
        y = tail[~k]!;
        loss = gain[~k]!;
      }
      this.reach(y, d + loss + potential[x]! - potential[y]!, k);
    }
  }

  private send(): void {
    const { via, flow } = this;
    const { source, sink, tail, head, capacity } = this.network;
    let amount = Infinity;
    for (let x = sink; x !== source;) {
      const k = via[x]!;
      amount = Math.min(amount, k >= 0 ? capacity[k]! - flow[k]! : flow[~k]!);
      x = k >= 0 ? tail[k]! : head[~k]!;
    }
    for (let x = sink; x !== source;) {
      const k = via[x]!;
      if (k >= 0) flow[k]! += amount;
      else flow[~k]! -= amount;
      x = k >= 0 ? tail[k]! : head[~k]!;
    }
  }

  /** Least losses from anywhere to each node while nothing flows, in topological order. */
  private longestGains(): Float64Array {
    const { nodes, tail, head, gain, capacity } = this.network;
    const incoming = new Int32Array(nodes);
    for (const y of head) incoming[y]!++;
    const queue = [...incoming.keys()].filter((x) => incoming[x] === 0);
    const potential = new Float64Array(nodes);
    for (let q = 0; q < queue.length; q++) {
      const x = queue[q]!;
      for (let i = this.start[x]!; i < this.start[x + 1]!; i++) {
        const k = this.arc[i]!;
        if (k < 0 || tail[k] !== x) continue;
        const y = head[k]!;
        if (capacity[k]! > 0) potential[y] = Math.min(potential[y]!, potential[x]! - gain[k]!);
        if (--incoming[y]! === 0) queue.push(y);
      }
    }
    if (queue.length < nodes) throw new Error('The network has a circle');
    return potential;
  }
}

/** The flow gains what the potentials prove: what every full arc gains beyond the difference of its ends. */
function assertProved(network: Network, flow: Int32Array, potential: Float64Array): void {
  const { source, sink, tail, head, capacity, gain } = network;
  const [objective, bound] = [new ExactSum(), new ExactSum()];
  if (potential[source]! > potential[sink]!) throw new Error('A path still gains: a fault of the solver');
  for (let k = 0; k < tail.length; k++) {
    objective.addProduct(flow[k]!, gain[k]!);
    const beyond = gain[k]! - potential[tail[k]!]! + potential[head[k]!]!;
    if (beyond > 0) bound.addProduct(capacity[k]!, beyond);
  }
  if (objective.value !== bound.value) throw new Error('The flow is not proved: a fault of the solver');
}
