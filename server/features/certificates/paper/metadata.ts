import { pdfDate, pdfString } from './file.ts';
import type { DocumentFacts } from './paper.ts';

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** What the document says of itself to readers and archives (XMP). */
export function metadataOf({ title, author, subject, keywords, createdAt }: DocumentFacts): string {
  const date = `${createdAt.toISOString().slice(0, 19)}Z`;
  const words = (text: string): string =>
    `<rdf:Alt><rdf:li xml:lang="x-default">${escaped(text)}</rdf:li></rdf:Alt>`;
  return `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<xmp:CreateDate>${date}</xmp:CreateDate><xmp:CreatorTool>Linli</xmp:CreatorTool>
<dc:title>${words(title)}</dc:title><dc:creator><rdf:Seq><rdf:li>${escaped(author)}</rdf:li></rdf:Seq></dc:creator><dc:description>${words(subject)}</dc:description>
<pdf:Producer>Linli</pdf:Producer><pdf:Keywords>${escaped(keywords)}</pdf:Keywords>
</rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>`;
}

/** The same in the older dictionary, which more programs show. */
export function infoOf({ title, author, subject, keywords, createdAt }: DocumentFacts): string {
  const texts = { Title: title, Author: author, Subject: subject, Keywords: keywords };
  const said = Object.entries(texts).map(([key, text]) => `/${key} ${pdfString(text)}`);
  const date = pdfDate(createdAt);
  return `<<${said.join('')}/Creator(Linli)/Producer(Linli)/CreationDate ${date}/ModDate ${date}>>`;
}
