import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Request, RequestHandler, Response } from 'express';
import session from 'express-session';
import MongoStore from 'connect-mongo';
import Handlebars from 'handlebars';
import mongoose, { Schema } from 'mongoose';

/**
 * What the pages are measured against: the same lists, from the same collections, as the tutorials of the same packages
 * write them. Express with its defaults, express-session with its MongoDB store, the signed-in account, person and
 * membership looked up one after the other, hydrated documents, `populate`, pages by number with `skip` and a count,
 * dates by `toLocaleString`. It is given what a careful beginner would add: templates compiled once, the indexes of
 * the product, NODE_ENV=production, one query for the positions of all shifts. It shows the same rows and the same facts
 * in plainer markup, without the product's icons, forms and wording in two languages; it ranks nothing and checks less. So
 * it has less to do, and that is in its favour.
 */
const PAGE = 25;
/** Types would only be in the way of what is compared. */
type Loose = mongoose.Model<Record<string, unknown> & { _id: mongoose.Types.ObjectId }>;
const loose = (name: string, collection: string, fields: Record<string, unknown>): Loose =>
  mongoose.model(
    name,
    new Schema(fields as never, { collection, toObject: { virtuals: true } }),
  ) as unknown as Loose;

const ref = (to: string) => ({ type: Schema.Types.ObjectId, ref: to });
const local = { 'zh-CN': String, en: String };

const Unit = loose('Unit', 'units', { name: local });
loose('Person', 'people', { name: String, birthDate: String });
const Tenant = loose('Tenant', 'tenants', { slug: String, name: local, rootUnitId: Schema.Types.ObjectId });
const Account = loose('Account', 'accounts', {
  email: String,
  emailKey: String,
  state: String,
  personId: ref('Person'),
});
const Membership = loose('Membership', 'memberships', {
  tenantId: ref('Tenant'),
  accountId: ref('Account'),
  personId: ref('Person'),
  unitId: ref('Unit'),
  personName: String,
  kind: String,
  state: String,
  searchKeys: [String],
  grants: [{ role: String, unitId: Schema.Types.ObjectId }],
});
const RequestModel = loose('Request', 'requests', {
  tenantId: ref('Tenant'),
  unitId: ref('Unit'),
  title: String,
  description: String,
  category: String,
  state: String,
  place: { label: String, address: String },
  conditions: String,
  risks: String,
  support: String,
  createdAt: Date,
});
const shiftSchema = new Schema(
  {
    tenantId: ref('Tenant'),
    requestId: ref('Request'),
    unitId: ref('Unit'),
    title: String,
    category: String,
    state: String,
    place: { label: String, address: String },
    startsAt: Date,
    endsAt: Date,
    leaderName: String,
    skillCodes: [String],
  } as never,
  { collection: 'shifts' },
);
shiftSchema.virtual('positions', { ref: 'Position', localField: '_id', foreignField: 'shiftId' });
const Shift = mongoose.model('Shift', shiftSchema) as unknown as Loose;
loose('Position', 'positions', {
  shiftId: ref('Shift'),
  requestId: ref('Request'),
  name: String,
  required: Number,
  maximum: Number,
  taken: Number,
  skills: [{ code: String, minLevel: Number }],
  languages: [String],
});
const Assignment = loose('Assignment', 'assignments', {
  tenantId: ref('Tenant'),
  shiftId: ref('Shift'),
  positionId: ref('Position'),
  personId: ref('Person'),
  personName: String,
  state: String,
  startsAt: Date,
  endsAt: Date,
  checkIn: { at: Date },
  checkOut: { at: Date },
});
const Hours = loose('HoursRecord', 'hoursrecords', {
  tenantId: ref('Tenant'),
  personId: ref('Person'),
  unitId: ref('Unit'),
  state: String,
  recordedMinutes: Number,
  grade: String,
  activity: { name: String, startsAt: Date, endsAt: Date },
});
const LedgerAccount = loose('LedgerAccount', 'ledgeraccounts', {
  tenantId: ref('Tenant'),
  account: String,
  minutes: Number,
});
const Audit = loose('AuditEntry', 'auditentries', {
  tenantId: ref('Tenant'),
  accountId: ref('Account'),
  at: Date,
  actor: String,
  action: String,
  subjectType: String,
  subjectId: String,
  from: String,
  to: String,
  reason: String,
});

