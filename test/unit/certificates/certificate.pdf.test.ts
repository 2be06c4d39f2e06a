import { expect } from 'chai';
import { renderCertificatePdf } from '../../../server/features/certificates/certificate.pdf.ts';
import type { StatementFacts } from '../../../server/features/certificates/certificate.types.ts';
import { createI18n } from '../../../server/i18n/index.ts';
import { decodeQr, findText, inkIn, pdfFacts, pdfText, rasterise } from '../../support/pdf.ts';
import type { Raster, Region } from '../../support/pdf.ts';
import { sampleDraft, sampleEntry } from './sample.ts';

const i18n = createI18n({ strict: true });
const NAME: Region = { x: 180, y: 203, width: 235, height: 42 };
const HOURS: Region = { x: 200, y: 300, width: 200, height: 60 };

const render = (facts: Partial<StatementFacts> = {}): Promise<Buffer> =>
  renderCertificatePdf(sampleDraft(facts), { i18n });
const named = (displayName: string): Promise<Buffer> =>
  render({ person: { displayName, volunteerNumber: null } });
const firstPage = async (pdf: Buffer, scale = 2): Promise<Raster> => (await rasterise(pdf, { scale }))[0]!;

/** The pixels of a region, for comparing what is seen there. */
function cut(raster: Raster, region: Region): Buffer {
  const rows: Buffer[] = [];
  const left = Math.round(region.x * raster.scale) * 4;
  const bytes = Math.round(region.width * raster.scale) * 4;
  for (let y = Math.round(region.y * raster.scale); y < (region.y + region.height) * raster.scale; y++) {
    const start = y * raster.width * 4 + left;
    rows.push(Buffer.from(raster.pixels.subarray(start, start + bytes)));
  }
  return Buffer.concat(rows);
}

