import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const ROOT = join(import.meta.dirname, '../..');

const linesOf = (file: string): string[] =>
  readFileSync(join(ROOT, 'docs', file), 'utf8')
    .split('\n')
    .filter((line) => /^\|\s*[SF]-\d+/.test(line));

describe('docs/security.md and docs/faults.md', () => {
  it('names tests that exist, for every rule that holds', () => {
    const lines = linesOf('security.md');
    expect(lines.length).to.be.greaterThan(35);
    lines.push(...linesOf('faults.md'));
    const missing = lines.flatMap((line) => {
      const [, rule = '', , tests = ''] = line.split('|').map((part) => part.trim());
      const named = [...tests.matchAll(/`([^`]+)`: (.*?)(?=<br>|$)/g)];
      if (named.length === 0) return [`${rule} names no test`];
      return named.flatMap(([, file = '', title = '']) => {
        const path = join(ROOT, 'test', `${file}.test.ts`);
        if (!existsSync(path)) return [`${rule}: no ${file}`];
        return readFileSync(path, 'utf8').includes(title.trim())
          ? []
          : [`${rule}: ${file} has no "${title.trim()}"`];
      });
    });
    expect(missing).to.deep.equal([]);
  });
});
