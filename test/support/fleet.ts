import type { Answer } from './agent.ts';
import { startCommand } from './command.ts';
import type { Command } from './command.ts';
import { environment } from './processes.ts';

/** One process of a fleet. */
interface Ship {
  readonly kind: 'web' | 'jobs';
  readonly command: Command;
  /** Of a web process. */
  readonly url: string;
  /** What the balancer saw when it last looked at /readyz. */
  ready: boolean;
  ending: boolean;
}

/** What the balancer met, over all requests. */
export interface FleetFigures {
  /** Connections that a process which was ending did not take; asked of another one. */
  refused: number;
  /** Connections that broke in the middle: what nobody may see. */
  readonly broken: string[];
  readonly replaced: { readonly kind: string; readonly code: unknown; readonly ms: number }[];
}

/** Web and job processes behind a balancer that looks at /readyz, replaced one after the other. */
export interface Fleet {
  readonly figures: FleetFigures;
  /** Sends a request to a process that is ready, like a balancer: to the next one when the connection is not taken. */
  send(ask: (url: string) => Promise<Answer>): Promise<Answer>;
  /** Asks a random process to stop, and starts another in its place. */
  replaceOne(): Promise<void>;
  stop(): Promise<void>;
}

const LOOK_MS = 250;

export async function startFleet(
  count: { web: number; jobs: number },
  more: NodeJS.ProcessEnv,
): Promise<Fleet> {
  const env = { ...(await environment()), ...more };
  const ships: Ship[] = [];
  const figures: FleetFigures = { refused: 0, broken: [], replaced: [] };
  const launch = async (kind: Ship['kind']): Promise<void> => {
    const command = startCommand([`scripts/start-${kind}.ts`], env);
    await command.says(kind === 'web' ? 'Linli web is ready at ' : 'Linli jobs are running');
    const url = /ready at (\S+)/.exec(command.stdout())?.[1] ?? '';
    ships.push({ kind, command, url, ready: true, ending: false });
  };
  const end = async (ship: Ship): Promise<void> => {
    const began = performance.now();
    ship.ending = true;
    ship.command.child.kill('SIGTERM');
    const code = await ship.command.ended;
    figures.replaced.push({ kind: ship.kind, code, ms: Math.round(performance.now() - began) });
    ships.splice(ships.indexOf(ship), 1);
  };
  const wanted = (['web', 'jobs'] as const).flatMap((kind) =>
    Array.from({ length: count[kind] }, () => kind),
  );
  await Promise.all(wanted.map(launch));
  const looking = setInterval(() => {
    for (const ship of ships.filter(({ kind }) => kind === 'web')) void look(ship);
  }, LOOK_MS);
  return {
    figures,
    async send(ask) {
      for (;;) {
        const candidates = ships.filter(({ kind, ready }) => kind === 'web' && ready);
        const to = candidates[Math.floor(Math.random() * candidates.length)];
        if (!to) await new Promise((resolve) => setTimeout(resolve, 50));
        else {
          const answer = await ask(to.url).catch((err: unknown) => connectionProblem(err));
          if (typeof answer !== 'string') return answer;
          if (answer === 'ECONNREFUSED' && to.ending) figures.refused += 1;
          else figures.broken.push(`${answer}${to.ending ? ' of a process that was ending' : ''}`);
          to.ready = false;
        }
      }
    },
    async replaceOne() {
      const living = ships.filter(({ ending }) => !ending);
      const ship = living[Math.floor(Math.random() * living.length)];
      if (ship) await Promise.all([end(ship), launch(ship.kind)]);
    },
    async stop() {
      clearInterval(looking);
      await Promise.all([...ships].map(end));
    },
  };
}

async function look(ship: Ship): Promise<void> {
  try {
    const answer = await fetch(`${ship.url}/readyz`, { signal: AbortSignal.timeout(5_000) });
    ship.ready = answer.status === 200 && !(await answer.text()).includes('draining');
  } catch {
    ship.ready = false;
  }
}

/** The code of a connection that was not taken or broke. @throws everything else */
function connectionProblem(err: unknown): string {
  const { code } = ((err as Error).cause ?? {}) as { code?: string };
  if (code === undefined) throw err;
  return code;
}
