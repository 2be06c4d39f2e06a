import type { FieldIssue } from '../../core/errors.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { MEMBERSHIP_KINDS } from '../memberships/index.ts';
import { LONGEST_DAYS, MOST_USES } from './join-link.rules.ts';

interface FormParts {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly issues?: readonly FieldIssue[];
}

/** Model of `join-links/new`; `units` are those within reach. */
export function newJoinLinkModel(
  parts: FormParts & {
    units: readonly { id: string; name: string; depth: number }[];
    unitId: string;
  },
): object {
  const { i18n, locale } = parts;
  const form = createForm({
    ...parts,
    messages: 'joinLinks.form',
    values: { kind: 'volunteer', days: 14, maxUses: 100, unitId: parts.unitId, ...parts.values },
  });
  const number = (name: string, max: number) =>
    form.input(name, 'number', { required: true, min: 1, max, width: 'short', inputMode: 'numeric' });
  const fields = {
    email: form.input('email', 'email', { maxLength: 254, autocomplete: 'off' }),
    unitId: form.select(
      'unitId',
      parts.units.map((unit) => ({ value: unit.id, label: `${'  '.repeat(unit.depth)}${unit.name}` })),
      { required: true },
    ),
    kind: form.select(
      'kind',
      MEMBERSHIP_KINDS.map((kind) => ({
        value: kind,
        label: i18n.t(locale, `states.membershipKind.${kind}`),
      })),
      { required: true },
    ),
    note: form.textarea('note', { maxLength: 300, rows: 2 }),
    maxUses: number('maxUses', MOST_USES),
    days: number('days', LONGEST_DAYS),
  };
  return { fields, errors: form.errors };
}

/** Model of `join-links/apply`. */
export function applyByLinkModel(
  parts: FormParts & { action: string; invited: { place: string; unitName: string; kind: string } },
): object {
  const form = createForm({ ...parts, messages: 'memberships.apply' });
  const fields = { motivation: form.textarea('motivation', { maxLength: 500, rows: 3 }) };
  return {
    ...parts.invited,
    kindText: parts.i18n.t(parts.locale, `states.membershipKind.${parts.invited.kind}`),
    fields,
    errors: form.errors,
    action: parts.action,
  };
}
