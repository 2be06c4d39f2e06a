import { Schema } from 'mongoose';
import { StartProblem } from './embedded/index.ts';
import { globalModel } from './registry.ts';
import { isDuplicateKey } from './transaction.ts';

interface InstallationRow {
  _id: string;
  /** Says which master secret this installation uses, and nothing else about it. */
  secretPrint: string;
  /** Keys that certificates of this installation are signed with, now and before. */
  signingKeyIds: string[];
}

const installationSchema = new Schema({
  _id: { type: String, required: true },
  secretPrint: { type: String, required: true },
  signingKeyIds: { type: [String], required: true },
});

export const InstallationModel = globalModel<InstallationRow>(
  'Installation',
  installationSchema,
  'which keys the processes of one installation share',
);

const ID = 'keys';
const WAY_OUT =
  'Every web and jobs process of one installation needs the same keys: copy the folder LINLI_DATA/keys of the first machine to this one (and give both the same SECRET_KEY, if one is set), then start again.';

/**
 * The first process of an installation notes which keys it has; every later one must have them too. With others it would
 * sign sessions, links and certificates that its siblings refuse, seemingly at random.
 * @throws StartProblem with the way out
 */
export async function assertSameKeys(own: {
  readonly secretPrint: string;
  readonly signingKeyIds: readonly string[];
}): Promise<void> {
  const known = await InstallationModel.findById(ID).lean();
  if (!known) {
    try {
      await InstallationModel.create([{ _id: ID, ...own }] as never);
      return;
    } catch (err) {
      // Two processes began the installation together: the one that came first decides.
      if (!isDuplicateKey(err)) throw err;
      return assertSameKeys(own);
    }
  }
  if (known.secretPrint !== own.secretPrint)
    throw new StartProblem(
      `This process has another master secret than the others on this database.\n${WAY_OUT}`,
    );
  const missing = known.signingKeyIds.filter((id) => !own.signingKeyIds.includes(id));
  if (missing.length > 0)
    throw new StartProblem(
      `This process lacks the certificate key ${missing.join(', ')} that others on this database sign with.\n${WAY_OUT}`,
    );
  if (own.signingKeyIds.length > known.signingKeyIds.length)
    await InstallationModel.updateOne(
      { _id: ID },
      { $addToSet: { signingKeyIds: { $each: [...own.signingKeyIds] } } },
    );
}
