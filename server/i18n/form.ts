import type { FieldIssue } from '../core/errors.ts';
import type { Locale } from '../core/locale.ts';
import { formatMinutesExactly } from './format.ts';
import type { I18n, MessageParams } from './types.ts';

/** Longer than this nobody reads at sight how long it is: 1,440 minutes. */
const MINUTES_READ_AT_SIGHT = 90;

/** What `{{> partials/field field}}` shows: everything worded and decided, nothing left to the template. */
export interface Field {
  readonly kind: 'input' | 'textarea' | 'select' | 'radios' | 'checkboxes' | 'checkbox' | 'hidden';
  readonly type: string;
  /** The name the form sends. */
  readonly name: string;
  /** Unique on the page; error summaries link here. */
  readonly id: string;
  readonly label: string;
  readonly hint: string | null;
  readonly error: string | null;
  readonly required: boolean;
  /** Of whom it is asked, where it is optional only for others; beside the label in place of "optional". */
  readonly askedOf: string | null;
  readonly value: string;
  readonly checked: boolean;
  readonly options: readonly FieldOption[];
  readonly unit: string | null;
  readonly width: 'full' | 'short';
  /** Further HTML attributes: `maxlength`, `autocomplete`, `inputmode`, … */
  readonly attributes: Readonly<Record<string, string | number | boolean | null>>;
  readonly describedBy: string | null;
}

export interface FieldOption {
  readonly id: string;
  readonly value: string;
  readonly label: string;
  readonly hint: string | null;
  readonly chosen: boolean;
}

export interface OptionInput {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
}

export interface FieldInput {
  readonly label?: string;
  readonly hint?: string | null;
  readonly required?: boolean;
  readonly askedOf?: string;
  readonly unit?: string;
  /** Of a number of minutes: those that are saved, so that its hint says how many hours they are. */
  readonly savedMinutes?: number;
  readonly width?: 'full' | 'short';
  readonly maxLength?: number;
  readonly min?: string | number;
  readonly max?: string | number;
  readonly step?: string | number;
  readonly rows?: number;
  readonly autocomplete?: string;
  readonly inputMode?: 'numeric' | 'decimal' | 'tel' | 'email' | 'search';
  readonly accept?: string;
  readonly placeholder?: string;
  readonly autofocus?: boolean;
}

export interface FormOptions {
  readonly i18n: I18n;
  readonly locale: Locale;
  /** Labels come from `<messages>.<name>.label`, hints from `<messages>.<name>.hint` where worded. */
  readonly messages: string;
  /** What the person typed, or what is stored. */
  readonly values?: Readonly<Record<string, unknown>>;
  /** From an Invalid error; matched to fields by path (`skills.0` belongs to the field `skills`). */
  readonly issues?: readonly FieldIssue[];
  /** Prefix of the ids, when a page has several forms. */
  readonly idPrefix?: string;
}

export interface Form {
  input(
    name: string,
    type:
      | 'text'
      | 'email'
      | 'tel'
      | 'password'
      | 'search'
      | 'url'
      | 'number'
      | 'date'
      | 'time'
      | 'datetime-local'
      | 'file',
    options?: FieldInput,
  ): Field;
  textarea(name: string, options?: FieldInput): Field;
  select(name: string, choices: readonly OptionInput[], options?: FieldInput): Field;
  radios(name: string, choices: readonly OptionInput[], options?: FieldInput): Field;
  checkboxes(name: string, choices: readonly OptionInput[], options?: FieldInput): Field;
  /** A single box, such as a consent; its label stands beside it. */
  checkbox(name: string, options?: FieldInput): Field;
  hidden(name: string): Field;
  /** For `{{> partials/error-summary errors=form.errors}}`: every issue in the order of the fields, each linking to its field. */
  readonly errors: readonly { readonly href: string; readonly text: string }[];
}

