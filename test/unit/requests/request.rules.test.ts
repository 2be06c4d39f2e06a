import { expect } from 'chai';
import { requestLifecycle } from '../../../server/core/states.ts';
import {
  isEditable,
  isOver,
  isServable,
  mayTakeOn,
  stepsTo,
} from '../../../server/features/requests/request.rules.ts';

describe('the straight way of a request', () => {
  it('is made of legal edges only, from wherever it starts', () => {
    for (const from of requestLifecycle.states)
      for (const goal of ['submitted', 'accepted', 'in_progress'] as const)
        for (const step of stepsTo(goal, from, 'test'))
          expect(requestLifecycle.canMove(step.from, step.to), `${step.from} → ${step.to}`).to.equal(true);
  });

  it('ends at its goal, and is empty when the request is there or beyond', () => {
    expect(stepsTo('in_progress', 'draft', 'own-request').map(({ to }) => to)).to.deep.equal([
      'submitted',
      'screened',
      'dispatched',
      'accepted',
      'in_progress',
    ]);
    expect(stepsTo('submitted', 'accepted', 'x')).to.deep.equal([]);
    expect(stepsTo('accepted', 'rejected', 'x')).to.deep.equal([]);
  });
});

describe('taking on a request', () => {
  it('needs an officer’s look in a department, not in an organisation', () => {
    expect(mayTakeOn('submitted', 'department')).to.equal(false);
    expect(mayTakeOn('submitted', 'organisation')).to.equal(true);
    for (const state of ['screened', 'dispatched']) {
      expect(mayTakeOn(state, 'department')).to.equal(true);
      expect(mayTakeOn(state, 'organisation')).to.equal(true);
    }
    for (const state of ['draft', 'accepted', 'rejected', 'done'])
      expect(mayTakeOn(state, 'organisation')).to.equal(false);
  });

  it('knows what may be served, edited, and what is over', () => {
    expect(requestLifecycle.states.filter(isServable)).to.have.members([
      'accepted',
      'in_progress',
      'extended',
    ]);
    expect(requestLifecycle.states.filter(isOver)).to.have.members([
      'rejected',
      'redirected',
      'merged',
      'closed',
    ]);
    for (const state of requestLifecycle.states.filter(isServable)) expect(isEditable(state)).to.equal(true);
  });
});
