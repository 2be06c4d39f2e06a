import { parseArgs } from 'node:util';
import { AppError } from '../server/core/errors.ts';
import { isZone } from '../server/core/time.ts';
import { emailKey } from '../server/features/accounts/index.ts';
import { TENANT_KINDS } from '../server/features/tenants/index.ts';
import type { TenantKind } from '../server/features/tenants/index.ts';
import { withServices } from './connect.ts';
import type { Session } from './connect.ts';
import { failWith } from './terminal.ts';

const HELP = `npm run tenant -- create --slug SLUG --name-zh NAME --name-en NAME --kind department|organisation
                          [--parent SLUG] [--county CODE …] [--zone Asia/Shanghai] [--locale zh-CN|en]
npm run tenant -- invite-admin --tenant SLUG --email ADDRESS

create        makes an organisation with its root unit
invite-admin  prints the one-time link with which its administrator makes an account; works for one hour`;

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

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: OPTIONS });
  const [action] = positionals;
  if (values.help || (action !== 'create' && action !== 'invite-admin')) {
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  try {
    await withServices('tenant', (session) =>
      action === 'create' ? create(values, session) : inviteAdmin(values, session),
    );
    return 0;
  } catch (err) {
    if (err instanceof Usage) console.error(`${err.message}\n\n${HELP}`);
    else if (err instanceof AppError)
      console.error(err.code === 'slug-taken' ? 'This slug is taken.' : `Refused: ${err.code}`);
    else throw err;
    return 1;
  }
}

process.exitCode = await main().catch(failWith);
