import { FileFault, readLines } from './lines.ts';
import type { Line } from './lines.ts';

/** Edges in file order; nodes as the file numbers them. */
export interface FileEdges {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly value: Int32Array;
}

export interface AssignmentFile extends FileEdges {
  readonly kind: 'asn';
  readonly nodes: number;
  /** 1 for each node (from 1) on the left side. */
  readonly isLeft: Uint8Array;
}

export interface BMatchingFile extends FileEdges {
  readonly kind: 'bmatch';
  /** Slots of request i + 1. */
  readonly slots: Int32Array;
  readonly capacity: Int32Array;
}

export type Instance = AssignmentFile | BMatchingFile;

const MOST = 2 ** 31 - 1;
/** More nodes than this fit neither into memory nor into any file we can read. */
const MOST_NODES = 2 ** 26;
const [P, N, A, R, V, E] = [...'pnarve'].map((letter) => letter.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
  number,
  number,
];

/** Reads an assignment (DIMACS) or b-matching file; the `p` line decides. @throws FileFault with line and reason */
export function readInstance(path: string): Instance {
  let reader: Reader | null = null;
  const lines = readLines(path, (line) => {
    if (reader) reader.read(line);
    else reader = readerFor(line);
  });
  // TypeScript does not see that the callback assigned it.
  const found = reader as Reader | null;
  if (!found) throw new FileFault(Math.max(1, lines), 'there is no p line');
  return found.finish(path);
}

interface Reader {
  read(line: Line): void;
  finish(path: string): Instance;
}

const unexpected = (line: Line, wanted: string): string =>
  line.letter === P ? 'a second p line' : `expected ${wanted}, found "${line.kind.slice(0, 40)}"`;

/** The line of the edge number `index` (from 0), found by reading the file again: only faults ask. */
export function lineOfEdge(path: string, letter: 'a' | 'e', index: number): number {
  let found = 0;
  let seen = 0;
  readLines(path, (line) => {
    if (line.kind === letter && seen++ === index) found = line.number;
  });
  return found;
}

function readerFor(line: Line): Reader {
  if (line.letter !== P) line.fail(`expected a p line first, found "${line.kind.slice(0, 40)}"`);
  const format = line.fields > 0 ? line.text(0) : '';
  if (format === 'asn') return new AssignmentReader(line);
  if (format === 'bmatch') return new BMatchingReader(line);
  return line.fail('expected "p asn N M" or "p bmatch R V E"');
}

/** Edges as they come, and what the p line promised of them. */
class Edges {
  private left: Int32Array;
  private right: Int32Array;
  private value: Int32Array;
  private size = 0;
  private readonly promised: number;
  private readonly promisedIn: number;
  private readonly word: string;

  constructor(promised: number, line: Line, word: string) {
    this.promised = promised;
    this.promisedIn = line.number;
    this.word = word;
    const room = Math.min(promised, 1 << 20);
    this.left = new Int32Array(room);
    this.right = new Int32Array(room);
    this.value = new Int32Array(room);
  }

  add(line: Line, left: number, right: number, value: number): void {
    if (this.size === this.promised)
      line.fail(`more ${this.word} lines than the ${this.promised} of the p line`);
    if (this.size === this.left.length) this.grow();
    this.left[this.size] = left;
    this.right[this.size] = right;
    this.value[this.size++] = value;
  }

  all(): FileEdges {
    if (this.size < this.promised) {
      throw new FileFault(
        this.promisedIn,
        `the p line promises ${this.promised} ${this.word} lines, the file has ${this.size}`,
      );
    }
    return { left: this.left, right: this.right, value: this.value };
  }

  private grow(): void {
    const room = Math.min(this.promised, 2 * this.size);
    const wider = (array: Int32Array): Int32Array => {
      const result = new Int32Array(room);
      result.set(array);
      return result;
    };
    this.left = wider(this.left);
    this.right = wider(this.right);
    this.value = wider(this.value);
  }
}

class AssignmentReader implements Reader {
  private readonly nodes: number;
  private readonly isLeft: Uint8Array;
  private readonly edges: Edges;

