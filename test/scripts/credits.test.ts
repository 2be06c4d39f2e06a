import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { temporaryFolder } from '../support/temporary.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const B = {
  programme: 'cn-intermediate',
  cycle: { registeredOn: '2024-03-15' },
  on: '2026-12-15',
  entries: [
    { id: 'a', activity: 'training', date: '2024-06-10', minutes: 1440, evidence: ['passCertificate'] },
    {
      id: 'b',
      activity: 'training',
      mode: 'online',
      date: '2025-03-10',
      minutes: 1800,
      evidence: ['passCertificate'],
    },
    { id: 'c', activity: 'seminar', date: '2025-05-20', minutes: 360 },
    { id: 'd', activity: 'course', date: '2026-01-10', minutes: 1920, evidence: ['passedTranscript'] },
    { id: 'e', activity: 'training', date: '2024-02-20', minutes: 480, evidence: ['passCertificate'] },
  ],
};

describe('npm run credits', function () {
  this.timeout(60_000);
  const folder = temporaryFolder();

  interface Ended {
    readonly code: number | null;
    readonly out: string;
    readonly err: string;
  }
  const run = (args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Ended => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/credits.ts', ...args], {
      cwd: ROOT,
      encoding: 'utf8',
      input,
      // No database is there, and none is asked for.
      env: { PATH: process.env['PATH'], MONGODB_URI: 'mongodb://127.0.0.1:1/none', ...env },
    });
    return { code: status, out: stdout, err: stderr };
  };
  const stored = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  it('prints worked example B and nothing else', () => {
    const { code, out, err } = run(['evaluate', stored('b.json', JSON.stringify(B))]);
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    expect(JSON.parse(out)).to.deep.equal({
      programme: 'cn-intermediate',
      cycle: { start: '2024-03-15', end: '2027-03-14', windowStart: '2026-12-15', windowEnd: '2027-03-14' },
      entries: [
        { id: 'a', countedMinutes: 1440, reason: 'counted' },
        { id: 'b', countedMinutes: 1800, reason: 'counted' },
        { id: 'c', countedMinutes: 0, reason: 'activity-not-recognised' },
        { id: 'd', countedMinutes: 1920, reason: 'counted' },
        { id: 'e', countedMinutes: 0, reason: 'before-cycle' },
      ],
      totalMinutes: 5160,
      carriedMinutes: 0,
      requiredMinutes: 5400,
      missingMinutes: 240,
      byCategory: {},
      byMode: { online: 1800 },
      shortfalls: [{ code: 'total', minutes: 240 }],
      eligibleFrom: null,
      canApplyOn: false,
    });
  });

  it('takes a programme object, standard input, a byte order mark, and a file named from where one is', () => {
    const shown = run(['show', 'cn-intermediate']);
    const text = JSON.stringify({ ...B, programme: JSON.parse(shown.out) as unknown });
    const expected = run(['evaluate', stored('b.json', JSON.stringify(B))]).out;
    expect(run(['evaluate', '-'], text).out).to.equal(expected);
    stored('bom.json', `\uFEFF${text}`);
    expect(run(['evaluate', 'bom.json'], '', { INIT_CWD: folder }).out).to.equal(expected);
  });

  const bad: [string, string[], string, RegExp][] = [
    [
      'a file that is not there',
      ['evaluate', '/nowhere/x.json'],
      '',
      /^\/nowhere\/x\.json: cannot be read \(ENOENT\)\n$/,
    ],
    ['a folder', ['evaluate', '/'], '', /cannot be read \(EISDIR\)\n$/],
    ['text that is not JSON', ['evaluate', '-'], '{"programme":\n', /^-: is not JSON \([^\n]+\)\n$/],
    [
      'an empty object',
      ['evaluate', '-'],
      '{}',
      /^programme: is missing\non: is missing\nentries: is missing\n$/,
    ],
    [
      'no registration',
      ['evaluate', '-'],
      JSON.stringify({ ...B, cycle: {} }),
      /^cycle\.registeredOn: is missing[^\n]*\n$/,
    ],
    ['no file', ['evaluate'], '', /^wanted is: evaluate FILE\.json[^\n]*\n$/],
    ['an unknown verb', ['judge', 'x'], '', /^wanted is/],
    ['an unknown option', ['evaluate', '-', '--fast'], '', /^Unknown option '--fast'/],
    ['an unknown preset to show', ['show', 'constructor'], '', /^"constructor" is no preset/],
  ];
  for (const [name, args, input, fault] of bad) {
    it(`ends with 2, an empty output and one line a fault for ${name}`, () => {
      const { code, out, err } = run(args, input);
      expect({ code, out }).to.deep.equal({ code: 2, out: '' });
      expect(err).to.match(fault);
    });
  }

  it('explains itself', () => {
    const { code, out } = run(['--help']);
    expect(code).to.equal(0);
    expect(out).to.include('evaluate FILE.json').and.to.include('uk-england');
  });
});
