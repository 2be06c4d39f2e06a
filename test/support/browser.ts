import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { brotliDecompressSync, createBrotliDecompress } from 'node:zlib';
import type { Result } from 'axe-core';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import type { Locale } from '../../server/core/locale.ts';
import { roomInMemory } from './temporary.ts';

export type { Browser, Page } from 'playwright-core';

const require = createRequire(import.meta.url);
const ROOT = join(import.meta.dirname, '../..');
/** The Chinese font that the project ships for certificates; machines that run tests often have none. */
const FONTS = join(ROOT, 'server/features/certificates/fonts');

/** No --single-process (unstable) and no switched-off web security, unlike the package's own list: pages must meet a browser as people have it. */
const ARGS = [
  // Chromium shares memory between its processes; containers often have 64 MB for that, which is too little.
  ...(roomInMemory() ? [] : ['--disable-dev-shm-usage']),
  '--no-sandbox',
  '--no-zygote',
  '--disable-gpu',
  // The same scripts run on hundreds of pages, a moment on each. What was compiled for one is kept for the next, and nothing is
  // optimised: that is done anew for every page, and cost a seventh of the time that a page took.
  '--js-flags=--no-flush-bytecode --always-sparkplug --no-maglev --no-turbofan',
  '--disable-breakpad',
  '--no-default-browser-check',
  '--no-pings',
  '--disable-domain-reliability',
  '--font-render-hinting=none',
  '--hide-scrollbars',
];

let prepared: Promise<{ executable: string; env: Record<string, string> }> | null = null;

/**
 * Starts a headless Chromium with a Chinese font: `CHROMIUM_PATH`, else the one inside @sparticuz/chromium (Linux x86-64).
 * Close it with `close()`. @throws Error when none can run here; browser tests then count as skipped, visibly.
 */
export async function launchBrowser(): Promise<Browser> {
  prepared ??= prepare();
  const { executable, env } = await prepared;
  return chromium.launch({
    executablePath: executable,
    args: ARGS,
    env: { ...inherited(), ...env },
    timeout: 30_000,
  });
}

/** The same Chromium by itself, for tools that steer it in their own way: the command, its arguments and environment. */
export async function browserCommand(): Promise<{
  executable: string;
  args: readonly string[];
  env: Record<string, string>;
}> {
  prepared ??= prepare();
  const { executable, env } = await prepared;
  return { executable, args: ARGS, env: { ...inherited(), ...env } };
}

const inherited = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

async function prepare(): Promise<{ executable: string; env: Record<string, string> }> {
  const env = fontEnvironment();
  const own = process.env['CHROMIUM_PATH'];
  if (own) return { executable: own, env };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('No Chromium for this machine in node_modules: set CHROMIUM_PATH');
  }
  const { executable, libraries } = await unpackChromium();
  return { executable, env: runs(executable) ? env : { ...env, LD_LIBRARY_PATH: libraries } };
}

