import { z } from 'zod';
import { can } from '../../core/actor.ts';
import { file, route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { FeedService } from './feed.service.ts';

const feedView = z.object({ since: z.string().nullable() });
const opened = z.object({ url: z.string() });

export const feedRoutes = ({ feeds }: { feeds: FeedService }): Route[] => [
  route({
    name: 'feeds/own',
    method: 'get',
    path: '/calendar-feed',
    access: 'memberships:step-back-own',
    tenant: 'member',
    summary: 'Whether one has a calendar address here, and since when.',
    input: {},
    output: feedView,
    run: async ({ account }) => ({ since: (await feeds.own(account))?.toISOString() ?? null }),
    page: ({ since }, { account }) =>
      view('feeds/own', { since, url: null, mayBegin: can(account, 'training:enrol-own') }),
  }),
  route({
    name: 'feeds/open',
    method: 'post',
    path: '/calendar-feed',
    access: 'training:enrol-own',
    tenant: 'member',
    summary:
      'A new secret address of one’s own training for calendar programs (RFC 5545); the one before ends. Shown once.',
    input: {},
    output: opened,
    run: ({ account }) => feeds.open(account),
    page: ({ url }, { now }) => view('feeds/own', { since: now.toISOString(), url, mayBegin: true }),
  }),
  route({
    name: 'feeds/close',
    method: 'post',
    path: '/calendar-feed/removal',
    access: 'memberships:step-back-own',
    tenant: 'member',
    summary: 'Ends one’s calendar address.',
    status: 204,
    input: {},
    output: z.object({}),
    async run({ account }) {
      await feeds.close(account.personId);
      return {};
    },
    page: () => seeOther('/calendar-feed', { kind: 'success', key: 'feeds.did.closed' }),
  }),
  route({
    name: 'feeds/read',
    method: 'get',
    path: '/feeds/:token',
    doors: ['page'],
    access: 'public',
    tenant: 'none',
    summary: 'The calendar behind a secret address, as calendar programs read it.',
    input: { params: z.strictObject({ token: z.string().max(100) }) },
    output: z.object({}),
    run: async ({ params }) =>
      file(Buffer.from(await feeds.read(params.token)), 'text/calendar; charset=utf-8', 'linli.ics', true),
    page: () => seeOther('/'),
  }),
];
