import type { RequestHandler } from 'express';

export interface Readiness {
  /** Set once the process is asked to stop; it still serves what is under way. */
  draining: boolean;
  /** Names of what is not ready, empty when all is. */
  problems(): Promise<string[]>;
}

/** `/healthz`: the process lives. `/readyz`: the database answers, migrations are done, nobody asked us to stop. */
export function healthHandlers(
  readiness: Readiness,
  version: string,
): { path: string; handler: RequestHandler }[] {
  return [
    { path: '/healthz', handler: (_req, res) => void res.json({ ok: true, version }) },
    {
      path: '/readyz',
      handler: async (_req, res) => {
        const problems = readiness.draining ? ['draining'] : await readiness.problems();
        if (problems.length > 0) res.setHeader('Retry-After', '5');
        res.status(problems.length === 0 ? 200 : 503).json({ ok: problems.length === 0, problems });
      },
    },
  ];
}
