import { startWeb } from '../server/main.ts';
import { startOne } from './larger-setup.ts';
import { say } from './terminal.ts';

const HELP = `npm run start:web

Starts one web process of a larger set-up. MONGODB_URI is required; several may run on one database.
The last line when ready is "Linli web is ready at …".`;

/** A process that stops still answers for a moment, while balancers see that it is not ready any more. */
const LINGER_MS = 1_000;

if (process.argv.includes('--help')) say(HELP);
else {
  startOne(async (config, mongodbUri, running) => {
    const web = await startWeb(config, { mongodbUri, lingerMs: LINGER_MS });
    running.add({ name: 'Web', stop: () => web.stop() });
    return `Linli web is ready at ${web.url}`;
  });
}
