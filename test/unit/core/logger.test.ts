import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '../../support/temporary.ts';

const LOGGER = join(import.meta.dirname, '..', '..', '..', 'server', 'core', 'logger.ts');

/** What a process prints that logs to a file and then does `rest`. */
async function logging(file: string, rest: string): Promise<string> {
  const code = `
    const { configureLogger } = await import(${JSON.stringify(LOGGER)});
    const logger = configureLogger({ level: 'info', file: ${JSON.stringify(file)} });
    ${rest}`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code]);
  return stdout;
}

describe('the log', () => {
  it('has every line when a process ends, in order, though it gathers them', async () => {
    const file = join(temporaryFolder(), 'logs', 'linli.log');
    const say = 'logger[n === 100 ? "warn" : "info"]({ n }, "line")';
    await logging(file, `for (let n = 0; n < 300; n += 1) ${say}; process.exit(0);`);
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { n: number }).n)).to.deep.equal(
      Array.from({ length: 300 }, (_, n) => n),
    );
  });

  it('is lost while nothing can be written; whoever logs goes on', async () => {
    // The file of Linux that is always full.
    const said = await logging(
      '/dev/full',
      `for (let n = 0; n < 50; n += 1) logger.warn({ n }, 'line');
       await new Promise((resolve) => setTimeout(resolve, 300));
       logger.fatal('line');
       console.log('goes on');`,
    );
    expect(said).to.contain('goes on');
  });
});
