/**
 * Finding a request by a part of its title. Chinese puts no spaces between words, so any part must be found: every run
 * of up to three characters of a title is stored, and a search looks its own runs up.
 */
const LONGEST_RUN = 3;

const fold = (text: string): string => text.normalize('NFKC').toLowerCase().trim();

/** Every run of one to three characters of the title, folded; what `titleFilter` looks up. */
export function titleKeysOf(title: string): string[] {
  const characters = [...fold(title)];
  const runs = characters.flatMap((_character, at) =>
    Array.from({ length: Math.min(LONGEST_RUN, characters.length - at) }, (_run, more) =>
      characters.slice(at, at + more + 1).join(''),
    ),
  );
  return [...new Set(runs)];
}

/** The filter for "the title holds what was typed", and nothing else when nothing was typed. */
export function titleFilter(typed: string): Record<string, unknown> {
  const wanted = [...fold(typed)];
  if (wanted.length === 0) return {};
  if (wanted.length <= LONGEST_RUN) return { titleKeys: wanted.join('') };
  const runs = wanted
    .slice(0, 1 - LONGEST_RUN)
    .map((_character, at) => wanted.slice(at, at + LONGEST_RUN).join(''));
  return { titleKeys: { $all: [...new Set(runs)] } };
}
