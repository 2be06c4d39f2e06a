import { expect } from 'chai';
import fc from 'fast-check';
import {
  gradeOf,
  logFaults,
  recordedMinutes,
  whyNotConfirm,
} from '../../../server/features/hours/hours.rules.ts';
import type { HoursInputs } from '../../../server/features/hours/hours.rules.ts';
import {
  balance,
  personAccount,
  post,
  shiftAccount,
  unbalanced,
} from '../../../server/features/hours/ledger.rules.ts';
import type { LedgerLine } from '../../../server/features/hours/ledger.rules.ts';

const MINUTE = 60_000;
const inputs = (overrides: Partial<HoursInputs> = {}): HoursInputs => ({
  plannedFrom: 0,
  plannedTo: 120 * MINUTE,
  attendedFrom: 0,
  attendedTo: 120 * MINUTE,
  breakMinutes: 0,
  roundToMinutes: 1,
  lateGraceMinutes: 15,
  countedBefore: null,
  countedAfter: null,
  ...overrides,
});

describe('recorded minutes', () => {
  const cases: [string, Partial<HoursInputs>, number][] = [
    ['the whole plan', {}, 120],
    ['nothing for coming early', { attendedFrom: -30 * MINUTE }, 120],
    ['less for coming late', { attendedFrom: 20 * MINUTE }, 100],
    ['less for leaving early', { attendedTo: 90 * MINUTE }, 90],
    ['at most the grace for staying longer', { attendedTo: 200 * MINUTE }, 135],
    ['whole minutes, cut down', { attendedTo: 119 * MINUTE + 59_999 }, 119],
    ['without the break, for whoever stayed', { breakMinutes: 30 }, 90],
    ['with the break, for whoever left before it', { breakMinutes: 30, attendedTo: 40 * MINUTE }, 40],
    ['multiples of the slice', { roundToMinutes: 30, attendedTo: 119 * MINUTE }, 90],
    ['nothing below the least', { minimumMinutes: 30, attendedTo: 29 * MINUTE }, 0],
    ['everything from the least on', { minimumMinutes: 30, attendedTo: 30 * MINUTE }, 30],
    ['what is left of the day', { dayCapMinutes: 480, dayMinutes: 400 }, 80],
    ['nothing when the day is full', { dayCapMinutes: 480, dayMinutes: 500 }, 0],
    ['all of it without a limit', { dayCapMinutes: null, dayMinutes: 1_000 }, 120],
    ['no grace where none is given', { lateGraceMinutes: 0, attendedTo: 200 * MINUTE }, 120],
    ['nothing, never less', { attendedFrom: 130 * MINUTE, attendedTo: 140 * MINUTE, breakMinutes: 60 }, 5],
  ];
  for (const [name, overrides, minutes] of cases) {
    it(`are ${name}`, () => expect(recordedMinutes(inputs(overrides)).minutes).to.equal(minutes));
  }

  it('count a minute once when one service follows straight on another', () => {
    const after = recordedMinutes(inputs({ attendedFrom: -7 * MINUTE, countedBefore: 2 * MINUTE }));
    expect(after).to.deep.include({ minutes: 118, from: 2 * MINUTE, to: 120 * MINUTE });
    expect(after.notes).to.include('counted-elsewhere');
    const before = recordedMinutes(inputs({ attendedTo: 130 * MINUTE, countedAfter: 120 * MINUTE }));
    expect(before).to.deep.include({ minutes: 120, to: 120 * MINUTE });
    expect(recordedMinutes(inputs({ countedBefore: 500 * MINUTE })).minutes).to.equal(0);
    expect(recordedMinutes(inputs()).notes).to.deep.equal([]);
  });

  it('never exceed what was attended, nor overlap what counts elsewhere, and are whole', () => {
    const instant = fc.integer({ min: -500 * MINUTE, max: 500 * MINUTE });
    const edge = fc.option(instant);
    fc.assert(
      fc.property(
        instant,
        instant,
        fc.integer({ min: 0, max: 60 }),
        edge,
        edge,
        (attendedFrom, attendedTo, breakMinutes, countedBefore, countedAfter) => {
          const found = recordedMinutes(
            inputs({ attendedFrom, attendedTo, breakMinutes, countedBefore, countedAfter }),
          );
          expect(Number.isInteger(found.minutes)).to.equal(true);
          expect(found.minutes).to.be.within(
            0,
            Math.max(0, Math.floor((attendedTo - attendedFrom) / MINUTE)),
          );
          expect(found.minutes * MINUTE).to.be.at.most(found.to - found.from);
          if (found.minutes === 0) return;
          expect(found.from).to.be.at.least(countedBefore ?? found.from);
          expect(found.to).to.be.at.most(countedAfter ?? found.to);
        },
      ),
    );
  });

  it('are as well evidenced as their weaker end', () => {
    expect([
      gradeOf('code', 'code'),
      gradeOf('code', 'coordinator'),
      gradeOf('code', 'automatic'),
    ]).to.deep.equal(['device', 'supervisor', 'roster']);
  });
});

