import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;

export interface Icons {
  /** Inline SVG of a Tabler outline icon (or `name-filled`), hidden from assistive technology. @throws Error when there is no such icon. */
  svg(name: string, className?: string): string;
}

/** Reads icons from @tabler/icons on first use and keeps them; only what a page shows reaches the browser (~0.3 KB each). */
export function createIcons(): Icons {
  const folder = join(
    dirname(createRequire(import.meta.url).resolve('@tabler/icons/outline/home.svg')),
    '..',
  );
  const cache = new Map<string, string>();

  const load = (name: string): string => {
    // The name may come from a model (a navigation item): a fixed alphabet, so that it can never be a path.
    if (!NAME.test(name)) throw new Error(`Not an icon name: ${name}`);
    const filled = name.endsWith('-filled');
    const file = join(
      folder,
      filled ? 'filled' : 'outline',
      `${filled ? name.slice(0, -'-filled'.length) : name}.svg`,
    );
    if (!existsSync(file)) throw new Error(`No icon "${name}" in @tabler/icons`);
    const shapes = [
      ...readFileSync(file, 'utf8').matchAll(/<(?:path|circle|rect|line|polyline|polygon|ellipse)\b[^>]*>/g),
    ]
      .map(([shape]) => shape)
      .filter((shape) => !shape.includes('stroke="none"'))
      .join('');
    return `${filled ? 'fill="currentColor" stroke="none"' : 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'}>${shapes}`;
  };

  return {
    svg(name, className = '') {
      let body = cache.get(name);
      if (body === undefined) cache.set(name, (body = load(name)));
      if (!/^[\w -]*$/.test(className)) throw new Error(`Not a class list: ${className}`);
      return `<svg class="${`icon ${className}`.trim()}" width="24" height="24" viewBox="0 0 24 24" aria-hidden="true" focusable="false" ${body}</svg>`;
    },
  };
}
