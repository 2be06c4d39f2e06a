import { parentPort, workerData } from 'node:worker_threads';
import { cleanPdf, PdfRefused } from './attachment.pdf.clean.ts';
import type { PdfFault } from './attachment.pdf.clean.ts';

/* A PDF from outside is read here: away from the thread that answers people, with limits of its own. */
export type PdfNews = { readonly bytes: Uint8Array; readonly pages: number } | { readonly refused: PdfFault };

async function answer(): Promise<PdfNews> {
  try {
    return await cleanPdf(workerData as Uint8Array);
  } catch (err) {
    return { refused: err instanceof PdfRefused ? err.code : 'pdf-broken' };
  }
}

parentPort?.postMessage(await answer());
