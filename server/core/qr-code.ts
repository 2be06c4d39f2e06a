import { createRequire } from 'node:module';
import type { BitMatrix, create, QRCodeOptions, QRCodeSegment } from 'qrcode';

const require = createRequire(import.meta.url);

/** What stands in a QR code. */
export type QrModules = Pick<BitMatrix, 'size' | 'get'>;

/**
 * The dark and light modules of a QR code. Only the library's core is loaded, with the first code: most processes never draw
 * one, and none draws by the library's own pens, which came with a reader and writer of PNG.
 */
export function qrModules(text: string | QRCodeSegment[], options: QRCodeOptions): QrModules {
  const core = require('qrcode/lib/core/qrcode.js') as { readonly create: typeof create };
  return core.create(text, options).modules;
}
