import { expect } from 'chai';
import { LOCALES } from '../../../server/core/locale.ts';
import * as states from '../../../server/core/states.ts';
import { readMessages } from '../../../server/i18n/index.ts';

describe('life cycles', () => {
  const { LIFECYCLES } = states;
  const declared = Object.entries(states).filter(
    ([name]) => name.endsWith('Lifecycle') && name !== 'defineLifecycle',
  );

  it('are all in the one list, each once', () => {
    const listed: readonly unknown[] = LIFECYCLES;
    expect(declared.filter(([, one]) => !listed.includes(one)).map(([name]) => name)).to.deep.equal([]);
    expect(new Set(LIFECYCLES.map(({ name }) => name)).size).to.equal(declared.length);
  });

  for (const locale of LOCALES)
    it(`have a word for every state in ${locale}`, () => {
      const words = readMessages()[locale]['states'] as Record<string, Record<string, string> | undefined>;
      const without = LIFECYCLES.flatMap(({ name, states: all }) =>
        all.filter((state) => !words[name]?.[state]).map((state) => `${name} ${state}`),
      );
      expect(without).to.deep.equal([]);
    });

  for (const { name, states: all, edges } of LIFECYCLES as readonly states.LifecycleOf<string>[])
    it(`lead to every state: ${name}`, () => {
      const led = new Set(Object.values(edges).flat());
      // Where something begins nothing need lead to.
      expect(all.filter((state) => !led.has(state)).length).to.be.at.most(2);
      for (const state of led) expect(all).to.include(state);
    });
});
