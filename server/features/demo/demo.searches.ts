import { nextLook } from '../saved-searches/index.ts';
import type { DemoGround, DemoPerson } from './demo.types.ts';

const DAY_MS = 86_400_000;

/** What the volunteer whose sign-in is printed looks for: one search each morning, one that rests. */
export function buildSearches(ground: DemoGround, star: DemoPerson): { tenant: string; row: object }[] {
  const createdAt = new Date(ground.today.getTime() - 10 * DAY_MS);
  const base = {
    personId: star.id,
    words: '',
    skills: [],
    weekdays: [],
    fromMinute: null,
    toMinute: null,
    withinMetres: null,
    around: null,
    lookAt: nextLook(ground.today, 'Asia/Shanghai'),
    toldAt: null,
    version: 1,
    createdAt,
  };
  const of = (slot: number, row: object): { tenant: string; row: object } => ({
    tenant: 'tonglu',
    row: { ...base, _id: ground.id('search', slot, createdAt), slot, ...row },
  });
  return [
    of(0, {
      name: '周末离家近的',
      category: null,
      weekdays: [6, 7],
      withinMetres: 10_000,
      often: 'daily',
      paused: false,
    }),
    of(1, { name: '陪伴老人', category: 'elderly', often: 'at-once', paused: true }),
  ];
}
