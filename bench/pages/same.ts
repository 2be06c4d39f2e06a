/**
 * Whether two pages say the same. What people read of a page: its text without tags, scripts and drawings, with what is
 * written into buttons and fields for those who cannot see. Ids and tokens are in attributes and so are not compared.
 */
function textOf(html: string): string {
  const spoken = [...html.matchAll(/ (?:aria-label|title|alt)="([^"]*)"/g)].map(([, text]) => text);
  const shown = html
    .replace(/^[\s\S]*?<body[^>]*>/, '')
    .replace(/<(script|style)\b[\s\S]*?<\/\1>/g, ' ')
    .replace(/<svg class="(?:chart|qr|brand-mark)"[\s\S]*?<\/svg>/g, ' ')
    .replace(/<p class="code-big">[^<]*<\/p>/g, ' ')
    .replace(/<[^>]*>/g, ' ');
  return `${shown} ${spoken.join(' ')}`;
}

/** The words of a page and how often each is said; Chinese as single characters and pairs of them. */
function wordsOf(html: string): Map<string, number> {
  const words = new Map<string, number>();
  const say = (word: string): void => void words.set(word, (words.get(word) ?? 0) + 1);
  for (const [run] of textOf(html).matchAll(/[\p{Script=Han}]+|[\p{L}\p{N}]+/gu)) {
    if (!/\p{Script=Han}/u.test(run)) say(run);
    else for (let at = 0; at < run.length; at += 1) say(run.slice(at, at + 2));
  }
  return words;
}

/** The share of the first page's words that the second one says too, each as often; 1 where it says all of them. */
export function shareSaid(ours: string, theirs: string): number {
  const other = wordsOf(theirs);
  let [all, said] = [0, 0];
  for (const [word, times] of wordsOf(ours)) {
    all += times;
    said += Math.min(times, other.get(word) ?? 0);
  }
  return all === 0 ? 0 : said / all;
}

/** The markup of a page in elements: how many it has. */
export const elementsOf = (html: string): number => [...html.matchAll(/<[a-z]/g)].length;
