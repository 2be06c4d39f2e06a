import { expect } from 'chai';
import sharp from 'sharp';
import { PDFArray, PDFDocument, PDFHexString, PDFName, PDFString } from '@cantoo/pdf-lib';
import type { PDFRawStream } from '@cantoo/pdf-lib';
import {
  cleanPdf,
  MOST_PAGES,
  PdfRefused,
} from '../../../server/features/attachments/attachment.pdf.clean.ts';
import { rasterise } from '../../support/pdf.ts';

/** A hand-out as somebody hostile would send it: scripts, a form, a link, a note, a file inside, and who made it. */
async function hostile(): Promise<Uint8Array> {
  const doc = await PDFDocument.create();
  doc.setAuthor('Somebody Private');
  doc.setTitle('C:\\Users\\somebody\\secret.docx');
  const page = doc.addPage([300, 400]);
  page.drawText('Mediation in six steps', { x: 20, y: 300, size: 16 });
  doc.addJavaScript('start', 'app.alert("started")');
  await doc.attach(new TextEncoder().encode('<script>enclosed()</script>'), 'evil.html', {
    mimeType: 'text/html',
  });
  const form = doc.getForm();
  form.createTextField('name').addToPage(page, { x: 20, y: 200, width: 80, height: 20 });
  const action = (fields: Record<string, unknown>) => doc.context.obj(fields as never);
  const links = [
    action({ S: 'URI', URI: PDFString.of('https://example.org/track') }),
    action({ S: 'Launch', F: PDFString.of('cmd.exe') }),
    action({ S: 'JavaScript', JS: PDFString.of('app.launchURL("x")') }),
  ].map((A) =>
    doc.context.register(
      doc.context.obj({ Type: 'Annot', Subtype: 'Link', Rect: [0, 0, 50, 50], A } as never),
    ),
  );
  const annotations = page.node.Annots() ?? PDFArray.withContext(doc.context);
  for (const link of links) annotations.push(link);
  page.node.set(PDFName.of('Annots'), annotations);
  page.node.set(PDFName.of('AA'), action({ O: { S: 'JavaScript', JS: PDFHexString.fromText('opened()') } }));
  doc.catalog.set(PDFName.of('OpenAction'), action({ S: 'JavaScript', JS: PDFString.of('opened()') }));
  // The same inside what a page does need: an object that its resources name.
  const hidden = doc.context.register(
    doc.context.obj({ AA: { E: { S: 'JavaScript', JS: PDFString.of('deep()') } } } as never),
  );
  page.node.Resources()?.set(PDFName.of('Properties'), doc.context.obj({ MC0: hidden } as never));
  page.node.Resources()?.set(PDFName.of('Secret'), doc.context.register(PDFString.of('kept nowhere')));
  return doc.save({ useObjectStreams: false });
}

const refused = (bytes: Uint8Array): Promise<string> =>
  cleanPdf(bytes).then(
    () => 'kept',
    (err: unknown) => (err instanceof PdfRefused ? err.code : String(err)),
  );

