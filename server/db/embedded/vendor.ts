import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { store, workFolder } from './cache.ts';
import type { CachedMongod } from './cache.ts';
import type { Report } from './problem.ts';

/** A release with all published security fixes; the vendor's builds of it exist for every common system. */
export const VENDOR_VERSION = '8.0.21';

const VENDOR = 'https://fastdl.mongodb.org';
const CONNECT_MS = 10_000;
const SILENCE_MS = 60_000;

/** Where the vendor's files come from: the mirror of mongodb-memory-server's own setting, or the vendor. */
export const vendorMirror = (env: NodeJS.ProcessEnv): string => env['MONGOMS_DOWNLOAD_MIRROR'] || VENDOR;

/**
 * Whether the mirror (or the proxy on the way to it) takes a connection.
 * @returns null, or the reason why not: a refusal at once, silence after ten seconds
 */
export async function whyNotVendor(env: NodeJS.ProcessEnv): Promise<string | null> {
  const mirror = vendorMirror(env);
  if (!URL.canParse(mirror)) return `MONGOMS_DOWNLOAD_MIRROR is not an address: ${mirror}`;
  const proxy = env['HTTPS_PROXY'] ?? env['https_proxy'] ?? env['HTTP_PROXY'] ?? env['http_proxy'];
  const { protocol, hostname, port } = new URL(proxy && URL.canParse(proxy) ? proxy : mirror);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) || (protocol === 'http:' ? 80 : 443) });
    const finish = (reason: string | null): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reason);
    };
    const timer = setTimeout(() => finish(`${host} does not answer within ten seconds`), CONNECT_MS);
    socket.once('connect', () => finish(null));
    socket.once('error', (err: NodeJS.ErrnoException) =>
      finish(`${host} cannot be reached (${err.code ?? err.message})`),
    );
  });
}

/**
 * Downloads the vendor's archive, in a process of its own so that it can be ended, and keeps its mongod in the cache.
 * @throws Error with the reason of the download tool
 */
export async function fetchVendor(
  folder: string,
  env: NodeJS.ProcessEnv,
  report: Report,
): Promise<CachedMongod> {
  const work = workFolder(folder);
  try {
    const file = await download(work, env, report);
    return await store(folder, work, file);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function download(work: string, env: NodeJS.ProcessEnv, report: Report): Promise<string> {
  const script = fileURLToPath(new URL('vendor-download.ts', import.meta.url));
  const child = spawn(process.execPath, [script, VENDOR_VERSION, join(work, 'download')], {
    cwd: work,
    env: downloadEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let path = '';
  let fault = '';
  let silence = setTimeout(() => child.kill('SIGKILL'), SILENCE_MS);
  const onText = (text: string): void => {
    clearTimeout(silence);
    silence = setTimeout(() => {
      fault = 'the download stood still for a minute';
      child.kill('SIGKILL');
    }, SILENCE_MS);
    for (const line of text.split(/[\r\n]+/)) {
      if (line.startsWith('Downloading MongoDB')) report(`  ${line.replaceAll('"', '')}`);
      else if (line.startsWith('path=')) path = line.slice('path='.length);
      else if (line.startsWith('fault=')) fault = line.slice('fault='.length);
    }
  };
  child.stdout.setEncoding('utf8').on('data', onText);
  child.stderr.setEncoding('utf8').on('data', onText);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(silence);
      if (code === 0 && path) resolve(path);
      else reject(new Error(fault || `the download ended with code ${code}`));
    });
  });
}

/** Only what the download needs of the settings: a system binary of another project must not answer instead. */
function downloadEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own: NodeJS.ProcessEnv = { ...env };
  for (const name of Object.keys(own)) {
    if (name.startsWith('MONGOMS_') && name !== 'MONGOMS_DOWNLOAD_MIRROR') delete own[name];
  }
  own['MONGOMS_MD5_CHECK'] = 'true';
  own['MONGOMS_MAX_RETRIES'] = '2';
  if (vendorMirror(env).startsWith('http:')) own['MONGOMS_USE_HTTP'] = 'true';
  return own;
}
