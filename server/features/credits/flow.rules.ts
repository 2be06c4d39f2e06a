/**
 * A largest flow of least cost through a small network, in whole numbers. Costs may be negative as long as no circle of edges
 * has a negative sum (ours has no circles). Exact: shortest augmenting paths, Bellman–Ford.
 */
export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly capacity: number;
  readonly cost: number;
}

interface Arc {
  readonly to: number;
  readonly cost: number;
  left: number;
}

/** Flow over each edge, in the order given: the largest from node 0 to node 1, and of these one of least cost. */
export function largestFlow(nodes: number, edges: readonly Edge[]): number[] {
  // Arc 2n is edge n, arc 2n + 1 its reverse.
  const arcs: Arc[] = edges.flatMap(({ from, to, capacity, cost }) => [
    { to, cost, left: capacity },
    { to: from, cost: -cost, left: 0 },
  ]);
  const leaving: number[][] = Array.from({ length: nodes }, () => []);
  edges.forEach(({ from, to }, n) => {
    leaving[from]?.push(2 * n);
    leaving[to]?.push(2 * n + 1);
  });
  for (;;) {
    const path = cheapestPath(nodes, arcs, leaving);
    if (!path) return edges.map((_, n) => arcs[2 * n + 1]?.left ?? 0);
    const amount = Math.min(...path.map((at) => arcs[at]?.left ?? 0));
    for (const at of path) push(arcs, at, amount);
  }
}

function push(arcs: readonly Arc[], at: number, amount: number): void {
  const [forth, back] = [arcs[at], arcs[at ^ 1]];
  if (!forth || !back) return;
  forth.left -= amount;
  back.left += amount;
}

/** Arcs of the cheapest path from node 0 to node 1 on which something is left, or null. */
function cheapestPath(
  nodes: number,
  arcs: readonly Arc[],
  leaving: readonly (readonly number[])[],
): number[] | null {
  const cost = new Array<number>(nodes).fill(Infinity);
  const by = new Array<number>(nodes).fill(-1);
  cost[0] = 0;
  for (let round = 0, changed = true; changed && round < nodes; round += 1) {
    changed = false;
    for (let node = 0; node < nodes; node += 1) {
      const here = cost[node] ?? Infinity;
      if (here === Infinity) continue;
      for (const at of leaving[node] ?? []) {
        const arc = arcs[at];
        if (!arc || arc.left === 0 || here + arc.cost >= (cost[arc.to] ?? Infinity)) continue;
        cost[arc.to] = here + arc.cost;
        by[arc.to] = at;
        changed = true;
      }
    }
  }
  if (cost[1] === Infinity) return null;
  const path: number[] = [];
  for (let node = 1; node !== 0;) {
    const at = by[node] ?? -1;
    path.push(at);
    node = arcs[at ^ 1]?.to ?? 0;
  }
  return path.reverse();
}