describe('a PDF from outside', function () {
  this.timeout(20_000);

  it('keeps its pages as they look, and nothing that acts, is enclosed or tells of its making', async () => {
    const sent = await hostile();
    const before = Buffer.from(sent).toString('latin1');
    for (const word of ['JavaScript', 'Launch', 'OpenAction', 'AcroForm', 'evil.html'])
      expect(before, 'the sample has it').to.include(word);
    const { bytes, pages } = await cleanPdf(sent);
    expect(pages).to.equal(1);
    const again = await PDFDocument.load(bytes, { updateMetadata: false });
    const written = Buffer.from(
      await again.save({ useObjectStreams: false, addDefaultPage: false }),
    ).toString('latin1');
    for (const word of [
      ...[
        'JavaScript',
        '/JS',
        'Launch',
        'OpenAction',
        '/AA',
        'AcroForm',
        'Annot',
        'Embedded',
        'evil',
        '/URI',
      ],
      ...['Somebody', 'secret', 'Secret', 'deep', '/Names', 'Metadata', 'Producer'],
    ])
      expect(written, word).not.to.include(word);
    const { getDocument } = await import('pdfjs-dist/legacy/build/pdf.mjs');
    const read = await getDocument({ data: new Uint8Array(bytes), verbosity: 0 }).promise;
    expect(await read.getAttachments()).to.equal(null);
    expect(await read.getJSActions()).to.equal(null);
    expect(await read.getOpenAction()).to.equal(null);
    const page = await read.getPage(1);
    expect(await page.getAnnotations()).to.deep.equal([]);
    expect(page.getViewport({ scale: 1 })).to.include({ width: 300, height: 400 });
    const { items } = await page.getTextContent();
    expect(items.map((item) => ('str' in item ? item.str : '')).join('')).to.equal('Mediation in six steps');
    await read.destroy();
  });

  it('loses what pictures tell of their making, with the bytes, and no pixel', async () => {
    const doc = await PDFDocument.create();
    const page = doc.addPage([200, 200]);
    const photo = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#369' } })
      .withExif({ IFD0: { Copyright: 'Somebody Private', Artist: 'At home' } })
      .jpeg()
      .toBuffer();
    const image = await doc.embedJpg(photo);
    page.drawImage(image, { x: 20, y: 20, width: 100, height: 100 });
    await doc.flush();
    const enclosed = (text: string) => doc.context.register(doc.context.stream(text));
    const stream = doc.context.lookup(image.ref) as PDFRawStream;
    stream.dict.set(PDFName.of('Metadata'), enclosed('Somebody XMP'));
    stream.dict.set(
      PDFName.of('PieceInfo'),
      doc.context.obj({ App: { Private: enclosed('Somebody App') } } as never),
    );
    const sent = await doc.save({ useObjectStreams: false });
    expect(Buffer.from(sent).toString('latin1')).to.include('Somebody Private').and.include('Somebody XMP');
    const { bytes } = await cleanPdf(sent);
    const again = await PDFDocument.load(bytes, { updateMetadata: false });
    const kept = Buffer.from(await again.save({ useObjectStreams: false, addDefaultPage: false })).toString(
      'latin1',
    );
    expect(kept).to.not.include('Somebody').and.not.include('At home').and.not.include('Exif');
    const [before, after] = [
      await rasterise(Buffer.from(sent), { scale: 1 }),
      await rasterise(Buffer.from(bytes), { scale: 1 }),
    ];
    expect(after[0]?.pixels).to.deep.equal(before[0]?.pixels);
  });

  it('keeps what is named like an action, and what a layer hides hidden', async () => {
    const doc = await PDFDocument.create();
    const page = doc.addPage([200, 200]);
    const draw = (text: string) => doc.context.register(doc.context.stream(text));
    const box = '1000 0 0 0 750 750 d1 0 0 750 750 re f';
    const font = doc.context.obj({
      Type: 'Font',
      Subtype: 'Type3',
      FontBBox: [0, 0, 750, 750],
      FontMatrix: [0.001, 0, 0, 0.001, 0, 0],
      CharProcs: { A: draw(box), B: draw(box) },
      Encoding: { Type: 'Encoding', Differences: [65, 'A', 'B'] },
      FirstChar: 65,
      LastChar: 66,
      Widths: [1000, 1000],
      Resources: {},
    } as never);
    const layer = doc.context.register(
      doc.context.obj({ Type: 'OCG', Name: PDFString.of('solutions') } as never),
    );
    doc.catalog.set(
      PDFName.of('OCProperties'),
      doc.context.obj({ OCGs: [layer], D: { OFF: [layer], Order: [layer] } } as never),
    );
    page.node.set(
      PDFName.of('Resources'),
      doc.context.obj({
        Font: doc.context.register(doc.context.obj({ A: doc.context.register(font) } as never)),
        Properties: { Names: layer },
      } as never),
    );
    page.node.set(
      PDFName.of('Contents'),
      draw('BT /A 40 Tf 20 120 Td (AB) Tj ET /OC /Names BDC 0 0 100 60 re f EMC'),
    );
    const sent = await doc.save({ useObjectStreams: false });
    const { bytes } = await cleanPdf(sent);
    const [before, after] = [
      await rasterise(Buffer.from(sent), { scale: 1 }),
      await rasterise(Buffer.from(bytes), { scale: 1 }),
    ];
    expect(new Set(before[0]?.pixels).size).to.be.above(1);
    expect(after[0]?.pixels).to.deep.equal(before[0]?.pixels);
  });

  it('is refused when it is locked, broken, empty or a book', async () => {
    const book = await PDFDocument.create();
    for (let page = 0; page <= MOST_PAGES; page += 1) book.addPage([100, 100]);
    expect(await refused(await book.save())).to.equal('pdf-too-long');
    book.removePage(0);
    expect(await refused(await book.save())).to.equal('kept');
    const locked = await PDFDocument.create();
    locked.addPage([100, 100]);
    locked.encrypt({ userPassword: 'a', ownerPassword: 'b' });
    expect(await refused(await locked.save())).to.equal('pdf-locked');
    const bytes = await hostile();
    const text = (words: string): Uint8Array => new TextEncoder().encode(words);
    for (const [name, broken] of [
      ['its first half', bytes.slice(0, bytes.length / 2)],
      ['only a header', text('%PDF-1.7\n')],
      ['a page of the net', text('%PDF-1.7\n<html><script>alert(1)</script></html>')],
      [
        'no pages',
        text(
          '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF',
        ),
      ],
      [
        'a circle of pages',
        text(
          '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[2 0 R]/Count 9>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF',
        ),
      ],
    ] as const)
      expect(await refused(broken), name).to.equal('pdf-broken');
  });
});
