import { expect } from 'chai';
import { anomaliesOf, manyStrangers, THRESHOLDS } from '../../../server/features/hours/anomaly.rules.ts';
import type { EntryFacts } from '../../../server/features/hours/anomaly.rules.ts';
import { wasSeenByThird, whyNotTrusted } from '../../../server/features/hours/evidence.rules.ts';
import type { ApprovalFacts } from '../../../server/features/hours/evidence.rules.ts';
import type { HumanFacts } from '../../../server/features/identity-documents/index.ts';

const NOW = new Date('2026-11-26T08:00:00Z');
const DAY = 86_400_000;
const human = (name: string, verification: HumanFacts['verification'] = null): HumanFacts => ({
  human: name,
  level: verification ? 'verified' : 'demo',
  identified: true,
  verified: true,
  verification,
});
const stated = (name: string): HumanFacts => ({
  human: name,
  level: 'stated',
  identified: true,
  verified: false,
  verification: null,
});
const unseen = (overrides: Partial<ApprovalFacts> = {}): ApprovalFacts => ({
  now: NOW,
  tenantId: 'here',
  subject: human('s', { by: 'officer', tenantId: 'here', granters: [] }),
  approver: human('a', { by: 'county', tenantId: 'above', granters: [] }),
  enteredBy: null,
  rejectedBy: null,
  presence: null,
  tied: new Set<string>(),
  backEntry: false,
  authorities: [{ grantedAt: new Date(NOW.getTime() - 30 * DAY), granters: ['root'] }],
  backEntriesThisMonth: 0,
  backEntryQuota: 20,
  ...overrides,
});
const seen = { method: 'coordinator', by: human('c'), codeWasOpenToSubject: false } as const;

