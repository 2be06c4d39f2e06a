import type { Request } from 'express';
import { isSameOrigin } from './csrf.ts';

/** What somebody wrote into a form that was not taken, to be sent again from the page that says so. */
export interface KeptForm {
  readonly action: string;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  /** The key it was sent with: sent again, it is done once, even if an earlier answer was lost (F-3). */
  readonly key: string | null;
  /** The token it was sent with, where the page may have no session to make one of; null where the page brings its own. */
  readonly token: string | null;
}

/** The password that a form brings along where its action asks for it anew (S-22). */
export const PROOF_FIELD = '_proof';
/** Hidden fields of our own forms that are none of the writer's. `_version` stays: it is what the writer saw. */
const GUARDS = ['_csrf', '_key', PROOF_FIELD];
/** Of what is typed in secret nothing goes back into a page; left empty, the form asks for it again. */
const SECRET = /password|^current$/i;
/** Forms of an identity document: its number is in no page (S-47). */
const IDENTITY = /\/identity$/;
/** More than any form of ours holds. */
const MOST_FIELDS = 400;

/**
 * The form that a page of ours just sent, so that a sign-in that ended meanwhile does not cost what was written (S-25). Only of
 * requests that were found to come from our own pages: else a foreign page could have a form filled in here.
 * @returns null where nothing was written: of a mere button, of files, of what a script sent
 */
export function keptForm(req: Request): KeptForm | null {
  if (req.method !== 'POST' || req.get('hx-request') !== undefined) return null;
  if (!req.is('application/x-www-form-urlencoded')) return null;
  const isSecret = (name: string): boolean =>
    SECRET.test(name) || (name === 'number' && IDENTITY.test(req.path));
  const fields = Object.entries((req.body ?? {}) as Record<string, unknown>)
    .filter(([name]) => !GUARDS.includes(name))
    .flatMap(([name, value]) =>
      [value].flat().map((one) => ({ name, value: isSecret(name) ? '' : String(one) })),
    );
  const written = fields.some(({ name, value }) => name !== '_version' && value !== '');
  if (!written || fields.length > MOST_FIELDS) return null;
  return { action: req.originalUrl, fields, key: guardOf(req, '_key', KEY), token: null };
}

/** What a guard looks like that one of our own pages wrote. */
const KEY = /^[0-9a-f-]{36}$/;
const TOKEN = /^[0-9a-f]{64}$/;

function guardOf(req: Request, name: string, shape: RegExp): string | null {
  const value = (req.body as Record<string, unknown>)[name];
  return typeof value === 'string' && shape.test(value) ? value : null;
}

/**
 * The form of a request that failed on our side. Perhaps it was done and only its answer is lost, perhaps the session could not
 * even be read: it goes again just as it came.
 * @returns null as `keptForm`, and where it was not seen to come from a page of ours
 */
export function unservedForm(req: Request, publicUrl: string): KeptForm | null {
  const kept = isSameOrigin(req, publicUrl) ? keptForm(req) : null;
  return kept && { ...kept, token: guardOf(req, '_csrf', TOKEN) };
}
