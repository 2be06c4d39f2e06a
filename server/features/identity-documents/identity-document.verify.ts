import { IdentityDocumentModel } from './identity-document.model.ts';

/** One of several accounts of a human, and since when that could be known. */
export interface Twin {
  readonly human: string;
  readonly since: Date;
}

/** Everybody whose number somebody else stated too, by person id: for checks that compare humans. */
export async function twins(): Promise<ReadonlyMap<string, Twin>> {
  const rows = await IdentityDocumentModel.aggregate<{
    _id: string;
    people: { id: unknown; since: Date }[];
  }>([
    { $group: { _id: '$blind', people: { $push: { id: '$personId', since: '$statedAt' } } } },
    { $match: { 'people.1': { $exists: true } } },
  ]);
  return new Map(
    rows.flatMap(({ _id, people }) =>
      people.map(({ id, since }) => [String(id), { human: _id, since }] as const),
    ),
  );
}

/** The number of one human and the people who stated it, whose document was seen for each of them. */
export interface SeenHuman {
  readonly human: string;
  readonly personIds: readonly string[];
}

/**
 * Humans of whom several accounts stated the number, with those for which the document was seen; in the order of an index, so
 * that it costs as much as there are such humans, not as there are people.
 * @param after the last human of the piece before; null for the first piece
 * @returns at most `limit` humans, and the last one looked at while there may be more
 */
export async function humansSeenTwice(
  limit: number,
  after: string | null,
): Promise<{ humans: SeenHuman[]; next: string | null }> {
  const rows = await IdentityDocumentModel.find({
    // Every account of a number but the first, whichever of them are left.
    place: { $gt: 0 },
    ...(after === null ? {} : { blind: { $gt: after } }),
  })
    .sort({ blind: 1, personId: 1 })
    .limit(limit)
    .select({ blind: 1 })
    .lean();
  const seen = await IdentityDocumentModel.find({
    blind: { $in: [...new Set(rows.map(({ blind }) => blind))] },
    verification: { $ne: null },
  })
    .select({ personId: 1, blind: 1 })
    .sort({ blind: 1, place: 1 })
    .lean();
  const groups = Map.groupBy(seen, ({ blind }) => blind);
  return {
    humans: [...groups]
      .filter(([, own]) => own.length > 1)
      .map(([human, own]) => ({ human, personIds: own.map(({ personId }) => String(personId)) })),
    next: rows.length < limit ? null : (rows.at(-1)?.blind ?? null),
  };
}