describe('evidence of an hour', () => {
  it('is a third person, or a code that the person could not read at home', () => {
    const s = human('s');
    expect(wasSeenByThird(s, seen)).to.equal(true);
    expect(wasSeenByThird(s, { ...seen, by: s })).to.equal(false);
    // Somebody of whom nobody knows who they are may be the person.
    expect(wasSeenByThird(s, { ...seen, by: null })).to.equal(false);
    expect(wasSeenByThird(s, { ...seen, method: 'code' })).to.equal(true);
    expect(wasSeenByThird(s, { ...seen, method: 'kiosk' })).to.equal(true);
    expect(wasSeenByThird(s, { ...seen, method: 'kiosk', by: s })).to.equal(false);
    expect(wasSeenByThird(s, { ...seen, method: 'code', codeWasOpenToSubject: true })).to.equal(false);
    expect(wasSeenByThird(s, { ...seen, method: 'automatic' })).to.equal(false);
    expect(wasSeenByThird(s, null)).to.equal(false);
  });

  it('lets an identified other confirm what was seen', () => {
    const facts = unseen({ presence: seen, subject: stated('s'), approver: stated('a'), authorities: [] });
    expect(whyNotTrusted(facts)).to.equal(null);
    expect(whyNotTrusted({ ...facts, approver: stated('s') })).to.equal('not-your-own');
    const nobody = { ...stated('a'), level: 'none' as const, identified: false };
    expect(whyNotTrusted({ ...facts, approver: nobody })).to.equal('identity-needed');
  });

  it('is what somebody says whose document was seen, and not by the person nor by who may be the person', () => {
    const facts = unseen({ presence: { ...seen, by: stated('c') }, subject: stated('s') });
    const approvedBy = (approver: HumanFacts, more: Partial<ApprovalFacts> = {}): string | null =>
      whyNotTrusted({ ...facts, approver, ...more });
    // Invented numbers, as many as somebody likes, are nobody.
    expect(approvedBy(stated('a'))).to.equal('nobody-known');
    expect(approvedBy(stated('a'), { subject: human('s') })).to.equal('nobody-known');
    expect(approvedBy(human('a'))).to.equal(null);
    expect(approvedBy(stated('a'), { presence: seen })).to.equal(null);
    const code = { method: 'code', by: null, codeWasOpenToSubject: false } as const;
    expect(approvedBy(stated('a'), { presence: code })).to.equal('nobody-known');
    expect(approvedBy(human('a'), { presence: code })).to.equal(null);
    const bySubject = { by: 's', tenantId: 'here', granters: [] };
    expect(approvedBy(human('a', bySubject))).to.equal('nobody-known');
    expect(approvedBy(human('a', { ...bySubject, by: 'v', granters: ['s'] }))).to.equal('nobody-known');
    // Something ties them: only two documents that were seen make two humans of them.
    const tied = new Set(['a']);
    expect(approvedBy(human('a'), { tied })).to.equal('nobody-known');
    expect(approvedBy(human('a'), { tied, presence: seen })).to.equal(null);
    expect(approvedBy(human('a'), { tied, subject: human('s') })).to.equal(null);
    const seenByApprover = human('s', { by: 'a', tenantId: 'here', granters: [] });
    expect(approvedBy(human('a'), { tied, subject: seenByApprover })).to.equal('nobody-known');
  });

  it('is not the word of one alone who noted the coming and confirms it, of somebody whom only they know', () => {
    const one = human('c', { by: null, tenantId: null, granters: [] });
    const facts = unseen({ presence: { ...seen, by: one }, approver: one, subject: stated('s') });
    expect(whyNotTrusted(facts)).to.equal('sole-witness');
    const seenBy = (by: string | null): HumanFacts => human('s', { by, tenantId: 'here', granters: [] });
    expect(whyNotTrusted({ ...facts, subject: seenBy('c') })).to.equal('sole-witness');
    expect(whyNotTrusted({ ...facts, subject: seenBy('officer') })).to.equal(null);
    expect(whyNotTrusted({ ...facts, approver: human('a') })).to.equal(null);
    expect(whyNotTrusted({ ...facts, rejectedBy: one })).to.equal('appeal-needs-another');
  });

  it('lets an independent other confirm what nobody saw, at exactly thirty days', () => {
    expect(whyNotTrusted(unseen())).to.equal(null);
    expect(whyNotTrusted(unseen({ authorities: [{ grantedAt: new Date(0), granters: [] }] }))).to.equal(null);
    const young = new Date(NOW.getTime() - 30 * DAY + 1);
    expect(whyNotTrusted(unseen({ authorities: [{ grantedAt: young, granters: [] }] }))).to.equal(
      'authority-too-new',
    );
  });

  const refused: [string, Partial<ApprovalFacts>, string][] = [
    ['an approver nobody has seen', { approver: stated('a') }, 'approver-not-verified'],
    [
      'an approver seen inside the organisation only',
      { approver: human('a', { by: 'x', tenantId: 'here', granters: [] }) },
      'approver-not-verified',
    ],
    [
      'an approver seen by the subject elsewhere',
      { approver: human('a', { by: 's', tenantId: 'above', granters: [] }) },
      'approver-not-verified',
    ],
    [
      'an approver seen elsewhere by somebody of the subject',
      { approver: human('a', { by: 'x', tenantId: 'above', granters: ['y', 's'] }) },
      'approver-not-verified',
    ],
    [
      'a right that the subject gave',
      { authorities: [{ grantedAt: new Date(0), granters: ['s'] }] },
      'authority-too-new',
    ],
    [
      'a right that the approver gave to themselves by another account',
      { authorities: [{ grantedAt: new Date(0), granters: ['a'] }] },
      'authority-too-new',
    ],
    ['no right of their own', { authorities: [] }, 'authority-too-new'],
    ['a subject whose number was only stated', { subject: stated('s') }, 'subject-not-verified'],
    [
      'a subject seen by the approver',
      { subject: human('s', { by: 'a', tenantId: 'here', granters: [] }) },
      'subject-not-verified',
    ],
    [
      'a subject seen by somebody of the approver',
      { subject: human('s', { by: 'v', tenantId: 'here', granters: ['a'] }) },
      'subject-not-verified',
    ],
    ['who typed it in', { backEntry: true, enteredBy: human('a') }, 'entered-by-yourself'],
    [
      'a right given by who typed it in',
      {
        backEntry: true,
        enteredBy: human('e'),
        authorities: [{ grantedAt: new Date(0), granters: ['e'] }],
      },
      'authority-too-new',
    ],
    [
      'a back-entry beyond the quota',
      { backEntry: true, enteredBy: human('e'), backEntriesThisMonth: 20 },
      'back-entry-quota',
    ],
    [
      'a back-entry although somebody is said to have seen it',
      { backEntry: true, enteredBy: human('e'), presence: seen, subject: stated('s') },
      'subject-not-verified',
    ],
  ];
  for (const [what, facts, code] of refused)
    it(`refuses ${what} (${code})`, () => {
      expect(whyNotTrusted(unseen(facts))).to.equal(code);
    });
});