describe('confirming', () => {
  const facts = {
    confirmerPersonId: 'b',
    subjectPersonId: 'a',
    confirmerName: '王 阿姨',
    grade: 'self',
    witness: '',
    rejectedByPersonId: null,
  } as const;
  it('is for another person, not the only witness, not whoever rejected', () => {
    expect(whyNotConfirm(facts)).to.equal(null);
    expect(whyNotConfirm({ ...facts, confirmerPersonId: 'a' })).to.equal('not-your-own');
    expect(whyNotConfirm({ ...facts, witness: '王阿姨' })).to.equal('sole-witness');
    expect(whyNotConfirm({ ...facts, rejectedByPersonId: 'b' })).to.equal('appeal-needs-another');
  });
});

describe('logging', () => {
  const span = (from: number, to: number) => ({ from: new Date(from * MINUTE), to: new Date(to * MINUTE) });
  const facts = {
    now: new Date(10_000 * MINUTE),
    memberSince: new Date(0),
    others: [span(100, 200)],
    booked: [span(400, 460)],
  };
  it('is for the past, as a member, once, and not for ever', () => {
    expect(logFaults(span(200, 260), facts)).to.deep.equal([]);
    const code = (from: number, to: number): string | undefined => logFaults(span(from, to), facts)[0]?.code;
    expect(code(260, 200)).to.equal('ends-before-start');
    expect(code(199, 260)).to.equal('overlaps-recorded');
    expect(code(450, 500)).to.equal('overlaps-shift');
    expect(code(460, 500)).to.equal(undefined);
    const paid = { ...facts, booked: [], withoutHours: [span(600, 660)] };
    expect(logFaults(span(659, 700), paid)).to.deep.equal([
      { path: 'startTime', code: 'shift-without-hours' },
    ]);
    expect(logFaults(span(660, 700), paid)).to.deep.equal([]);
    expect(code(9_990, 10_010)).to.equal('in-the-future');
    expect(code(-10, 60)).to.equal('before-membership');
    expect(code(300, 300 + 17 * 60)).to.equal('log-too-long');
  });
});

describe('the ledger', () => {
  type Command = { kind: 'post' | 'reverse'; record: number; minutes: number };
  const commands = fc.array(
    fc.record<Command>({
      kind: fc.constantFrom('post', 'reverse'),
      record: fc.integer({ min: 0, max: 5 }),
      minutes: fc.integer({ min: -5, max: 300 }),
    }),
    { maxLength: 40 },
  );
  const play = (history: readonly Command[]): LedgerLine[] =>
    history.reduce<LedgerLine[]>((lines, { kind, record, minutes }) => {
      const outcome = post(
        lines,
        kind === 'post'
          ? {
              kind,
              recordId: `r${record}`,
              personId: `p${record % 2}`,
              counterAccount: shiftAccount('s'),
              minutes,
            }
          : { kind, recordId: `r${record}` },
      );
      return 'lines' in outcome ? [...lines, ...outcome.lines] : lines;
    }, []);

  it('sums to zero, posts each cause once and takes it back once, whatever is asked of it', () => {
    fc.assert(
      fc.property(commands, (history) => {
        const lines = play(history);
        expect(unbalanced(lines)).to.deep.equal([]);
        for (const key of new Set(lines.map((line) => line.sourceKey)))
          expect(lines.filter((line) => line.sourceKey === key)).to.have.length(2);
        const all = ['p0', 'p1'].map((person) => balance(lines, personAccount(person)));
        for (const minutes of all) expect(minutes).to.be.at.least(0);
        expect(all[0]! + all[1]! + balance(lines, shiftAccount('s'))).to.equal(0);
      }),
    );
  });
});
