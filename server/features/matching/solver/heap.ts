/** Nodes by distance, smallest first, ties by node: a binary heap that can lower the distance of a node it holds. */
export class NodeHeap {
  size = 0;
  private readonly heap: Int32Array;
  private readonly place: Int32Array;
  private readonly key: Float64Array;

  /** @param nodes how many there are, numbered from 0 */
  constructor(nodes: number) {
    this.heap = new Int32Array(nodes);
    this.place = new Int32Array(nodes).fill(-1);
    this.key = new Float64Array(nodes);
  }

  /** Smallest distance; only while size > 0. */
  topKey(): number {
    return this.key[this.heap[0]!]!;
  }

  /** Adds a node or lowers its distance. */
  push(node: number, key: number): void {
    let at = this.place[node]!;
    if (at < 0) at = this.size++;
    this.key[node] = key;
    const { heap, place, key: keys } = this;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const other = heap[up]!;
      const otherKey = keys[other]!;
      if (otherKey < key || (otherKey === key && other < node)) break;
      heap[at] = other;
      place[other] = at;
      at = up;
    }
    heap[at] = node;
    place[node] = at;
  }

  /** Takes the node with the smallest distance out; only while size > 0. */
  pop(): number {
    const { heap, place } = this;
    const top = heap[0]!;
    place[top] = -1;
    const last = heap[--this.size]!;
    if (this.size > 0) this.sink(last);
    return top;
  }

  clear(): void {
    for (let i = 0; i < this.size; i++) this.place[this.heap[i]!] = -1;
    this.size = 0;
  }

  private sink(node: number): void {
    const { heap, place, key: keys, size } = this;
    const key = keys[node]!;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= size) break;
      let other = heap[down]!;
      let otherKey = keys[other]!;
      if (down + 1 < size) {
        const right = heap[down + 1]!;
        const rightKey = keys[right]!;
        if (rightKey < otherKey || (rightKey === otherKey && right < other)) {
          down++;
          other = right;
          otherKey = rightKey;
        }
      }
      if (key < otherKey || (key === otherKey && node < other)) break;
      heap[at] = other;
      place[other] = at;
      at = down;
    }
    heap[at] = node;
    place[node] = at;
  }
}
