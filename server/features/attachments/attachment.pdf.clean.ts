import { inflateSync } from 'node:zlib';
import {
  EncryptedPDFError,
  PDFArray,
  PDFDict,
  PDFDocument,
  PDFName,
  PDFRawStream,
  PDFRef,
  PDFStream,
} from '@cantoo/pdf-lib';
import type { PDFObject } from '@cantoo/pdf-lib';
import { bareJpeg, bareJpeg2000 } from './attachment.pdf.images.ts';

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
  'Usage',
]);
/** A stream whose bytes lie in another file. */
const ELSEWHERE = new Set(['F', 'FFilter', 'FDecodeParms']);

/** Dictionaries whose keys are names that somebody chose, such as a font called A: what they hold is looked at, no key is taken out. */
const NAMED = new Set([...RESOURCE_KEYS, 'CharProcs', 'Colorants']);

function keep(dict: PDFDict, keys: ReadonlySet<string>): void {
  for (const key of dict.keys()) if (!keys.has(key.decodeText())) dict.delete(key);
}

/** Takes out of an object, and of everything directly inside it, what must never be there. */
function strip(object: PDFObject, named: ReadonlySet<PDFObject>, isNamed = named.has(object)): void {
  if (object instanceof PDFArray) for (const one of object.asArray()) strip(one, named);
  if (object instanceof PDFStream) {
    for (const key of object.dict.keys()) if (ELSEWHERE.has(key.decodeText())) object.dict.delete(key);
    // A program of PostScript that a printer would run.
    if (nameOf(object.dict, 'Subtype') === 'PS') throw new PdfRefused('pdf-broken');
    strip(object.dict, named);
  }
  if (!(object instanceof PDFDict)) return;
  for (const [key, value] of object.entries())
    if (!isNamed && NEVER.has(key.decodeText())) object.delete(key);
    else strip(value, named, !isNamed && NAMED.has(key.decodeText()));
}

/** Those dictionaries of chosen names that stand by themselves, wherever something says that they are one. */
function namedOf({ context }: PDFDocument): ReadonlySet<PDFObject> {
  const named = new Set<PDFObject>();
  const look = (object: PDFObject, isNamed = false): void => {
    if (object instanceof PDFArray) for (const one of object.asArray()) look(one);
    if (object instanceof PDFStream) look(object.dict);
    if (!(object instanceof PDFDict)) return;
    for (const [key, value] of object.entries()) {
      const says = !isNamed && NAMED.has(key.decodeText());
      const found = says && value instanceof PDFRef ? context.lookup(value) : null;
      if (found instanceof PDFDict) named.add(found);
      look(value, says);
    }
  };
  for (const [, object] of context.enumerateIndirectObjects()) look(object);
  return named;
}

function nameOf(dict: PDFDict, key: string): string | null {
  const value = dict.lookup(PDFName.of(key));
  return value instanceof PDFName ? value.decodeText() : null;
}

/** Most bytes that a packed picture comes to. */
const MOST_PICTURE_BYTES = 64 * 1024 * 1024;

/** A picture as a camera coded it, without what the camera told beside it; null for what is none. */
function barePicture(stream: PDFRawStream): PDFRawStream | null {
  const { dict } = stream;
  const said = dict.lookup(PDFName.of('Filter'));
  const filters = said instanceof PDFArray ? said.asArray().map((_one, at) => said.lookup(at)) : [said];
  const names = filters.map((one) => (one instanceof PDFName ? one.decodeText() : ''));
  const bare = { DCTDecode: bareJpeg, DCT: bareJpeg, JPXDecode: bareJpeg2000 }[names.at(-1) ?? ''];
  if (!bare) return null;
  const packed = names.slice(0, -1);
  // Packed once more is seen; anything odder is nothing that programs write.
  if (packed.length > 1 || (packed[0] !== undefined && packed[0] !== 'FlateDecode'))
    throw new PdfRefused('pdf-broken');
  const coded =
    packed.length === 1
      ? inflateSync(stream.contents, { maxOutputLength: MOST_PICTURE_BYTES })
      : stream.contents;
  const bytes = bare(coded);
  if (!bytes) throw new PdfRefused('pdf-broken');
  if (packed.length === 1) {
    dict.set(PDFName.of('Filter'), PDFName.of(names.at(-1) ?? ''));
    const parameters = dict.lookup(PDFName.of('DecodeParms'));
    if (parameters instanceof PDFArray)
      dict.set(PDFName.of('DecodeParms'), parameters.get(parameters.size() - 1));
  }
  return PDFRawStream.of(dict, bytes);
}

/** Makes of a document from outside one that holds only what its pages need, before anything is taken over from it. */
function bare(source: PDFDocument): void {
  const named = namedOf(source);
  const { context } = source;
  for (const [ref, object] of context.enumerateIndirectObjects()) {
    strip(object, named);
    if (!(object instanceof PDFRawStream)) continue;
    const picture = barePicture(object);
    if (picture) context.assign(ref, picture);
  }
}

/** Which layers are there and which of them are off, so that what was hidden stays hidden. */
function layersOf(source: PDFDocument): PDFDict | null {
  const { context, catalog } = source;
  const all = catalog.lookup(PDFName.of('OCProperties'));
  const groups = all instanceof PDFDict ? all.lookup(PDFName.of('OCGs')) : null;
  const usual = all instanceof PDFDict ? all.lookup(PDFName.of('D')) : null;
  if (!(groups instanceof PDFArray) || !(usual instanceof PDFDict)) return null;
  const shown = context.obj({});
  for (const key of ['BaseState', 'ON', 'OFF']) {
    const value = usual.lookup(PDFName.of(key));
    if (value) shown.set(PDFName.of(key), value);
  }
  const kept = context.obj({});
  kept.set(PDFName.of('OCGs'), groups);
  kept.set(PDFName.of('D'), shown);
  return kept;
}

/** Where the layers stand on the first page while pages are taken over: together with them, so that they are the same ones. */
const LAYERS = PDFName.of('LinliLayers');

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
    const layers = layersOf(source);
    bare(source);
    if (layers) source.getPage(0).node.set(LAYERS, layers);
    const made = await PDFDocument.create({ updateMetadata: false });
    for (const page of await made.copyPages(source, source.getPageIndices())) made.addPage(page);
    const { node } = made.getPage(0);
    const taken = node.get(LAYERS);
    node.delete(LAYERS);
    if (taken) made.catalog.set(PDFName.of('OCProperties'), taken);
    return { bytes: await made.save({ updateFieldAppearances: false, addDefaultPage: false }), pages };
  } catch (err) {
    if (err instanceof PdfRefused) throw err;
    throw new PdfRefused('pdf-broken');
  }
}
