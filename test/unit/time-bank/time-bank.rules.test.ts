import { expect } from 'chai';
import {
  earns,
  expired,
  nextExpiry,
  remaining,
  openBook,
  owedAccount,
  POOL,
  savedAccount,
  whyNotRedeem,
} from '../../../server/features/time-bank/time-bank.rules.ts';
import type { BankRules, SavedLine } from '../../../server/features/time-bank/time-bank.rules.ts';
import { post } from '../../../server/features/hours/ledger.rules.ts';

const RULES: BankRules = {
  on: true,
  capMinutes: 0,
  expiryMonths: 0,
  redeemFromAge: 60,
  gifts: true,
  teams: false,
  areas: [],
};
const COMMANDS = Number(process.env['LINLI_HISTORY'] ?? 10_000);

function chance(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * below);
  };
}

describe('the rules of the time bank', () => {
  it('split what is earned at the cap (worked example C)', () => {
    const book = openBook(new Map([[savedAccount('a'), 1_498 * 60]]));
    book.earn('h', 'a', 210, 1_500 * 60);
    expect(book.balance(savedAccount('a'))).to.equal(1_500 * 60);
    expect(book.balance(savedAccount(POOL))).to.equal(90);
    // Beijing's has no cap: all of it is saved.
    const open = openBook(new Map([[savedAccount('a'), 1_498 * 60]]));
    open.earn('h', 'a', 210, 0);
    expect(open.balance(savedAccount('a'))).to.equal(1_498 * 60 + 210);
  });

  it('take back what hours earned, let what was spent be owed, and have it paid first', () => {
    const book = openBook(new Map());
    book.earn('h1', 'a', 120, 0);
    expect(book.donate('g', 'a', 100)).to.equal(null);
    book.unearn('h1', 'a', { own: 120, over: 0 });
    expect([book.balance(savedAccount('a')), book.balance(owedAccount('a'))]).to.deep.equal([0, -100]);
    book.earn('h2', 'a', 130, 0);
    expect([book.balance(savedAccount('a')), book.balance(owedAccount('a'))]).to.deep.equal([30, 0]);
    // What is owed does not fill the cap.
    const capped = openBook(new Map([[owedAccount('a'), -50]]));
    capped.earn('h', 'a', 120, 60);
    expect(capped.balance(savedAccount('a'))).to.equal(60);
    expect(capped.balance(savedAccount(POOL))).to.equal(10);
  });

  it('say who earns and who may redeem', () => {
    expect(earns(RULES, '')).to.equal(true);
    expect(earns({ ...RULES, on: false }, 'elderly')).to.equal(false);
    expect(earns({ ...RULES, areas: ['elderly'] }, 'elderly')).to.equal(true);
    expect(earns({ ...RULES, areas: ['elderly'] }, '')).to.equal(false);
    expect(whyNotRedeem(RULES, '1966-11-26', '2026-11-26')).to.equal(null);
    expect(whyNotRedeem(RULES, '1966-11-27', '2026-11-26')).to.equal('too-young-to-redeem');
    expect(whyNotRedeem(RULES, null, '2026-11-26')).to.equal('too-young-to-redeem');
    expect(whyNotRedeem({ ...RULES, redeemFromAge: 0 }, null, '2026-11-26')).to.equal(null);
  });

  it('let the oldest expire first, and nothing that was used or came back in between', () => {
    const line = (date: string, minutes: number, returned = false): SavedLine => ({
      date,
      minutes,
      returned,
    });
    const lines = [line('2025-01-31', 60), line('2025-06-01', 30), line('2025-07-01', -40)];
    expect(expired(lines, 12, '2026-01-30')).to.equal(0);
    expect(expired(lines, 12, '2026-01-31')).to.equal(20);
    expect(nextExpiry(lines, 12)).to.equal('2026-01-31');
    expect(expired([...lines, line('2025-08-01', 40, true)], 12, '2026-01-31')).to.equal(60);
    expect(nextExpiry([...lines, line('2026-01-31', -20)], 12)).to.equal('2026-06-01');
    expect(expired(lines, 0, '2036-01-01')).to.equal(0);
    expect(nextExpiry(lines, 0)).to.equal(null);
    // What is left of it keeps its days, the oldest used first.
    expect(remaining(lines)).to.deep.equal([line('2025-01-31', 20), line('2025-06-01', 30)]);
    expect(remaining([...lines, line('2025-08-01', -20)])).to.deep.equal([line('2025-06-01', 30)]);
    expect(remaining([...lines, line('2025-08-01', 40, true)])).to.deep.equal(lines.slice(0, 2));
    expect(remaining([])).to.deep.equal([]);
  });

  it('keep every law through a long random history, beside a model that only adds and subtracts', () => {
    const pick = chance(20_261_126);
    const people = Array.from({ length: 12 }, (_unused, at) => `p${at}`);
    const cap = 900;
    const balances = new Map<string, number>();
    // The model: what everybody may spend, less than zero where they owe.
    const net = new Map<string, number>([...people, POOL].map((one) => [one, 0]));
    const add = (holder: string, minutes: number): void =>
      void net.set(holder, (net.get(holder) ?? 0) + minutes);
    const hours: { id: string; person: string; minutes: number; own: number; over: number; live: boolean }[] =
      [];
    const asked: {
      id: string;
      person: string;
      minutes: number;
      state: string;
      hours: string;
      spent: number;
    }[] = [];
    for (let n = 0; n < COMMANDS; n += 1) {
      const book = openBook(balances);
      const [person, other] = [people[pick(12)]!, people[pick(12)]!];
      const minutes = 1 + pick(200);
      const has = Math.max(0, net.get(person) ?? 0);
      const what = pick(8);
      if (what < 2) {
        const own = Math.min(minutes, Math.max(0, cap - (net.get(person) ?? 0)));
        book.earn(`h${n}`, person, minutes, cap);
        hours.push({ id: `h${n}`, person, minutes, own, over: minutes - own, live: true });
        add(person, own);
        add(POOL, minutes - own);
      } else if (what === 2 && person !== other) {
        const room = Math.max(0, cap - (net.get(other) ?? 0));
        const wanted = has < minutes ? 'not-enough-saved' : minutes > room ? 'over-the-cap' : null;
        expect(book.gift(`g${n}`, person, other, minutes, cap)).to.equal(wanted);
        if (!wanted) {
          add(person, -minutes);
          add(other, minutes);
        }
      } else if (what === 3) {
        const wanted = has < minutes ? 'not-enough-saved' : null;
        expect(book.donate(`d${n}`, person, minutes)).to.equal(wanted);
        if (!wanted) {
          add(person, -minutes);
          add(POOL, minutes);
        }
      } else if (what === 4) {
        const wanted = has < minutes ? 'not-enough-saved' : null;
        expect(book.hold(`r${n}`, person, minutes)).to.equal(wanted);
        if (!wanted) {
          asked.push({ id: `r${n}`, person, minutes, state: 'held', hours: '', spent: 0 });
          add(person, -minutes);
        }
      } else if (what === 5) {
        const one = asked[pick(asked.length || 1)];
        const by = hours[pick(hours.length || 1)];
        if (one?.state === 'held' && by?.live && pick(3) > 0) {
          const spent = Math.min(one.minutes, minutes);
          const before = asked.reduce(
            (sum, a) => (a.state === 'spent' && a.hours === by.id ? sum + a.spent : sum),
            0,
          );
          const wanted = before + spent > by.minutes ? 'more-than-served' : null;
          expect(
            book.settle(one.id, one.person, { hoursId: by.id, minutes: spent, recordedMinutes: by.minutes }),
          ).to.equal(wanted);
          if (!wanted) {
            add(one.person, one.minutes - spent);
            Object.assign(one, { state: 'spent', hours: by.id, spent });
          }
        } else if (one?.state === 'held') {
          book.release(one.id, one.person);
          add(one.person, one.minutes);
          one.state = 'over';
        }
      } else if (what === 6) {
        const one = hours[pick(hours.length || 1)];
        if (one?.live) {
          book.unearn(one.id, one.person, { own: one.own, over: one.over });
          add(one.person, -one.own);
          add(POOL, -one.over);
          one.live = false;
          for (const a of asked.filter(({ state, hours: by }) => state === 'spent' && by === one.id)) {
            book.refund(a.id, a.person, one.id, a.spent);
            add(a.person, a.spent);
            a.state = 'over';
          }
        }
      } else {
        const lost = Math.min(has, minutes);
        book.expire(`e${n}`, person, minutes);
        add(person, -lost);
      }
      // The ledger's own rules take every movement, once.
      for (const move of book.moves) {
        const command = { kind: 'move', cause: 'bank', ...move } as const;
        const outcome = post([], command);
        if ('refusal' in outcome) throw new Error(outcome.refusal);
        if (!('refusal' in post(outcome.lines, command))) throw new Error('posted twice');
        for (const { account, minutes: by } of outcome.lines)
          balances.set(account, (balances.get(account) ?? 0) + by);
      }
      for (const holder of [person, other, POOL]) {
        const [saved, owed] = [
          balances.get(savedAccount(holder)) ?? 0,
          balances.get(owedAccount(holder)) ?? 0,
        ];
        if (saved < 0 || owed > 0 || (saved > 0 && owed < 0) || saved + owed !== net.get(holder))
          throw new Error(
            `${holder} has ${saved} and owes ${-owed}, not ${net.get(holder)}, after ${n} commands`,
          );
      }
    }
    expect([...balances.values()].reduce((sum, one) => sum + one, 0)).to.equal(0);
    expect(hours.some(({ live }) => !live) && asked.some(({ state }) => state === 'spent')).to.equal(true);
  });
});
