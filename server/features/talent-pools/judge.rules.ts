import { addMonths, ageOn } from '../../core/time.ts';
import type { LeafRule, PoolRule } from './pool.rules.ts';

/** What is known of a person when a pool's rules are asked. Dates `YYYY-MM-DD`, times in whole minutes. */
export interface PoolFacts {
  readonly birthDate: string | null;
  /** Kind of the membership here. */
  readonly kind: string;
  /** Ids of the person's unit and of all above it. */
  readonly units: readonly string[];
  /** `level`: claimed or seen, whichever is higher; `seen`: what somebody has seen proof of, 0 for nothing. */
  readonly skills: readonly { readonly code: string; readonly level: number; readonly seen: number }[];
  readonly credentials: readonly {
    readonly id: string;
    readonly type: string;
    readonly level: string;
    readonly covers: readonly string[];
    readonly validFrom: string;
    readonly validTo: string | null;
  }[];
  /** Service that is posted, each with its local day. */
  readonly served: readonly { readonly on: string; readonly minutes: number }[];
  /** Credit hours that are posted, raw. */
  readonly credits: readonly { readonly on: string; readonly minutes: number; readonly dimension: string }[];
  /** Codes of trainings that are passed and in force. */
  readonly trained: readonly string[];
}

/** What one rule came to, and the fact it rests on: kept with each decision, so that it can be read years later. */
export interface PoolFinding {
  readonly kind: string;
  readonly passed: boolean;
  /** Which certificate, how many minutes, which unit: ids, codes and numbers. */
  readonly fact: Readonly<Record<string, string | number>>;
  /** Of `any`: what each of its rules came to. */
  readonly of?: readonly PoolFinding[] | undefined;
}

export interface Judgement {
  readonly passed: boolean;
  readonly findings: readonly PoolFinding[];
}

/** Every rule on its fact; an empty list lets everybody pass. */
export function judge(rules: readonly PoolRule[], facts: PoolFacts, today: string): Judgement {
  const findings = rules.map((rule) =>
    rule.kind === 'any' ? judgeAny(rule.of, facts, today) : judgeLeaf(rule, facts, today),
  );
  return { passed: findings.every(({ passed }) => passed), findings };
}

function judgeAny(rules: readonly LeafRule[], facts: PoolFacts, today: string): PoolFinding {
  const of = rules.map((rule) => judgeLeaf(rule, facts, today));
  return { kind: 'any', passed: of.some(({ passed }) => passed), fact: {}, of };
}

function judgeLeaf(rule: LeafRule, facts: PoolFacts, today: string): PoolFinding {
  const { passed, fact } = onFact(rule, facts, today);
  return { kind: rule.kind, passed, fact };
}

type Found = Pick<PoolFinding, 'passed' | 'fact'>;

function onFact(rule: LeafRule, facts: PoolFacts, today: string): Found {
  switch (rule.kind) {
    case 'credential':
      return heldOn(rule.type, rule.level, facts, today);
    case 'check':
      return heldOn(rule.type, '', facts, today);
    case 'skill': {
      const own = facts.skills.find(({ code }) => code === rule.skill);
      const level = (rule.verified ? own?.seen : own?.level) ?? 0;
      return { passed: level >= rule.level, fact: { skill: rule.skill, ...(level > 0 ? { level } : {}) } };
    }
    case 'hours':
      return sumOf(facts.served, rule, today);
    case 'credits':
      return sumOf(
        facts.credits.filter(({ dimension }) => rule.dimension === null || dimension === rule.dimension),
        rule,
        today,
      );
    case 'age': {
      if (facts.birthDate === null) return { passed: false, fact: {} };
      const years = ageOn(facts.birthDate, today);
      return {
        passed: (rule.min === null || years >= rule.min) && (rule.max === null || years <= rule.max),
        fact: { years },
      };
    }
    case 'area': {
      const unit = facts.units.find((own) => rule.units.includes(own));
      return { passed: unit !== undefined, fact: unit ? { unit } : {} };
    }
    case 'membership':
      return {
        passed: (rule.kinds as readonly string[]).includes(facts.kind),
        fact: { membership: facts.kind },
      };
    case 'training':
      return { passed: facts.trained.includes(rule.code), fact: { training: rule.code } };
  }
}

/** Of several that will do, the one that lasts longest: what the decision rests on. */
function heldOn(type: string, level: string, facts: PoolFacts, today: string): Found {
  const last = (one: { validTo: string | null }): string => one.validTo ?? '9999-12-31';
  const [best] = facts.credentials
    .filter(
      (own) =>
        own.type === type &&
        own.validFrom <= today &&
        last(own) >= today &&
        (level === '' || own.level === level || own.covers.includes(level)),
    )
    .sort((a, b) => (last(a) < last(b) ? 1 : last(a) > last(b) ? -1 : a.id < b.id ? -1 : 1));
  if (!best) return { passed: false, fact: { credential: type } };
  return {
    passed: true,
    fact: {
      credential: type,
      credentialId: best.id,
      ...(best.level === '' ? {} : { credentialLevel: best.level }),
      ...(best.validTo === null ? {} : { until: best.validTo }),
    },
  };
}

function sumOf(
  entries: readonly { readonly on: string; readonly minutes: number }[],
  { minutes, months }: { minutes: number; months: number | null },
  today: string,
): Found {
  const since = months === null ? '' : addMonths(today, -months);
  const got = entries.reduce((sum, one) => (one.on > since && one.on <= today ? sum + one.minutes : sum), 0);
  return { passed: got >= minutes, fact: { minutes: got, of: minutes } };
}

/** The last day up to which everything that a judgement rests on is valid; null when nothing of it ends. */
export function restsUntil(findings: readonly PoolFinding[]): string | null {
  const ends = findings.flatMap((one) => {
    if (one.kind !== 'any') return one.fact['until'] === undefined ? [] : [String(one.fact['until'])];
    // As long as one of its rules holds, the others do not matter.
    const own = (one.of ?? []).filter(({ passed }) => passed).map((leaf) => leaf.fact['until']);
    return own.some((end) => end === undefined) ? [] : own.map(String).sort().slice(-1);
  });
  return ends.sort()[0] ?? null;
}