  constructor(line: Line) {
    line.expect(3, 'p asn N M');
    this.nodes = line.int(1, 'the number of nodes', 0, MOST_NODES);
    this.isLeft = new Uint8Array(this.nodes + 1);
    this.edges = new Edges(line.int(2, 'the number of arcs', 0, MOST), line, 'a');
  }

  read(line: Line): void {
    if (line.letter === A) {
      line.expect(3, 'a LEFT RIGHT COST');
      const left = line.int(0, 'the left node', 1, this.nodes);
      const right = line.int(1, 'the right node', 1, this.nodes);
      this.edges.add(line, left, right, line.int(2, 'the cost', -MOST, MOST));
    } else if (line.letter === N) {
      line.expect(1, 'n ID');
      const node = line.int(0, 'the node', 1, this.nodes);
      if (this.isLeft[node] === 1) line.fail(`node ${node} is named twice`);
      this.isLeft[node] = 1;
    } else line.fail(unexpected(line, 'an n or a line'));
  }

  /** The sides are known at the end only: n lines may follow a lines. */
  finish(path: string): AssignmentFile {
    const { isLeft, nodes } = this;
    const edges = this.edges.all();
    for (let k = 0; k < edges.left.length; k++) {
      const [left, right] = [edges.left[k]!, edges.right[k]!];
      if (isLeft[left] === 1 && isLeft[right] === 0) continue;
      const reason =
        isLeft[left] === 0 ? `no n line names node ${left}` : `node ${right} is on the left side as well`;
      throw new FileFault(lineOfEdge(path, 'a', k), reason);
    }
    return { kind: 'asn', nodes, isLeft, ...edges };
  }
}

class BMatchingReader implements Reader {
  private readonly slots: Side;
  private readonly capacity: Side;
  private readonly edges: Edges;

  constructor(line: Line) {
    line.expect(4, 'p bmatch R V E');
    this.slots = new Side(line.int(1, 'the number of requests', 0, MOST_NODES), 'request', 'r', line.number);
    this.capacity = new Side(
      line.int(2, 'the number of volunteers', 0, MOST_NODES),
      'volunteer',
      'v',
      line.number,
    );
    this.edges = new Edges(line.int(3, 'the number of edges', 0, MOST), line, 'e');
  }

  read(line: Line): void {
    if (line.letter === E) {
      line.expect(3, 'e R V WEIGHT');
      const request = line.int(0, 'the request', 1, this.slots.size);
      const volunteer = line.int(1, 'the volunteer', 1, this.capacity.size);
      this.edges.add(line, request, volunteer, line.int(2, 'the weight', -MOST, MOST));
    } else if (line.letter === R) {
      line.expect(2, 'r ID SLOTS');
      this.slots.set(line, 'the slots');
    } else if (line.letter === V) {
      line.expect(2, 'v ID CAPACITY');
      this.capacity.set(line, 'the capacity');
    } else line.fail(unexpected(line, 'an r, v or e line'));
  }

  finish(): BMatchingFile {
    const edges = this.edges.all();
    return { kind: 'bmatch', slots: this.slots.all(), capacity: this.capacity.all(), ...edges };
  }
}

/** The numbers of one side, each to be given once. */
class Side {
  readonly size: number;
  private readonly values: Int32Array;
  private given = 0;
  private readonly word: string;
  private readonly letter: string;
  private readonly promisedIn: number;

  constructor(size: number, word: string, letter: string, promisedIn: number) {
    this.size = size;
    this.values = new Int32Array(size).fill(-1);
    this.word = word;
    this.letter = letter;
    this.promisedIn = promisedIn;
  }

  set(line: Line, what: string): void {
    const id = line.int(0, `the ${this.word}`, 1, this.size);
    if (this.values[id - 1]! >= 0) line.fail(`${this.word} ${id} is named twice`);
    this.values[id - 1] = line.int(1, what, 0, MOST);
    this.given++;
  }

  all(): Int32Array {
    if (this.given === this.size) return this.values;
    const missing = this.values.indexOf(-1) + 1;
    throw new FileFault(this.promisedIn, `${this.word} ${missing} has no ${this.letter} line`);
  }
}
