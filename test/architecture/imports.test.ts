import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect } from 'chai';

const ROOT = join(import.meta.dirname, '../..');
const FILES = globSync(['server/**/*.ts', 'jobs/**/*.ts'], { cwd: ROOT }).sort();

interface Import {
  readonly from: string;
  readonly to: string;
  /** `import type` is gone at run time: it may close a circle, a value may not. */
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const source = readFileSync(join(ROOT, file), 'utf8');
  const found = source.matchAll(/^(?:import|export)\s+(type\s)?[^;'"]*?from\s+'(\.[^']+)'/gms);
  return [...found].map(([, type, path]) => ({
    from: file,
    to: relative(ROOT, resolve(ROOT, dirname(file), path ?? '')),
    typeOnly: type !== undefined,
  }));
}

const IMPORTS = FILES.flatMap(importsOf);
const featureOf = (file: string): string | null => /^server\/features\/([^/]+)\//.exec(file)?.[1] ?? null;
const describeImport = ({ from, to }: Import): string => `${from} → ${to}`;

describe('imports', () => {
  it('reach another feature only through its index', () => {
    const wrong = IMPORTS.filter(({ from, to }) => {
      const [own, other] = [featureOf(from), featureOf(to)];
      if (other === null || own === other || to.endsWith('/index.ts')) return false;
      // Catalogues and rules are pure data and functions, free for rules elsewhere.
      if (/\.(catalogue|rules|types)\.ts$/.test(to)) return false;
      return true;
    });
    expect(wrong.map(describeImport)).to.deep.equal([]);
  });

  it('keep models private to their feature', () => {
    const wrong = IMPORTS.filter(
      ({ from, to, typeOnly }) => /\.model\.ts$/.test(to) && !typeOnly && featureOf(from) !== featureOf(to),
    );
    expect(wrong.map(describeImport)).to.deep.equal([]);
  });

  it('let only routes know the http layer', () => {
    const wrong = IMPORTS.filter(
      ({ from, to }) =>
        featureOf(from) !== null &&
        to.startsWith('server/http/') &&
        !/\.(routes|schema|view)\.ts$/.test(from),
    );
    expect(wrong.map(describeImport)).to.deep.equal([]);
  });

  it('read several things at once by sideBySide, which knows whether there is a transaction', () => {
    const apart =
      /\/(search|demo)\/|thread|verify|training-plans\/(run|ground)\.ts|plan\.ground|credential\.sign/;
    const wrong = FILES.filter((file) => featureOf(file) !== null && !apart.test(file)).filter((file) =>
      /Promise\.all\(\s*\[/.test(readFileSync(join(ROOT, file), 'utf8')),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('make no circles', () => {
    const graph = Map.groupBy(
      IMPORTS.filter(({ typeOnly }) => !typeOnly),
      ({ from }) => from,
    );
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) {
        circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
        return;
      }
      if (done.has(file)) return;
      for (const { to } of graph.get(file) ?? []) walk(to, [...path, file]);
      done.add(file);
    };
    for (const file of FILES) walk(file, []);
    expect(circles).to.deep.equal([]);
  });

  /** A request's page shows its shifts, and a shift belongs to a request: two sides of one thing. */
  const TOGETHER: readonly (readonly string[])[] = [['requests', 'shifts']];

  it('make no circles of features', () => {
    const below = new Map<string, Set<string>>();
    for (const { from, to, typeOnly } of IMPORTS) {
      const [own, other] = [featureOf(from), featureOf(to)];
      // Pure data and functions may be shared whichever way; types are gone at run time.
      if (typeOnly || own === null || other === null || own === other) continue;
      if (/\.(catalogue|rules|types)\.ts$/.test(to)) continue;
      if (TOGETHER.some((pair) => pair.includes(own) && pair.includes(other))) continue;
      below.set(own, (below.get(own) ?? new Set()).add(other));
    }
    const circles: string[] = [];
    const done = new Set<string>();
    const walk = (feature: string, path: readonly string[]): void => {
      if (path.includes(feature)) {
        circles.push([...path.slice(path.indexOf(feature)), feature].join(' → '));
        return;
      }
      if (done.has(feature)) return;
      for (const other of below.get(feature) ?? []) walk(other, [...path, feature]);
      done.add(feature);
    };
    for (const feature of below.keys()) walk(feature, []);
    expect(circles).to.deep.equal([]);
  });

  it('name mongoose only in db/ and models, agenda and nodemailer only in their one file', () => {
    const users = (pattern: RegExp): string[] =>
      FILES.filter((file) => pattern.test(readFileSync(join(ROOT, file), 'utf8')));
    expect(users(/(from |import\()'(agenda|@agendajs\/[^']+)'/)).to.deep.equal(['jobs/agenda.ts']);
    expect(users(/(from |import\()'nodemailer'/)).to.deep.equal(['server/mail/smtp.ts']);
    expect(
      users(/from 'express'/).filter((file) => !/^server\/(http\/|app\.ts|main\.ts|compose\.ts)/.test(file)),
    ).to.deep.equal([]);
  });

  it('name nobody’s workplace', () => {
    const telling = FILES.filter((file) =>
      /registry\.npmjs|pypi\.org|\/work\//.test(readFileSync(join(ROOT, file), 'utf8')),
    );
    expect(telling).to.deep.equal([]);
  });
});
