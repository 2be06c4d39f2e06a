import { expect } from 'chai';
import { assertSameKeys, InstallationModel } from '../../../server/db/installation.ts';
import { serveMetrics } from '../../../server/metrics.ts';
import { ApiAgent } from '../../support/agent.ts';
import { createMember, createTenant } from '../../factories/people.ts';
import { testApp } from '../../support/app.ts';

describe('the keys of an installation', () => {
  it('are the same in every process, and a further signing key is welcome', async () => {
    await testApp();
    await InstallationModel.deleteMany({});
    const own = { secretPrint: 'a', signingKeyIds: ['one'] };
    await Promise.all([assertSameKeys(own), assertSameKeys(own)]);
    const refusal = (keys: typeof own): Promise<string> =>
      assertSameKeys(keys).then(
        () => 'started',
        (err: unknown) => String(err),
      );
    expect(await refusal({ ...own, secretPrint: 'b' }))
      .to.include('master secret')
      .and.include('LINLI_DATA/keys');
    expect(await refusal({ ...own, signingKeyIds: ['other'] })).to.include('lacks the certificate key one');
    expect(await refusal({ ...own, signingKeyIds: ['one', 'two'] })).to.equal('started');
    expect(await refusal(own)).to.include('lacks the certificate key two');
    await InstallationModel.deleteMany({});
  });
});

describe('metrics', () => {
  it('are served on loopback, by route and outcome, without ids or words of anybody', async () => {
    const member = await createMember(await createTenant());
    const api = await member.api();
    await api.get('/assignments');
    await new ApiAgent().get('/assignments');
    const metrics = await serveMetrics(0);
    try {
      expect(metrics.url).to.match(/^http:\/\/127\.0\.0\.1:/);
      const text = await (await fetch(metrics.url)).text();
      expect(text).to.match(
        /linli_http_request_seconds_count\{route="assignments\/list-own",door="api",status="2xx"\} [1-9]/,
      );
      expect(text).to.match(/route="assignments\/list-own",door="api",status="4xx"/);
      expect(text)
        .to.match(/^linli_outbox_waiting \d+$/m)
        .and.match(/^linli_sweep_dead \d+$/m);
      expect(text).to.include('process_cpu_user_seconds_total');
      for (const word of [member.name, member.personId, member.tenant.slug])
        expect(text).to.not.include(word);
      expect((await fetch(metrics.url.replace('/metrics', '/'))).status).to.equal(404);
    } finally {
      await metrics.stop();
    }
  });
});
