import { expect } from 'chai';
import { externalLifecycle } from '../../../server/core/states.ts';
import { afterReversal, answerOf } from '../../../server/features/external-records/external-record.rules.ts';

const row = { line: 2, record: 'a', action: 'enter', externalId: '', refusedBecause: '' };

describe('what a national system answers', () => {
  it('confirms or refuses what was sent, and says nothing new about what is known', () => {
    const sent = { state: 'exported', externalId: null };
    expect(answerOf({ ...row, externalId: ' N1 ' }, sent)).to.deep.equal({
      to: 'confirmed',
      externalId: 'N1',
    });
    expect(answerOf({ ...row, refusedBecause: 'x' }, sent)).to.deep.equal({ to: 'failed', reason: 'x' });
    expect(answerOf(row, sent)).to.equal('nothing-answered');
    expect(answerOf({ ...row, externalId: 'N1', refusedBecause: 'x' }, sent)).to.equal('both-answered');
    expect(answerOf({ ...row, externalId: 'N'.repeat(101) }, sent)).to.equal('external-id-long');
    expect(answerOf({ ...row, externalId: 'N1' }, { state: 'confirmed', externalId: 'N1' })).to.equal(null);
    expect(answerOf({ ...row, externalId: 'N2' }, { state: 'confirmed', externalId: 'N1' })).to.equal(
      'not-to-be-answered',
    );
    expect(answerOf({ ...row, refusedBecause: 'x' }, { state: 'waiting', externalId: null })).to.equal(
      'not-to-be-answered',
    );
  });

  it('takes back only what it is told to, under the name it gave', () => {
    const back = { state: 'to_withdraw', externalId: 'N1' };
    expect(answerOf({ ...row, action: 'withdraw', externalId: 'N1' }, back)).to.deep.equal({
      to: 'withdrawn',
    });
    expect(answerOf({ ...row, action: 'withdraw', externalId: 'N2' }, back)).to.equal('not-to-be-answered');
    expect(answerOf({ ...row, externalId: 'N1' }, back)).to.equal('not-to-be-answered');
    const onTheWay = { state: 'to_withdraw', externalId: null };
    expect(answerOf({ ...row, externalId: 'N1' }, onTheWay)).to.deep.equal({
      to: 'to_withdraw',
      externalId: 'N1',
    });
    expect(answerOf({ ...row, refusedBecause: 'x' }, onTheWay)).to.deep.equal({ to: 'dropped' });
  });

  it('goes along the edges of its life cycle only, and needs no entry of what was taken back before', () => {
    for (const state of externalLifecycle.states) {
      const to = afterReversal(state);
      if (to !== null) expect(externalLifecycle.canMove(state, to), state).to.equal(true);
      for (const answer of [
        { ...row, externalId: 'N1' },
        { ...row, refusedBecause: 'x' },
        { ...row, action: 'withdraw', externalId: 'N1' },
      ]) {
        const step = answerOf(answer, { state, externalId: 'N1' });
        if (step !== null && typeof step === 'object')
          expect(externalLifecycle.canMove(state, step.to), `${state} ${step.to}`).to.equal(true);
      }
    }
  });
});
