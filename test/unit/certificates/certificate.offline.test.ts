import { execFile } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { loadOrCreateSigningKeys, rotateSigningKeys } from '../../../server/core/keys.ts';
import type { SigningKeys } from '../../../server/core/keys.ts';
import { canonicalJson } from '../../../server/core/canonical-json.ts';
import { produceCertificate } from '../../../server/features/certificates/certificate.document.ts';
import type { IssuedDocument } from '../../../server/features/certificates/certificate.document.ts';
import {
  findSignedJson,
  sealPdf,
  sha256Hex,
  verifyCertificate,
} from '../../../server/features/certificates/certificate.offline.ts';
import { signStatement } from '../../../server/features/certificates/certificate.sign.ts';
import { createI18n } from '../../../server/i18n/index.ts';
import { pdfFacts, rasterise } from '../../support/pdf.ts';
import { sampleDraft } from './sample.ts';

const SCRIPT = join(import.meta.dirname, '../../../scripts/verify-certificate.ts');

describe('a certificate checked offline', () => {
  let folder: string;
  let keys: SigningKeys;
  let issued: IssuedDocument;
  let json: Buffer;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'linli-certificate-'));
    keys = loadOrCreateSigningKeys(join(folder, 'data/keys/certificates'));
    issued = await produceCertificate(sampleDraft({ keyId: keys.currentId }), {
      keys,
      i18n: createI18n({ strict: true }),
    });
    json = Buffer.from(issued.signedJson);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const check = (bytes: Uint8Array) => verifyCertificate(bytes, keys.trusted);
  const reason = (bytes: Uint8Array): string => {
    const verdict = check(bytes);
    return verdict.valid ? 'valid' : verdict.reason;
  };
  const changed = (bytes: Buffer, at: number, mask = 1): Buffer => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ mask;
    return copy;
  };

  it('is valid as JSON and as PDF, and says the same in both', () => {
    expect(check(json)).to.deep.equal({ valid: true, form: 'json', statement: issued.statement });
    expect(check(issued.pdf)).to.deep.equal({ valid: true, form: 'pdf', statement: issued.statement });
    expect(findSignedJson(issued.pdf)?.equals(json)).to.equal(true);
    expect(sha256Hex(issued.pdf.subarray(0, issued.statement.pdf.bytes))).to.equal(
      issued.statement.pdf.sha256,
    );
    expect(issued.pdfSha256).to.equal(sha256Hex(issued.pdf));
  });

  it('is invalid after a change of any byte of the JSON', () => {
    for (let at = 0; at < json.length; at++) {
      for (const mask of [0x01, 0x20, 0x80])
        expect(check(changed(json, at, mask)).valid, `byte ${at}`).to.equal(false);
    }
  });

  it('is invalid after a change of any byte of what stands behind the drawn PDF', () => {
    for (let at = issued.statement.pdf.bytes - 40; at < issued.pdf.length; at++) {
      expect(check(changed(issued.pdf, at)).valid, `byte ${at}`).to.equal(false);
    }
  });

  it('is invalid after a change of any byte of the PDF', () => {
    for (let at = 0; at < issued.pdf.length; at += 97) {
      expect(check(changed(issued.pdf, at)).valid, `byte ${at}`).to.equal(false);
    }
    const position = fc.integer({ min: 0, max: issued.pdf.length - 1 });
    fc.assert(
      fc.property(position, fc.integer({ min: 1, max: 255 }), (at, mask) => {
        expect(check(changed(issued.pdf, at, mask)).valid).to.equal(false);
      }),
      { numRuns: 600 },
    );
  });

  it('is invalid when cut off, drawn out or stuck together, anywhere', () => {
    for (const file of [json, issued.pdf]) {
      const position = fc.integer({ min: 0, max: file.length - 1 });
      fc.assert(
        fc.property(position, fc.uint8Array({ minLength: 1, maxLength: 5 }), (at, extra) => {
          expect(check(file.subarray(0, at)).valid, 'cut off').to.equal(false);
          expect(
            check(Buffer.concat([file.subarray(0, at), file.subarray(at + 1)])).valid,
            'a byte less',
          ).to.equal(false);
          const longer = Buffer.concat([file.subarray(0, at), extra, file.subarray(at)]);
          expect(check(longer).valid, 'bytes more').to.equal(false);
        }),
        { numRuns: 150 },
      );
      for (const tail of ['\n', ' ', '\0', '%%EOF\n']) {
        expect(check(Buffer.concat([file, Buffer.from(tail)])).valid).to.equal(false);
      }
    }
    expect(check(Buffer.concat([issued.pdf, issued.pdf])).valid).to.equal(false);
  });

  it('is invalid when a digit of the hours is changed, in the JSON and in the JSON inside the PDF', () => {
    const { totalMinutes } = issued.statement;
    const forged = Buffer.from(
      issued.signedJson.replace(`"totalMinutes":${totalMinutes}`, `"totalMinutes":${totalMinutes + 600}`),
    );
    expect(forged.equals(json)).to.equal(false);
    expect(reason(forged)).to.equal('signature-wrong');
    const drawn = issued.pdf.subarray(0, issued.statement.pdf.bytes);
    expect(reason(sealPdf(drawn, forged.toString()))).to.equal('signature-wrong');
  });

  it('is invalid when a genuine statement is put behind another PDF', async () => {
    const tools = { keys, i18n: createI18n() };
    const other = await produceCertificate(
      sampleDraft({ keyId: keys.currentId, number: 'TONGLU-2026-000043' }),
      tools,
    );
    const drawn = other.pdf.subarray(0, other.statement.pdf.bytes);
    expect(reason(other.pdf)).to.equal('valid');
    expect(reason(sealPdf(drawn, issued.signedJson))).to.equal('pdf-changed');
    // The whole genuine file in front, a second one behind: neither part may speak for the other.
    expect(reason(sealPdf(issued.pdf, issued.signedJson))).to.equal('pdf-changed');
  });

  it('is invalid under a key that nobody trusts, also when it borrows a trusted key id', () => {
    const stranger = loadOrCreateSigningKeys(join(folder, 'stranger'));
    expect(verifyCertificate(json, stranger.trusted)).to.deep.equal({ valid: false, reason: 'unknown-key' });
    const signed = signStatement({ ...issued.statement, keyId: stranger.currentId }, stranger);
    expect(reason(Buffer.from(signed))).to.equal('unknown-key');
    const { privateKey } = generateKeyPairSync('ed25519');
    const bytes = Buffer.from(canonicalJson(issued.statement));
    const borrowed = canonicalJson({
      signature: sign(null, bytes, privateKey).toString('base64url'),
      statement: issued.statement,
    });
    expect(reason(Buffer.from(borrowed))).to.equal('signature-wrong');
    expect(() => signStatement(issued.statement, stranger)).to.throw('another key');
  });

  it('stays valid after the key was rotated', () => {
    const copy = join(folder, 'rotated');
    cpSync(join(folder, 'data/keys/certificates'), copy, { recursive: true });
    const rotated = rotateSigningKeys(copy);
    expect(rotated.currentId).not.to.equal(issued.statement.keyId);
    expect(verifyCertificate(issued.pdf, rotated.trusted).valid).to.equal(true);
  });

  it('is nothing else that the same key signed', () => {
    const bytes = Buffer.from(canonicalJson({ keyId: keys.currentId, type: 'linli/something-else' }));
    const signature = sign(null, bytes, keys.privateKey).toString('base64url');
    const other = canonicalJson({ signature, statement: JSON.parse(bytes.toString()) as unknown });
    expect(reason(Buffer.from(other))).to.equal('not-a-certificate');
  });

  for (const [what, bytes] of [
    ['nothing', ''],
    ['a word', 'certificate'],
    ['null', 'null'],
    ['a list', '[]'],
    ['an empty object', '{}'],
    ['a deep pit', '['.repeat(200_000)],
    ['a statement without a signature', '{"statement":{"keyId":"0123456789abcdef"}}'],
  ] as const) {
    it(`is not ${what}`, () => expect(reason(Buffer.from(bytes))).to.equal('not-a-certificate'));
  }

  it('is not a PDF that carries no statement, or only the beginning of one', () => {
    const drawn = issued.pdf.subarray(0, issued.statement.pdf.bytes);
    expect(reason(drawn)).to.equal('statement-missing');
    expect(reason(issued.pdf.subarray(0, -200))).to.equal('statement-missing');
    expect(reason(Buffer.from('%PDF-1.7\n%%EOF\n'))).to.equal('statement-missing');
  });

  it('looks the same to a reader of PDFs with and without the statement at its end', async () => {
    const drawn = issued.pdf.subarray(0, issued.statement.pdf.bytes);
    const [[sealed], [plain]] = await Promise.all([
      rasterise(issued.pdf, { scale: 1 }),
      rasterise(drawn, { scale: 1 }),
    ]);
    expect(Buffer.from(sealed!.pixels).equals(Buffer.from(plain!.pixels))).to.equal(true);
    expect(await pdfFacts(issued.pdf)).to.deep.equal(await pdfFacts(drawn));
    expect(issued.pdf.subarray(-1024).toString('latin1')).to.match(/\nstartxref\n\d+\n%%EOF\n$/);
  });

  describe('npm run verify-certificate', () => {
    const run = (args: string[], data = 'data'): Promise<{ code: number; stdout: string; stderr: string }> =>
      new Promise((resolve) => {
        const env = { ...process.env, LINLI_DATA: join(folder, data) };
        execFile(process.execPath, [SCRIPT, ...args], { env }, (err, stdout, stderr) => {
          resolve({ code: typeof err?.code === 'number' ? err.code : err ? -1 : 0, stdout, stderr });
        });
      });
    const save = (name: string, bytes: Uint8Array | string): string => {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
    };

    it('says valid for the JSON and the PDF and tells people what they state', async () => {
      for (const [name, bytes] of [
        ['c.json', json],
        ['c.pdf', issued.pdf],
      ] as const) {
        const { code, stdout, stderr } = await run([save(name, bytes)]);
        expect({ code, stdout }).to.deep.equal({ code: 0, stdout: 'valid\n' });
        expect(stderr).to.include('张晓明').and.include('905 minutes').and.include(issued.statement.number);
      }
    });

    it('says why a changed one is invalid', async () => {
      const { code, stdout } = await run([save('changed.pdf', changed(issued.pdf, 5000))]);
      expect({ code, stdout }).to.deep.equal({
        code: 1,
        stdout: 'invalid: changed (the PDF is not the one that was signed)\n',
      });
    });

    it('trusts the keys it is given, and no others then', async () => {
      const file = save('c.json', json);
      const jwks = save('jwks.json', JSON.stringify(keys.jwks));
      expect((await run([file, '--key', jwks], 'nothing')).stdout).to.equal('valid\n');
      loadOrCreateSigningKeys(join(folder, 'stranger'));
      const { code, stdout } = await run([file, '--key', join(folder, 'stranger')]);
      expect(code).to.equal(1);
      expect(stdout).to.match(/^invalid: unknown key/);
    });

    it('never says valid when it cannot check', async () => {
      mkdirSync(join(folder, 'empty/keys/certificates'), { recursive: true });
      const file = save('c.json', json);
      for (const [args, data] of [
        [[file], 'nothing'],
        [[file], 'empty'],
        [[join(folder, 'missing.pdf')], 'data'],
        [[folder], 'data'],
        [[], 'data'],
        [[file, file], 'data'],
        [[file, '--colour'], 'data'],
      ] as const) {
        const { code, stdout } = await run([...args], data);
        expect(code).to.equal(1);
        expect(stdout).to.match(/^invalid: [^\n]+\n$/);
      }
    });

    it('explains itself', async () => {
      const { code, stdout } = await run(['--help']);
      expect(code).to.equal(0);
      expect(stdout).to.include('--key PATH');
    });
  });
});
