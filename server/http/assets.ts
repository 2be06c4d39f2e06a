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
  /** The content of such a file. @throws Error when there is none */
  text(name: string): string;
  /** `/sw.js`: the service worker with the addresses of the files that it keeps. */
  readonly serviceWorker: RequestHandler;
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

  const url = (name: string): string => {
    const known = urls.get(name);
    if (!known) throw new Error(`No asset "${name}": is it in views/assets/generated? Run npm run assets`);
    return known;
  };
  const text = (name: string): string => files.get(url(name))?.plain.toString('utf8') ?? '';
  return { url, text, middleware, serviceWorker: serviceWorkerOf(root, url) };
}

/** What the kept page of the check-in needs. */
const KEPT = ['app.css', 'app.js', 'htmx.js', 'check-in.js', 'logo.svg', 'icons.svg'];

/** The worker at the root, so that it may answer for the check-in; a changed file makes it another worker. */
function serviceWorkerOf(root: string, url: (name: string) => string): RequestHandler {
  let script: string | null = null;
  return (_req, res) => {
    if (script === null) {
      const files = JSON.stringify(KEPT.map(url));
      const version = createHash('sha256').update(files).digest('hex').slice(0, 12);
      script = readFileSync(join(root, 'sw.js'), 'utf8')
        .replace('__VERSION__', version)
        .replace('__FILES__', files);
    }
    res.set({ 'Content-Type': 'text/javascript; charset=utf-8', 'Cache-Control': 'no-cache' }).send(script);
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
