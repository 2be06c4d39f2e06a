import { Worker } from 'node:worker_threads';
import { Invalid } from '../../core/errors.ts';
import { inLine } from './attachment.line.ts';
import type { PdfNews } from './attachment.pdf.thread.ts';

/** A document that is kept: its pages as they look, and nothing else of it. */
export interface CleanPdf {
  readonly contentType: 'application/pdf';
  readonly bytes: Buffer;
  readonly pages: number;
}

const SECONDS = 10;
const HEAP_MB = 256;
/** More than this and it unpacks to what no brochure is; arrays are no part of the thread's own limit, so it is watched. */
const GROWTH_BYTES = 512 * 1024 * 1024;
const WATCH_MS = 25;

export const isPdf = (bytes: Buffer): boolean => bytes.subarray(0, 5).toString('latin1') === '%PDF-';

/**
 * Writes a PDF from outside anew in a thread that is ended when it takes too long or too much.
 * @throws Invalid on `file` with what is wrong, Unavailable when too many wait already
 */
export async function cleanPdfOf(bytes: Buffer, mostBytes: number): Promise<CleanPdf> {
  const news = await inLine(() => inThread(bytes));
  if ('refused' in news) throw Invalid.field('file', news.refused);
  if (news.bytes.length > mostBytes) throw Invalid.field('file', 'pdf-too-heavy');
  return { contentType: 'application/pdf', bytes: Buffer.from(news.bytes), pages: news.pages };
}

async function inThread(bytes: Buffer): Promise<PdfNews> {
  const worker = new Worker(new URL('./attachment.pdf.thread.ts', import.meta.url), {
    workerData: new Uint8Array(bytes),
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  const before = process.memoryUsage.rss();
  let watch: NodeJS.Timeout | undefined;
  let late: NodeJS.Timeout | undefined;
  try {
    return await new Promise<PdfNews>((resolve, reject) => {
      const tooHeavy = (): void => reject(Invalid.field('file', 'pdf-too-heavy'));
      worker.once('message', resolve);
      // The thread's own limit ends it with an error; nothing else does, for it answers whatever it finds.
      worker.once('error', tooHeavy);
      late = setTimeout(tooHeavy, SECONDS * 1000);
      watch = setInterval(() => {
        if (process.memoryUsage.rss() - before > GROWTH_BYTES) tooHeavy();
      }, WATCH_MS);
    });
  } finally {
    clearInterval(watch);
    clearTimeout(late);
    await worker.terminate();
  }
}
