/*
 * The checker of optimality proofs. It shares no code with the solver on purpose, and does nothing but add up:
 * in BigInt, over the edges as they were given. Each function returns what is wrong, or null where the proof holds.
 */

/** A b-matching as given: edge k joins row[k] with col[k]. */
export interface GivenBMatching {
  readonly row: Int32Array;
  readonly col: Int32Array;
  readonly weight: Int32Array;
  readonly demand: Int32Array;
  readonly capacity: Int32Array;
}

/** Surplus of each row, price of each column, and what they are claimed to prove. */
export interface BMatchingProof {
  readonly surplus: Float64Array;
  readonly price: Float64Array;
  readonly objective: bigint;
  readonly bound: bigint;
}

/** Proved: `flow` is a b-matching worth `objective`, and none is worth more than `bound`. */
export function checkBMatching(
  given: GivenBMatching,
  flow: Uint8Array,
  proof: BMatchingProof,
): string | null {
  const { row, col, weight, demand, capacity } = given;
  const { surplus, price } = proof;
  if (flow.length !== row.length || surplus.length !== demand.length || price.length !== capacity.length)
    return 'wrong length';
  if (![...surplus.values(), ...price.values()].every((x) => Number.isSafeInteger(x) && x >= 0))
    return 'a surplus or price is no whole number from 0';
  const [used, load] = [new Float64Array(demand.length), new Float64Array(capacity.length)];
  let [objective, bound] = [0n, 0n];
  for (let k = 0; k < row.length; k++) {
    const [r, v, w] = [row[k]!, col[k]!, weight[k]!];
    if (flow[k]! > 1) return `edge ${k} is used more than once`;
    if (flow[k] === 1) {
      objective += BigInt(w);
      used[r]!++;
      load[v]!++;
    }
    const gain = w - surplus[r]! - price[v]!;
    if (gain > 0) bound += BigInt(gain);
  }
  for (let r = 0; r < demand.length; r++) {
    if (used[r]! > demand[r]!) return `row ${r} uses more than its slots`;
    if (surplus[r]! > 0) bound += BigInt(demand[r]!) * BigInt(surplus[r]!);
  }
  for (let v = 0; v < capacity.length; v++) {
    if (load[v]! > capacity[v]!) return `column ${v} is used beyond its capacity`;
    if (price[v]! > 0) bound += BigInt(capacity[v]!) * BigInt(price[v]!);
  }
  return different(proof, objective, bound);
}

/** An assignment as given: arc k joins nodes left[k] and right[k], numbered from 1, at a cost. */
export interface GivenAssignment {
  readonly nodes: number;
  readonly isLeft: Uint8Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly value: Int32Array;
}

/** Proved: `flow` pairs every node at the cost `objective`, and no pairing costs less than `bound`. */
export function checkAssignment(
  given: GivenAssignment,
  flow: Uint8Array,
  price: Float64Array,
  claim: { readonly objective: bigint; readonly bound: bigint },
): string | null {
  const { nodes, isLeft, left, right, value } = given;
  if (flow.length !== left.length || price.length !== nodes) return 'wrong length';
  if (!price.every((p) => Number.isSafeInteger(p))) return 'a price is no whole number';
  const uses = new Float64Array(nodes + 1);
  let [objective, bound] = [0n, 0n];
  for (let k = 0; k < left.length; k++) {
    const [a, b, cost] = [left[k]!, right[k]!, value[k]!];
    if (flow[k]! > 1) return `arc ${k} is used more than once`;
    if (flow[k] === 1) {
      objective += BigInt(cost);
      uses[a]!++;
      uses[b]!++;
    }
    const reduced = cost - price[a - 1]! + price[b - 1]!;
    if (reduced < 0) bound += BigInt(reduced);
  }
  for (let node = 1; node <= nodes; node++) {
    if (uses[node] !== 1) return `node ${node} is paired ${uses[node]!} times`;
    bound += BigInt(price[node - 1]!) * (isLeft[node] === 1 ? 1n : -1n);
  }
  return different(claim, objective, bound);
}

/** Proved: there is no perfect assignment, for the left nodes of the cut have fewer neighbours than they are. */
export function checkCut(given: GivenAssignment, cut: readonly number[]): string | null {
  const { nodes, isLeft, left, right } = given;
  const inside = new Set(cut);
  const lefts = cut.filter((node) => isLeft[node] === 1).length;
  if (inside.size !== cut.length) return 'a node is named twice';
  if (cut.length === 0)
    return 2 * isLeft.filter((one) => one === 1).length === nodes ? 'the sides are equal' : null;
  if (2 * lefts <= cut.length) return 'there are enough neighbours';
  const missing = left.findIndex((node, k) => inside.has(node) && !inside.has(right[k]!));
  return missing < 0 ? null : `node ${right[missing]!} is a neighbour as well`;
}

function different(
  claim: { readonly objective: bigint; readonly bound: bigint },
  objective: bigint,
  bound: bigint,
): string | null {
  if (claim.objective !== objective) return `the objective is ${objective}, not ${claim.objective}`;
  return claim.bound === bound ? null : `the bound is ${bound}, not ${claim.bound}`;
}
