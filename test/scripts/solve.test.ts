import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { FileFault } from '../../scripts/solve/lines.ts';
import { solveFile } from '../../scripts/solve/matching.ts';
import { answerParts } from '../../scripts/solve/print.ts';
import { ExactSum } from '../../server/features/matching/solver/sum.ts';
import { startCommand } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';

interface Printed {
  readonly kind: string;
  readonly status: string;
  readonly objective: number | string | null;
  readonly bound: number | string | null;
  readonly solveMs: number;
  readonly flow: number[];
  readonly certificate: { price: number[]; surplus: number[]; cut: number[] };
}

describe('npm run solve -- matching', function () {
  this.timeout(120_000);
  const folder = temporaryFolder();
  let files = 0;

  async function run(text: string | Buffer, ...options: string[]) {
    const path = join(folder, `${++files}.txt`);
    writeFileSync(path, text);
    const command = startCommand(['scripts/solve.ts', 'matching', path, ...options], {
      MONGODB_URI: undefined,
      LINLI_TEST_MONGODB_URI: undefined,
    });
    const code = await command.ended;
    return { code, stdout: command.stdout(), stderr: command.stderr(), path };
  }

  async function solve(text: string, ...options: string[]): Promise<Printed> {
    const { code, stdout, stderr } = await run(text, ...options);
    expect([code, stderr]).to.deep.equal([0, '']);
    return JSON.parse(stdout) as Printed;
  }

  it('solves an assignment with comments, blanks, any numbering, repeated pairs and CRLF', async () => {
    const told = await solve(
      'c nodes 2 and 4 are left\r\n\r\np asn 4 5\r\nn 4\r\nn  2\r\n a 2 1 5\r\na\t2 3 -7\r\nc\r\na 4 1 3\r\na 4 3 1\r\na 4 1 2',
      '--json',
    );
    expect(told).to.include({ kind: 'asn', status: 'optimal', objective: -5, bound: null });
    expect(told.flow).to.deep.equal([0, 1, 0, 0, 1]);
    const { price } = told.certificate;
    expect(price[1]! + price[3]! - price[0]! - price[2]!).to.equal(-5);
    expect(told.solveMs).to.be.a('number');
  });

  it('proves where there is no assignment, and knows nothing and one by one', async () => {
    const cut = await solve('p asn 6 5\nn 1\nn 2\nn 3\na 1 4 1\na 2 4 1\na 3 4 1\na 3 5 1\na 3 6 1\n');
    expect(cut).to.include({ status: 'infeasible', objective: null });
    expect(cut.certificate.cut.sort()).to.deep.equal([1, 2, 4]);
    const sides = await solve('p asn 3 2\nn 1\na 1 2 1\na 1 3 1\n');
    expect([sides.status, sides.certificate.cut]).to.deep.equal(['infeasible', []]);
    const nothing = await solve('p asn 0 0\n');
    expect([nothing.objective, nothing.flow, nothing.certificate.price]).to.deep.equal([0, [], []]);
    expect((await solve('p asn 2 1\nn 2\na 2 1 -9\n')).objective).to.equal(-9);
    expect((await solve('p bmatch 0 0 0\n')).objective).to.equal(0);
    expect((await solve('p bmatch 1 1 1\nr 1 1\nv 1 1\ne 1 1 -4\n')).flow).to.deep.equal([0]);
  });

  it('writes what is beyond 2^53 as text, and long lists in parts', () => {
    const printed = (objective: bigint): Printed => {
      const flow = new Uint8Array(200_000).fill(1);
      const certificate = { price: Float64Array.of(-0, 2 ** 53 - 1) };
      const parts = answerParts({
        kind: 'asn',
        status: 'optimal',
        objective,
        bound: null,
        solveMs: 1,
        flow,
        certificate,
      });
      return JSON.parse([...parts].join('')) as Printed;
    };
    const most = 2n ** 63n - 1n;
    expect([most, -most, 2n ** 53n, 2n ** 53n - 1n].map((sum) => printed(sum).objective)).to.deep.equal([
      String(most),
      String(-most),
      String(2n ** 53n),
      2 ** 53 - 1,
    ]);
    expect(printed(1n).flow.length).to.equal(200_000);
    expect(printed(1n).certificate.price).to.deep.equal([0, 2 ** 53 - 1]);
    const sum = new ExactSum();
    for (let i = 0; i < 5; i++) sum.addProduct(2 ** 31 - 1, -(2 ** 31 - 1));
    for (let i = 0; i < 5; i++) sum.add(2 ** 52 - 1);
    expect(sum.value).to.equal(-5n * (2n ** 31n - 1n) ** 2n + 5n * (2n ** 52n - 1n));
  });

  it('gives a bound where time runs out', async () => {
    const n = 60;
    const ids = Array.from({ length: n }, (_, i) => i + 1);
    const arcs = ids.flatMap((a) => ids.map((b) => `a ${a} ${n + b} ${(a * b * 7_919) % 10_007}`));
    const told = await solve(
      [`p asn ${2 * n} ${n * n}`, ...ids.map((a) => `n ${a}`), ...arcs].join('\n'),
      '--seconds',
      '0',
    );
    expect(told.status).to.equal('feasible');
    expect(Number(told.bound)).to.be.at.most(Number(told.objective));
    expect(told.flow.filter((x) => x === 1).length).to.equal(n);
  });

  it('refuses what cannot be read, naming file, line and reason', async () => {
    const asn = 'p asn 2 1\nn 1\n';
    const bmatch = 'p bmatch 1 1 1\nr 1 1\nv 1 1\n';
    const faults: [string, number, string][] = [
      ['', 1, 'no p line'],
      ['c only\n', 1, 'no p line'],
      ['n 1\n', 1, 'expected a p line first'],
      ['p max 2 1\n', 1, 'p asn N M'],
      ['p asn 2\n', 1, 'p asn N M'],
      ['p asn 2 1 7\n', 1, 'p asn N M'],
      [`${asn}a 1 x 1\n`, 3, 'not a whole number: x'],
      [`${asn}a 1 2 1.5\n`, 3, 'not a whole number: 1.5'],
      [`${asn}a 1 2 -\n`, 3, 'not a whole number'],
      [`${asn}a 1 2 +5\n`, 3, 'not a whole number: +5'],
      [`${asn}a 1 3 1\n`, 3, 'the right node must be from 1 to 2'],
      [`${asn}a 0 2 1\n`, 3, 'the left node must be from 1 to 2'],
      [`${asn}a 1 2 2147483648\n`, 3, 'the cost must be from'],
      [`${asn}a 1 2 99999999999999999999\n`, 3, 'the cost must be from'],
      [`${asn}a 2 1 1\n`, 3, 'no n line names node 2'],
      [`${asn}a 1 1 1\n`, 3, 'node 1 is on the left side as well'],
      [`${asn}a 1 2\n`, 3, 'a LEFT RIGHT COST'],
      [`${asn}c fine\na 1 2 1\na 1 2 1\n`, 5, 'more a lines than the 1'],
      [asn, 1, 'promises 1 a lines, the file has 0'],
      [`${asn}n 1\n`, 3, 'named twice'],
      [`${asn}p asn 2 1\n`, 3, 'a second p line'],
      [`${asn}e 1 1 1\n`, 3, 'expected an n or a line'],
      [`${bmatch}e 1 2 1\n`, 4, 'the volunteer must be from 1 to 1'],
      ['p bmatch 1 1 2\nr 1 1\nv 1 1\ne 1 1 1\n\ne 1 1 1\n', 6, 'a second edge of request 1'],
      ['p bmatch 1 1 0\nr 1 -1\n', 2, 'the slots must be from 0'],
      ['p bmatch 2 1 0\nr 1 1\nv 1 1\n', 1, 'request 2 has no r line'],
      ['p bmatch 1 1 0\nr 1 1\nr 1 1\nv 1 1\n', 3, 'request 1 is named twice'],
    ];
    for (const [text, line, reason] of faults) {
      const path = join(folder, 'fault.txt');
      writeFileSync(path, text);
      expect(() => solveFile(path, null), text)
        .to.throw(FileFault, reason)
        .with.property('line', line);
    }
    const { code, stdout, stderr, path } = await run(faults[6]![0]);
    expect([code, stdout]).to.deep.equal([2, '']);
    expect(stderr).to.equal(`${path}:3: the right node is not a whole number: x\n`);
    const missing = startCommand(['scripts/solve.ts', 'matching', join(folder, 'nowhere')]);
    expect(await missing.ended).to.equal(2);
    expect(missing.stderr()).to.include('nowhere:0: there is no such file');
    expect(() => solveFile(folder, null))
      .to.throw(FileFault, 'it is a folder')
      .with.property('line', 0);
  });

  it('reads standard input, and again where a fault is in it', () => {
    const piped = (input: string) =>
      spawnSync(process.execPath, ['scripts/solve.ts', 'matching', '-'], { input, encoding: 'utf8' });
    const file = 'p bmatch 1 1 2\nr 1 1\nv 1 1\ne 1 1 1\n\ne 1 1 1\n';
    const { status, stdout, stderr } = piped(file);
    expect([status, stdout, stderr]).to.deep.equal([
      2,
      '',
      '-:6: a second edge of request 1 and volunteer 1\n',
    ]);
    expect(
      JSON.parse(
        piped(
          file
            .replace('1 1 2', '1 2 2')
            .replace('v 1 1', 'v 1 1\nv 2 1')
            .replace(/1 1 1\n$/, '1 2 5\n'),
        ).stdout,
      ),
    ).to.include({ objective: 5 });
  });

  it('refuses other arguments and explains itself', async () => {
    for (const args of [
      [],
      ['matching'],
      ['other', 'x'],
      ['matching', 'x', '--seconds', 'soon'],
      ['--what'],
    ]) {
      const command = startCommand(['scripts/solve.ts', ...args]);
      expect(await command.ended, args.join(' ')).to.equal(2);
      expect([command.stdout(), command.stderr().includes('npm run')], args.join(' ')).to.deep.equal([
        '',
        true,
      ]);
    }
    const help = startCommand(['scripts/solve.ts', '--help']);
    expect(await help.ended).to.equal(0);
    expect(help.stdout()).to.include('--seconds');
  });
});
