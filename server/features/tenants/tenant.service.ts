import { Types } from 'mongoose';
import { acrossTenants, asTenant, contextNow, readOnce, requireTenantId } from '../../core/context.ts';
import { Conflict, Forbidden, NotFound } from '../../core/errors.ts';
import type { LocalText } from '../../db/fields.ts';
import { isDuplicateKey, inTransaction, requireTransaction } from '../../db/transaction.ts';
import { editRow } from '../../db/transition.ts';
import { recordAudit } from '../../db/audit.ts';
import type { AccountActor } from '../../core/actor.ts';
import { canEverywhere } from '../../core/actor.ts';
import type { UnitService } from '../units/index.ts';
import { toSettingsView } from './tenant.schema.ts';
import type { SettingsPatch, SettingsView } from './tenant.schema.ts';
import { DEFAULT_MATCHING, DEFAULT_NEEDS, DEFAULT_SETTINGS, TenantModel } from './tenant.model.ts';
import type {
  CredentialNeed,
  TenantKind,
  TenantMatching,
  TenantRow,
  TenantSettings,
} from './tenant.model.ts';

export interface NewTenant {
  readonly slug: string;
  readonly name: LocalText;
  readonly kind: TenantKind;
  readonly parentSlug?: string | null;
  readonly zone?: string;
  readonly locale?: TenantRow['locale'];
  readonly colour?: string | null;
  readonly serviceCounties?: readonly string[];
}

/** A tenant as every feature may know it. Ids as text. */
export interface Tenant {
  readonly id: string;
  readonly slug: string;
  readonly name: LocalText;
  readonly kind: TenantKind;
  readonly zone: string;
  readonly locale: TenantRow['locale'];
  readonly colour: string | null;
  readonly rootUnitId: string;
  readonly serviceCounties: readonly string[];
  readonly settings: TenantSettings;
  readonly matching: TenantMatching;
  /** False once it has closed: nothing is begun there any more, and what it recorded stays. */
  readonly active: boolean;
  readonly version: number;
  /** Certificates without which nobody gives a kind of service here. */
  readonly credentialNeeds: readonly CredentialNeed[];
}

