import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { AppError, Invalid } from '../server/core/errors.ts';
import { isZone } from '../server/core/time.ts';
import { DOCUMENT_TYPES } from '../server/features/identity-documents/index.ts';
import type { DocumentType } from '../server/features/identity-documents/index.ts';
import { emailKey } from '../server/features/accounts/index.ts';
import { TENANT_KINDS } from '../server/features/tenants/index.ts';
import type { TenantKind } from '../server/features/tenants/index.ts';
import { withServices } from './connect.ts';
import type { Session } from './connect.ts';
import { failWith } from './terminal.ts';

const HELP = `npm run tenant -- create --slug SLUG --name-zh NAME --name-en NAME --kind department|organisation
                          [--parent SLUG] [--county CODE …] [--zone Asia/Shanghai] [--locale zh-CN|en]
npm run tenant -- invite-admin --tenant SLUG --email ADDRESS
npm run tenant -- verify-identity --email ADDRESS [--type resident-id] < NUMBER

create        makes an organisation with its root unit
invite-admin  prints the one-time link with which its administrator makes an account; works for one hour. Invite two:
              nobody gives a role to themselves, so each gives the other what admitting the first members takes
verify-identity
              notes that you have seen somebody’s identity document, outside every organisation: the number is read
              from standard input, never from the command line. Trust in an installation begins here: the first
              officer seen this way verifies others.`;

const OPTIONS = {
  slug: { type: 'string' },
  'name-zh': { type: 'string' },
  'name-en': { type: 'string' },
  kind: { type: 'string' },
  parent: { type: 'string' },
  county: { type: 'string', multiple: true },
  zone: { type: 'string' },
  locale: { type: 'string' },
  tenant: { type: 'string' },
  email: { type: 'string' },
  type: { type: 'string' },
  help: { type: 'boolean' },
} as const;
type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>['values'];

/** What was typed is not usable; told without a stack. */
class Usage extends Error {
  override name = 'Usage';
}

function need(values: Values, name: 'slug' | 'name-zh' | 'name-en' | 'tenant' | 'email'): string {
  const value = values[name]?.trim();
  if (!value) throw new Usage(`--${name} is missing`);
  return value;
}

async function create(values: Values, { services }: Session): Promise<void> {
  const slug = need(values, 'slug');
  if (!/^[a-z0-9][a-z0-9-]{1,40}$/.test(slug))
    throw new Usage('--slug takes small letters, digits and dashes, at least two');
  const kind = values.kind ?? 'organisation';
  if (!(TENANT_KINDS as readonly string[]).includes(kind))
    throw new Usage(`--kind is one of ${TENANT_KINDS.join(', ')}`);
  if (values.zone !== undefined && !isZone(values.zone))
    throw new Usage(`--zone ${values.zone} is no time zone`);
  const counties = values.county ?? [];
  if (counties.some((code) => !/^\d{6}$/.test(code)))
    throw new Usage('--county takes six digits, such as 330122');
  const tenant = await services.tenants.create({
    slug,
    name: { 'zh-CN': need(values, 'name-zh'), en: need(values, 'name-en') },
    kind: kind as TenantKind,
    parentSlug: values.parent ?? null,
    serviceCounties: counties,
    ...(values.zone ? { zone: values.zone } : {}),
    ...(values.locale === 'en' ? { locale: 'en' as const } : {}),
  });
  console.log(`Made ${tenant.slug} (${tenant.id})`);
}

async function inviteAdmin(values: Values, { services, composed }: Session): Promise<void> {
  const tenant = await services.tenants.findBySlug(need(values, 'tenant'));
  if (!tenant) throw new Usage(`There is no organisation ${need(values, 'tenant')}`);
  const email = need(values, 'email');
  if (!emailKey(email)) throw new Usage(`${email} is not an e-mail address`);
  const secret = await services.accounts.inviteAdministrator(tenant.id, email);
  console.log(`${composed.publicUrl}/invitations/${secret}`);
}

async function verifyIdentity(values: Values, { services }: Session): Promise<void> {
  const email = need(values, 'email');
  const type = values.type ?? 'resident-id';
  if (!isDocumentType(type)) throw new Usage(`--type is one of ${DOCUMENT_TYPES.join(', ')}`);
  const personId = await services.accounts.personByAddress(email);
  if (!personId) throw new Usage(`There is no account ${email}`);
  if (process.stdin.isTTY) process.stderr.write('Number on the document, then Enter and Ctrl-D: ');
  const number = (await text(process.stdin)).trim();
  await services.identityDocuments.verifyAsOperator(personId, { type, number });
  console.log(`Noted: the document of ${email} was seen.`);
}

/** What was wrong, in a word; never what was typed. */
function refusalOf(err: AppError): string {
  if (err.code === 'slug-taken') return 'This slug is taken.';
  const codes = err instanceof Invalid ? err.issues.map(({ code }) => code) : [];
  return `Refused: ${codes.length > 0 ? codes.join(', ') : err.code}`;
}

const isDocumentType = (type: string): type is DocumentType =>
  (DOCUMENT_TYPES as readonly string[]).includes(type);

const ACTIONS: Readonly<Record<string, (values: Values, session: Session) => Promise<void>>> = {
  create,
  'invite-admin': inviteAdmin,
  'verify-identity': verifyIdentity,
};

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: OPTIONS });
  const run = ACTIONS[positionals[0] ?? ''];
  if (values.help || !run) {
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  try {
    await withServices('tenant', (session) => run(values, session));
    return 0;
  } catch (err) {
    if (err instanceof Usage) console.error(`${err.message}\n\n${HELP}`);
    else if (err instanceof AppError) console.error(refusalOf(err));
    else throw err;
    return 1;
  }
}

process.exitCode = await main().catch(failWith);
