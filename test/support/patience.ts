/** A single test that was asked for nothing special is done by then, on a slow machine too. */
const USUAL_MS = 300_000;

/** How much longer one unit of each setting may keep a single test from telling anything, in milliseconds. */
const LONGER_MS: Readonly<Record<string, number>> = {
  LINLI_SOAK_MINUTES: 120_000,
  LINLI_FAULT_ROUNDS: 20_000,
  // One more run of every operation of the published document.
  LINLI_FUZZ: 20_000,
  LINLI_FUZZ_MINUTES: 120_000,
};
/** Each text goes through every field of every action, on both doors. */
const NAUGHTY_MS = 1_800_000;

/**
 * How long a spec file may tell nothing before it is ended, in milliseconds: nobody who asks for a long soak, for many
 * rounds of killing or for a long list of texts wants it ended for its silence.
 */
export function patienceMs(env: NodeJS.ProcessEnv): number {
  const longer = Object.entries(LONGER_MS).map(([name, each]) => Number(env[name] ?? 0) * each);
  const thorough = env['LINLI_FUZZ'] !== undefined || env['LINLI_NAUGHTY'] !== undefined;
  return longer.reduce((sum, ms) => sum + ms, USUAL_MS + (thorough ? NAUGHTY_MS : 0));
}