export interface TenantService {
  create(input: NewTenant): Promise<Tenant>;
  /** Null for unknown tenants, and for closed ones unless they are asked for, too. */
  findBySlug(slug: string, which?: 'open' | 'ever'): Promise<Tenant | null>;
  /** Of these, those that have closed. */
  closedAmong(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** @throws NotFound */
  get(id: string): Promise<Tenant>;
  /** The tenant of the context. */
  current(): Promise<Tenant>;
  /** What administrators see of the current tenant. */
  settings(): Promise<SettingsView>;
  /**
   * Changes the current tenant's settings; what is already recorded keeps the values it was made with. The audit trail
   * states each changed value, before and after.
   * @throws Forbidden, or PreconditionFailed when the version has moved on
   */
  change(actor: AccountActor, patch: SettingsPatch, version: number | null): Promise<SettingsView>;
  /**
   * How the tenant of the context weighs from now on; inside the caller's transaction.
   * @throws PreconditionFailed when the tenant was changed since the version
   */
  setMatching(
    next: TenantMatching & { readonly dailyCapMinutes: number },
    version: number | null,
  ): Promise<Tenant>;
  /**
   * Counts that somebody loses the right to give roles in the tenant of the context; inside the caller's transaction. Two
   * such changes at the same moment conflict here.
   */
  countLessRights(): Promise<void>;
  /** What each kind of service asks for in the tenant of the context; in the catalogue's transaction. */
  setNeeds(needs: readonly CredentialNeed[]): Promise<void>;
  /** Open tenants that serve one of these counties. */
  serving(counties: readonly string[]): Promise<Tenant[]>;
  /** The open tenants below this one, however deep, in order of their slugs. */
  below(id: string): Promise<Tenant[]>;
  /** The tenants above this one, the nearest first. */
  above(id: string): Promise<string[]>;
  /** Open tenants by name, for the front page. */
  listOpen(limit: number): Promise<Tenant[]>;
}

export const toTenant = (row: TenantRow): Tenant => ({
  id: String(row._id),
  slug: row.slug,
  name: row.name,
  kind: row.kind,
  zone: row.zone,
  locale: row.locale,
  colour: row.colour,
  rootUnitId: String(row.rootUnitId),
  serviceCounties: row.serviceCounties,
  settings: row.settings,
  matching: row.matching ?? DEFAULT_MATCHING,
  active: row.active,
  version: row.version,
  credentialNeeds: row.credentialNeeds ?? [],
});

async function accessRow(): Promise<TenantRow> {
  const row = await TenantModel.findById(requireTenantId()).lean();
  if (!row) throw new NotFound();
  return row;
}

/** Where each field of the form is stored. */
const storedAt = (field: string): string => {
  if (field === 'nameZh') return 'name.zh-CN';
  if (field === 'nameEn') return 'name.en';
  return field === 'locale' || field === 'colour' ? field : `settings.${field}`;
};

/** Only what differs, as the database takes it and as the audit trail tells it. */
function changesOf(
  before: SettingsView,
  patch: SettingsPatch,
): { set: Record<string, unknown>; changes: Record<string, readonly [unknown, unknown]> } {
  const set: Record<string, unknown> = {};
  const changes: Record<string, readonly [unknown, unknown]> = {};
  for (const [field, sent] of Object.entries(patch)) {
    const value = sent === '' ? null : sent;
    const old = before[field as keyof SettingsView];
    if (value === undefined || JSON.stringify(value) === JSON.stringify(old)) continue;
    set[storedAt(field)] = value;
    changes[field] = [old, value];
  }
  return { set, changes };
}

export function createTenantService({ units }: { units: UnitService }): TenantService {
  const get = async (id: string): Promise<Tenant> => {
    const row = await TenantModel.findById(id).lean();
    if (!row) throw new NotFound();
    return toTenant(row);
  };
  return {
    get,
    async current() {
      const id = requireTenantId();
      return readOnce(`tenant:${id}`, () => get(id));
    },
    async countLessRights() {
      requireTransaction('Counting rights');
      await TenantModel.updateOne({ _id: requireTenantId() }, { $inc: { rightsTaken: 1 } });
    },
    async setMatching({ dailyCapMinutes, ...matching }, version) {
      return toTenant(
        await editRow(TenantModel, requireTenantId(), {
          version,
          set: { matching, 'settings.dailyCapMinutes': dailyCapMinutes },
          action: 'matching/set-weights',
          facts: { matchingVersion: matching.version, ...matching.weights, off: matching.off },
        }),
      );
    },
    async create(input) {
      const parent = input.parentSlug ? await TenantModel.findOne({ slug: input.parentSlug }).lean() : null;
      if (input.parentSlug && !parent) throw new NotFound();
      const id = new Types.ObjectId();
      const rootUnitId = new Types.ObjectId();
      try {
        await inTransaction(async () => {
          await TenantModel.create([
            {
              _id: id,
              slug: input.slug,
              name: input.name,
              kind: input.kind,
              parentId: parent?._id ?? null,
              rootUnitId,
              zone: input.zone ?? 'Asia/Shanghai',
              locale: input.locale ?? 'zh-CN',
              colour: input.colour ?? null,
              serviceCounties: [...(input.serviceCounties ?? [])],
              settings: DEFAULT_SETTINGS,
              credentialNeeds: [...DEFAULT_NEEDS],
              createdAt: contextNow(),
            },
          ]);
          await asTenant(String(id), async () => {
            await units.createRoot(rootUnitId, input.name);
            await recordAudit({
              action: 'tenants/create',
              subjectType: 'Tenant',
              subjectId: id,
              facts: { slug: input.slug },
            });
          });
        });
      } catch (err) {
        if (isDuplicateKey(err)) throw new Conflict('slug-taken', { slug: input.slug });
        throw err;
      }
      return get(String(id));
    },
    async settings() {
      return toSettingsView(await accessRow());
    },
    async change(actor, patch, version) {
      if (!canEverywhere(actor, 'tenant:settings')) throw new Forbidden('needs-whole');
      return inTransaction(async () => {
        const row = await accessRow();
        const { set, changes } = changesOf(toSettingsView(row), patch);
        const after = await editRow(TenantModel, String(row._id), {
          version,
          set,
          action: 'tenants/settings',
          facts: { changes },
        });
        return toSettingsView(after);
      });
    },
    async findBySlug(slug, which = 'open') {
      if (!/^[a-z0-9][a-z0-9-]{1,40}$/.test(slug)) return null;
      const row = await TenantModel.findOne({ slug, ...(which === 'ever' ? {} : { active: true }) }).lean();
      return row ? toTenant(row) : null;
    },
    closedAmong: async (ids) =>
      new Set(
        (
          await TenantModel.find({ _id: { $in: ids.map((id) => new Types.ObjectId(id)) }, active: false })
            .select({ _id: 1 })
            .lean()
        ).map(({ _id }) => String(_id)),
      ),
    serving: async (counties) =>
      (
        await TenantModel.find({ active: true, serviceCounties: { $in: [...counties] } })
          .limit(500)
          .lean()
      ).map(toTenant),
    async setNeeds(needs) {
      await TenantModel.updateOne(
        { _id: new Types.ObjectId(requireTenantId()) },
        { $set: { credentialNeeds: [...needs] } },
      );
    },
    below: (id) => acrossTenants('tenants: who is below a department', () => tenantsBelow(id)),
    above: tenantsAbove,
    listOpen: async (limit) =>
      acrossTenants('front page: list the places', async () =>
        (await TenantModel.find({ active: true }).sort({ slug: 1 }).limit(limit).lean()).map(toTenant),
      ),
  };
}

async function tenantsAbove(id: string): Promise<string[]> {
  const found: string[] = [];
  for (let at: string | null = id; at !== null;) {
    const row: Pick<TenantRow, 'parentId'> | null = await TenantModel.findById(at)
      .select({ parentId: 1 })
      .lean();
    at = row?.parentId ? String(row.parentId) : null;
    if (at === null || found.includes(at)) return found;
    found.push(at);
  }
  return found;
}

async function tenantsBelow(id: string): Promise<Tenant[]> {
  const found: Tenant[] = [];
  for (let level = [new Types.ObjectId(id)]; level.length > 0;) {
    const rows = await TenantModel.find({ parentId: { $in: level }, active: true })
      .sort({ slug: 1 })
      .lean();
    found.push(...rows.map(toTenant));
    level = rows.map(({ _id }) => _id);
  }
  return found.sort((a, b) => (a.slug < b.slug ? -1 : 1));
}
