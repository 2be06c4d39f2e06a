import { Types } from 'mongoose';
import { tenantFind } from '../../db/builders.ts';
import { EnrolmentModel } from './enrolment.model.ts';
import type { EnrolmentRow } from './enrolment.model.ts';
import { TRAINED_STATES } from './training.catalogue.ts';
import type { TrainedFact } from './training.rules.ts';

type TrainedRow = Pick<EnrolmentRow, 'personId' | 'courseId' | 'passedOn' | 'validTo'>;
const FIELDS = { personId: 1, courseId: 1, passedOn: 1, validTo: 1 } as const;

/** Rows that the database sends in its first answer; it would send 101 and be asked again. */
const IN_ONE_GO = 10_000;

function byPerson(rows: readonly TrainedRow[]): Map<string, TrainedFact[]> {
  const facts = new Map<string, TrainedFact[]>();
  for (const { personId, courseId, passedOn, validTo } of rows) {
    const key = String(personId);
    const fact = { courseId: String(courseId), passedOn: passedOn ?? '', validTo };
    const own = facts.get(key);
    if (own) own.push(fact);
    else facts.set(key, [fact]);
  }
  return facts;
}

/** Who has learned something of these courses in the current tenant, and until when it counts, in one query. */
export async function trainedIn(courseIds: readonly string[]): Promise<Map<string, TrainedFact[]>> {
  if (courseIds.length === 0) return new Map();
  const rows = await EnrolmentModel.find({
    courseId: { $in: courseIds.map((id) => new Types.ObjectId(id)) },
    state: { $in: [...TRAINED_STATES] },
  })
    .select(FIELDS)
    .batchSize(IN_ONE_GO)
    .lean();
  return byPerson(rows);
}

/**
 * What these people have learned in the current tenant, in one query: the courses they passed and until when those count.
 * People without any are left out; null reads everybody of the tenant. Positions that ask for training first read it here.
 */
export async function trainedOf(
  personIds: readonly (string | Types.ObjectId)[] | null,
): Promise<Map<string, TrainedFact[]>> {
  const rows = await tenantFind<EnrolmentRow>(
    EnrolmentModel,
    {
      ...(personIds && { personId: { $in: personIds.map((id) => new Types.ObjectId(String(id))) } }),
      state: { $in: [...TRAINED_STATES] },
    },
    FIELDS,
    IN_ONE_GO,
  );
  return byPerson(rows);
}
