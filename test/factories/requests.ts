import { Types } from 'mongoose';
import { born } from '../../server/db/transition.ts';
import { inTransaction } from '../../server/db/transaction.ts';
import { RequestModel } from '../../server/features/requests/request.model.ts';
import type { RequestRow } from '../../server/features/requests/request.model.ts';
import { titleKeysOf } from '../../server/features/requests/request.search.ts';
import { PositionModel, ShiftModel } from '../../server/features/shifts/shift.model.ts';
import type { PositionRow, ShiftRow } from '../../server/features/shifts/shift.model.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { inTenant } from './people.ts';

/** What people need and when: a request in progress, a published shift in three days, a position with three places. */
let counter = 0;
const next = (): number => (counter += 1);

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Tonglu's county seat, roughly. */
const POINT = { type: 'Point' as const, coordinates: [119.69, 29.79] as [number, number] };

/** Overrides of a factory: fields of the row, ids as texts or ObjectIds. */
type Overrides<Row> = Partial<Omit<Row, 'tenantId' | '_id' | 'history'>>;
type Ids = { requestId?: string; unitId?: string };

const objectId = (id: string | Types.ObjectId): Types.ObjectId => new Types.ObjectId(id);

/** A request of the tenant's root unit, `in_progress` unless told otherwise. @returns its id */
export async function createRequest(
  tenant: Tenant,
  overrides: Omit<Overrides<RequestRow>, 'unitId'> & { unitId?: string } = {},
): Promise<string> {
  const n = next();
  const { state = 'in_progress', unitId, title = `社区服务${n}`, ...rest } = overrides;
  return inTenant(tenant.id, () =>
    inTransaction(async () => {
      const _id = new Types.ObjectId();
      await RequestModel.create([
        {
          _id,
          ...born(state),
          unitId: objectId(unitId ?? tenant.rootUnitId),
          title,
          titleKeys: titleKeysOf(title),
          description: '陪老人说话，帮忙打扫。',
          category: 'neighbourhood',
          place: { label: `社区中心${n}`, address: `示例路${n}号`, point: POINT },
          county: '330122',
          conditions: '年满十六周岁',
          risks: '地面可能湿滑',
          support: '提供饮水和培训',
          contactName: `联系人${n}`,
          contactPhone: '0571-00000000',
          createdBy: null,
          createdAt: new Date(),
          source: null,
          ...rest,
        } as never,
      ]);
      return String(_id);
    }),
  );
}

/** A published shift that starts in three days and lasts two hours; its request is made too unless given. @returns its id */
export async function createShift(
  tenant: Tenant,
  overrides: Omit<Overrides<ShiftRow>, 'unitId' | 'requestId'> & Ids = {},
): Promise<string> {
  const { state = 'published', requestId, unitId, startsAt, endsAt, ...rest } = overrides;
  const parent = requestId ?? (await createRequest(tenant, unitId === undefined ? {} : { unitId }));
  return inTenant(tenant.id, () =>
    inTransaction(async () => {
      const request = await RequestModel.findById(parent).lean();
      if (!request) throw new Error(`No request ${parent} in this tenant`);
      const _id = new Types.ObjectId();
      const start = startsAt ?? wholeMinute(new Date(Date.now() + 3 * DAY_MS));
      await ShiftModel.create([
        {
          _id,
          ...born(state),
          requestId: request._id,
          unitId: request.unitId,
          title: request.title,
          category: request.category,
          county: request.county,
          place: request.place,
          startsAt: start,
          endsAt: endsAt ?? new Date(start.getTime() + 2 * HOUR_MS),
          breakMinutes: 0,
          leaderName: '负责人',
          leaderPersonId: null,
          riskLevel: 'none',
          policyNumber: '',
          skillCodes: [],
          createdBy: null,
          createdAt: new Date(),
          ...rest,
        } as never,
      ]);
      return String(_id);
    }),
  );
}

/** A position with three places and direct admission; its published shift is made too unless given. @returns its id */
export async function createPosition(
  tenant: Tenant,
  overrides: Omit<Overrides<PositionRow>, 'unitId' | 'requestId' | 'shiftId'> & { shiftId?: string } = {},
): Promise<string> {
  const n = next();
  const { shiftId, ...rest } = overrides;
  const parent = shiftId ?? (await createShift(tenant));
  return inTenant(tenant.id, () =>
    inTransaction(async () => {
      const shift = await ShiftModel.findById(parent).lean();
      if (!shift) throw new Error(`No shift ${parent} in this tenant`);
      const _id = new Types.ObjectId();
      await PositionModel.create([
        {
          _id,
          requestId: shift.requestId,
          shiftId: shift._id,
          unitId: shift.unitId,
          name: `志愿者岗位${n}`,
          skills: [],
          credentials: [],
          languages: [],
          minAge: null,
          maxAge: null,
          required: 1,
          maximum: 3,
          admission: 'direct',
          taken: 0,
          waitSeq: 0,
          version: 1,
          ...rest,
        } as never,
      ]);
      if (rest.skills && rest.skills.length > 0) {
        const codes = rest.skills.map((skill) => skill.code);
        await ShiftModel.updateOne({ _id: shift._id }, { $addToSet: { skillCodes: { $each: codes } } });
      }
      return String(_id);
    }),
  );
}

/** Request, published shift and position in one go; the position's id with its parents. */
export async function createOpening(
  tenant: Tenant,
  overrides: {
    request?: Parameters<typeof createRequest>[1];
    shift?: Parameters<typeof createShift>[1];
    position?: Parameters<typeof createPosition>[1];
  } = {},
): Promise<{ requestId: string; shiftId: string; positionId: string }> {
  const requestId = overrides.shift?.requestId ?? (await createRequest(tenant, overrides.request));
  const shiftId = await createShift(tenant, { ...overrides.shift, requestId });
  const positionId = await createPosition(tenant, { ...overrides.position, shiftId });
  return { requestId, shiftId, positionId };
}

function wholeMinute(instant: Date): Date {
  return new Date(Math.floor(instant.getTime() / 60_000) * 60_000);
}
