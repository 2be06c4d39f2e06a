/** Pools of the demo department, in the words of the people who run them. */
export const LIVE_POOLS: readonly {
  readonly key: string;
  readonly name: { readonly 'zh-CN': string; readonly en: string };
  readonly purpose: string;
  readonly rules: readonly object[];
}[] = [
  {
    key: 'casework',
    name: { 'zh-CN': '个案社工人才库', en: 'Casework social workers' },
    purpose: '接到困难个案时，从这里找持证社工。',
    rules: [
      { kind: 'credential', type: 'social-worker', level: '' },
      { kind: 'membership', kinds: ['social-worker'] },
    ],
  },
  {
    key: 'mediation',
    name: { 'zh-CN': '矛盾调解员', en: 'Dispute mediators' },
    purpose: '邻里纠纷、物业矛盾的调解力量。',
    rules: [
      { kind: 'skill', skill: 'dispute-mediation', level: 2, verified: false },
      { kind: 'age', min: 25, max: null },
    ],
  },
  {
    key: 'roster',
    name: { 'zh-CN': '应急志愿服务队', en: 'Emergency roster' },
    purpose: '台风、防汛等应急响应时第一批集结。',
    rules: [
      {
        kind: 'any',
        of: [
          { kind: 'credential', type: 'first-aider', level: '' },
          { kind: 'skill', skill: 'first-aid', level: 2, verified: false },
        ],
      },
      { kind: 'hours', minutes: 1_200, months: 12 },
      { kind: 'age', min: 18, max: 60 },
    ],
  },
];