const templates = new Map<string, Handlebars.TemplateDelegate>();
const template = (name: string): Handlebars.TemplateDelegate => {
  const known = templates.get(name);
  if (known) return known;
  const made = Handlebars.compile(readFileSync(join(import.meta.dirname, 'views', `${name}.hbs`), 'utf8'));
  templates.set(name, made);
  return made;
};
Handlebars.registerHelper('when', (value: Date) =>
  value.toLocaleString('zh-CN', { timeZone: 'Asia/Shanghai', dateStyle: 'medium', timeStyle: 'short' }),
);
Handlebars.registerHelper('missing', (position: { required: number; taken: number }) =>
  Math.max(0, position.required - position.taken),
);

const trusting = { allowProtoPropertiesByDefault: true, allowProtoMethodsByDefault: true };
function show(req: Request, res: Response, view: string, model: object): void {
  const me = res.locals['me'] as { membership: unknown; account: unknown } | undefined;
  const body = template(view)(model, trusting);
  const pages = { ...model, body, me, csrf: req.sessionID };
  res.send(template('layout')(pages, trusting));
}

const signedIn: RequestHandler = async (req, res, next) => {
  const { accountId } = req.session as unknown as { accountId?: string };
  const account = accountId ? await Account.findById(accountId).populate('personId') : null;
  if (!account) {
    res.redirect('/sign-in');
    return;
  }
  const membership = await Membership.findOne({ accountId: account._id, state: 'approved' }).populate(
    'tenantId unitId',
  );
  res.locals['me'] = { account, membership };
  next();
};

const numbers = (req: Request): { page: number; skip: number } => {
  const page = Math.max(1, Number(req.query['page'] ?? 1));
  return { page, skip: (page - 1) * PAGE };
};
const paged = (page: number, total: number): object => ({
  page,
  total,
  pages: Math.ceil(total / PAGE),
  next: page + 1,
});

