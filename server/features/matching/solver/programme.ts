import type { SolveProgramme } from './sides.ts';

/** The part of HiGHS that is used here; its own types do not know how it is exported. */
interface Highs {
  solve(
    problem: string,
    options: Readonly<Record<string, number | boolean | string>>,
  ): { readonly Status: string; readonly Columns: Readonly<Record<string, { readonly Primal?: number }>> };
}

/** HiGHS (MIT) for integer programmes, loaded when first wanted: few plans have rules that are no flow. */
export async function loadProgramme(): Promise<SolveProgramme> {
  const { default: load } = await import('highs');
  const highs = await (load as unknown as () => Promise<Highs>)();
  return (text, seconds) => {
    const { Status, Columns } = highs.solve(text, {
      time_limit: seconds,
      mip_rel_gap: 0,
      mip_abs_gap: 0,
      output_flag: false,
    });
    const values = Object.fromEntries(
      Object.entries(Columns).map(([name, column]) => [name, column.Primal ?? NaN]),
    );
    if (Object.values(values).some((value) => !Number.isFinite(value))) return null;
    return Status === 'Optimal' || Status === 'Time limit reached'
      ? { values, optimal: Status === 'Optimal' }
      : null;
  };
}
