import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { Conflict, Invalid } from '../../core/errors.ts';
import { recordAudit } from '../../db/audit.ts';
import type { LocalText } from '../../db/fields.ts';
import { inTransaction } from '../../db/transaction.ts';
import { editRow } from '../../db/transition.ts';
import { accessPosition, accessShift, listPositionsOf, toPositionView } from './shift.facts.ts';
import { PositionModel, ShiftModel } from './shift.model.ts';
import type { NeededCredential, NeededPool, NeededTraining, PositionRow, ShiftRow } from './shift.model.ts';
import { skillCodesOf } from './shift.rules.ts';
import type { PositionInput, PositionPatch, PositionView } from './shift.schema.ts';

const SOCIAL_WORKER = 'social-worker';
const CHANGEABLE = ['draft', 'published', 'locked'];

/** A position's fields as they are stored, without its ids and counters. */
type Stored = Pick<
  PositionRow,
  | 'name'
  | 'skills'
  | 'credentials'
  | 'pools'
  | 'trainings'
  | 'languages'
  | 'minAge'
  | 'maxAge'
  | 'required'
  | 'maximum'
  | 'admission'
>;

const BLANK: Stored = {
  name: '',
  skills: [],
  credentials: [],
  pools: [],
  trainings: [],
  languages: [],
  minAge: null,
  maxAge: null,
  required: 1,
  maximum: 1,
  admission: 'direct',
};

/** The types of certificates that a position may ask for, by code; injected by compose.ts. */
export type KnownTypes = () => Promise<
  ReadonlyMap<
    string,
    {
      readonly own: boolean;
      readonly retired: boolean;
      readonly name: LocalText;
      readonly levels: readonly { readonly code: string }[];
    }
  >
>;

/** Certificates that the input asks for, one of a type. @throws Invalid for what the catalogue does not have */
async function neededCredentials(
  input: PositionPatch,
  before: readonly NeededCredential[],
  knownTypes: KnownTypes,
): Promise<NeededCredential[]> {
  const { credentialLevel, otherCredentials, credentials } = input;
  if (credentialLevel === undefined && otherCredentials === undefined && credentials === undefined)
    return [...before];
  const levelBefore = (type: string): string => before.find((own) => own.type === type)?.level ?? '';
  const worker =
    credentialLevel === undefined
      ? before.filter(({ type }) => type === SOCIAL_WORKER)
      : credentialLevel === ''
        ? []
        : [{ type: SOCIAL_WORKER, level: credentialLevel === 'any' ? '' : credentialLevel }];
  const others =
    otherCredentials === undefined
      ? before.filter(({ type }) => type !== SOCIAL_WORKER)
      : [...new Set(otherCredentials)].map((type) => ({ type, level: levelBefore(type) }));
  const wanted = credentials ?? [...worker, ...others];
  const field = credentials ? 'credentials' : 'otherCredentials';
  if (new Set(wanted.map(({ type }) => type)).size < wanted.length) throw Invalid.field(field, 'named-twice');
  const known = await knownTypes();
  return wanted.map(({ type, level }) => {
    const found = known.get(type);
    if (!found || (level !== '' && !found.levels.some(({ code }) => code === level)))
      throw Invalid.field(field, 'not-an-option');
    return { type, level, name: found.own ? found.name : null };
  });
}

/** Talent pools that a position may ask for, by id; injected by compose.ts. */
export type KnownPools = () => Promise<ReadonlyMap<string, LocalText>>;

/** Pools that the input asks for, with their names. @throws Invalid for one that is not in use here */
async function neededPools(
  input: PositionPatch,
  before: readonly NeededPool[],
  knownPools: KnownPools,
): Promise<NeededPool[]> {
  if (input.pools === undefined) return [...before];
  if (input.pools.length === 0) return [];
  const known = await knownPools();
  return [...new Set(input.pools)].map((id) => {
    const name = known.get(id) ?? before.find((one) => one.id === id)?.name;
    if (!name) throw Invalid.field('pools', 'not-an-option');
    return { id, name };
  });
}

/** What the input changes of the fields before. @throws Invalid when the whole makes no sense */
export function storedPosition(input: PositionPatch, before: Stored = BLANK): Stored {
  const {
    credentialLevel: _level,
    otherCredentials: _others,
    credentials: _all,
    pools: _pools,
    trainings: _learned,
    ...plain
  } = input;
  const changed = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined));
  const after: Stored = { ...before, ...changed };
  if (before === BLANK && input.maximum === undefined) after.maximum = after.required;
  if (after.maximum < after.required) throw Invalid.field('maximum', 'maximum-below-required');
  if (after.minAge !== null && after.maxAge !== null && after.maxAge < after.minAge)
    throw Invalid.field('maxAge', 'ages-crossed');
  const codes = after.skills.map((skill) => skill.code);
  if (new Set(codes).size < codes.length) throw Invalid.field('skills', 'skill-named-twice');
  return after;
}

