import { expect } from 'chai';
import { Types } from 'mongoose';
import { releaseQuietly, startAlarmClock } from '../../../jobs/agenda.ts';
import { defineSweep } from '../../../jobs/sweep.ts';
import { createTenant } from '../../factories/people.ts';
import { testApp } from '../../support/app.ts';

async function until(met: () => boolean): Promise<void> {
  for (let n = 0; n < 500 && !met(); n += 1) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('the alarm clock', function () {
  this.timeout(60_000);

  it('does at a start what fell due while nothing ran, and works through more than one batch', async () => {
    await testApp();
    const tenantId = (await createTenant()).id;
    const waiting: string[] = [];
    let looked = 0;
    const sweep = defineSweep({
      name: `test/alarm-${new Types.ObjectId().toString()}`,
      // Its next alarm is an hour away.
      everyMs: 3_600_000,
      leaseMs: 1_000,
      batch: 3,
      due: ({ limit, except }) => {
        looked += 1;
        const rows = waiting.filter((id) => !except.includes(id)).slice(0, limit);
        return Promise.resolve(rows.map((id) => ({ tenantId, id })));
      },
      run: ({ id }) => {
        waiting.splice(waiting.indexOf(id), 1);
        return Promise.resolve();
      },
    });
    const first = await startAlarmClock([sweep]);
    await until(() => looked > 0);
    await first.stop(5_000);
    waiting.push(...Array.from({ length: 7 }, () => new Types.ObjectId().toString()));
    const second = await startAlarmClock([sweep]);
    await until(() => waiting.length === 0);
    await second.stop(5_000);
    expect(waiting).to.deep.equal([]);
  });

  it('goes on where an alarm cannot be given back: nobody waits for that, and nobody would catch it', async () => {
    const asked: string[] = [];
    const repository = {
      unlockJob: async (job: string): Promise<void> => {
        asked.push(job);
        await Promise.reject(new Error('the database is away'));
      },
    };
    releaseQuietly(repository as never);
    await repository.unlockJob('one');
    expect(asked).to.deep.equal(['one']);
  });
});
