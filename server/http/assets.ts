import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Request, RequestHandler } from 'express';

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
const brotli = promisify(brotliCompress);
const zip = promisify(gzip);

type Encoding = 'br' | 'gzip';

interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly plain: Buffer;
  /** Smaller, in one of the ways that the browser takes; null for what is compressed already. */
  readonly packed: ((encoding: Encoding) => Promise<Buffer>) | null;
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
    files.set(path, {
      type,
      etag: `"${hash}"`,
      plain,
      packed: type === 'image/png' ? null : packedOnce(plain),
    });
  }

  const middleware: RequestHandler = async (req, res, next) => {
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
    const encoding = file.packed && wanted(req);
    const body = encoding && file.packed ? await file.packed(encoding) : file.plain;
    if (encoding) res.set('Content-Encoding', encoding);
    res.set('Content-Length', String(body.length)).status(200);
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

const wanted = (req: Request): Encoding | null =>
  req.acceptsEncodings('br') ? 'br' : req.acceptsEncodings('gzip') ? 'gzip' : null;

const compress: Readonly<Record<Encoding, (plain: Buffer) => Promise<Buffer>>> = {
  // Quality 9 costs a tenth of 11's time for two per cent more bytes.
  br: (plain) => brotli(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (plain) => zip(plain, { level: 9 }),
};

/**
 * Packs a file when a browser first asks for it, beside the thread that answers, and keeps the outcome: commands, job
 * processes and most starts are never asked, and all files together take a third of a second.
 */
function packedOnce(plain: Buffer): (encoding: Encoding) => Promise<Buffer> {
  const made = new Map<Encoding, Promise<Buffer>>();
  return (encoding) => {
    const known = made.get(encoding) ?? compress[encoding](plain);
    made.set(encoding, known);
    return known;
  };
}
