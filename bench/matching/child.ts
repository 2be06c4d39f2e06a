import { solveMarket } from '../../server/features/matching/solver/solve-market.ts';
import { readMarket } from './market-file.ts';
import { solveWithHighs, solveWithOrTools } from './referees.ts';
import type { Verdict } from './referees.ts';

/** One solver in a process of its own, so that memory is its own too: node child.ts own|highs|or-tools MARKET-FILE */
const [who, path] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: node child.ts own|highs|or-tools MARKET-FILE');

/** The median of three: the service's thread has run before, as the referees' compiled code has. */
function solveHere(): Verdict {
  const market = readMarket(path ?? '');
  const runs = [1, 2, 3].map(() => {
    const startedAt = performance.now();
    const { objective, status } = solveMarket(market);
    const ms = performance.now() - startedAt;
    if (status !== 'optimal') throw new Error('not proved');
    return { objective: Number(objective), ms };
  });
  return runs.sort((a, b) => a.ms - b.ms)[1] as Verdict;
}

const verdict =
  who === 'own' ? solveHere() : await (who === 'highs' ? solveWithHighs : solveWithOrTools)(readMarket(path));
// Kilobytes; the most this process ever held.
console.log(JSON.stringify({ ...verdict, rssMb: Math.round(process.resourceUsage().maxRSS / 1024) }));
process.exit(0);
