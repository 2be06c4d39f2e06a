import mongoose, { Schema } from 'mongoose';

/** The models of the naive pages, as a tutorial writes them: a schema with the fields, `ref` for what is populated. */
export type Doc = mongoose.Document & Record<string, never>;
/** Types would only be in the way of what is compared. */
export type Loose = mongoose.Model<any>; // eslint-disable-line @typescript-eslint/no-explicit-any

const ref = (to: string) => ({ type: Schema.Types.ObjectId, ref: to });
const words = { 'zh-CN': String, en: String };
const point = { type: { type: String }, coordinates: [Number] };
const place = { label: String, address: String, point };

function model(name: string, collection: string, fields: Record<string, unknown>): Loose {
  return mongoose.model(name, new Schema(fields as never, { collection })) as unknown as Loose;
}

export const Unit = model('Unit', 'units', { tenantId: ref('Tenant'), parentId: ref('Unit'), name: words });
export const Tenant = model('Tenant', 'tenants', {
  slug: String,
  name: words,
  zone: String,
  colour: String,
  serviceCounties: [String],
  settings: { minAge: Number, dailyCapMinutes: Number },
});
export const Person = model('Person', 'people', {
  name: String,
  birthDate: String,
  languages: [String],
  skills: [{ code: String, level: Number }],
  home: point,
  county: String,
  availability: [{ weekday: Number, startMinute: Number, endMinute: Number }],
  consents: [{ purpose: String, withdrawnAt: Date }],
});
export const Account = model('Account', 'accounts', {
  email: String,
  emailKey: String,
  state: String,
  personId: ref('Person'),
  stepsSeen: [String],
});
export const Membership = model('Membership', 'memberships', {
  tenantId: ref('Tenant'),
  accountId: ref('Account'),
  personId: ref('Person'),
  unitId: ref('Unit'),
  kind: String,
  state: String,
  searchKeys: [String],
  grants: [{ role: String, unitId: ref('Unit') }],
  verifiedSkills: [{ code: String, level: Number }],
});
export const Credential = model('Credential', 'credentials', {
  personId: ref('Person'),
  type: { type: String },
  level: String,
  state: String,
  validFrom: String,
  validTo: String,
});
export const RequestModel = model('Request', 'requests', {
  tenantId: ref('Tenant'),
  unitId: ref('Unit'),
  title: String,
  description: String,
  category: String,
  state: String,
  place,
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
    county: String,
    state: String,
    place,
    startsAt: Date,
    endsAt: Date,
    leaderName: String,
    riskLevel: String,
    policyNumber: String,
    skillCodes: [String],
  } as never,
  { collection: 'shifts' },
);
shiftSchema.virtual('positions', { ref: 'Position', localField: '_id', foreignField: 'shiftId' });
export const Shift = mongoose.model('Shift', shiftSchema) as unknown as Loose;
export const Position = model('Position', 'positions', {
  shiftId: ref('Shift'),
  requestId: ref('Request'),
  name: String,
  required: Number,
  maximum: Number,
  taken: Number,
  admission: String,
  minAge: Number,
  maxAge: Number,
  skills: [{ code: String, minLevel: Number }],
  credentials: [{ type: { type: String }, level: String }],
  languages: [String],
});
export const Assignment = model('Assignment', 'assignments', {
  tenantId: ref('Tenant'),
  requestId: ref('Request'),
  shiftId: ref('Shift'),
  positionId: ref('Position'),
  personId: ref('Person'),
  state: String,
  startsAt: Date,
  endsAt: Date,
  checkIn: { at: Date },
  checkOut: { at: Date },
});
export const Hours = model('HoursRecord', 'hoursrecords', {
  tenantId: ref('Tenant'),
  personId: ref('Person'),
  shiftId: ref('Shift'),
  state: String,
  recordedMinutes: Number,
  grade: String,
  witness: String,
  dueOn: String,
  notes: [String],
  activity: { name: String, startsAt: Date, endsAt: Date },
});
export const HoursClaim = model('HoursClaim', 'hoursclaims', { tenantId: ref('Tenant'), state: String });
export const LedgerEntry = model('LedgerEntry', 'ledgerentries', {
  tenantId: ref('Tenant'),
  account: String,
  seq: Number,
  minutes: Number,
  balance: Number,
  serviceDate: String,
});
export const Audit = model('AuditEntry', 'auditentries', {
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
export const Unsealed = model('UnsealedAudit', 'unsealedaudits', { tenantId: ref('Tenant') });
export const AuditSeal = model('AuditSeal', 'auditseals', {
  tenantId: ref('Tenant'),
  batch: Number,
  first: Number,
  entries: [{ id: Schema.Types.ObjectId, hash: String }],
  sealedAt: Date,
});
