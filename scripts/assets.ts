/**
 * Makes what the browser downloads and the typed message keys anew: `npm run assets`, `npm run assets -- --check`.
 * The results are committed (views/assets/generated, server/i18n/keys.ts); a test proves that they are current.
 */
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { PurgeCSS } from 'purgecss';
import { spriteOf, SPRITE } from '../server/http/icons.ts';
import { readMessages } from '../server/i18n/index.ts';

const ROOT = join(import.meta.dirname, '..');
const SOURCES = join(ROOT, 'views/assets');
const OUTPUT = join(ROOT, 'views/assets/generated');
const KEYS = join(ROOT, 'server/i18n/keys.ts');
const HELP = `npm run assets [-- --check]

Writes views/assets/generated (CSS, scripts) and server/i18n/keys.ts.
  --check   write nothing; exit 1 when something is out of date`;

const locate = createRequire(import.meta.url).resolve;

/** Parts of Tabler that any page may use without another run of this script. */
const KEEP = [
  /^(m|p)[tbsexy]?-(0|1|2|3|4|auto)$/,
  /^(d|d-(sm|md|lg))-(none|block|flex|grid|inline|inline-block|inline-flex)$/,
  /^(row|col|col-(auto|\d+)|col-(sm|md|lg)-(auto|\d+)|g-[0-4]|gap-[0-4]|container)$/,
  /^(flex|justify-content|align-items|text)-(wrap|nowrap|fill|row|column|start|center|end|between|baseline|truncate|secondary|danger|success|warning|muted)$/,
  /^(fw|fs)-/,
  /^(btn|btn-(primary|secondary|danger|success|link|sm|lg|icon|list|outline-(primary|secondary|danger)|ghost-(primary|secondary|danger)))$/,
  /^card(-|$)/,
  /^(form-(control|select|check|check-input|label|hint)|input-group|input-group-text|is-invalid)$/,
  /^(table|table-(sm|responsive|vcenter)|list-unstyled|list-inline|list-inline-item)$/,
  /^(alert|alert-(success|info|warning|danger)|badge|avatar|avatar-(sm|md|lg)|steps|step-item|active|disabled|visually-hidden)$/,
];
/** Tabler parts that Linli never uses: dark colours, right-to-left, and scripts' widgets. */
const DROP = [/data-bs-theme/, /\[dir=/];

async function makeCss(): Promise<string> {
  const [result] = await new PurgeCSS().purge({
    css: [locate('@tabler/core/dist/css/tabler.min.css')],
    content: [
      `${ROOT}/views/**/*.hbs`,
      `${SOURCES}/{app,map,check-in,calendar}.js`,
      `${ROOT}/server/http/{view-helpers,icons,charts,qr}.ts`,
    ],
    safelist: { standard: KEEP, deep: [], greedy: [] },
    blocklist: DROP,
    variables: true,
    keyframes: true,
    fontFace: true,
  });
  if (!result) throw new Error('PurgeCSS returned nothing');
  const tabler = dropThemes(result.css);
  return `${tabler}\n${squeeze(readFileSync(join(SOURCES, 'app.css'), 'utf8'))}`;
}

/** Removes rules for themes and directions that no page switches on, and the map reference of a file we do not ship. */
function dropThemes(css: string): string {
  return css
    .replace(/[^{}]*(?:data-bs-theme(?:=|-base)[^{}]*dark|\[dir=rtl\])[^{}]*\{[^{}]*\}/g, (rule) =>
      rule.startsWith('@') ? rule : '',
    )
    .replace(/\/\*# sourceMappingURL[^*]*\*\//g, '');
}

/** Comments and indentation out; nothing clever, so that the result is readable in the inspector. */
const squeeze = (css: string): string =>
  css
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\n\s*/g, '\n')
    .replace(/\n+/g, '\n')
    .trim() + '\n';

/** Leaflet's own images are not shipped: markers are drawn by map.js. */
const leafletCss = (): string =>
  squeeze(
    readFileSync(locate('leaflet/dist/leaflet.css'), 'utf8').replace(
      /[^{}]*\{[^{}]*url\(images[^{}]*\}/g,
      '',
    ),
  );

const withoutMap = (file: string): string =>
  readFileSync(locate(file), 'utf8').replace(/\/\/# sourceMappingURL=.*\s*$/, '');

/** FullCalendar with its dates, its plainest theme and our second language, as one plain script. */
const fullCalendar = (): string => {
  const folder = dirname(locate('fullcalendar/package.json'));
  return [
    join(dirname(locate('temporal-polyfill')), 'global.js'),
    ...['all/global.js', 'themes/classic/global.js', 'locales/zh-cn/global.js'].map((file) =>
      join(folder, file),
    ),
  ]
    .map((file) => withoutComments(readFileSync(file, 'utf8')))
    .join('\n;\n');
};
/** Whole lines of comment and indentation out; nothing clever, as in our CSS. The licence's first lines stay. */
const withoutComments = (script: string): string =>
  script
    .replace(/\/\/# sourceMappingURL=.*\s*$/, '')
    .replace(/^[ \t]*\/\/.*$/gm, '')
    .replace(/\n{2,}/g, '\n');
const fullCalendarCss = (): string => {
  const folder = dirname(locate('fullcalendar/package.json'));
  return ['skeleton.css', 'themes/classic/theme.css', 'themes/classic/palette.css']
    .map((file) => squeeze(readFileSync(join(folder, file), 'utf8')))
    .join('');
};

/** A table of icons (`const ICONS = {`) is as long as this many lines at most. */
const TABLE_LINES = 24;

/** Every icon that a line about icons names, in templates and in what is handed to them, and all of tables of them. */
function iconNames(): string[] {
  const sources = globSync(['views/**/*.hbs', 'server/**/*.ts'], { cwd: ROOT }).filter(
    (path) => !path.includes('i18n/keys'),
  );
  return sources.flatMap((path) => {
    let table = 0;
    return readFileSync(join(ROOT, path), 'utf8')
      .split('\n')
      .flatMap((line) => {
        if (/ICON/.test(line) && /[{[(]\s*$/.test(line)) table = TABLE_LINES;
        else table = /^[}\])]/.test(line) ? 0 : table - 1;
        if (table <= 0 && !/icon/i.test(line)) return [];
        return [...line.matchAll(/'([a-z0-9]+(?:-[a-z0-9]+)*)'/g)].map(([, name]) => name ?? '');
      });
  });
}

function makeKeys(): string {
  const keys = new Set<string>();
  const walk = (value: unknown, path: string): void => {
    if (typeof value === 'string') keys.add(path.replace(/_(zero|one|two|few|many|other)$/, ''));
    else
      for (const [key, inner] of Object.entries(value as object)) walk(inner, path ? `${path}.${key}` : key);
  };
  walk(readMessages().en, '');
  const lines = [...keys].sort().map((key) => `  | '${key}'`);
  return `// Made by npm run assets from server/i18n/locales/en; do not edit.\n// prettier-ignore\nexport type KnownKey =\n${lines.join('\n')};\n`;
}

/** Every generated file by its path, as it should be. */
export async function makeAssets(): Promise<Map<string, string>> {
  return new Map([
    [join(OUTPUT, 'app.css'), await makeCss()],
    [join(OUTPUT, 'app.js'), readFileSync(join(SOURCES, 'app.js'), 'utf8')],
    [join(OUTPUT, 'map.js'), readFileSync(join(SOURCES, 'map.js'), 'utf8')],
    [join(OUTPUT, 'calendar.js'), readFileSync(join(SOURCES, 'calendar.js'), 'utf8')],
    [join(OUTPUT, 'check-in.js'), readFileSync(join(SOURCES, 'check-in.js'), 'utf8')],
    [join(OUTPUT, 'sw.js'), readFileSync(join(SOURCES, 'sw.js'), 'utf8')],
    [join(OUTPUT, 'logo.svg'), readFileSync(join(SOURCES, 'logo.svg'), 'utf8')],
    [join(OUTPUT, SPRITE), spriteOf(iconNames())],
    [join(OUTPUT, 'htmx.js'), withoutMap('htmx.org/dist/htmx.min.js')],
    [join(OUTPUT, 'leaflet.js'), withoutMap('leaflet/dist/leaflet.js')],
    [join(OUTPUT, 'leaflet.css'), leafletCss()],
    [join(OUTPUT, 'fullcalendar.js'), fullCalendar()],
    [join(OUTPUT, 'fullcalendar.css'), fullCalendarCss()],
    [KEYS, makeKeys()],
  ]);
}

/** Paths whose committed content differs from what the sources make now. */
export async function staleAssets(): Promise<string[]> {
  const made = await makeAssets();
  return [...made]
    .filter(([path, text]) => !existsSync(path) || readFileSync(path, 'utf8') !== text)
    .map(([path]) => path);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { check: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  });
  if (values.help) return console.log(HELP);
  if (values.check) {
    const stale = await staleAssets();
    for (const path of stale) console.error(`out of date: ${path.slice(ROOT.length + 1)}`);
    if (stale.length > 0) process.exitCode = 1;
    return;
  }
  const made = await makeAssets();
  mkdirSync(OUTPUT, { recursive: true });
  for (const old of readdirSync(OUTPUT)) if (!made.has(join(OUTPUT, old))) rmSync(join(OUTPUT, old));
  for (const [path, text] of made) {
    writeFileSync(path, text);
    const kb = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`;
    console.log(
      `${path.slice(ROOT.length + 1)}  ${kb(Buffer.byteLength(text))}, ${kb(gzipSync(text).length)} compressed`,
    );
  }
}

if (import.meta.main) await main();
