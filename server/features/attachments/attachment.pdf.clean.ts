import { EncryptedPDFError, PDFArray, PDFDict, PDFDocument, PDFName, PDFStream } from '@cantoo/pdf-lib';
import type { PDFObject } from '@cantoo/pdf-lib';

/** Longest document that is kept: a brochure, not a book. */
export const MOST_PAGES = 60;

export type PdfFault = 'pdf-broken' | 'pdf-locked' | 'pdf-too-long';
export class PdfRefused extends Error {
  readonly code: PdfFault;
  constructor(code: PdfFault) {
    super(code);
    this.name = 'PdfRefused';
    this.code = code;
  }
}

/** All that a page needs to be drawn; links, notes, forms, sounds, thumbnails and private data are none of it. */
const PAGE_KEYS = new Set([
  'Type',
  'Parent',
  'Resources',
  'MediaBox',
  'CropBox',
  'Rotate',
  'Contents',
  'UserUnit',
  'Group',
]);
const RESOURCE_KEYS = new Set([
  'ExtGState',
  'ColorSpace',
  'Pattern',
  'Shading',
  'XObject',
  'Font',
  'ProcSet',
  'Properties',
]);
/** Never needed to draw anything, wherever they stand: what acts, what is enclosed, what tells of its making, what is elsewhere. */
const NEVER = new Set([
  'A',
  'AA',
  'OpenAction',
  'Next',
  'JS',
  'JavaScript',
  'URI',
  'Launch',
  'Names',
  'Annots',
  'AcroForm',
  'XFA',
  'EF',
  'EmbeddedFiles',
  'AF',
  'RichMedia',
  'Ref',
  'OPI',
  'PS',
  'Subtype2',
  'Metadata',
  'PieceInfo',
  'LastModified',
  'Alternates',
]);
/** A stream whose bytes lie in another file. */
const ELSEWHERE = new Set(['F', 'FFilter', 'FDecodeParms']);

function keep(dict: PDFDict, keys: ReadonlySet<string>): void {
  for (const key of dict.keys()) if (!keys.has(key.decodeText())) dict.delete(key);
}

/** Takes out of an object, and of everything directly inside it, what must never be there. */
function strip(object: PDFObject, seen: Set<PDFObject>): void {
  if (seen.has(object)) return;
  seen.add(object);
  if (object instanceof PDFArray) for (const one of object.asArray()) strip(one, seen);
  if (object instanceof PDFStream) {
    for (const key of object.dict.keys()) if (ELSEWHERE.has(key.decodeText())) object.dict.delete(key);
    // A program of PostScript that a printer would run.
    if (nameOf(object.dict, 'Subtype') === 'PS') throw new PdfRefused('pdf-broken');
    strip(object.dict, seen);
  }
  if (!(object instanceof PDFDict)) return;
  for (const [key, value] of object.entries())
    if (NEVER.has(key.decodeText())) object.delete(key);
    else strip(value, seen);
}

function nameOf(dict: PDFDict, key: string): string | null {
  const value = dict.get(PDFName.of(key));
  return value instanceof PDFName ? value.decodeText() : null;
}

async function open(bytes: Uint8Array): Promise<PDFDocument> {
  try {
    return await PDFDocument.load(bytes, { updateMetadata: false, throwOnInvalidObject: true });
  } catch (err) {
    // Where objects lie in streams, an encrypted document fails before it is seen to be one: only the message is a guess.
    const locked = err instanceof EncryptedPDFError || Buffer.from(bytes).includes('/Encrypt');
    throw new PdfRefused(locked ? 'pdf-locked' : 'pdf-broken');
  }
}

/**
 * A PDF from outside, written anew: its pages as they look, in a document of our own. Scripts, actions, links, forms, notes,
 * enclosed files, and who made it with what are gone, because nothing but what a page needs to be drawn is carried over
 * (S-43). The text stays text, so that a screen reader can read it.
 * @throws PdfRefused when it is locked, broken or too long
 */
export async function cleanPdf(bytes: Uint8Array): Promise<{ bytes: Uint8Array; pages: number }> {
  const source = await open(bytes);
  try {
    const pages = source.getPageCount();
    if (pages > MOST_PAGES) throw new PdfRefused('pdf-too-long');
    if (pages === 0) throw new PdfRefused('pdf-broken');
    for (const { node } of source.getPages()) {
      keep(node, PAGE_KEYS);
      const resources = node.Resources();
      if (resources) keep(resources, RESOURCE_KEYS);
    }
    const made = await PDFDocument.create({ updateMetadata: false });
    for (const page of await made.copyPages(source, source.getPageIndices())) made.addPage(page);
    const seen = new Set<PDFObject>();
    const wanted = made.catalog;
    for (const [, object] of made.context.enumerateIndirectObjects())
      if (object !== wanted) strip(object, seen);
    return { bytes: await made.save({ updateFieldAppearances: false, addDefaultPage: false }), pages };
  } catch (err) {
    if (err instanceof PdfRefused) throw err;
    throw new PdfRefused('pdf-broken');
  }
}
