import type { Market } from '../../server/features/matching/solver/market.ts';

/** What another solver found, and how long its solving alone took. */
export interface Verdict {
  readonly objective: number;
  readonly ms: number;
}

/** HiGHS as a linear programme by the simplex method; its vertices are whole numbers here. */
export async function solveWithHighs(market: Market): Promise<Verdict> {
  // Only where bench/matching has its own packages; the house does not depend on them.
  const name: string = 'highs';
  const { default: load } = (await import(name)) as { default: () => Promise<Highs> };
  const highs = await load();
  const { rows, cols, start, col, weight, demand, capacity } = market;
  const edges = col.length;
  const rowOf = new Int32Array(edges);
  for (let r = 0; r < rows; r++) rowOf.fill(r, start[r], start[r + 1]);
  const indices = new Int32Array(2 * edges);
  for (let e = 0; e < edges; e++) {
    indices[2 * e] = rowOf[e]!;
    indices[2 * e + 1] = rows + col[e]!;
  }
  const upper = Float64Array.from([...demand, ...capacity]);
  const model = highs.createModel({
    numCols: edges,
    numRows: rows + cols,
    colCost: Float64Array.from(weight, (w) => -w),
    colLower: new Float64Array(edges),
    colUpper: new Float64Array(edges).fill(1),
    rowLower: new Float64Array(rows + cols).fill(-highs.infinity),
    rowUpper: upper,
    matrix: {
      format: 'csc',
      numRows: rows + cols,
      numCols: edges,
      starts: Int32Array.from({ length: edges + 1 }, (_, e) => 2 * e),
      indices,
      values: new Float64Array(2 * edges).fill(1),
    },
  });
  model.options.set({ output_flag: false, solver: 'simplex' });
  const startedAt = performance.now();
  model.run();
  const ms = performance.now() - startedAt;
  const objective = Math.round(-model.getObjectiveValue());
  model.dispose();
  return { objective, ms };
}

interface Highs {
  readonly infinity: number;
  createModel(data: object): {
    readonly options: { set(options: object): void };
    run(): void;
    getObjectiveValue(): number;
    dispose(): void;
  };
}

/** OR-Tools' minimum-cost flow, built for WebAssembly. */
export async function solveWithOrTools(market: Market): Promise<Verdict> {
  const name: string = 'or-tools-wasm/network-flow';
  const { initNetworkFlow, SimpleMinCostFlow, terminateLoadedRuntimeThreads } = (await import(
    name
  )) as OrTools;
  await initNetworkFlow();
  const { rows, cols, start, col, weight, demand, capacity } = market;
  const flow = new SimpleMinCostFlow();
  const [source, sink] = [rows + cols, rows + cols + 1];
  let slots = 0;
  for (let r = 0; r < rows; r++) {
    slots += demand[r]!;
    flow.addArcWithCapacityAndUnitCost(source, r, demand[r]!, 0);
    for (let e = start[r]!; e < start[r + 1]!; e++) {
      flow.addArcWithCapacityAndUnitCost(r, rows + col[e]!, 1, -weight[e]!);
    }
  }
  for (let v = 0; v < cols; v++) flow.addArcWithCapacityAndUnitCost(rows + v, sink, capacity[v]!, 0);
  flow.addArcWithCapacityAndUnitCost(source, sink, slots, 0);
  flow.setNodeSupply(source, slots);
  flow.setNodeSupply(sink, -slots);
  const startedAt = performance.now();
  const status = await flow.solve();
  const ms = performance.now() - startedAt;
  if (status !== SimpleMinCostFlow.OPTIMAL) throw new Error(`OR-Tools ended with status ${status}`);
  const objective = -flow.optimalCost();
  await terminateLoadedRuntimeThreads();
  return { objective, ms };
}

interface OrTools {
  initNetworkFlow(): Promise<void>;
  terminateLoadedRuntimeThreads(): Promise<void>;
  readonly SimpleMinCostFlow: {
    readonly OPTIMAL: number;
    new (): {
      addArcWithCapacityAndUnitCost(tail: number, head: number, capacity: number, cost: number): number;
      setNodeSupply(node: number, supply: number): void;
      solve(): Promise<number>;
      optimalCost(): number;
    };
  };
}
