import { expect } from 'chai';
import { createLane } from '../../../server/core/lane.ts';
import type { Turn } from '../../../server/core/lane.ts';

const LIMITS = { atOnce: 2, waiting: 3, patienceMs: 1_000, impatienceMs: 10 };

/** Everything that was settled by now. */
const settled = async (turns: readonly Promise<Turn | null>[]): Promise<string[]> =>
  Promise.all(
    turns.map((turn) =>
      Promise.race([
        turn.then((held) => (held ? 'in' : 'refused')),
        new Promise<string>((resolve) => setImmediate(() => resolve('waits'))),
      ]),
    ),
  );

describe('a lane', () => {
  it('lets as many in as it has places, the others in order, and refuses whoever comes to a full line', async () => {
    const lane = createLane(LIMITS, () => 0);
    const turns = Array.from({ length: 6 }, () => lane.enter());
    expect(await settled(turns)).to.deep.equal(['in', 'in', 'waits', 'waits', 'waits', 'refused']);
    expect(lane.isFull()).to.equal(true);
    (await turns[1])?.leave();
    expect(await settled(turns)).to.deep.equal(['in', 'in', 'in', 'waits', 'waits', 'refused']);
    expect(lane.figures()).to.deep.equal({ working: 2, waiting: 2 });
    // Leaving twice gives one place only.
    (await turns[1])?.leave();
    expect(lane.figures()).to.deep.equal({ working: 2, waiting: 2 });
  });

  it('has patience while the line empties, and hardly any once it does not', async () => {
    let at = 0;
    const lane = createLane(LIMITS, () => at);
    const held = await Promise.all([lane.enter(), lane.enter()]);
    const burst = lane.enter();
    at = 900;
    held[0]?.leave();
    expect(await settled([burst])).to.deep.equal(['in']);
    // The line was empty at 900 for the last time.
    const first = lane.enter();
    at = 1_950;
    const second = lane.enter();
    at = 1_970;
    held[1]?.leave();
    expect(await settled([first, second])).to.deep.equal(['refused', 'refused']);
    const fresh = lane.enter();
    expect(await settled([fresh])).to.deep.equal(['in']);
  });

  it('forgets whoever has gone, and takes fewer at once for as long as it is narrowed', async () => {
    const lane = createLane(LIMITS, () => 0);
    const held = await Promise.all([lane.enter(), lane.enter()]);
    const gone = new AbortController();
    const left = lane.enter(gone.signal);
    const stays = lane.enter();
    gone.abort();
    lane.narrow(1);
    held[0]?.leave();
    expect(await settled([left, stays])).to.deep.equal(['refused', 'waits']);
    lane.narrow(null);
    expect(await settled([stays])).to.deep.equal(['in']);
    expect(await settled([lane.enter(gone.signal)])).to.deep.equal(['refused']);
  });

  it('refuses the late ones by itself, even when nobody leaves', async () => {
    const lane = createLane({ ...LIMITS, patienceMs: 30 });
    await Promise.all([lane.enter(), lane.enter()]);
    expect(await lane.enter()).to.equal(null);
  });
});
