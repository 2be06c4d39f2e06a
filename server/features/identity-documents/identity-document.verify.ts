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