/** Builds the fields of one form, worded, with the values and errors of the last try. */
export function createForm({
  i18n,
  locale,
  messages,
  values = {},
  issues = [],
  idPrefix = 'f',
}: FormOptions): Form {
  const fields: Field[] = [];
  const word = i18n.in(locale);
  const slug = (text: string): string => text.replace(/[^\w-]+/g, '-');
  const issueText = (issue: FieldIssue): string =>
    word(
      i18n.has(locale, `errors.${issue.code}`) ? `errors.${issue.code}` : 'errors.invalid',
      (issue.params ?? {}) as MessageParams,
    );
  const nowText = (minutes = 0): string =>
    minutes > MINUTES_READ_AT_SIGHT
      ? word('common.field.now', { length: formatMinutesExactly(minutes, locale) })
      : '';
  const belongsTo = (issue: FieldIssue, name: string): boolean =>
    issue.path === name || issue.path.startsWith(`${name}.`);

  function field(
    kind: Field['kind'],
    type: string,
    name: string,
    options: FieldInput,
    choices: readonly OptionInput[] = [],
  ): Field {
    const id = `${idPrefix}-${slug(name)}`;
    const hintKey = `${messages}.${name}.hint`;
    const worded =
      options.hint !== undefined ? options.hint : i18n.has(locale, hintKey) ? word(hintKey) : null;
    const hint = [nowText(options.savedMinutes), worded].filter(Boolean).join(' ') || null;
    const issue = issues.find((candidate) => belongsTo(candidate, name));
    const value = values[name];
    const chosen = new Set((Array.isArray(value) ? value : [value]).map((v) => textOf(v)));
    const made: Field = {
      kind,
      type,
      name,
      id,
      label: options.label ?? (kind === 'hidden' ? '' : word(`${messages}.${name}.label`)),
      hint,
      error: issue ? issueText(issue) : null,
      required: options.required ?? false,
      askedOf: options.askedOf ?? null,
      // A password or file is never sent back to the browser.
      value: type === 'password' || type === 'file' || Array.isArray(value) ? '' : textOf(value),
      checked: value === true || value === 'true' || value === 'on' || value === '1',
      options: choices.map((choice, index) => ({
        id: index === 0 && kind !== 'select' ? id : `${id}-${index}`,
        value: choice.value,
        label: choice.label,
        hint: choice.hint ?? null,
        chosen: chosen.has(choice.value),
      })),
      unit: options.unit ?? null,
      width: options.width ?? 'full',
      attributes: {
        maxlength: options.maxLength ?? null,
        min: options.min ?? null,
        max: options.max ?? null,
        step: options.step ?? null,
        rows: options.rows ?? null,
        autocomplete: options.autocomplete ?? null,
        inputmode: options.inputMode ?? null,
        accept: options.accept ?? null,
        placeholder: options.placeholder ?? null,
        autofocus: options.autofocus ?? null,
      },
      describedBy: [hint ? `${id}-hint` : '', issue ? `${id}-error` : ''].filter(Boolean).join(' ') || null,
    };
    fields.push(made);
    return made;
  }

  return {
    input: (name, type, options = {}) => field('input', type, name, options),
    textarea: (name, options = {}) => field('textarea', '', name, options),
    select: (name, choices, options = {}) => {
      // Nothing is chosen for a person: the first entry asks, unless the caller has an empty choice of its own.
      const ask = { value: '', label: word('common.field.choose') };
      return field(
        'select',
        '',
        name,
        options,
        choices.some((choice) => choice.value === '') ? choices : [ask, ...choices],
      );
    },
    radios: (name, choices, options = {}) => field('radios', 'radio', name, options, choices),
    checkboxes: (name, choices, options = {}) => field('checkboxes', 'checkbox', name, options, choices),
    checkbox: (name, options = {}) => field('checkbox', 'checkbox', name, options),
    hidden: (name) => field('hidden', 'hidden', name, {}),
    get errors() {
      const position = (issue: FieldIssue): number => {
        const index = fields.findIndex((candidate) => belongsTo(issue, candidate.name));
        return index === -1 ? fields.length : index;
      };
      return [...issues]
        .sort((a, b) => position(a) - position(b))
        .map((issue) => {
          const target = fields.find(
            (candidate) => belongsTo(issue, candidate.name) && candidate.kind !== 'hidden',
          );
          return target
            ? {
                href: `#${target.id}`,
                text: word('common.errorSummary.item', { label: target.label, error: issueText(issue) }),
              }
            : { href: '#content', text: issueText(issue) };
        });
    },
  };
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString().slice(0, 10);
  return typeof value === 'object' ? '' : String(value as string | number | boolean);
}
