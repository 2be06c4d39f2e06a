import LineBreaker from 'linebreak';
import type { Face } from './faces.ts';

/** Text broken into the lines of a column (Unicode's rules of where a line may end). */
export interface Line {
  readonly text: string;
  /** In points, with what stands behind its last visible character. */
  readonly width: number;
}

export interface Column {
  readonly width: number;
  readonly size: number;
  /** Extra space after each character. */
  readonly spacing: number;
  /** Longer text ends in an ellipsis on this line. */
  readonly lines: number;
}

const ELLIPSIS = '…';

/** The lines of a text, at most as many as the column has. */
export function linesOf(face: Face, text: string, column: Column): Line[] {
  const widthOf = (part: string): number =>
    (face.width(part) * column.size) / 1_000 + column.spacing * part.length;
  const whole = widthOf(text);
  if (whole <= column.width) return [{ text, width: whole }];
  const lines: Line[] = [];
  let line = '';
  let width = 0;
  for (const word of words(text, column.width, widthOf)) {
    const wide = widthOf(word);
    if (line !== '' && width + wide > column.width) {
      if (lines.length + 1 === column.lines) return [...lines, shortened(line, column.width, widthOf)];
      lines.push({ text: line, width });
      [line, width] = ['', 0];
    }
    line += word;
    width += wide;
  }
  if (line !== '') lines.push({ text: line, width });
  return lines;
}

/** Pieces that stay together; one that is wider than a line comes in pieces of its characters. */
function* words(text: string, width: number, widthOf: (part: string) => number): Generator<string> {
  const breaker = new LineBreaker(text);
  let last = 0;
  for (let next = breaker.nextBreak(); next; next = breaker.nextBreak()) {
    const word = text.slice(last, next.position);
    last = next.position;
    if (widthOf(word) <= width) yield word;
    else yield* word;
  }
}

function shortened(line: string, width: number, widthOf: (part: string) => number): Line {
  let kept = line.trimEnd();
  while (kept !== '' && widthOf(kept + ELLIPSIS) > width) kept = [...kept].slice(0, -1).join('').trimEnd();
  const text = kept + ELLIPSIS;
  return { text, width: widthOf(text) };
}
