import type { FieldIssue } from '../../core/errors.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { ACCEPTED_FILES } from '../attachments/index.ts';
import { inPersonModel } from '../accounts/index.ts';
import { RELATIONS } from './guardian.schema.ts';

interface FormParts {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly issues?: readonly FieldIssue[];
}
type Form = ReturnType<typeof createForm>;
const GUARDIAN_FIELDS: ReadonlySet<string> = new Set(['guardianName', 'relation', 'file']);

const relations = ({ i18n, locale }: FormParts): { value: string; label: string }[] =>
  RELATIONS.map((relation) => ({ value: relation, label: i18n.t(locale, `guardians.relation.${relation}`) }));
const paperField = (form: Form): object =>
  form.input('file', 'file', { required: true, accept: ACCEPTED_FILES });

/** Model of `guardians/answer`: what the guardian reads and presses. */
export function answerModel(
  parts: FormParts & {
    token: string;
    asked: { minorName: string; guardianName: string; place: string | null; child: boolean };
  },
): object {
  const form = createForm({ ...parts, messages: 'guardians.answer' });
  const fields = {
    relation: form.radios('relation', relations(parts), { required: true }),
    agree: form.checkbox('agree', { required: true }),
  };
  return { ...parts.asked, fields, errors: form.errors, token: parts.token };
}

/** Model of `guardians/own`. */
export function ownModel(
  parts: FormParts & {
    own: {
      needed: boolean;
      grown: boolean;
      given: boolean;
      guardianName: string | null;
      asked: { guardianName: string; at: string } | null;
    };
  },
): object {
  const form = createForm({ ...parts, messages: 'guardians.own' });
  const fields = {
    birthDate: form.input('birthDate', 'date', { required: true, width: 'short' }),
    guardianName: form.input('guardianName', 'text', { required: true, maxLength: 60 }),
    guardianEmail: form.input('guardianEmail', 'email', { required: true, maxLength: 254 }),
  };
  return { ...parts.own, fields, errors: form.errors };
}

/** Model of `guardians/paper`. */
export function paperModel(
  parts: FormParts & { membershipId: string; papers: { personName: string; [more: string]: unknown } },
): object {
  const form = createForm({ ...parts, messages: 'guardians.paper' });
  const fields = {
    birthDate: form.input('birthDate', 'date', { required: true, width: 'short' }),
    guardianName: form.input('guardianName', 'text', { required: true, maxLength: 60 }),
    relation: form.select('relation', relations(parts), { required: true }),
    file: paperField(form),
  };
  return { ...parts.papers, fields, errors: form.errors, id: parts.membershipId };
}

/** Model of `guardians/minor`: the form of `accounts/in-person` and the guardian's part. */
export function minorModel(parts: Parameters<typeof inPersonModel>[0]): object {
  // Two forms word one page: each is told of the issues of its own fields, so that every one has its name and its link.
  const of = (guardian: boolean): typeof parts => ({
    ...parts,
    issues: (parts.issues ?? []).filter(({ path }) => GUARDIAN_FIELDS.has(path) === guardian),
  });
  const form = createForm({ ...of(true), messages: 'guardians.paper' });
  const own = createForm({ ...of(false), messages: 'accounts.inPerson' });
  const person = inPersonModel(of(false)) as { fields: Record<string, unknown>; errors: Form['errors'] };
  const fields = {
    ...person.fields,
    birthDate: own.input('birthDate', 'date', { required: true, width: 'short' }),
    guardianName: form.input('guardianName', 'text', { required: true, maxLength: 60 }),
    relation: form.select('relation', relations(parts), { required: true }),
    file: paperField(form),
  };
  return { ...person, fields, errors: [...person.errors, ...form.errors] };
}
