import { budgetOf, UNLIMITED } from '../../server/features/matching/solver/budget.ts';
import type { Budget } from '../../server/features/matching/solver/budget.ts';
import { sortEdges } from '../../server/features/matching/solver/market.ts';
import type { EdgeList, Market, SortedEdges } from '../../server/features/matching/solver/market.ts';
import {
  checkAssignment,
  checkBMatching,
  checkCut,
} from '../../server/features/matching/solver/proof-check.ts';
import { solveAssignment } from '../../server/features/matching/solver/solve-assignment.ts';
import { solveMarket } from '../../server/features/matching/solver/solve-market.ts';
import { lineOfEdge, readInstance } from './instance.ts';
import type { AssignmentFile, BMatchingFile } from './instance.ts';
import { FileFault } from './lines.ts';

/** What the command prints, in the file's numbering; `flow` has one entry for each edge line. */
export interface Answer {
  readonly kind: 'asn' | 'bmatch';
  readonly status: 'optimal' | 'infeasible' | 'feasible';
  readonly objective: bigint | null;
  readonly bound: bigint | null;
  readonly solveMs: number;
  readonly flow: Uint8Array;
  readonly certificate:
    | { readonly price: Float64Array }
    | { readonly surplus: Float64Array; readonly price: Float64Array }
    | { readonly cut: readonly number[] };
}

/**
 * Reads a file and solves it; every proof is checked by the independent checker before it is given.
 * @param seconds when to stop with the best so far; null for never
 * @throws FileFault where the file cannot be read
 */
export function solveFile(path: string, seconds: number | null): Answer {
  const instance = readInstance(path);
  const startedAt = performance.now();
  const budget = seconds === null ? UNLIMITED : budgetOf(seconds * 1000);
  const solved = instance.kind === 'asn' ? solveAsn(instance, budget) : solveBMatch(instance, budget, path);
  const solveMs = Math.round(performance.now() - startedAt);
  const fault = solved.check();
  if (fault) throw new Error(`The proof does not hold: ${fault}`);
  return { ...solved.answer, solveMs };
}

interface Solved {
  readonly answer: Omit<Answer, 'solveMs'>;
  /** What is wrong with the proof, null when nothing. */
  check(): string | null;
}

function marketOf(list: EdgeList, demand: Int32Array, capacity: Int32Array): Market & SortedEdges {
  return { rows: list.rows, cols: list.cols, demand, capacity, ...sortEdges(list) };
}

function solveAsn(file: AssignmentFile, budget: Budget): Solved {
  const { nodes, isLeft, left, right, value } = file;
  // Places of the nodes on their own side.
  const place = new Int32Array(nodes + 1);
  const sides: [number[], number[]] = [[], []];
  for (let node = 1; node <= nodes; node++) {
    const side = sides[isLeft[node] === 1 ? 0 : 1];
    place[node] = side.length;
    side.push(node);
  }
  const [lefts, rights] = sides;
  const row = left.map((node) => place[node]!);
  const col = right.map((node) => place[node]!);
  const list = { rows: lefts.length, cols: rights.length, row, col, weight: value.map((cost) => -cost) };
  const ones = new Int32Array(Math.max(lefts.length, rights.length)).fill(1);
  const market = marketOf(list, ones, ones);
  const solution = solveAssignment(market, budget);
  const flow = new Uint8Array(left.length);
  if (solution.status === 'infeasible') {
    const cut = [...solution.rows.map((r) => lefts[r]!), ...solution.cols.map((v) => rights[v]!)];
    return {
      answer: { kind: 'asn', status: 'infeasible', objective: null, bound: null, flow, certificate: { cut } },
      check: () => checkCut(file, cut),
    };
  }
  for (const e of solution.edgeOf) flow[market.origin[e]!] = 1;
  const price = new Float64Array(nodes);
  lefts.forEach((node, r) => (price[node - 1] = 0 - solution.surplus[r]!));
  rights.forEach((node, v) => (price[node - 1] = solution.price[v]!));
  const objective = -solution.objective;
  const bound = -solution.bound;
  const { status } = solution;
  return {
    answer: {
      kind: 'asn',
      status,
      objective,
      bound: status === 'optimal' ? null : bound,
      flow,
      certificate: { price },
    },
    check: () => checkAssignment(file, flow, price, { objective, bound }),
  };
}

function solveBMatch(file: BMatchingFile, budget: Budget, path: string): Solved {
  const { slots, capacity, left, right, value } = file;
  const list: EdgeList = {
    rows: slots.length,
    cols: capacity.length,
    row: left.map((id) => id - 1),
    col: right.map((id) => id - 1),
    weight: value,
  };
  const market = marketOf(list, slots, capacity);
  const twice = repeatedEdge(market);
  if (twice >= 0) {
    const pair = `request ${left[twice]!} and volunteer ${right[twice]!}`;
    throw new FileFault(lineOfEdge(path, 'e', twice), `a second edge of ${pair}`);
  }
  const { status, objective, bound, taken, surplus, price } = solveMarket(market, { budget });
  const flow = new Uint8Array(left.length);
  for (let e = 0; e < taken.length; e++) if (taken[e] === 1) flow[market.origin[e]!] = 1;
  return {
    answer: {
      kind: 'bmatch',
      status,
      objective,
      bound: status === 'optimal' ? null : bound,
      flow,
      certificate: { surplus, price },
    },
    check: () =>
      checkBMatching({ ...list, demand: slots, capacity }, flow, { surplus, price, objective, bound }),
  };
}

/** The first edge of the file that repeats an earlier one, -1 where none does. */
function repeatedEdge({ rows, cols, start, col, origin }: Market & SortedEdges): number {
  const firstOf = new Int32Array(cols);
  const seenIn = new Int32Array(cols).fill(-1);
  let found = -1;
  for (let r = 0; r < rows; r++) {
    for (let e = start[r]!; e < start[r + 1]!; e++) {
      const v = col[e]!;
      if (seenIn[v] === r) {
        const later = Math.max(firstOf[v]!, origin[e]!);
        if (found < 0 || later < found) found = later;
      }
      seenIn[v] = r;
      firstOf[v] = origin[e]!;
    }
  }
  return found;
}
