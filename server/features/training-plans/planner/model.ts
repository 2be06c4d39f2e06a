import type { Plan, Problem } from './planner.types.ts';
import { INVITATION_COST, worthOf } from './worth.ts';

/**
 * The whole problem as a mixed-integer program in the LP format: x: a session is held; y: an invitation; g: minutes of a need
 * that are closed; h: minutes that come through a shared room. All that `faultsOf` checks is a row here, and the objective is `worthOf`.
 * @param more further rows, as the format writes them
 */
export function programOf(problem: Problem, more: readonly string[] = []): string {
  const { candidates, needs, options } = problem;
  const rows: string[] = [];
  const row = (terms: readonly string[], most: number): void => {
    if (terms.length > 0) rows.push(` ${wrap(terms)} <= ${most}`);
  };
  row(
    candidates.map(({ cost }, one) => `+ ${cost} x${one}`),
    problem.budget,
  );
  for (const kind of ['room', 'instructor'] as const)
    for (const clique of cliquesOf(problem, kind))
      row(
        clique.map((one) => `+ x${one}`),
        1,
      );
  const byPerson = new Map<number, number[]>();
  const byCandidate = new Map<number, number[]>();
  /** What adds to each need: invitations by themselves, and rooms through which several come. */
  const serving = new Map<number, Map<string, number>>();
  const through = new Map<number, string[]>();
  const push = (map: Map<number, number[]>, key: number, value: number): void => {
    const list = map.get(key);
    if (list) list.push(value);
    else map.set(key, [value]);
  };
  options.forEach((option, index) => {
    push(byPerson, option.person, index);
    push(byCandidate, option.candidate, index);
    for (const { need, minutes, room } of option.serves) {
      const own = serving.get(need) ?? new Map<string, number>();
      serving.set(need, own);
      if (room < 0) {
        own.set(`y${index}`, minutes);
        continue;
      }
      own.set(`h${room}`, 1);
      const terms = through.get(room) ?? [];
      through.set(room, terms);
      terms.push(`- ${minutes} y${index}`);
    }
    row([`+ y${index}`, `- x${option.candidate}`], 0);
  });
  for (const [one, own] of byCandidate)
    row([...own.map((index) => `+ y${index}`), `- ${candidates[one]?.seats ?? 0} x${one}`], 0);
  for (const own of byPerson.values()) {
    if (own.length > problem.mostEach)
      row(
        own.map((index) => `+ y${index}`),
        problem.mostEach,
      );
    for (const clique of exclusions(problem, own))
      row(
        clique.map((index) => `+ y${index}`),
        1,
      );
  }
  needs.forEach((_need, need) =>
    row(
      [`+ g${need}`, ...[...(serving.get(need) ?? [])].map(([name, minutes]) => `- ${minutes} ${name}`)],
      0,
    ),
  );
  for (const [room, terms] of through) row([`+ h${room}`, ...terms], 0);
  const objective = [
    ...needs.map(({ weight }, need) => `+ ${weight} g${need}`),
    ...options.map((_option, index) => `- ${INVITATION_COST} y${index}`),
  ];
  return [
    'Maximize',
    ` obj: ${wrap(objective)}`,
    'Subject To',
    ...rows,
    ...(problem.fixed ?? []).map((one) => ` x${one} >= 1`),
    ...more,
    'Bounds',
    ...needs.map(({ minutes }, need) => ` 0 <= g${need} <= ${minutes}`),
    ...[...through.keys()].map((room) => ` 0 <= h${room} <= ${problem.rooms[room] ?? 0}`),
    'Binary',
    ...candidates.map((_one, at) => ` x${at}`),
    ...options.map((_option, index) => ` y${index}`),
    'End',
    '',
  ].join('\n');
}

/** Lines of the format are short. */
function wrap(terms: readonly string[]): string {
  const lines: string[] = [];
  for (let at = 0; at < terms.length; at += 12) lines.push(terms.slice(at, at + 12).join(' '));
  return lines.join('\n ');
}

/** Sessions of one room or instructor that are on at the start of one of them: at most one of each set. */
function cliquesOf({ candidates }: Problem, kind: 'room' | 'instructor'): number[][] {
  const found: number[][] = [];
  const groups = Map.groupBy(
    candidates.map((_one, at) => at),
    (at) => candidates[at]?.[kind] ?? -1,
  );
  for (const [key, own] of groups) {
    if (key < 0) continue;
    for (const at of own) {
      const start = candidates[at]?.start ?? 0;
      const on = own.filter(
        (other) => (candidates[other]?.start ?? 0) <= start && start < (candidates[other]?.end ?? 0),
      );
      if (on.length > 1) found.push(on);
    }
  }
  return found;
}

/** Options of one person of which at most one can be used: at one time, or of one course. */
function exclusions({ candidates, options }: Problem, own: readonly number[]): number[][] {
  const candidateOf = (index: number) => candidates[options[index]?.candidate ?? -1];
  const found: number[][] = [];
  for (const at of own) {
    const one = candidateOf(at);
    const on = own.filter((index) => {
      const other = candidateOf(index);
      return one !== undefined && other !== undefined && other.start <= one.start && one.start < other.end;
    });
    if (on.length > 1) found.push(on);
  }
  for (const same of Map.groupBy(own, (index) => candidateOf(index)?.course).values())
    if (same.length > 1) found.push(same);
  return found;
}

/** The plan that values of the variables say; `value` of a name. */
export function planOf(problem: Problem, value: (name: string) => number): Plan {
  const invited = problem.options.flatMap((_option, index) => (value(`y${index}`) > 0.5 ? [index] : []));
  const held = [
    ...new Set([
      ...(problem.fixed ?? []),
      ...invited.map((index) => problem.options[index]?.candidate ?? -1),
    ]),
  ].sort((a, b) => a - b);
  return { held, invited, worth: worthOf(problem, invited) };
}
