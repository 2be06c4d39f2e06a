/** Longest text that is looked at: a place's description has a few hundred characters. */
const MAX_LENGTH = 4_000;
const MAX_KEYS = 50;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/**
 * Reads a flat dictionary as Python prints it, `{'latitude': '40.7', 'note': "it's", 'x': None}`, character by
 * character; nothing is ever evaluated. Values are texts and numbers (as text); None and nested values are left out.
 * @returns null when the text is no such dictionary
 */
export function parsePythonDict(text: string): Map<string, string> | null {
  if (text.length > MAX_LENGTH) return null;
  const reader = { text, at: 0 };
  const found = new Map<string, string>();
  if (!take(reader, '{')) return null;
  while (!take(reader, '}')) {
    const key = readString(reader);
    if (key === null || !take(reader, ':')) return null;
    const value = readString(reader) ?? readWord(reader);
    if (value === null || found.size >= MAX_KEYS) return null;
    if (value !== 'None') found.set(key, value);
    if (!take(reader, ',') && peek(reader) !== '}') return null;
  }
  return peek(reader) === '' ? found : null;
}

interface Reader {
  readonly text: string;
  at: number;
}

function peek(reader: Reader): string {
  while (reader.text[reader.at] === ' ' || reader.text[reader.at] === '\n') reader.at += 1;
  return reader.text[reader.at] ?? '';
}

function take(reader: Reader, character: string): boolean {
  if (peek(reader) !== character) return false;
  reader.at += 1;
  return true;
}

/** A quoted text with either quote, or null when there is none. */
function readString(reader: Reader): string | null {
  const quote = peek(reader);
  if (quote !== "'" && quote !== '"') return null;
  let value = '';
  for (let at = reader.at + 1; at < reader.text.length; at += 1) {
    const character = reader.text[at] ?? '';
    if (character === quote) {
      reader.at = at + 1;
      return value;
    }
    if (character !== '\\') {
      value += character;
      continue;
    }
    const [read, length] = readEscape(reader.text, at + 1);
    value += read;
    at += length;
  }
  return null;
}

/** The character that an escape means, and how long the escape is after its backslash. */
function readEscape(text: string, at: number): [string, number] {
  const kind = text[at] ?? '';
  const digits = kind === 'x' ? 2 : kind === 'u' ? 4 : 0;
  const code = text.slice(at + 1, at + 1 + digits);
  if (digits > 0 && /^[0-9a-fA-F]+$/.test(code) && code.length === digits)
    return [String.fromCharCode(Number.parseInt(code, 16)), 1 + digits];
  return [ESCAPES[kind] ?? kind, 1];
}

function readWord(reader: Reader): string | null {
  const word = /^(?:None|True|False|-?\d+(?:\.\d+)?)/.exec(reader.text.slice(reader.at, reader.at + 40))?.[0];
  if (word === undefined) return null;
  reader.at += word.length;
  return word;
}
