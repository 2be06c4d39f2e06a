import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { allow, deny } from '../../core/policy.ts';
import type { Decision } from '../../core/policy.ts';
import type { CertificateRow } from './certificate.model.ts';

/** Somebody with the desk, never the holder (S-10). */
export function canRevoke(actor: AccountActor, row: Pick<CertificateRow, 'personId' | 'unitId'>): Decision {
  if (String(row.personId) === actor.personId) return deny('not-your-own');
  return can(actor, 'certificates:revoke', String(row.unitId)) ? allow : deny('not-permitted');
}
