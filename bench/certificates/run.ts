import { performance } from 'node:perf_hooks';
import { generateKeyPairSync } from 'node:crypto';
import type { SigningKeys } from '../../server/core/keys.ts';
import { produceCertificate } from '../../server/features/certificates/certificate.document.ts';
import { renderCertificates } from '../../server/features/certificates/certificate.pdf.ts';
import { sampleDraft, sampleEntry } from '../../test/unit/certificates/sample.ts';
import { createI18n } from '../../server/i18n/index.ts';

/**
 * What a certificate costs this process in CPU milliseconds, garbage collection and compression threads included: drawn, signed and
 * sealed by itself, each with other people's names and services; and as pages of one document to be printed.
 * node bench/certificates/run.ts [--certificates N]
 */
const at = process.argv.indexOf('--certificates');
const COUNT = at < 0 ? 1_000 : Number(process.argv[at + 1]);
const GOALS = { single: 12, page: 1 } as const;
const PRINTED_TOGETHER = 500;
const SURNAMES = '赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜';
const GIVEN = '明月春江海燕志强秀英国庆晓东文静建华丽娟玉兰永和思远佳怡子涵浩然';

const pick = (letters: string, n: number): string => letters[n % letters.length] ?? '';
const nameOf = (n: number): string =>
  pick(SURNAMES, n) + pick(GIVEN, n * 7 + 3) + (n % 3 === 0 ? '' : pick(GIVEN, n * 13 + 5));

/** Between one and twelve services. */
const drafts = Array.from({ length: COUNT }, (_unused, n) =>
  sampleDraft({
    person: { displayName: nameOf(n), volunteerNumber: `TL-2026-${String(n).padStart(6, '0')}` },
    entries: Array.from({ length: 1 + (n % 12) }, (_one, index) =>
      sampleEntry(index, { minutes: 45 + ((n * 31 + index * 17) % 240) }),
    ),
    number: `TONGLU-2026-${String(n + 1).padStart(6, '0')}`,
    verificationCode: n.toString(32).toUpperCase().padStart(26, '7K3QXA9M2TZ0V5W8R1C4D6E7FG').slice(0, 26),
    locale: n % 10 === 0 ? 'en' : 'zh-CN',
    keyId: '0123456789abcdef',
  }),
);
const keys = {
  currentId: '0123456789abcdef',
  privateKey: generateKeyPairSync('ed25519').privateKey,
} as unknown as SigningKeys;
const i18n = createI18n({ strict: true });

const verdicts: boolean[] = [];
async function measure(
  name: string,
  goal: number,
  count: number,
  work: () => Promise<number>,
): Promise<void> {
  const [cpu, began] = [process.cpuUsage(), performance.now()];
  const bytes = await work();
  const { user, system } = process.cpuUsage(cpu);
  const each = (user + system) / 1_000 / count;
  verdicts.push(each <= goal);
  console.log(
    `${name}: ${each.toFixed(2)} ms CPU each (goal ${goal}), ${((performance.now() - began) / 1_000).toFixed(1)} s for ${count}, ${(bytes / count / 1_024).toFixed(1)} KB each`,
  );
}

// Fonts are read and parsed once in the life of a process.
const [first] = drafts;
if (!first) throw new Error('Nothing to draw');
await measure(
  'first certificate of a process',
  Infinity,
  1,
  async () => (await produceCertificate(first, { keys, i18n })).pdf.length,
);
await measure(`${COUNT} certificates, each a signed file`, GOALS.single, COUNT, async () => {
  let bytes = 0;
  for (const draft of drafts) bytes += (await produceCertificate(draft, { keys, i18n })).pdf.length;
  return bytes;
});
let pages = 0;
const [cpu, began] = [process.cpuUsage(), performance.now()];
for (let from = 0; from < drafts.length; from += PRINTED_TOGETHER)
  pages += (await renderCertificates(drafts.slice(from, from + PRINTED_TOGETHER), { i18n })).pages;
const { user, system } = process.cpuUsage(cpu);
const page = (user + system) / 1_000 / pages;
verdicts.push(page <= GOALS.page);
console.log(
  `pages of one document to print: ${page.toFixed(2)} ms CPU each (goal ${GOALS.page}), ${((performance.now() - began) / 1_000).toFixed(1)} s for ${pages}`,
);
console.log(verdicts.every(Boolean) ? 'all goals reached' : 'goals missed');
