import { expect } from 'chai';
import { faceOf } from '../../../server/features/certificates/paper/faces.ts';
import type { Run } from '../../../server/features/certificates/paper/faces.ts';
import { pdfString } from '../../../server/features/certificates/paper/file.ts';
import { linesOf } from '../../../server/features/certificates/paper/lines.ts';
import {
  renderCertificatePdf,
  renderCertificates,
} from '../../../server/features/certificates/certificate.pdf.ts';
import { createI18n } from '../../../server/i18n/index.ts';
import { decodeQr, pdfText, rasterise } from '../../support/pdf.ts';
import { sampleDraft, sampleEntry } from './sample.ts';

const i18n = createI18n({ strict: true });
const shape = ({ placed }: Run) => placed.map(({ glyph, kern }) => [glyph, Math.round(kern * 100) / 100]);

describe('the paper that certificates are drawn on', () => {
  it('puts words together exactly as the fonts shape them', () => {
    const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZabcdefghijklmnopqrstuvwxyz-/:.张晓明社区桐君';
    const words = ['TONGLU-2026-000042', '2026-01-08', 'AVATAR', 'office', 'waffle', '第12次', '7K3QX-A9M2T'];
    for (let n = 0; n < 200; n++)
      words.push(
        Array.from(
          { length: 2 + (n % 9) },
          (_one, at) => letters[(n * 7_919 + at * 104_729 + ((n * at * 31) % 977)) % letters.length],
        ).join(''),
      );
    for (const name of ['sans', 'serif'] as const)
      for (const word of words)
        expect(shape(faceOf(name).layout(word)), `${name} ${word}`).to.deep.equal(
          shape(faceOf(name).shaped(word)),
        );
  });

  it('lays out each text by itself, whatever was laid out before', () => {
    for (const name of ['sans', 'bold', 'serif'] as const) {
      const face = faceOf(name);
      const said = (text: string): string =>
        face
          .layout(text)
          .placed.map(({ codePoints }) => String.fromCodePoint(...codePoints))
          .join('');
      for (const text of ['word 200', '200', '\u2f08\u2f00', '人一', '-\u2011·•', '·', '•', 'Board games'])
        expect(said(text), `${name} ${text}`).to.equal(text);
      expect(said('人')).to.equal('人');
    }
  });

  it('breaks lines where a line may end, keeps to the column, and shortens what is too long', () => {
    const column = { width: 60, size: 10, spacing: 0, lines: 2 };
    const texts = (text: string, lines = 2): string[] =>
      linesOf(faceOf('sans'), text, { ...column, lines }).map((line) => line.text);
    expect(texts('短')).to.deep.equal(['短']);
    expect(texts('社区独居老人探访')).to.deep.equal(['社区独居老人', '探访']);
    // No line begins with a full stop.
    expect(texts('社区独居老人。探访')[1]).to.equal('人。探访');
    expect(texts('one two three four five six seven')[1]).to.match(/…$/);
    expect(texts('A'.repeat(40), Infinity).join('')).to.equal('A'.repeat(40));
    for (const { width } of linesOf(faceOf('sans'), 'A'.repeat(40), { ...column, lines: 5 }))
      expect(width).to.be.at.most(60);
  });

  it('writes any text into strings of the file', () => {
    expect(pdfString(String.raw`a(b)\c`)).to.equal(String.raw`(a\(b\)\\c)`);
    expect(pdfString('张')).to.equal('<FEFF5f20>');
  });

  it('has in one document to print the same pages as each certificate by itself', async () => {
    const drafts = ['zh-CN', 'en', 'zh-CN'].map((locale, n) =>
      sampleDraft({
        locale: locale as 'en',
        number: `TONGLU-2026-00000${n}`,
        verificationCode: `${n}K3QXA9M2TZ0V5W8R1C4D6E7FG`,
        entries: Array.from({ length: n === 0 ? 14 : 2 }, (_one, index) => sampleEntry(index)),
      }),
    );
    const { pdf, pages } = await renderCertificates(drafts, { i18n });
    const single = await Promise.all(drafts.map((draft) => renderCertificatePdf(draft, { i18n })));
    const apart = (await Promise.all(single.map((file) => rasterise(file, { scale: 1 })))).flat();
    const together = await rasterise(pdf, { scale: 1 });
    expect([pages, together.length]).to.deep.equal([4, apart.length]);
    together.forEach((page, at) => expect(page.pixels).to.deep.equal(apart[at]?.pixels, `page ${at + 1}`));
    expect(decodeQr((await rasterise(pdf, { scale: 2 }))[3]!)).to.equal(drafts[2]?.verifyUrl);
    expect((await pdfText(pdf)).split('\n')).to.have.length(4);
  });
});
