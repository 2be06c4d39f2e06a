import { startJobs } from '../jobs/main.ts';
import { startOne } from './larger-setup.ts';
import { say } from './terminal.ts';

const HELP = `npm run start:jobs

Starts one job process of a larger set-up. MONGODB_URI is required; several may run on one database.
The last line when ready is "Linli jobs are running".`;

if (process.argv.includes('--help')) say(HELP);
else {
  startOne(async (config, mongodbUri, running) => {
    const jobs = await startJobs(config, { mongodbUri });
    running.add({ name: 'Jobs', stop: () => jobs.stop() });
    return 'Linli jobs are running';
  });
}
