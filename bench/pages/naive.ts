import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import compression from 'compression';
import express from 'express';
import session from 'express-session';
import helmet from 'helmet';
import { pino } from 'pino';
import { pinoHttp } from 'pino-http';
import MongoStore from 'connect-mongo';
import mongoose from 'mongoose';
import { Account, Membership, Tenant } from './naive.models.ts';
import { addDesk } from './naive.desk.ts';
import { addLists } from './naive.lists.ts';
import { addPages } from './naive.pages.ts';
import { wrap } from './naive.show.ts';

/**
 * What the pages are measured against: the same pages from the same collections, as the tutorials of the same packages
 * write them. Express with its defaults, helmet, compression and pino-http with theirs, express-session with its MongoDB
 * store, the signed-in account, person and memberships looked up one after the other, hydrated documents, `populate`, pages by number with `skip` and a count,
 * i18next with a `t` helper, templates by handlebars. They say the same as ours: header, menu, filters, rows, facts,
 * badges, fill bars, reasons, forms with their hidden fields, pager and footer, in both languages; `same.ts` compares the
 * words of each page and the benchmark fails where the naive one says less than nine tenths of ours.
 *
 * It is given what a careful beginner would add: templates compiled once and written flat, date formatters made once,
 * the indexes of the product, NODE_ENV=production, one query for the positions of all shifts, a bound on how many open
 * shifts are judged for one person (the product's own), days counted by the database, and the product's drawing of charts
 * and QR codes, cached charts included. It is spared what the product does besides: a tenant's walls, rights by unit,
 * checked input and output, a nonce for each answer, idempotency, the tenant read anew, throttling, admission under load, a
 * rolling session, the six facts of the fit that its ranking leaves out.
 */
async function main(): Promise<void> {
  await mongoose.connect(process.env['MONGODB_URI'] ?? '');
  const tenant = await Tenant.findOne({ slug: process.env['TENANT'] });
  if (!tenant) throw new Error('No such tenant');
  const app = express();
  app.locals['tenant'] = tenant;
  app.use(helmet(), compression(), pinoHttp({}, pino.destination(2)));
  app.use(
    session({
      secret: 'naive',
      resave: false,
      saveUninitialized: false,
      store: MongoStore.create({
        client: mongoose.connection.getClient() as never,
        collectionName: 'naive_sessions',
        autoRemove: 'disabled',
        touchAfter: 300,
      }),
    }),
  );
  app.get(
    '/as/:email',
    wrap(async (req, res) => {
      const account = await Account.findOne({ emailKey: req.params['email'] });
      Object.assign(req.session, {
        accountId: String(account?._id),
        csrf: randomBytes(32).toString('hex'),
      });
      res.send('ok');
    }),
  );
  app.use(
    wrap(async (req, res, next) => {
      const { accountId } = req.session as unknown as { accountId?: string };
      if (!accountId) {
        next();
        return;
      }
      const account = await Account.findById(accountId).populate('personId');
      const memberships = await Membership.find({ accountId: account._id, state: 'approved' }).populate(
        'tenantId',
      );
      res.locals['me'] = { account, person: account.personId, memberships };
      next();
    }),
  );
  addPages(app, tenant);
  addDesk(app, tenant);
  addLists(app, tenant);
  const server = app.listen(0, '127.0.0.1', () => {
    console.log(`Naive pages are ready at http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
}

await main();