function runs(executable: string): boolean {
  try {
    execFileSync(executable, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    // The host lacks libnss3 or libexpat: the package brings them along.
    return false;
  }
}

/** Unpacks the binary once per version into the temporary folder; by rename, because several test processes start at once. */
async function unpackChromium(): Promise<{ executable: string; libraries: string }> {
  const pack = join(dirname(require.resolve('@sparticuz/chromium')), '../../bin');
  const { version } = JSON.parse(readFileSync(join(pack, '../package.json'), 'utf8')) as { version: string };
  const folder = join(tmpdir(), `linli-chromium-${version}-${process.getuid?.() ?? 0}`);
  const result = { executable: join(folder, 'chromium'), libraries: join(folder, 'lib') };
  if (existsSync(folder)) return result;
  const part = mkdtempSync(`${folder}-`);
  const binary = join(part, 'chromium');
  await pipeline(
    createReadStream(join(pack, 'chromium.br')),
    createBrotliDecompress(),
    createWriteStream(binary),
  );
  chmodSync(binary, 0o755);
  untar(brotliDecompressSync(readFileSync(join(pack, 'al2023.tar.br'))), part);
  try {
    renameSync(part, folder);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    if (!existsSync(folder)) throw error; // another process was faster; its copy is as good
  }
  return result;
}

/** Plain files and folders of a small ustar archive. */
function untar(archive: Buffer, target: string): void {
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0;) {
    const text = (from: number, length: number): string =>
      archive.toString('latin1', at + from, at + from + length).replace(/\0.*$/s, '');
    const [name, size, type] = [text(0, 100), parseInt(text(124, 12), 8) || 0, text(156, 1)];
    const path = join(target, name);
    if (type === '5') mkdirSync(path, { recursive: true });
    if (type === '0' || type === '') {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, archive.subarray(at + 512, at + 512 + size), { mode: 0o755 });
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

/** A fontconfig file that adds the project's fonts to those of the machine, with its cache beside it. */
function fontEnvironment(): Record<string, string> {
  const folder = join(tmpdir(), `linli-fonts-${process.getuid?.() ?? 0}`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'fonts.conf');
  const alias = (family: string, font: string): string =>
    `<alias><family>${family}</family><prefer><family>${font}</family></prefer></alias>`;
  const text = `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>${FONTS}</dir><dir>/usr/share/fonts</dir><dir>~/.local/share/fonts</dir><cachedir>${folder}/cache</cachedir>
${alias('sans-serif', 'Noto Sans SC')}${alias('serif', 'Noto Serif SC')}${alias('monospace', 'DejaVu Sans Mono')}
</fontconfig>\n`;
  const part = join(folder, `fonts.conf.${process.pid}`);
  writeFileSync(part, text);
  renameSync(part, file);
  return { FONTCONFIG_FILE: file };
}

export interface PageOptions {
  /** 390 × 844 with touch, else 1280 × 900. */
  readonly phone: boolean;
  readonly locale: Locale;
  /** Off: what people with blocked or broken scripts get. */
  readonly javaScript?: boolean;
  readonly baseURL?: string;
}

/** A page in a fresh context (own cookies); closing its context ends it. */
export async function newPage(browser: Browser, options: PageOptions): Promise<Page> {
  const context = await browser.newContext({
    viewport: options.phone ? { width: 390, height: 844 } : { width: 1280, height: 900 },
    deviceScaleFactor: options.phone ? 2 : 1,
    hasTouch: options.phone,
    isMobile: options.phone,
    locale: options.locale,
    timezoneId: 'Asia/Shanghai',
    javaScriptEnabled: options.javaScript ?? true,
    ...(options.baseURL === undefined ? {} : { baseURL: options.baseURL }),
  });
  return context.newPage();
}

let axeSource: string | null = null;
/** Pages that bring axe along by themselves. */
const equipped = new WeakSet<Page>();

/**
 * Puts axe into the page through the debugger protocol, not as a script element: the page's CSP stays as it is. The browser
 * keeps it for whatever the page opens next, because sending half a megabyte takes longer than running it; always in the
 * same words, so that Chromium compiles them once.
 */
async function bringAxe(page: Page): Promise<void> {
  axeSource ??= `${readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')};undefined`;
  if (!equipped.has(page)) {
    equipped.add(page);
    await page.addInitScript({ content: axeSource });
  }
  if (await page.evaluate(() => 'axe' in globalThis)) return;
  const session = await page.context().newCDPSession(page);
  const told = await session.send('Runtime.evaluate', { expression: axeSource });
  await session.detach();
  if (told.exceptionDetails) throw new Error(`axe did not start: ${told.exceptionDetails.text}`);
}

/** The window of a page, as far as `axe` looks at it. */
interface Seen {
  readonly axe: typeof import('axe-core');
  readonly document: {
    readonly documentElement: { readonly scrollTop: number; scrollTo(to: object): void };
    querySelector(selector: string): { scrollIntoView(how: object): void } | null;
  };
}

/** What axe-core finds against WCAG 2.2 AA and its best practices; an empty list is the goal. Needs JavaScript. */
export async function axe(page: Page): Promise<Result[]> {
  await bringAxe(page);
  return page.evaluate(async () => {
    const { axe: engine, document } = globalThis as unknown as Seen;
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    // What passes is not described, nothing is fetched again: neither is read, and both take most of the time.
    const told = { resultTypes: ['violations'], preload: false };
    const run = async (context: object, runOnly: object, selectors = true): Promise<Result[]> => {
      const options = { runOnly, selectors, ...told } as import('axe-core').RunOptions;
      return (await engine.run(context as never, options)).violations;
    };
    // Where everything stands is worked out only when something is wrong: a sixth of the time, for most pages in vain.
    const all = { type: 'tag', values: tags };
    if ((await run(document, all, false)).length === 0) return [];
    const found = await run(document, all);
    // A bar at the window's edge may cover half of something that can be scrolled from under it.
    const small = found.find(({ id }) => id === 'target-size');
    if (!small) return found;
    const top = document.documentElement.scrollTop;
    const nodes: typeof small.nodes = [];
    for (const node of small.nodes) {
      const target = document.querySelector(String(node.target[0]));
      target?.scrollIntoView({ block: 'center', behavior: 'instant' });
      const again = target ? await run(target, { type: 'rule', values: ['target-size'] }) : [small];
      nodes.push(...again.flatMap((one) => one.nodes));
    }
    document.documentElement.scrollTo({ top, behavior: 'instant' });
    return found.filter((one) => one !== small).concat(nodes.length > 0 ? [{ ...small, nodes }] : []);
  });
}

/** One line a finding, for assertion messages. */
export const axeText = (violations: readonly Result[]): string =>
  violations
    .flatMap((violation) =>
      violation.nodes.map(
        (node) =>
          `${violation.id}: ${node.html.slice(0, 160)} — ${(node.failureSummary ?? '').replace(/\s+/g, ' ')}`,
      ),
    )
    .join('\n');

/** Collects violations of the Content-Security-Policy from now on; read the list after the page has been used. */
export function collectCspViolations(page: Page): string[] {
  const found: string[] = [];
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) found.push(message.text());
  });
  return found;
}

