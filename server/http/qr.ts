import { qrModules } from '../core/qr-code.ts';

/** `qrSvg`, remembering the last few: the screen of a place shows the same code for a minute. */
export function cachedQrSvg(text: string, label: string, escape: (value: string) => string): string {
  const key = `${label}\n${text}`;
  const known = drawn.get(key);
  if (known !== undefined) return known;
  const svg = qrSvg(text, label, escape);
  for (const oldest of drawn.keys()) {
    if (drawn.size < KEPT) break;
    drawn.delete(oldest);
  }
  drawn.set(key, svg);
  return svg;
}
const drawn = new Map<string, string>();
const KEPT = 200;

/**
 * A QR code as inline SVG (one path, no styles, so that it passes the CSP). Error correction M; four modules of quiet zone.
 * `label` names it for people who cannot see it.
 */
export function qrSvg(text: string, label: string, escape: (value: string) => string): string {
  const modules = qrModules(text, { errorCorrectionLevel: 'M' });
  const quiet = 4;
  const side = modules.size + 2 * quiet;
  let path = '';
  for (let y = 0; y < modules.size; y++) {
    for (let x = 0; x < modules.size; x++) {
      if (!modules.get(y, x)) continue;
      const start = x;
      while (x + 1 < modules.size && modules.get(y, x + 1)) x++;
      path += `M${start + quiet} ${y + quiet}h${x - start + 1}v1h-${x - start + 1}z`;
    }
  }
  return (
    `<svg class="qr" viewBox="0 0 ${side} ${side}" role="img" aria-label="${escape(label)}" shape-rendering="crispEdges">` +
    `<rect width="${side}" height="${side}" fill="#fff"/><path d="${path}" fill="#000"/></svg>`
  );
}
