import { join } from 'node:path';
import { expect } from 'chai';
import express from 'express';
import supertest from 'supertest';
import { createAssets } from '../../../server/http/assets.ts';

const GENERATED = join(import.meta.dirname, '../../../views/assets/generated');

describe('assets', () => {
  const assets = createAssets(GENERATED);
  const app = express().use(assets.middleware, (_req, res) => void res.send('next'));

  it('serves a file under its content’s hash for a year, compressed as asked', async () => {
    const url = assets.url('app.css');
    expect(url).to.match(/^\/assets\/app\.[0-9a-f]{16}\.css$/);
    const plain = await supertest(app).get(url).set('Accept-Encoding', 'identity').expect(200);
    expect(plain.headers['content-type']).to.equal('text/css; charset=utf-8');
    expect(plain.headers['cache-control']).to.equal('public, max-age=31536000, immutable');
    expect(plain.headers['x-content-type-options']).to.equal('nosniff');
    const small = await supertest(app).get(url).set('Accept-Encoding', 'gzip').expect(200);
    expect(small.headers['content-encoding']).to.equal('gzip');
    expect(small.text).to.equal(plain.text);
    const br = await supertest(app).head(url).set('Accept-Encoding', 'br, gzip').expect(200);
    expect(br.headers['content-encoding']).to.equal('br');
    await supertest(app).get(url).set('If-None-Match', String(plain.headers['etag'])).expect(304);
  });

  it('answers 404 for anything that is not listed, without touching the file system', async () => {
    for (const path of [
      '/assets/app.css',
      '/assets/app.0000000000000000.css',
      '/assets/../../package.json',
      '/assets/%2e%2e/app.js',
      '/assets/__proto__',
      '/assets/',
    ]) {
      const answer = await supertest(app).get(path).redirects(0);
      expect([404, 200], path).to.include(answer.status);
      if (answer.status === 200) expect(answer.text, path).to.equal('next'); // normalised by the client out of /assets/
    }
    await supertest(app).post(assets.url('app.js')).expect(404);
  });

  it('leaves other paths to the next handler and refuses to name what is not there', async () => {
    await supertest(app).get('/shifts').expect(200, 'next');
    expect(() => assets.url('nothing.css')).to.throw('npm run assets');
  });
});
