import type { Answer } from './matching.ts';

const NUMBERS_A_PART = 1 << 16;

/** The answer as one JSON object, piece by piece: millions of numbers make no single string. */
export function* answerParts(answer: Answer): Generator<string> {
  const { kind, status, objective, bound, solveMs, flow, certificate } = answer;
  yield `{"kind":"${kind}","status":"${status}","objective":${big(objective)},"bound":${big(bound)},"solveMs":${solveMs},"flow":`;
  yield* list(flow);
  yield ',"certificate":{';
  let separator = '';
  for (const [name, numbers] of Object.entries(certificate)) {
    yield `${separator}"${name}":`;
    yield* list(numbers);
    separator = ',';
  }
  yield '}}\n';
}

function* list(numbers: ArrayLike<number>): Generator<string> {
  let part = '[';
  for (let i = 0; i < numbers.length; i++) {
    part += i === 0 ? whole(numbers[i]!) : `,${whole(numbers[i]!)}`;
    if (i % NUMBERS_A_PART < NUMBERS_A_PART - 1) continue;
    yield part;
    part = '';
  }
  yield `${part}]`;
}

/** Beyond 2^53 many a reader of JSON rounds: such numbers are text. */
function big(value: bigint | null): string {
  if (value === null) return 'null';
  return value < 2n ** 53n && value > -(2n ** 53n) ? String(value) : `"${value}"`;
}

/** No exponent and no negative zero: every solver's number is whole and below 2^53. */
const whole = (value: number): string => (value === 0 ? '0' : String(value));
