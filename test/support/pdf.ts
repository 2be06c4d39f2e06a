import type { Canvas, SKRSContext2D } from '@napi-rs/canvas';
import jsQRModule from 'jsqr';
import { getDocument, VerbosityLevel } from 'pdfjs-dist/legacy/build/pdf.mjs';

/**
 * PDFs are judged by what a reader sees: pages drawn by pdf.js, looked at pixel by pixel. Text extraction stays perfect
 * even when every glyph is missing, so it never proves anything alone.
 */
export interface Raster {
  readonly width: number;
  readonly height: number;
  /** RGBA, row by row. */
  readonly pixels: Uint8ClampedArray;
  /** Pixels a point (1/72 inch). */
  readonly scale: number;
  png(): Buffer;
}

/** A rectangle in points from the top left corner of the page. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface NodeCanvas {
  readonly canvas: Canvas;
  readonly context: SKRSContext2D;
}

// The module's types describe an ES module, what Node loads is its CommonJS build.
const jsQR = jsQRModule as unknown as (typeof jsQRModule)['default'];

const open = (pdf: Uint8Array) =>
  getDocument({ data: new Uint8Array(pdf), verbosity: VerbosityLevel.ERRORS, isEvalSupported: false })
    .promise;

/** Draws every page at `scale` pixels a point. */
export async function rasterise(pdf: Uint8Array, options: { scale?: number } = {}): Promise<Raster[]> {
  const scale = options.scale ?? 2;
  const document = await open(pdf);
  try {
    const pages: Raster[] = [];
    for (let number = 1; number <= document.numPages; number++) {
      const page = await document.getPage(number);
      const viewport = page.getViewport({ scale });
      // The canvas must be of the library's own kind, or its paths are foreign to the context.
      const factory = document.canvasFactory as { create(width: number, height: number): NodeCanvas };
      const { canvas, context } = factory.create(Math.round(viewport.width), Math.round(viewport.height));
      const target = { canvas, canvasContext: context, viewport } as unknown as Parameters<
        typeof page.render
      >[0];
      await page.render(target).promise;
      const { width, height } = canvas;
      const pixels = context.getImageData(0, 0, width, height).data;
      pages.push({ width, height, pixels, scale, png: () => canvas.toBuffer('image/png') });
    }
    return pages;
  } finally {
    await document.destroy();
  }
}

/** The text of the first QR code on the page, dark on light as any reader takes it, or null. */
export function decodeQr(raster: Raster): string | null {
  const options = { inversionAttempts: 'dontInvert' } as const;
  return jsQR(new Uint8ClampedArray(raster.pixels), raster.width, raster.height, options)?.data ?? null;
}

/** Share of pixels in the region that are darker than `below` (0 black … 255 white): how much ink there is. */
export function inkIn(raster: Raster, region: Region, below = 128): number {
  const { width, pixels, scale } = raster;
  const [x0, y0] = [Math.floor(region.x * scale), Math.floor(region.y * scale)];
  const [x1, y1] = [
    Math.ceil((region.x + region.width) * scale),
    Math.ceil((region.y + region.height) * scale),
  ];
  let dark = 0;
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const at = (y * width + x) * 4;
      const [red = 0, green = 0, blue = 0] = pixels.subarray(at, at + 3);
      if (0.299 * red + 0.587 * green + 0.114 * blue < below) dark += 1;
    }
  }
  return dark / ((x1 - x0) * (y1 - y0));
}

/** Where a piece of text lies on a page, found through pdf.js; null when the page does not hold it. */
export async function findText(pdf: Uint8Array, text: string, pageNumber = 1): Promise<Region | null> {
  const document = await open(pdf);
  try {
    const page = await document.getPage(pageNumber);
    const pageHeight = page.getViewport({ scale: 1 }).height;
    const { items } = await page.getTextContent();
    for (const item of items) {
      if (!('str' in item) || !item.str.includes(text)) continue;
      const [, , , , x, baseline] = item.transform as number[];
      const top = pageHeight - (baseline ?? 0) - item.height;
      return { x: x ?? 0, y: top, width: item.width, height: item.height * 1.25 };
    }
    return null;
  } finally {
    await document.destroy();
  }
}

/** All text of all pages, for what must or must not be said. */
export async function pdfText(pdf: Uint8Array): Promise<string> {
  const document = await open(pdf);
  try {
    const pages: string[] = [];
    for (let number = 1; number <= document.numPages; number++) {
      const { items } = await (await document.getPage(number)).getTextContent();
      pages.push(items.map((item) => ('str' in item ? item.str : '')).join(''));
    }
    return pages.join('\n');
  } finally {
    await document.destroy();
  }
}

/** The document's language and title as a reader of the file announces them. */
export async function pdfFacts(
  pdf: Uint8Array,
): Promise<{ lang: string; title: string; tagged: boolean; pages: number }> {
  const document = await open(pdf);
  try {
    const { info } = await document.getMetadata();
    const facts = info as { Language?: string; Title?: string };
    const marks = await document.getMarkInfo();
    return {
      lang: facts.Language ?? '',
      title: facts.Title ?? '',
      tagged: (marks as { Marked?: boolean } | null)?.Marked ?? false,
      pages: document.numPages,
    };
  } finally {
    await document.destroy();
  }
}
