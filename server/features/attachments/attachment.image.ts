import { Invalid } from '../../core/errors.ts';
import { inLine } from './attachment.line.ts';

/** Loaded with the first picture: most processes never see one, and it is a twentieth of their start. */
async function load() {
  const { default: sharp } = await import('sharp');
  // One picture at a time uses one thread and keeps nothing: uploads must not slow the answers to others.
  sharp.concurrency(1);
  sharp.cache(false);
  return sharp;
}
let loaded: ReturnType<typeof load> | null = null;

/** Most pixels of a picture from outside; 40 million is more than a phone takes. */
const MAX_PIXELS = 40_000_000;
/** Most bytes of those pixels: four of one byte each. With two bytes a sample as many pixels are twice as heavy, in a file as small. */
const MAX_UNPACKED = 4 * MAX_PIXELS;
/** How many bytes one sample takes; every other depth of our three kinds takes one. */
const SAMPLE_BYTES: Readonly<Record<string, number>> = {
  ushort: 2,
  short: 2,
  uint: 4,
  int: 4,
  float: 4,
  double: 8,
};
/** Longest edge that is kept: a certificate stays readable. */
const MAX_EDGE = 2_000;
const SECONDS = 10;

export interface CleanImage {
  readonly contentType: 'image/webp';
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
}

type Kind = 'jpeg' | 'png' | 'webp';
const EXTENSIONS: Readonly<Record<string, Kind>> = { jpg: 'jpeg', jpeg: 'jpeg', png: 'png', webp: 'webp' };

/** What the first bytes say it is; null for everything that is not one of three kinds of picture. */
export function kindOf(bytes: Buffer): Kind | null {
  const hex = bytes.subarray(0, 12).toString('hex');
  if (hex.startsWith('ffd8ff')) return 'jpeg';
  if (hex.startsWith('89504e470d0a1a0a')) return 'png';
  if (hex.startsWith('52494646') && hex.slice(16, 24) === '57454250') return 'webp';
  return null;
}

/**
 * A picture from outside, drawn anew: only its pixels survive, upright and at most 2,000 pixels long; no place, camera,
 * comment, profile or anything hidden behind the end. Name and first bytes must agree on one of three kinds, so that no
 * other decoder (SVG, PDF) is ever reached (S-43).
 * @throws Invalid on `file` with what is wrong, Unavailable when too many wait already
 */
export async function cleanImage(file: {
  readonly name: string;
  readonly bytes: Buffer;
}): Promise<CleanImage> {
  const extension = /\.([a-z]+)$/i.exec(file.name)?.[1]?.toLowerCase() ?? '';
  const kind = kindOf(file.bytes);
  if (kind === null || EXTENSIONS[extension] !== kind) throw Invalid.field('file', 'file-no-picture');
  return inLine(() => draw(file.bytes));
}

async function draw(bytes: Buffer): Promise<CleanImage> {
  const sharp = await (loaded ??= load());
  try {
    const picture = sharp(bytes, {
      limitInputPixels: MAX_PIXELS,
      failOn: 'error',
      sequentialRead: true,
    });
    const { width, height, channels, depth } = await picture.metadata();
    const unpacked = width * height * channels * (SAMPLE_BYTES[depth] ?? 1);
    if (width * height > MAX_PIXELS || unpacked > MAX_UNPACKED)
      throw Invalid.field('file', 'picture-too-large');
    const { data, info } = await picture
      .autoOrient()
      .resize({ width: MAX_EDGE, height: MAX_EDGE, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 82 })
      .timeout({ seconds: SECONDS })
      .toBuffer({ resolveWithObject: true });
    return { contentType: 'image/webp', bytes: data, width: info.width, height: info.height };
  } catch (err) {
    if (err instanceof Invalid) throw err;
    const tooLarge = err instanceof Error && /pixel limit/i.test(err.message);
    throw Invalid.field('file', tooLarge ? 'picture-too-large' : 'picture-broken');
  }
}
