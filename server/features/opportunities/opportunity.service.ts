import { contextNow } from '../../core/context.ts';
import { NotFound } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { addDays, startOfDay } from '../../core/time.ts';
import type { Page } from '../../db/pagination.ts';
import { sideBySide } from '../../db/transaction.ts';
import { coverage, listNearShifts, listOpenShifts, natureOf, sumSeats } from '../shifts/index.ts';
import type { NeededCredential, PositionRow, ShiftRow, ShiftService } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import type { Opportunity, OpportunityDetail, OpportunityFilter } from './opportunity.schema.ts';

/** Whoever has not begun yet and was announced has a public page; drafts and what is over do not. */
const PUBLIC = ['published', 'locked', 'running', 'cancelled'];

export type OpportunityService = ReturnType<typeof createOpportunityService>;

/** The public reading side of shifts: what, when, where and how many, never who. */
export function createOpportunityService({
  shifts,
  tenants,
  units,
}: {
  shifts: ShiftService;
  tenants: TenantService;
  units: UnitService;
}) {
  async function shaped(
    rows: readonly (ShiftRow & { readonly distanceMetres?: number })[],
    locale: Locale,
  ): Promise<Opportunity[]> {
    const [positions, names] = await sideBySide([
      () => shifts.listPositionsOf(rows.map((row) => row._id)),
      () => units.names(rows.map((row) => String(row.unitId))),
    ]);
    return rows.map((row) => ({
      ...shared(row, positions.get(String(row._id)) ?? [], names.get(String(row.unitId))?.[locale] ?? ''),
      distanceMetres: row.distanceMetres === undefined ? null : Math.round(row.distanceMetres),
    }));
  }

  return {
    /** Soonest first; with a point, nearest first within the radius. */
    async list(filter: OpportunityFilter, locale: Locale): Promise<Page<Opportunity>> {
      const { zone } = await tenants.current();
      const now = contextNow();
      const first = filter.from ? startOfDay(filter.from, zone) : now;
      const open = {
        after: first > now ? new Date(first.getTime() - 1) : now,
        before: filter.to ? startOfDay(addDays(filter.to, 1), zone) : null,
        skill: filter.skill ?? null,
        category: filter.category ?? null,
      };
      const { latitude, longitude, limit, cursor } = filter;
      const page =
        latitude === undefined || longitude === undefined
          ? await listOpenShifts(open, limit, cursor)
          : await listNearShifts(
              open,
              { latitude, longitude, radiusMetres: filter.radiusKm * 1_000 },
              limit,
              cursor,
            );
      return { data: await shaped(page.data, locale), nextCursor: page.nextCursor };
    },

    /** @throws NotFound for drafts and for what is over, as for what never was */
    async show(id: string, locale: Locale): Promise<OpportunityDetail> {
      const whole = await shifts.findWholeShift(id);
      if (!whole || !PUBLIC.includes(whole.shift.state)) throw new NotFound();
      const { shift: row, request, positions, unitName } = whole;
      if (!unitName) throw new NotFound();
      const needed = (await tenants.current()).credentialNeeds
        .filter(({ area }) => area === row.category)
        .map(({ type, name }) => ({ type, level: '', name: name ?? null }));
      return {
        ...shared(row, positions, unitName[locale]),
        state: row.state,
        open: row.state === 'published' && row.startsAt > contextNow(),
        description: request.description,
        conditions: request.conditions,
        risks: request.risks,
        support: request.support,
        riskLevel: row.riskLevel,
        positions: positions.map((position) => toPublicPosition(position, needed)),
      };
    },
  };
}

/** Of somebody's home everybody learns roughly where it is; who comes is told the address. */
const publicPlace = ({ label, address, point, atHome }: ShiftRow['place']): Opportunity['place'] => ({
  label,
  address: atHome === true ? '' : address,
  point: point ?? null,
  atHome: atHome === true,
});

const shared = (
  row: ShiftRow,
  positions: readonly PositionRow[],
  unitName: string,
): Omit<Opportunity, 'distanceMetres'> => ({
  id: String(row._id),
  title: row.title,
  category: row.category,
  unitName,
  place: publicPlace(row.place),
  startsAt: row.startsAt.toISOString(),
  endsAt: row.endsAt.toISOString(),
  breakMinutes: row.breakMinutes,
  nature: natureOf(row),
  skillCodes: [...row.skillCodes],
  ...sumSeats(positions),
});

/** `needed`: what the kind of service asks of everybody. */
function toPublicPosition(
  row: PositionRow,
  needed: readonly NeededCredential[],
): OpportunityDetail['positions'][number] {
  const { missing, free } = coverage(row);
  return {
    id: String(row._id),
    name: row.name,
    skills: row.skills.map(({ code, minLevel }) => ({ code, minLevel })),
    credentials: [
      ...row.credentials,
      ...needed.filter(({ type }) => !row.credentials.some((own) => own.type === type)),
    ].map(({ type, level, name }) => ({ type, level, ...(name ? { name } : {}) })),
    pools: (row.pools ?? []).map(({ id, name }) => ({ id, name })),
    languages: [...row.languages],
    minAge: row.minAge,
    maxAge: row.maxAge,
    admission: row.admission,
    required: row.required,
    maximum: row.maximum,
    taken: row.taken,
    missing,
    free,
  };
}