async function main(): Promise<void> {
  await mongoose.connect(process.env['MONGODB_URI'] ?? '');
  const tenant = await Tenant.findOne({ slug: process.env['TENANT'] });
  if (!tenant) throw new Error('No such tenant');
  const tenantId = tenant._id;
  const app = express();
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
  app.get('/as/:email', async (req, res) => {
    const account = await Account.findOne({ emailKey: req.params.email });
    (req.session as unknown as { accountId: string }).accountId = String(account?._id);
    res.send('ok');
  });
  const open = { tenantId, state: 'published', startsAt: { $gt: new Date() } };
  const shifts = (filter: object, skip: number) =>
    Shift.find(filter as never)
      .sort({ startsAt: 1 })
      .skip(skip)
      .limit(PAGE)
      .populate('unitId')
      .populate('positions');

  app.get('/opportunities', async (req, res) => {
    const { page, skip } = numbers(req);
    const [list, total] = await Promise.all([shifts(open, skip), Shift.countDocuments(open as never)]);
    show(req, res, 'shifts', { title: 'Opportunities', tenant, list, ...paged(page, total) });
  });
  app.get('/opportunities/:id', async (req, res) => {
    const shift = await Shift.findById(req.params.id)
      .populate('unitId')
      .populate('requestId')
      .populate('positions');
    show(req, res, 'shift', { title: 'Opportunity', tenant, shift });
  });
  app.use(signedIn);
  const mine = (res: Response) =>
    (res.locals['me'] as { account: { personId: { _id: unknown } } }).account.personId._id;
  app.get('/', async (req, res) => {
    const personId = mine(res);
    const coming = await Assignment.find({ tenantId, personId, endsAt: { $gt: new Date() } } as never)
      .sort({ startsAt: 1 })
      .limit(3)
      .populate('shiftId positionId');
    const list = await shifts(open, 0).limit(4);
    const balance = await LedgerAccount.findOne({ tenantId, account: `person:${String(personId)}` });
    const waiting = await Hours.find({ tenantId, personId, state: 'submitted' } as never);
    const today = await Shift.countDocuments(open as never);
    show(req, res, 'home', { title: 'Home', tenant, coming, list, balance, waiting: waiting.length, today });
  });
  app.get('/mine', async (req, res) => {
    const { page, skip } = numbers(req);
    const [list, total, own] = await Promise.all([
      shifts(open, skip),
      Shift.countDocuments(open as never),
      Assignment.find({ tenantId, personId: mine(res) } as never),
    ]);
    show(req, res, 'shifts', { title: 'For me', tenant, list, own: own.length, ...paged(page, total) });
  });
  app.get('/shifts', async (req, res) => {
    const { page, skip } = numbers(req);
    const midnight = new Date();
    midnight.setHours(0, 0, 0, 0);
    const filter = { tenantId, startsAt: { $gte: midnight } };
    const [list, total] = await Promise.all([shifts(filter, skip), Shift.countDocuments(filter as never)]);
    const week = await Shift.find({
      tenantId,
      startsAt: { $gte: midnight, $lt: new Date(+midnight + 7 * 86_400_000) },
    } as never);
    const days = [
      ...Map.groupBy(week, (one) => (one as unknown as { startsAt: Date }).startsAt.toDateString()),
    ].map(([day, own]) => ({ day, count: own.length }));
    show(req, res, 'shifts', { title: 'Shifts', tenant, list, days, ...paged(page, total) });
  });
  app.get('/shifts/:id', async (req, res) => {
    const shift = await Shift.findById(req.params.id)
      .populate('unitId')
      .populate('requestId')
      .populate('positions');
    show(req, res, 'shift', { title: 'Shift', tenant, shift });
  });
  app.get('/shifts/:id/board', async (req, res) => {
    const shift = await Shift.findById(req.params.id);
    const people = await Assignment.find({ shiftId: req.params.id } as never)
      .sort({ personName: 1 })
      .populate('personId positionId');
    show(req, res, 'board', { title: 'Attendance', tenant, shift, people });
  });
  app.get('/requests', async (req, res) => {
    const { page, skip } = numbers(req);
    const list = await RequestModel.find({ tenantId } as never)
      .sort({ createdAt: -1 })
      .skip(skip)
      .limit(PAGE)
      .populate('unitId');
    const total = await RequestModel.countDocuments({ tenantId } as never);
    const under = await Shift.find({ requestId: { $in: list.map((one) => one._id) } } as never).populate(
      'positions',
    );
    const byRequest = Map.groupBy(under, (one) =>
      String((one as unknown as { requestId: unknown }).requestId),
    );
    const units = await Unit.find({ tenantId: tenantId });
    show(req, res, 'requests', {
      title: 'Requests',
      tenant,
      units,
      list: list.map((one) => ({ request: one, shifts: (byRequest.get(String(one._id)) ?? []).length })),
      ...paged(page, total),
    });
  });
  app.get('/members', async (req, res) => {
    const { page, skip } = numbers(req);
    const { q } = req.query;
    const filter = { tenantId, ...(typeof q === 'string' ? { searchKeys: { $regex: `^${q}` } } : {}) };
    const list = await Membership.find(filter as never)
      .sort({ _id: -1 })
      .skip(skip)
      .limit(PAGE)
      .populate('unitId personId');
    const total = await Membership.countDocuments(filter as never);
    show(req, res, 'members', { title: 'Members', tenant, list, q, ...paged(page, total) });
  });
  app.get('/hours', async (req, res) => {
    const { page, skip } = numbers(req);
    const filter = { tenantId, state: 'submitted' };
    const list = await Hours.find(filter as never)
      .sort({ 'activity.startsAt': 1 })
      .skip(skip)
      .limit(PAGE)
      .populate('personId unitId');
    const total = await Hours.countDocuments(filter as never);
    show(req, res, 'hours', { title: 'Hours', tenant, list, ...paged(page, total) });
  });
  app.get('/audit', async (req, res) => {
    const { page, skip } = numbers(req);
    const list = await Audit.find({ tenantId } as never)
      .sort({ at: -1 })
      .skip(skip)
      .limit(PAGE)
      .populate({ path: 'accountId', populate: { path: 'personId' } });
    const total = await Audit.countDocuments({ tenantId } as never);
    show(req, res, 'audit', { title: 'Audit', tenant, list, ...paged(page, total) });
  });
  const server = app.listen(0, '127.0.0.1', () => {
    console.log(`Naive pages are ready at http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
}

await main();
