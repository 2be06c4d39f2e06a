import { solveFlow } from './flow.ts';
import type { Network } from './flow.ts';
import { bonusOf } from './staffing.ts';
import type { Staffing, StaffingOptions, StaffingPlan, StaffingProof } from './staffing.ts';
import { boundOf, objectiveOf } from './staffing-value.ts';

/** Nodes: the source, each position and its open part, the caps, the sink. */
const positionNode = (r: number): number => 1 + 2 * r;

/** A staffing as a network; option o is arc o, of capacity 1. */
export function networkOf(staffing: Staffing): Network {
  const { slots, certified, most, inside, position, cap, weight, holds } = staffing;
  const firstCap = positionNode(slots.length);
  const sink = firstCap + most.length;
  const [tail, head, capacity, gain]: number[][] = [[], [], [], []];
  const add = (from: number, to: number, room: number, worth: number): void => {
    tail!.push(from);
    head!.push(to);
    capacity!.push(room);
    gain!.push(worth);
  };
  for (let o = 0; o < position.length; o++) {
    add(positionNode(position[o]!) + (holds[o] === 1 ? 0 : 1), firstCap + cap[o]!, 1, weight[o]!);
  }
  for (let r = 0; r < slots.length; r++) {
    add(positionNode(r), positionNode(r) + 1, Math.max(0, slots[r]! - certified[r]!), 0);
    for (let slot = 0; slot < slots[r]!;) {
      const value = bonusOf(staffing, r, slot);
      const from = slot;
      while (slot < slots[r]! && bonusOf(staffing, r, slot) === value) slot++;
      add(0, positionNode(r), slot - from, value);
    }
  }
  for (let c = 0; c < most.length; c++) {
    add(firstCap + c, inside[c]! < 0 ? sink : firstCap + inside[c]!, most[c]!, 0);
  }
  return {
    nodes: sink + 1,
    source: 0,
    sink,
    tail: Int32Array.from(tail!),
    head: Int32Array.from(head!),
    capacity: Int32Array.from(capacity!),
    gain: Int32Array.from(gain!),
  };
}

/** What the potentials of the network say of the staffing. */
function proofOf({ slots, most, inside }: Staffing, potential: Float64Array, sink: number): StaffingProof {
  const firstCap = positionNode(slots.length);
  const at = (node: number): number => potential[node]!;
  return {
    need: Float64Array.from(slots, (_, r) => at(sink) - at(positionNode(r))),
    open: Float64Array.from(slots, (_, r) => Math.max(0, at(positionNode(r) + 1) - at(positionNode(r)))),
    price: Float64Array.from(most, (_, c) => {
      const outer = inside[c]! < 0 ? sink : firstCap + inside[c]!;
      return Math.max(0, at(outer) - at(firstCap + c));
    }),
  };
}

/** The potentials that a proof stands for: the other way round. */
export function potentialsOf({ slots, most, inside }: Staffing, proof: StaffingProof): Float64Array {
  const firstCap = positionNode(slots.length);
  const potential = new Float64Array(firstCap + most.length + 1);
  for (let r = 0; r < slots.length; r++) {
    potential[positionNode(r)] = -proof.need[r]!;
    potential[positionNode(r) + 1] = proof.open[r]! - proof.need[r]!;
  }
  for (let c = 0; c < most.length; c++) {
    for (let outer = c; outer >= 0; outer = inside[outer]!) potential[firstCap + c]! -= proof.price[outer]!;
  }
  return potential;
}

/** Solves a staffing with caps inside caps or certified people. */
export function solveOnNetwork(staffing: Staffing, options: StaffingOptions): StaffingPlan {
  options.onPhase?.('repair');
  const network = networkOf(staffing);
  const { flow, potential } = solveFlow(network, options.budget);
  options.onPhase?.('proof');
  const used = Uint8Array.from(flow.subarray(0, staffing.position.length));
  const proof = proofOf(staffing, potential, network.sink);
  const [objective, bound] = [objectiveOf(staffing, used), boundOf(staffing, proof)];
  return { status: objective === bound ? 'optimal' : 'feasible', used, objective, bound, proof };
}
