import { Types } from 'mongoose';
import { EnrolmentModel } from './enrolment.model.ts';
import { TRAINED_STATES } from './training.catalogue.ts';
import type { TrainedFact } from './training.rules.ts';

/**
 * What these people have learned in the current tenant, in one query: the courses they passed and until when those count.
 * People without any are left out. Positions that ask for training first read it here.
 */
export async function trainedOf(
  personIds: readonly (string | Types.ObjectId)[],
): Promise<Map<string, TrainedFact[]>> {
  const rows = await EnrolmentModel.find({
    personId: { $in: personIds.map((id) => new Types.ObjectId(String(id))) },
    state: { $in: [...TRAINED_STATES] },
  })
    .select({ personId: 1, courseId: 1, passedOn: 1, validTo: 1 })
    .lean();
  const facts = new Map<string, TrainedFact[]>();
  for (const { personId, courseId, passedOn, validTo } of rows) {
    const key = String(personId);
    const fact = { courseId: String(courseId), passedOn: passedOn ?? '', validTo };
    facts.set(key, [...(facts.get(key) ?? []), fact]);
  }
  return facts;
}
