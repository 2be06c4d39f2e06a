/** One promise of the product that `npm run verify` checks, read-only. */
export interface InvariantCheck {
  /** `feature/what-holds`. */
  readonly name: string;
  run(): Promise<InvariantResult>;
}

export interface InvariantResult {
  /** How many things were looked at. */
  readonly examined: number;
  readonly violations: number;
  /** The first few, by id and code; never names or texts. */
  readonly samples: readonly string[];
}

const SAMPLES = 20;

/** Collects violations while a check walks through its rows. */
export function invariantTally(): {
  examine(count?: number): void;
  violate(sample: string): void;
  result(): InvariantResult;
} {
  let examined = 0;
  let violations = 0;
  const samples: string[] = [];
  return {
    examine: (count = 1) => {
      examined += count;
    },
    violate: (sample) => {
      violations += 1;
      if (samples.length < SAMPLES) samples.push(sample);
    },
    result: () => ({ examined, violations, samples }),
  };
}
