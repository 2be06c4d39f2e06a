import { expect } from 'chai';
import {
  LANGUAGES,
  SERVICE_AREAS,
  SKILL_GROUPS,
  findSkill,
  isSkillCode,
} from '../../../server/features/skills/index.ts';

describe('the catalogues', () => {
  const entries = [...SKILL_GROUPS.flatMap((group) => group.skills), ...LANGUAGES, ...SERVICE_AREAS];

  it('have kebab-case codes that name one thing each', () => {
    for (const list of [SKILL_GROUPS.flatMap((group) => group.skills), LANGUAGES, SERVICE_AREAS]) {
      expect(new Set(list.map(({ code }) => code)).size).to.equal(list.length);
    }
    for (const { code } of entries) expect(code).to.match(/^[a-z]+(-[a-z]+)*$/);
  });

  it('are worded in both languages', () => {
    for (const entry of entries) {
      expect(entry['zh-CN'], entry.code).to.match(/\p{Script=Han}/u);
      expect(entry.en, entry.code).to.match(/^[A-Z]/);
    }
  });

  it('find a skill by its code and nothing else', () => {
    expect(findSkill('first-aid')?.en).to.equal('First aid');
    expect(isSkillCode('constructor')).to.equal(false);
    expect(isSkillCode('')).to.equal(false);
  });
});
