import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { readOnce, requireTenantId } from '../../core/context.ts';
import { Conflict, Invalid, NotFound, PreconditionFailed } from '../../core/errors.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import { editRow } from '../../db/transition.ts';
import type { TenantService } from '../tenants/index.ts';
import { PLATFORM_TYPES, typeRules } from './credential.catalogue.ts';
import type { CredentialType } from './credential.catalogue.ts';
import { CredentialTypeModel } from './credential.model.ts';

/** A type as a place has it. */
export interface StoredType extends CredentialType {
  /** Whether the tenant added or changed it; else it is as it comes with Linli. */
  readonly own: boolean;
  /** 0 as long as the tenant has no version of its own. */
  readonly version: number;
}

export type CredentialTypeService = ReturnType<typeof createCredentialTypeService>;

/** The catalogue of a place: what comes with Linli, and what the tenant added or changed. */
export function createCredentialTypeService({ tenants }: { tenants: TenantService }) {
  async function read(): Promise<ReadonlyMap<string, StoredType>> {
    const found = new Map<string, StoredType>(
      [...PLATFORM_TYPES].map(([code, type]) => [code, { ...type, own: false, version: 0 }]),
    );
    for (const row of await CredentialTypeModel.find({}).sort({ code: 1 }).limit(500).lean())
      found.set(row.code, {
        ...typeRules.parse(JSON.parse(row.rules)),
        own: true,
        version: row.version,
      });
    return found;
  }

  const all = (): Promise<ReadonlyMap<string, StoredType>> =>
    readOnce(`credential-types:${requireTenantId()}`, read);

  /** @param version what the editor saw, 0 for what comes with Linli; null when it is new */
  async function store(type: CredentialType, version: number | null): Promise<void> {
    const row = await CredentialTypeModel.findOne({ code: type.code }).lean();
    const rules = JSON.stringify(type);
    if (row) {
      await editRow(CredentialTypeModel, row._id, {
        version,
        set: { rules },
        action: 'credentials/edit-type',
        facts: { code: type.code },
      });
      return;
    }
    if (version) throw new PreconditionFailed();
    const _id = new Types.ObjectId();
    try {
      await CredentialTypeModel.create([{ _id, code: type.code, rules } as never]);
    } catch (err) {
      if (isDuplicateKey(err))
        throw version === null ? new Conflict('already-exists') : new PreconditionFailed();
      throw err;
    }
    await recordAudit({
      action: 'credentials/edit-type',
      subjectType: 'CredentialType',
      subjectId: _id,
      to: 'stored',
      facts: { code: type.code },
    });
  }

  /** What each kind of service asks for stands at the tenant, where every judgement of a fit finds it without a read. */
  async function followNeeds(): Promise<void> {
    const needs = [...(await read()).values()].flatMap(({ code, neededFor, retired, own, name }) =>
      retired ? [] : neededFor.map((area) => ({ area, type: code, name: own ? name : null })),
    );
    await tenants.setNeeds(needs);
  }

  function sound(type: CredentialType): void {
    const codes = type.levels.map(({ code }) => code);
    if (new Set(codes).size < codes.length) throw Invalid.field('levels', 'named-twice');
    if (type.gives.some(({ from }) => from !== '' && !codes.includes(from)))
      throw Invalid.field('gives', 'not-an-option');
  }

  return {
    all,

    /** @throws NotFound */
    async get(code: string): Promise<StoredType> {
      const found = (await all()).get(code);
      if (!found) throw new NotFound();
      return found;
    },

    /** Adds a type of the tenant's own. @throws Invalid `taken` for a code that exists */
    async add(_actor: AccountActor, type: CredentialType): Promise<StoredType> {
      return inTransaction(async () => {
        sound(type);
        if ((await read()).has(type.code)) throw Invalid.field('code', 'already-exists');
        await store(type, null);
        await followNeeds();
        return { ...type, own: true, version: 1 };
      });
    },

    /**
     * The tenant's own version of a type. What is held already keeps its dates and skills; what is stated from now on
     * follows the new one.
     */
    async edit(_actor: AccountActor, type: CredentialType, version: number | null): Promise<StoredType> {
      return inTransaction(async () => {
        sound(type);
        const before = (await read()).get(type.code);
        if (!before) throw new NotFound();
        // Levels that people hold stay, whatever is added.
        const kept = before.levels.filter(({ code }) => !type.levels.some((level) => level.code === code));
        if (kept.length > 0) throw Invalid.field('levels', 'levels-stay');
        if (before.kind !== type.kind) throw Invalid.field('kind', 'kind-stays');
        await store(type, version ?? before.version);
        await followNeeds();
        return (await read()).get(type.code) as StoredType;
      });
    },
  };
}
