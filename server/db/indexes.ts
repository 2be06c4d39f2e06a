import { MongoClient } from 'mongodb';
import type { Db, IndexDescription } from 'mongodb';
import { StartProblem } from './embedded/problem.ts';
import { allModels } from './registry.ts';

/** An index that a model declares. */
export interface DeclaredIndex {
  readonly collection: string;
  readonly key: Readonly<Record<string, 1 | -1 | '2dsphere'>>;
  readonly options: Pick<IndexDescription, 'unique' | 'partialFilterExpression' | 'expireAfterSeconds'>;
}

interface ModelParts {
  readonly schema: { indexes(): [DeclaredIndex['key'], DeclaredIndex['options']][] };
  readonly collection: { readonly name: string };
}

const labelOf = (key: object, options: DeclaredIndex['options']): string =>
  JSON.stringify([
    key,
    options.unique === true,
    options.partialFilterExpression ?? null,
    options.expireAfterSeconds ?? null,
  ]);

/** How people name it: the collection and its fields. */
export const nameOf = ({ collection, key }: DeclaredIndex): string =>
  `${collection} (${Object.keys(key).join(', ')})`;

/**
 * The indexes that the models declare and the database lacks; none after the migrations, unless somebody dropped one.
 * What is unique rests on them (F-12). Models must have been loaded.
 */
export async function missingIndexes(db: Db): Promise<DeclaredIndex[]> {
  const ofModel = async (model: ModelParts): Promise<DeclaredIndex[]> => {
    const declared = model.schema.indexes();
    if (declared.length === 0) return [];
    const collection = model.collection.name;
    const found = await db.collection(collection).indexes();
    const present = new Set(found.map((one) => labelOf(one.key, one)));
    return declared
      .filter(([key, options]) => !present.has(labelOf(key, options)))
      .map(([key, { unique, partialFilterExpression, expireAfterSeconds }]) => ({
        collection,
        key,
        options: {
          ...(unique === undefined ? {} : { unique }),
          ...(partialFilterExpression === undefined ? {} : { partialFilterExpression }),
          ...(expireAfterSeconds === undefined ? {} : { expireAfterSeconds }),
        },
      }));
  };
  const missing = await Promise.all(allModels().map(({ model }) => ofModel(model as unknown as ModelParts)));
  return missing.flat();
}

/**
 * Builds what is missing, as the user who may, and says so.
 * @throws StartProblem naming the index when rows have come to stand against it
 */
export async function restoreIndexes(uri: string, report: (line: string) => void): Promise<void> {
  const client = await new MongoClient(uri, { writeConcern: { w: 'majority' } }).connect();
  try {
    const db = client.db();
    for (const index of await missingIndexes(db)) {
      try {
        await db.collection(index.collection).createIndexes([{ key: index.key, ...index.options }]);
      } catch (err) {
        throw cannotBuild(index, err);
      }
      report(`Database: the index ${nameOf(index)} was missing and has been built again`);
    }
  } finally {
    await client.close();
  }
}

function cannotBuild(index: DeclaredIndex, cause: unknown): StartProblem {
  const { code, message } = cause as { code?: unknown; message: string };
  const why =
    code === 11000
      ? 'rows that must differ in it are the same'
      : code === 13
        ? 'this database user may not; name one who may in MIGRATE_MONGODB_URI'
        : message;
  return new StartProblem(
    `The index ${nameOf(index)} is missing and cannot be built: ${why}.\nMend the rows (npm run verify shows what does not hold), or restore a copy; then start again.`,
    { cause },
  );
}