/** Errors of scripts and failed requests of a page, from now on. */
export function collectPageErrors(page: Page): string[] {
  const found: string[] = [];
  page.on('pageerror', (error) => found.push(error.message));
  page.on('requestfailed', (request) =>
    found.push(`${request.url()}: ${request.failure()?.errorText ?? 'failed'}`),
  );
  return found;
}

/** Whether the page is wider than its window: on a phone it would have to be dragged sideways. */
export const overflowsSideways = (page: Page): Promise<boolean> =>
  page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth');

/**
 * A picture for somebody who wants to look (`LINLI_PICTURES=1`): no test reads one, and drawing it takes as long as
 * judging the page. The page is at its top afterwards either way.
 */
export async function picture(page: Page, file: string, options: { fullPage?: boolean } = {}): Promise<void> {
  if (process.env['LINLI_PICTURES']) await screenshot(page, file, options);
  else await toTop(page);
}

// Playwright evaluates also where the page's own scripts are switched off.
const toTop = (page: Page): Promise<unknown> => page.evaluate("scrollTo({ top: 0, behavior: 'instant' })");

/** The whole page as PNG. */
export async function screenshot(
  page: Page,
  file: string,
  options: { fullPage?: boolean } = {},
): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  await toTop(page);
  const shoot = (): Promise<unknown> =>
    page.screenshot({ path: file, fullPage: options.fullPage ?? true, animations: 'disabled' });
  // On a busy machine Chromium sometimes has no picture the first times.
  for (let tries = 1; ; tries += 1)
    try {
      await shoot();
      return;
    } catch (error) {
      if (tries === 5) throw error;
      await page.waitForTimeout(tries * 200);
    }
}
