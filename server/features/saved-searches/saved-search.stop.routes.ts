import { z } from 'zod';
import { asTenant } from '../../core/context.ts';
import { NotFound } from '../../core/errors.ts';
import { readSignedIds, SIGNED_IDS } from '../../core/signed-ids.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { TenantService } from '../tenants/index.ts';
import { STOP } from './saved-search.mail.ts';
import { stopView } from './saved-search.schema.ts';
import type { SavedSearchService } from './saved-search.service.ts';

const params = z.strictObject({ token: z.string().regex(SIGNED_IDS) });

/** The link at the end of a digest. Opening it changes nothing; the button on its page ends the mails, signed in or not. */
export function stopSearchRoutes({
  searches,
  tenants,
  linkKey,
}: {
  readonly searches: SavedSearchService;
  readonly tenants: TenantService;
  readonly linkKey: Buffer;
}): Route[] {
  /** @throws NotFound `link-not-valid` for what we did not sign */
  async function of<T>(token: string, work: (personId: string) => Promise<T>): Promise<T> {
    const ids = readSignedIds(linkKey, STOP, token);
    if (!ids) throw new NotFound('link-not-valid');
    return asTenant(ids[0], () => work(ids[1]));
  }
  const shown = (token: string): Promise<z.infer<typeof stopView>> =>
    of(token, async (personId) => ({
      organisation: (await tenants.current()).name,
      active: await searches.countActive(personId),
    }));
  const open = { access: 'public', tenant: 'none' } as const;
  return [
    route({
      name: 'search-mails/show',
      method: 'get',
      path: '/search-mails/:token',
      ...open,
      summary: 'What the link of a digest stands for: the organisation, and how many searches still notify.',
      input: { params },
      output: stopView,
      run: (context) => shown(context.params.token),
      page: ({ organisation, active }, context) =>
        view('saved-searches/stop', {
          organisation: organisation[context.locale],
          active,
          action: `/search-mails/${context.params.token}/stop`,
        }),
    }),
    route({
      name: 'search-mails/stop',
      method: 'post',
      path: '/search-mails/:token/stop',
      ...open,
      fromMail: true,
      summary: 'Ends the mails of all saved searches of the person at the organisation; twice is once.',
      status: 200,
      input: { params },
      output: stopView,
      async run(context) {
        await of(context.params.token, (personId) => searches.stopAll(personId));
        return shown(context.params.token);
      },
      page: (_done, context) => seeOther(`/search-mails/${context.params.token}`),
    }),
  ];
}
