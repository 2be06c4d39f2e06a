import { z } from 'zod';
import { canEverywhere } from '../../core/actor.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route, RouteContext } from '../../http/route.ts';
import type { MembershipService } from '../memberships/index.ts';
import type { ClosedPeriod, LedgerClosingService } from './ledger.closing.service.ts';

const month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'invalid-format');
const figures = z.object({
  month: z.string(),
  entries: z.number(),
  minutes: z.number(),
  lateMinutes: z.number(),
  lateEntries: z.number(),
});
const closedPeriod = z.object({
  number: z.number(),
  through: z.string(),
  after: z.string().nullable(),
  closedAt: z.string(),
  closedByName: z.string().nullable(),
  /** Null until it is drawn, a few minutes after the closing. */
  statement: z
    .object({ months: z.array(figures), entries: z.number(), digest: z.string(), drawnAt: z.string() })
    .nullable(),
});
const periods = z.object({ closable: z.array(z.string()), data: z.array(closedPeriod) });
type Periods = z.infer<typeof periods>;

export interface LedgerRouteParts {
  readonly closings: LedgerClosingService;
  readonly memberships: MembershipService;
  readonly i18n: I18n;
}

/** Months of the ledger: which are closed, what was in them, and closing the next. */
export function ledgerRoutes({ closings, memberships, i18n }: LedgerRouteParts): Route[] {
  const read = async (): Promise<Periods> => {
    const rows = await closings.list();
    const names = await memberships.namesOfAccounts(rows.map(({ closing }) => closing.closedBy));
    return { closable: await closings.closable(), data: rows.map((row) => toView(row, names)) };
  };
  const page = async (
    { account, locale }: Pick<RouteContext, 'account' | 'locale'>,
    values: Readonly<Record<string, unknown>>,
    issues: readonly FieldIssue[],
  ): Promise<ReturnType<typeof view>> =>
    view(
      'hours/periods',
      pageModel({
        ...(await read()),
        values,
        issues,
        locale,
        mayClose: canEverywhere(account, 'ledger:close'),
        i18n,
      }),
    );
  return [
    route({
      name: 'ledger/periods',
      method: 'get',
      path: '/ledger/periods',
      access: 'ledger:see',
      tenant: 'member',
      summary: 'Months of the ledger: those closed with their statements, and those that can be closed.',
      input: {},
      output: periods,
      run: read,
      page: (_periods, context) => page(context, {}, []),
    }),
    route({
      name: 'ledger/close',
      method: 'post',
      path: '/ledger/periods',
      access: 'ledger:close',
      tenant: 'member',
      summary: 'Closes every open month up to this one, for good.',
      input: { body: z.strictObject({ through: month }) },
      output: z.object({ number: z.number(), through: z.string() }),
      async run({ account, body }) {
        const { number, through } = await closings.close(account, body.through);
        return { number, through };
      },
      page: () => seeOther('/ledger/periods', { kind: 'success', key: 'hours.periods.closed' }),
      invalid: ({ issues, values }, context) => page(context, values, issues),
    }),
  ];
}

const toView = (
  { closing, statement }: ClosedPeriod,
  names: ReadonlyMap<string, string>,
): Periods['data'][number] => ({
  number: closing.number,
  through: closing.through,
  after: closing.after,
  closedAt: closing.closedAt.toISOString(),
  closedByName: names.get(String(closing.closedBy)) ?? null,
  statement: statement && {
    months: statement.months.map((one) => ({ ...one })),
    entries: statement.entries,
    digest: statement.digest,
    drawnAt: statement.drawnAt.toISOString(),
  },
});

function pageModel(
  parts: Periods & {
    readonly values: Readonly<Record<string, unknown>>;
    readonly issues: readonly FieldIssue[];
    readonly locale: Locale;
    readonly mayClose: boolean;
    readonly i18n: I18n;
  },
): object {
  const { closable, data, values, issues, locale, mayClose, i18n } = parts;
  const form = createForm({
    i18n,
    locale,
    messages: 'hours.periods',
    values: { through: closable[0], ...values },
    issues,
  });
  return {
    data: data.map((one) => ({ ...one, short: one.statement?.digest.slice(0, 16) ?? null })),
    mayClose,
    fields:
      closable.length === 0
        ? null
        : {
            through: form.select(
              'through',
              closable.map((value) => ({ value, label: value })),
              { required: true, width: 'short' },
            ),
          },
    errors: form.errors,
  };
}