describe('the PDF of a certificate', () => {
  for (const locale of ['zh-CN', 'en'] as const) {
    it(`in ${locale} leads by its QR code to the page that verifies it`, async () => {
      const draft = sampleDraft({ locale });
      const pdf = await renderCertificatePdf(draft, { i18n });
      // Two pixels a point, then as a phone at arm's length sees it: 110 dots an inch.
      for (const scale of [2, 1.53])
        expect(decodeQr(await firstPage(pdf, scale)), `at ${scale}`).to.equal(draft.verifyUrl);
    });

    it(`in ${locale} is tagged, titled and knows its language`, async () => {
      const facts = await pdfFacts(await render({ locale }));
      expect(facts).to.include({ lang: locale, tagged: true, pages: 1 });
      expect(facts.title).to.include('TONGLU-2026-000042');
    });

    it(`in ${locale} states time, content and recording unit (R-1.19), number, code, issuer and key`, async () => {
      const text = (await pdfText(await render({ locale }))).replaceAll(/\s/g, '');
      for (const words of [
        'TONGLU-2026-000042',
        '7K3QX-A9M2T-Z0V5W-8R1C4-D6E7F-G',
        '富春江江岸清洁',
        '江南镇新时代文明实践所',
        '桐君街道春江社区居民委员会',
        '0123456789abcdef',
        '张晓明',
        '2026-01-08',
      ]) {
        expect(text).to.include(words);
      }
      expect(text).to.include(locale === 'en' ? '15h5min' : '15小时5分');
    });
  }

  it('is the same to the byte for the same statement, also when made side by side (S-59)', async () => {
    const [first, second] = await Promise.all([render(), render()]);
    expect(first.equals(second)).to.equal(true);
    expect((await render({ number: 'TONGLU-2026-000043' })).equals(first)).to.equal(false);
  });

  it('shows the hours large, and other hours differently', async () => {
    const raster = await firstPage(await render());
    expect(inkIn(raster, HOURS)).to.be.greaterThan(0.02);
    const entries = Array.from({ length: 7 }, (_, index) => sampleEntry(index, { minutes: 60 }));
    expect(cut(await firstPage(await render({ entries })), HOURS).equals(cut(raster, HOURS))).to.equal(false);
  });

  it('draws rare characters of names as themselves, never as an empty box or nothing', async () => {
    const drawn = new Map<string, Raster>();
    for (const character of ['䶮', '㛃', '𬭎', '□', '晓'])
      drawn.set(character, await firstPage(await named(character)));
    const blank = await firstPage(await named('　a　'.replaceAll('a', '·')));
    for (const character of ['䶮', '㛃', '𬭎']) {
      const raster = drawn.get(character)!;
      expect(inkIn(raster, NAME), character).to.be.greaterThan(inkIn(blank, NAME) * 2);
      for (const [other, image] of drawn) {
        if (other !== character)
          expect(cut(raster, NAME).equals(cut(image, NAME)), `${character} ${other}`).to.equal(false);
      }
    }
  });

  it('marks a character that no font has by a box and names it, instead of leaving it out', async () => {
    const unknown = '\u{2b7a5}';
    const [shown, box] = [await named(`张${unknown}`), await named('张□')];
    expect(cut(await firstPage(shown), NAME).equals(cut(await firstPage(box), NAME))).to.equal(true);
    expect(await pdfText(shown)).to.include('U+2B7A5');
    expect(await pdfText(box)).not.to.include('U+');
  });

  it('prints markup as text and strips control and bidirectional characters (S-44)', async () => {
    const markup = '<b>张</b> &amp; {{number}} $t(title)';
    expect(await pdfText(await named(markup))).to.include(markup);
    expect((await named('张\u202e晓\u0007\u200b明')).equals(await named('张晓明'))).to.equal(true);
  });

  it('keeps a very long name, unit and activity inside the frame', async () => {
    const long = '非常长的名称'.repeat(30);
    const pdf = await render({
      person: { displayName: '买买提·阿卜杜拉'.repeat(8), volunteerNumber: null },
      tenant: { id: 'tenant-1', slug: 't', name: { 'zh-CN': long, en: long }, zone: 'Asia/Shanghai' },
      issuer: { unit: long, handler: long, contact: long },
      entries: [
        sampleEntry(0, { activity: long, content: long, place: 'A'.repeat(300), unit: long, leader: long }),
      ],
    });
    const raster = await firstPage(pdf);
    for (const region of [
      { x: 0, y: 0, width: 20, height: 841 },
      { x: 575, y: 0, width: 20, height: 841 },
      { x: 0, y: 0, width: 595, height: 20 },
      { x: 0, y: 822, width: 595, height: 19 },
    ]) {
      expect(inkIn(raster, region, 250)).to.equal(0);
    }
    expect(decodeQr(raster)).to.equal(sampleDraft().verifyUrl);
    expect((await pdfFacts(pdf)).pages).to.equal(1);
  });

  it('goes on over as many pages as the services need, each with number and page', async () => {
    const entries = Array.from({ length: 60 }, (_, index) => sampleEntry(index));
    const pdf = await render({ entries, period: { from: '2026-01-01', to: '2026-12-31' } });
    const text = await pdfText(pdf);
    const pages = text.split('\n');
    expect(pages.length)
      .to.equal((await pdfFacts(pdf)).pages)
      .and.to.be.greaterThan(2);
    pages.forEach((page, index) => {
      expect(page)
        .to.include(`第 ${index + 1} 页，共 ${pages.length} 页`)
        .and.include('TONGLU-2026-000042');
    });
    for (const entry of entries) expect(text).to.include(entry.serviceDate);
    expect(text.match(/合计/g)).to.have.length(1);
    expect(pages.at(-1)).to.include('合计 60 次');
    expect(pages[0]).to.include('其余记录见后页');
  });

  it('leaves no page to one service and the sum', async () => {
    // One and two more than the first page, and than the first two, have room for.
    for (const count of [9, 10, 31, 32]) {
      const entries = Array.from({ length: count }, (_, index) => sampleEntry(index));
      const pdf = await render({ entries, period: { from: '2026-01-01', to: '2026-12-31' } });
      const last = (await pdfText(pdf)).split('\n').at(-1) ?? '';
      const dates = entries.filter(({ serviceDate }) => last.includes(serviceDate));
      expect(dates.length, `of ${count} services on the last page`).to.be.at.least(3);
    }
  });

  it('is marked on every page when the place is a demonstration, and only then', async () => {
    const entries = Array.from({ length: 20 }, (_, index) => sampleEntry(index));
    const demo = await render({ demo: true, entries });
    for (const page of (await pdfText(demo)).split('\n'))
      expect(page).to.include('演示').and.include('不具有任何证明效力');
    expect(await pdfText(await render())).not.to.include('演示');
  });

  it('lies where a reader looks for it: number above name above hours above services above issuer', async () => {
    const pdf = await render();
    const tops: number[] = [];
    for (const words of ['TONGLU-2026-000042', '张晓明', '小时', '社区独居老人探访', '特此证明']) {
      const region = await findText(pdf, words);
      expect(region, words).not.to.equal(null);
      tops.push(region!.y);
    }
    expect(tops).to.deep.equal(tops.toSorted((a, b) => a - b));
  });

  it('stays small: under 250 KB for a page', async () => {
    expect((await render()).length).to.be.lessThan(250_000);
  });
});