/** The public list filters shifts by skill: they carry their positions' codes. */
async function followSkills(shiftId: Types.ObjectId): Promise<void> {
  const positions = (await listPositionsOf([shiftId])).get(String(shiftId)) ?? [];
  await ShiftModel.updateOne(
    { _id: shiftId },
    { $set: { skillCodes: skillCodesOf(positions) }, $inc: { staffed: 1 } },
  );
}

function mustBeChangeable(shift: ShiftRow): void {
  if (!CHANGEABLE.includes(shift.state)) throw new Conflict('wrong-state', { state: shift.state });
}

export type PositionService = ReturnType<typeof createPositionService>;

/** Courses that are open now, or were asked for before. @throws Invalid at `trainings` for anything else */
async function neededTrainings(
  input: PositionPatch,
  before: readonly NeededTraining[],
  openCourses: OpenCourses,
): Promise<NeededTraining[]> {
  if (input.trainings === undefined) return [...before];
  const wanted = [...new Set(input.trainings)];
  if (wanted.length === 0) return [];
  const known = [...(await openCourses()).map(({ id, title }) => ({ courseId: id, title })), ...before];
  return wanted.map((courseId) => {
    const found = known.find((one) => one.courseId === courseId);
    if (!found) throw Invalid.field('trainings', 'not-an-option');
    return { courseId, title: found.title };
  });
}

/** What is taught in the current tenant. */
export type OpenCourses = () => Promise<readonly { readonly id: string; readonly title: string }[]>;

export function createPositionService({
  knownTypes,
  knownPools,
  openCourses,
  opened,
}: {
  knownTypes: KnownTypes;
  knownPools: KnownPools;
  openCourses: OpenCourses;
  /** Told in the transaction that adds places to a shift people see. */
  opened: (shiftId: Types.ObjectId) => Promise<void>;
}) {
  return {
    async showPosition(actor: Actor, id: string): Promise<PositionView> {
      return toPositionView((await accessPosition(actor, id)).position);
    },

    async addPosition(actor: AccountActor, shiftId: string, input: PositionInput): Promise<PositionView> {
      return inTransaction(async () => {
        const shift = await accessShift(actor, shiftId, 'requests:edit');
        mustBeChangeable(shift);
        const _id = new Types.ObjectId();
        await PositionModel.create([
          {
            _id,
            requestId: shift.requestId,
            shiftId: shift._id,
            unitId: shift.unitId,
            ...storedPosition(input),
            credentials: await neededCredentials(input, [], knownTypes),
            pools: await neededPools(input, [], knownPools),
            trainings: await neededTrainings(input, [], openCourses),
          } as never,
        ]);
        await followSkills(shift._id);
        if (shift.state === 'published') await opened(shift._id);
        await recordAudit({
          action: 'positions/create',
          subjectType: 'Position',
          subjectId: _id,
          facts: { shiftId: String(shift._id), required: input.required },
        });
        return toPositionView((await PositionModel.findById(_id).lean()) as PositionRow);
      });
    },

    /** People who have a place keep it: conditions bind whoever comes later. @throws Invalid below the places taken */
    async editPosition(
      actor: AccountActor,
      id: string,
      input: PositionPatch,
      version: number | null,
    ): Promise<PositionView> {
      return inTransaction(async () => {
        const { position, shift } = await accessPosition(actor, id, 'requests:edit');
        mustBeChangeable(shift);
        const set = {
          ...storedPosition(input, position),
          credentials: await neededCredentials(input, position.credentials, knownTypes),
          pools: await neededPools(input, position.pools ?? [], knownPools),
          trainings: await neededTrainings(input, position.trainings ?? [], openCourses),
        };
        if (set.maximum < position.taken)
          throw Invalid.field('maximum', 'places-taken', { count: position.taken });
        const { name, skills, credentials, pools, trainings, languages, minAge, maxAge } = set;
        const { required, maximum, admission } = set;
        const after = await editRow(PositionModel, id, {
          version,
          set: {
            name,
            skills,
            credentials,
            pools,
            trainings,
            languages,
            minAge,
            maxAge,
            required,
            maximum,
            admission,
          },
          action: 'positions/edit',
        });
        await followSkills(shift._id);
        if (shift.state === 'published' && after.maximum > position.maximum) await opened(shift._id);
        return toPositionView(after);
      });
    },

    /** Only while the shift is a draft: what was published keeps its history. */
    async removePosition(actor: AccountActor, id: string): Promise<{ shiftId: string }> {
      return inTransaction(async () => {
        const { position, shift } = await accessPosition(actor, id, 'requests:edit');
        if (shift.state !== 'draft') throw new Conflict('position-was-published');
        await PositionModel.deleteOne({ _id: position._id, taken: 0 });
        await followSkills(shift._id);
        await recordAudit({
          action: 'positions/remove',
          subjectType: 'Position',
          subjectId: id,
          facts: { shiftId: String(shift._id) },
        });
        return { shiftId: String(shift._id) };
      });
    },
  };
}
