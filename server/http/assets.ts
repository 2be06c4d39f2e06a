import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { RequestHandler } from 'express';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
};
const PREFIX = '/assets/';
const A_YEAR = 31_536_000;

interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly plain: Buffer;
  /** Null for what is compressed already. */
  readonly br: Buffer | null;
  readonly gzip: Buffer | null;
}

export interface Assets {
  /** The address of a file below views/assets/generated, with its content's hash in it: `/assets/app.3f2a….css`. @throws Error when there is none. */
  url(name: string): string;
  /** Answers `/assets/*`: listed files for a year, 404 for anything else (S-32). Mount it before sessions. */
  readonly middleware: RequestHandler;
}

/**
 * Reads the committed assets once into a closed map; no request ever touches the file system (S-30).
 * `root` is `views/assets/generated`, filled by `npm run assets`.
 */
export function createAssets(root: string): Assets {
  const urls = new Map<string, string>();
  const files = new Map<string, Asset>();
  for (const name of readdirSync(root)) {
    const extension = extname(name);
    const type = TYPES[extension];
    if (!type) continue;
    const plain = readFileSync(join(root, name));
    const hash = createHash('sha256').update(plain).digest('hex').slice(0, 16);
    const path = `${PREFIX}${name.slice(0, -extension.length)}.${hash}${extension}`;
    urls.set(name, path);
    files.set(path, { type, etag: `"${hash}"`, plain, ...compressed(plain, type) });
  }

  const middleware: RequestHandler = (req, res, next) => {
    if (!req.path.startsWith(PREFIX)) return next();
    const file = req.method === 'GET' || req.method === 'HEAD' ? files.get(req.path) : undefined;
    if (!file) {
      res.status(404).set('Cache-Control', 'no-store').type('text/plain').send('404\n');
      return;
    }
    res.set({
      'Content-Type': file.type,
      'Cache-Control': `public, max-age=${A_YEAR}, immutable`,
      'Cross-Origin-Resource-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
      ETag: file.etag,
      Vary: 'Accept-Encoding',
    });
    if (req.headers['if-none-match'] === file.etag) {
      res.status(304).end();
      return;
    }
    const encoding =
      file.br && req.acceptsEncodings('br')
        ? 'br'
        : file.gzip && req.acceptsEncodings('gzip')
          ? 'gzip'
          : null;
    const body = encoding === 'br' ? file.br : encoding === 'gzip' ? file.gzip : file.plain;
    if (encoding) res.set('Content-Encoding', encoding);
    res.set('Content-Length', String(body?.length ?? 0)).status(200);
    res.end(req.method === 'HEAD' ? undefined : body);
  };

  return {
    url(name) {
      const url = urls.get(name);
      if (!url) throw new Error(`No asset "${name}": is it in views/assets/generated? Run npm run assets`);
      return url;
    },
    middleware,
  };
}

function compressed(plain: Buffer, type: string): { br: Buffer | null; gzip: Buffer | null } {
  if (type === 'image/png') return { br: null, gzip: null };
  // Quality 9 costs a tenth of 11's time at start-up for two per cent more bytes.
  return {
    br: brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
    gzip: gzipSync(plain, { level: 9 }),
  };
}
