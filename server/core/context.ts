import { AsyncLocalStorage } from 'node:async_hooks';
import type { Actor } from './actor.ts';
import { now } from './clock.ts';
import { logger, setLogMixin } from './logger.ts';

/**
 * What a piece of work runs as. One AsyncLocalStorage carries it through every await; the database layer refuses to
 * work without a tenant or a named reason to cross tenants (S-6).
 */
export interface Context {
  readonly requestId: string;
  readonly actor: Actor;
  readonly tenantId: string | null;
  /** Why this work may touch several tenants; null almost always. */
  readonly crossTenant: string | null;
  readonly now: Date;
  /** What a page that only reads has read already, by name; absent in everything that changes something. */
  readonly read?: Map<string, unknown>;
}

const storage = new AsyncLocalStorage<Context>();

/** Rows that belong to no tenant (mail to a new account, sign-in audit) live under this reserved id. */
export const PLATFORM_TENANT = '000000000000000000000000';

export function currentContext(): Context | undefined {
  return storage.getStore();
}

/** @throws Error (a bug, not an AppError) outside any context. */
export function requireContext(): Context {
  const context = storage.getStore();
  if (!context) throw new Error('No context: work must run inside runInContext, asTenant or acrossTenants');
  return context;
}

export async function runInContext<T>(
  context: Omit<Context, 'now'> & { now?: Date },
  work: () => Promise<T>,
): Promise<T> {
  // Awaited inside: a lazy Mongoose query that is only awaited outside would otherwise run without its tenant.
  return storage.run({ ...context, now: context.now ?? now() }, async () => await work());
}

/** Runs synchronous set-up (an Express chain) inside a context; the chain's awaits inherit it. */
export function enterContext(context: Omit<Context, 'now'>, next: () => void): void {
  storage.run({ ...context, now: now() }, next);
}

/** Narrows the current context to one tenant; scripts and sweeps start here. */
export async function asTenant<T>(tenantId: string, work: () => Promise<T>, actor?: Actor): Promise<T> {
  const outer = storage.getStore();
  return runInContext(
    {
      requestId: outer?.requestId ?? 'background',
      actor: actor ?? outer?.actor ?? { kind: 'operator', command: 'unnamed' },
      tenantId,
      crossTenant: null,
      ...(outer ? { now: outer.now } : {}),
      ...(outer?.read ? { read: outer.read } : {}),
    },
    work,
  );
}

/** The tenant-less rows of the platform itself: messages, audit and tokens of accounts that act in no tenant. */
export async function asPlatform<T>(work: () => Promise<T>): Promise<T> {
  return asTenant(PLATFORM_TENANT, work);
}

/**
 * The only way to read or write rows of several tenants at once. The reason is a fixed string in the code, logged each
 * time, and listed in docs/access.md.
 */
export async function acrossTenants<T>(reason: string, work: () => Promise<T>, actor?: Actor): Promise<T> {
  const outer = storage.getStore();
  logger.debug({ reason }, 'across tenants');
  return runInContext(
    {
      requestId: outer?.requestId ?? 'background',
      actor: actor ?? outer?.actor ?? { kind: 'operator', command: 'unnamed' },
      tenantId: null,
      crossTenant: reason,
      ...(outer ? { now: outer.now } : {}),
      ...(outer?.read ? { read: outer.read } : {}),
    },
    work,
  );
}

/** The tenant all work is confined to. @throws Error when none is set (a bug). */
export function requireTenantId(): string {
  const { tenantId } = requireContext();
  if (!tenantId) throw new Error('No tenant in context');
  return tenantId;
}

/** Reads a thing once in a page's life; anew each time in whatever changes something, where an old answer could decide. */
export function readOnce<T>(name: string, read: () => Promise<T>): Promise<T> {
  const known = storage.getStore()?.read;
  if (!known) return read();
  const found = known.get(name) as Promise<T> | undefined;
  if (found) return found;
  const reading = read();
  known.set(name, reading);
  return reading;
}

/** The same of a thing of the current tenant: where a page looks into several, each has its own. */
export const readOnceHere = <T>(name: string, read: () => Promise<T>): Promise<T> => {
  const { tenantId, crossTenant } = requireContext();
  return readOnce(`${tenantId ?? `across ${String(crossTenant)}`}:${name}`, read);
};

/** "Now" of the request or sweep: one instant for everything it does. */
export const contextNow = (): Date => storage.getStore()?.now ?? now();

/** Every log line says which request, tenant and account it belongs to (S-52). */
export function setContextLogging(): void {
  setLogMixin(() => {
    const context = storage.getStore();
    if (!context) return {};
    const { requestId, tenantId, crossTenant, actor } = context;
    return {
      requestId,
      ...(tenantId ? { tenantId } : {}),
      ...(crossTenant ? { crossTenant } : {}),
      ...(actor.kind === 'account' ? { accountId: actor.accountId } : {}),
    };
  });
}
