import { expect } from 'chai';
import { storyOf } from '../../../server/features/hours/hours.story.rules.ts';
import type { StoryFacts, StoryRecord, StoryStep } from '../../../server/features/hours/hours.story.rules.ts';

const at = (clock: string): Date => new Date(`2026-11-20T${clock}:00Z`);
const entry = (clock: string, to: string, more: object = {}) => ({
  at: at(clock),
  from: null,
  to,
  actor: 'x',
  accountId: null,
  reason: null,
  ...more,
});
const record = (row: object, more: Partial<StoryRecord> = {}): StoryRecord => ({
  row: { _id: 'r', grade: 'device', origin: null, movedTo: null, history: [], ...row } as never,
  place: null,
  shiftWasCancelled: false,
  madeBy: null,
  ...more,
});
const tell = (records: StoryRecord[], more: Partial<StoryFacts> = {}): StoryStep[] =>
  storyOf({
    tenantId: 't',
    ownAccounts: new Set(['own']),
    ownPersons: new Set(['me']),
    records,
    claims: [],
    proposals: [],
    ...more,
  });
const said = (steps: StoryStep[]): string[] =>
  steps.map(({ what, way, by }) =>
    [what, way, by.part, by.accountId ?? by.personId].filter(Boolean).join(' '),
  );

describe('the story of a record', () => {
  const birth = [entry('12:00', 'open'), entry('12:00', 'submitted')];

  it('says why the end was noted of whoever did not check out, also of before that was kept', () => {
    const left = (reason: string | null, accountId: string | null, shiftWasCancelled = false): string[] =>
      said(
        tell([
          record(
            {},
            {
              shiftWasCancelled,
              place: {
                checkIn: null,
                checkOut: { at: at('10:00'), method: 'automatic', by: null },
                history: [entry('12:00', 'checked_out', { reason, accountId })],
              } as never,
            },
          ),
        ]),
      );
    expect(left('forgotten', null)).to.deep.equal(['checked-out forgotten system']);
    expect(left('shift-cancelled', 'boss')).to.deep.equal(['checked-out shift-cancelled organisation boss']);
    expect(left('membership-stopped', 'own')).to.deep.equal(['checked-out membership-stopped self own']);
    expect(left(null, null)).to.deep.equal(['checked-out forgotten system']);
    expect(left(null, 'boss', true)).to.deep.equal(['checked-out shift-cancelled organisation boss']);
    expect(left(null, 'boss')).to.deep.equal(['checked-out membership-stopped organisation boss']);
  });

  it('tells when something was noted, and what counts where that is another instant', () => {
    const [came] = tell([
      record(
        {},
        {
          place: {
            checkIn: { at: at('09:00'), method: 'code', by: 'own', lateMinutes: 90, distanceMetres: 30 },
            checkOut: null,
            history: [entry('10:30', 'checked_in', { accountId: 'own' })],
          } as never,
        },
      ),
    ]);
    expect(came).to.deep.include({
      at: at('10:30'),
      counted: at('09:00'),
      way: 'code-kept-offline',
      distanceMetres: 30,
    });
  });

  it('keeps apart who typed it, who held it, and who let it by', () => {
    const held = [...birth, entry('12:00', 'under_check')];
    const later = [...birth, entry('13:00', 'under_check', { accountId: 'boss' })];
    const done = [
      entry('14:00', 'approved', { from: 'under_check', accountId: 'judge', reason: 'seen' }),
      entry('14:00', 'posted', { accountId: 'judge' }),
    ];
    const entered = { grade: 'back-entry', enteredBy: 'typist', entryReason: 'why' };
    expect(said(tell([record({ ...entered, history: [...held, ...done] })]))).to.deep.equal([
      'entered-afterwards coordinator typist',
      'held at-submission system',
      'released reviewer judge',
    ]);
    expect(said(tell([record({ ...entered, enteredBy: 'me', history: later })]))).to.deep.equal([
      'entered-afterwards self me',
      'held at-confirmation coordinator boss',
    ]);
    const own = { grade: 'self', history: [entry('12:00', 'open', { accountId: 'own' })] };
    expect(said(tell([record(own)]))).to.deep.equal(['drafted self own']);
    const handed = [...own.history, entry('13:00', 'submitted', { accountId: 'own' })];
    expect(said(tell([record({ ...own, history: handed })]))).to.deep.equal([
      'drafted self own',
      'handed-in self own',
    ]);
  });

  it('tells of an answer before what it did, and of a corrected record after what it was', () => {
    const claim = {
      _id: 'c',
      hoursId: 'r',
      state: 'founded',
      createdAt: at('15:00'),
      claimedByPersonId: 'me',
      answeredByPersonId: 'judge',
      text: 'wrong',
      answer: 'right',
      saidBy: null,
      history: [
        entry('15:00', 'claimed', { accountId: 'own' }),
        entry('16:00', 'founded', { accountId: 'j' }),
      ],
    } as never;
    const before = record({
      history: [
        ...birth,
        entry('13:00', 'approved', { accountId: 'boss' }),
        entry('16:00', 'reversed', { accountId: 'j' }),
      ],
    });
    const after = record(
      {
        _id: 'c',
        history: ['open', 'submitted', 'approved', 'posted'].map((to) =>
          entry('16:00', to, { accountId: 'j' }),
        ),
      },
      { madeBy: claim },
    );
    expect(said(tell([before, after], { claims: [claim] }))).to.deep.equal([
      'recorded system',
      'confirmed coordinator boss',
      'claimed self own',
      'claim-founded organisation j',
      'reversed reviewer j',
      'corrected organisation j',
    ]);
  });

  it('goes on from one record of a human to the other, and names the organisation it came from or went to', () => {
    const first = record({
      _id: 'a',
      movedTo: { tenantId: 't' },
      history: [...birth, entry('17:00', 'moved', { accountId: 'boss' })],
    });
    const second = record({
      _id: 'b',
      origin: { tenantId: 't', hoursId: 'a' },
      history: [entry('17:00', 'posted', { accountId: 'boss' })],
    });
    expect(said(tell([first, second]))).to.deep.equal(['recorded system', 'joined organisation boss']);
    expect(said(tell([first]))).to.deep.equal(['recorded system', 'moved organisation boss']);
    const foreign = record({
      origin: { tenantId: 'far', hoursId: 'z' },
      history: [entry('17:00', 'posted')],
    });
    expect(tell([foreign])[0]).to.include({ what: 'taken-in', organisationId: 'far' });
  });
});