const entry = (overrides: Partial<EntryFacts> = {}): EntryFacts => ({
  from: new Date(NOW.getTime() - 5 * 3_600_000),
  to: new Date(NOW.getTime() - 3 * 3_600_000),
  at: null,
  enteredAt: NOW,
  byHand: true,
  seenByThird: true,
  subjectVerified: true,
  personSince: new Date(0),
  others: [],
  entriesByHand: [],
  minutes: 120,
  ...overrides,
});
const codes = (facts: Partial<EntryFacts>): string[] => anomaliesOf(entry(facts)).map(({ code }) => code);
const { from, to } = entry();
const minutesAgo = (minutes: number): Date => new Date(NOW.getTime() - minutes * 60_000);
const whole = (count: number, minutes = 60) =>
  Array.from({ length: count }, (_unused, at) => ({ enteredAt: minutesAgo(2_000 * (at + 1)), minutes }));

describe('anomalies of an entry', () => {
  it('are none for an ordinary one', () => {
    expect(codes({})).to.deep.equal([]);
    expect(codes({ byHand: false, entriesByHand: whole(9) })).to.deep.equal([]);
  });

  it('say how much of it counts elsewhere; services that touch do not meet', () => {
    const other = {
      from: new Date(to.getTime() - 30 * 60_000),
      to: new Date(to.getTime() + 60 * 60_000),
      at: null,
    };
    expect(anomaliesOf(entry({ others: [other] }))).to.deep.equal([
      { code: 'overlap-elsewhere', facts: { minutes: 30, services: 1 } },
    ]);
    expect(codes({ others: [{ from: to, to: NOW, at: null }] })).to.deep.equal([]);
  });

  it('notice a journey that nobody can make', () => {
    const here = { latitude: 30, longitude: 120 };
    const far = { latitude: 30.9, longitude: 120 };
    const after = (minutes: number) => [
      { from: new Date(to.getTime() + minutes * 60_000), to: NOW, at: far },
    ];
    expect(anomaliesOf(entry({ at: here, others: after(30) }))).to.deep.equal([
      { code: 'impossible-travel', facts: { kilometres: 100, minutes: 30 } },
    ]);
    expect(codes({ at: here, others: after(60) })).to.deep.equal([]);
    expect(
      codes({ at: here, others: [{ ...after(0)[0]!, at: { latitude: 30.01, longitude: 120 } }] }),
    ).to.deep.equal([]);
    expect(codes({ at: null, others: after(0) })).to.deep.equal([]);
    const before = [{ from: new Date(0), to: new Date(from.getTime() - 60_000), at: far }];
    expect(codes({ at: here, others: before })).to.deep.equal(['impossible-travel']);
  });

  it('notice newcomers, whole hours in a row and bursts', () => {
    expect(codes({ personSince: minutesAgo(24 * 60 - 1) })).to.deep.equal(['fresh-account']);
    expect(codes({ personSince: minutesAgo(24 * 60) })).to.deep.equal([]);
    expect(codes({ entriesByHand: whole(THRESHOLDS.roundEntries - 1) })).to.deep.equal(['round-numbers']);
    expect(codes({ entriesByHand: whole(THRESHOLDS.roundEntries - 2) })).to.deep.equal([]);
    expect(codes({ entriesByHand: whole(THRESHOLDS.roundEntries - 1), minutes: 121 })).to.deep.equal([]);
    const quick = [5, 10, 29].map((minutes) => ({ enteredAt: minutesAgo(minutes), minutes: 45 }));
    expect(codes({ entriesByHand: quick })).to.deep.equal(['burst']);
    expect(codes({ entriesByHand: quick.with(2, { enteredAt: minutesAgo(30), minutes: 45 }) })).to.deep.equal(
      [],
    );
  });

  it('hold what nobody saw of somebody whom nobody has seen', () => {
    expect(codes({ seenByThird: false, subjectVerified: false })).to.deep.equal(['unseen-and-unverified']);
    expect(codes({ seenByThird: false })).to.deep.equal([]);
    expect(codes({ subjectVerified: false })).to.deep.equal([]);
  });

  it('count strangers of one approver', () => {
    expect(manyStrangers(THRESHOLDS.strangers)).to.equal(null);
    expect(manyStrangers(THRESHOLDS.strangers + 1)).to.deep.equal({
      code: 'one-approver-many-strangers',
      facts: { people: THRESHOLDS.strangers + 1, hours: THRESHOLDS.strangersHours },
    });
  });
});
