import { execFile } from 'node:child_process';
import { sign, verify } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import {
  KeyFileError,
  loadOrCreateSecret,
  loadOrCreateSigningKeys,
  readTrustedKeys,
  rotateSigningKeys,
} from '../../../server/core/keys.ts';

const run = promisify(execFile);
const KEYS_MODULE = join(import.meta.dirname, '../../../server/core/keys.ts');

describe('key files', () => {
  let folder: string;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'linli-keys-')), 'keys');
  });
  afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

  const mode = (path: string): number => statSync(path).mode & 0o777;

  it('are made once, for their owner alone, and found again', () => {
    const first = loadOrCreateSigningKeys(folder);
    const again = loadOrCreateSigningKeys(folder);
    expect(first.currentId).to.match(/^[0-9a-f]{16}$/);
    expect(again.currentId).to.equal(first.currentId);
    expect(mode(folder)).to.equal(0o700);
    expect(mode(join(folder, '0001.key.json'))).to.equal(0o600);
    expect(readdirSync(folder).sort()).to.deep.equal(['0001.key.json', `${first.currentId}.pub.json`].sort());
    expect(readFileSync(join(folder, `${first.currentId}.pub.json`), 'utf8')).not.to.include('"d"');
    expect(JSON.stringify(first.jwks)).not.to.include('"d"');
  });

  it('are agreed on by processes that start at the same moment', async () => {
    const script = `import { loadOrCreateSecret, loadOrCreateSigningKeys } from ${JSON.stringify(KEYS_MODULE)};
      const folder = ${JSON.stringify(folder)};
      console.log(loadOrCreateSigningKeys(folder).currentId, loadOrCreateSecret(folder, 'session').toString('hex'));`;
    const starts = Array.from({ length: 6 }, () =>
      run(process.execPath, ['--input-type=module-typescript', '-e', script]),
    );
    const lines = (await Promise.all(starts)).map(({ stdout }) => stdout);
    expect(new Set(lines).size).to.equal(1);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).to.deep.equal([]);
  });

  it('rotate: the new key signs, the old one stays trusted, also without its private half', () => {
    const old = loadOrCreateSigningKeys(folder);
    const signature = sign(null, Buffer.from('x'), old.privateKey);
    const rotated = rotateSigningKeys(folder);
    expect(rotated.currentId).not.to.equal(old.currentId);
    expect([...rotated.trusted.keys()]).to.deep.equal([rotated.currentId, old.currentId]);
    rmSync(join(folder, '0001.key.json'));
    const later = loadOrCreateSigningKeys(folder);
    expect(later.currentId).to.equal(rotated.currentId);
    const key = later.trusted.get(old.currentId);
    expect(key && verify(null, Buffer.from('x'), key, signature)).to.equal(true);
    expect(later.jwks.keys.map((jwk) => jwk.kid)).to.have.members([rotated.currentId, old.currentId]);
  });

  it('are never replaced when the private one is lost or damaged', () => {
    loadOrCreateSigningKeys(folder);
    const file = join(folder, '0001.key.json');
    const good = readFileSync(file);
    for (const bad of ['', '{', '{"kty":"OKP"}', good.toString().replace('Ed25519', 'X25519')]) {
      writeFileSync(file, bad);
      expect(() => loadOrCreateSigningKeys(folder)).to.throw(KeyFileError, /restore it from the backup/);
    }
    rmSync(file);
    expect(() => loadOrCreateSigningKeys(folder)).to.throw(KeyFileError, /restore the \*\.key\.json/);
    writeFileSync(file, good);
    expect(loadOrCreateSigningKeys(folder).currentId).to.match(/^[0-9a-f]{16}$/);
  });

  it('are closed again when a copy had opened them', () => {
    loadOrCreateSigningKeys(folder);
    chmodSync(join(folder, '0001.key.json'), 0o644);
    loadOrCreateSigningKeys(folder);
    expect(mode(join(folder, '0001.key.json'))).to.equal(0o600);
  });

  it('are trusted from a folder, a JWK, a key set or PEM, and from nothing else', () => {
    const keys = loadOrCreateSigningKeys(folder);
    const pem = [...keys.trusted.values()][0]!.export({ type: 'spki', format: 'pem' });
    const [jwk] = keys.jwks.keys;
    const files = {
      'a.json': JSON.stringify(jwk),
      'b.json': JSON.stringify(keys.jwks),
      'c.pem': String(pem),
    };
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), text);
      expect([...readTrustedKeys(join(folder, name)).keys()]).to.deep.equal([keys.currentId]);
    }
    expect([...readTrustedKeys(folder).keys()]).to.deep.equal([keys.currentId]);
    for (const text of ['', 'null', '{}', JSON.stringify({ ...jwk, kid: '0'.repeat(16) })]) {
      writeFileSync(join(folder, 'bad.json'), text);
      expect(() => readTrustedKeys(join(folder, 'bad.json'))).to.throw(KeyFileError);
    }
    expect(() => readTrustedKeys(join(folder, 'missing.json'))).to.throw(KeyFileError, /ENOENT/);
  });

  it('hold secrets of the length asked for, one a name', () => {
    const secret = loadOrCreateSecret(folder, 'session', 32);
    expect(secret).to.have.length(32);
    expect(loadOrCreateSecret(folder, 'session', 32).equals(secret)).to.equal(true);
    expect(loadOrCreateSecret(folder, 'check-in', 32).equals(secret)).to.equal(false);
    expect(mode(join(folder, 'session.secret'))).to.equal(0o600);
    expect(() => loadOrCreateSecret(folder, 'session', 64)).to.throw(KeyFileError, /64 bytes/);
    writeFileSync(join(folder, 'session.secret'), '');
    expect(() => loadOrCreateSecret(folder, 'session', 32)).to.throw(KeyFileError, /restore it/);
    expect(() => loadOrCreateSecret(folder, '../session')).to.throw(KeyFileError);
  });

  it('say so when the folder cannot be used', () => {
    writeFileSync(folder, 'a file');
    expect(() => loadOrCreateSecret(folder, 'session')).to.throw(
      KeyFileError,
      /cannot be used \((EEXIST|ENOTDIR)\)/,
    );
  });
});
