import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;
/** The file of all icons that pages name, made by `npm run assets`: fetched once, while a page says only which it shows. */
export const SPRITE = 'icons.svg';

export interface Icons {
  /** An SVG of a Tabler outline icon (or `name-filled`), hidden from assistive technology. @throws Error when there is no such icon. */
  svg(name: string, className?: string): string;
}

interface Drawing {
  /** Attributes of the element around the shapes. */
  readonly paint: string;
  readonly shapes: string;
}

/** Reads an icon of @tabler/icons; null when there is none of that name. */
export function readIcon(name: string): Drawing | null {
  // The name may come from a model (a navigation item): a fixed alphabet, so that it can never be a path.
  if (!NAME.test(name)) return null;
  const filled = name.endsWith('-filled');
  const file = join(
    dirname(createRequire(import.meta.url).resolve('@tabler/icons/outline/home.svg')),
    '..',
    filled ? 'filled' : 'outline',
    `${filled ? name.slice(0, -'-filled'.length) : name}.svg`,
  );
  if (!existsSync(file)) return null;
  const shapes = [
    ...readFileSync(file, 'utf8').matchAll(/<(?:path|circle|rect|line|polyline|polygon|ellipse)\b[^>]*>/g),
  ]
    .map(([shape]) => shape)
    .filter((shape) => !shape.includes('stroke="none"'))
    .join('');
  const paint = filled
    ? 'fill="currentColor" stroke="none"'
    : 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"';
  return { paint, shapes };
}

/**
 * The sprite of the named icons, sorted; names without an icon are left out. Colours come from the place where an icon
 * is used.
 */
export function spriteOf(names: Iterable<string>): string {
  const symbols = [...new Set(names)].sort().flatMap((name) => {
    const icon = readIcon(name);
    return icon ? [`<symbol id="${name}" viewBox="0 0 24 24" ${icon.paint}>${icon.shapes}</symbol>`] : [];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join('\n')}\n</svg>\n`;
}

export interface IconOptions {
  /** Address of the sprite, and its text. */
  readonly url: string;
  readonly sprite: string;
  /** An icon that the sprite lacks is a fault, not drawn in place. */
  readonly strict: boolean;
}

export function createIcons({ url, sprite, strict }: IconOptions): Icons {
  const known = new Set([...sprite.matchAll(/<symbol id="([^"]+)"/g)].map(([, name]) => name));
  const cache = new Map<string, string>();

  const body = (name: string): string => {
    if (known.has(name)) return `><use href="${url}#${name}"/>`;
    const icon = readIcon(name);
    if (!icon) throw new Error(`No icon "${name}" in @tabler/icons`);
    if (strict) throw new Error(`Icon "${name}" is not in ${SPRITE} yet: run npm run assets`);
    return ` viewBox="0 0 24 24" ${icon.paint}>${icon.shapes}`;
  };

  return {
    svg(name, className = '') {
      const key = `${name} ${className}`;
      let made = cache.get(key);
      if (made !== undefined) return made;
      if (!/^[\w -]*$/.test(className)) throw new Error(`Not a class list: ${className}`);
      made = `<svg class="${`icon ${className}`.trim()}" width="24" height="24" aria-hidden="true"${body(name)}</svg>`;
      cache.set(key, made);
      return made;
    },
  };
}
