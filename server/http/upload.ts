import type { Request, Response } from 'express';
import multer from 'multer';
import { AsyncResource } from 'node:async_hooks';
import { Malformed, Unavailable } from '../core/errors.ts';
import type { UploadedFile } from './route.ts';

/**
 * The parsers tell of parts that they cannot read (a header cut off, no name, no boundary, no end) by errors of their own,
 * called back or thrown: the sender's fault, not ours (S-33). Limits, and what ended because the sender left, stay what they are.
 */
function asMalformed(req: Request, err: Error & { code?: unknown }): Error {
  const kept = typeof err.code === 'string' && /^(LIMIT_|E[A-Z])/.test(err.code);
  return kept || req.socket.destroyed ? err : new Malformed('malformed', {}, [], err);
}

/** Files that a process receives at once, each in memory until it is there, however slowly it comes: some 240 MB. */
const MOST_AT_ONCE = 24;
/** Of them those of one account: nobody keeps others from sending theirs. */
const MOST_OF_ONE = 12;
const receiving = new Map<string, number>();

/**
 * A file may come for as long as a request may take, and nothing else counts it meanwhile (F-27).
 * @throws Unavailable when this account, or all together, are sending too many already
 */
export async function whileReceiving<T>(accountId: string, receive: () => Promise<T>): Promise<T> {
  const own = receiving.get(accountId) ?? 0;
  const all = [...receiving.values()].reduce((sum, count) => sum + count, 0);
  if (own >= MOST_OF_ONE || all >= MOST_AT_ONCE) throw new Unavailable('overloaded');
  receiving.set(accountId, own + 1);
  try {
    return await receive();
  } finally {
    const left = (receiving.get(accountId) ?? 1) - 1;
    if (left > 0) receiving.set(accountId, left);
    else receiving.delete(accountId);
  }
}

/**
 * Reads one file of at most `maxBytes` from the multipart field `file`; its other fields become the body. Kept in
 * memory: the limit is small and nothing is written before the request is known to be allowed.
 */
export async function receiveUpload(
  req: Request,
  res: Response,
  maxBytes: number,
): Promise<UploadedFile | null> {
  if (!req.is('multipart/form-data')) return null;
  const receive = multer({
    storage: multer.memoryStorage(),
    limits: {
      fileSize: maxBytes,
      files: 1,
      fields: 200,
      parts: 201,
      fieldSize: 64 * 1024,
      fieldNameSize: 200,
      headerPairs: 50,
    },
    defParamCharset: 'utf8',
  } as multer.Options).single('file');
  await new Promise<void>((resolve, reject) => {
    // multer calls back outside our asynchronous context; bind it back in.
    receive(
      req,
      res,
      AsyncResource.bind((err: unknown) => (err ? reject(err as Error) : resolve())),
    );
  }).catch((err: unknown) => {
    throw asMalformed(req, err as Error);
  });
  const { file } = req as Request & { file?: { originalname: string; buffer: Buffer; size: number } };
  if (!file || file.size === 0) return null;
  if (file.originalname.length > 255) throw new Malformed('file-name-too-long');
  return { name: file.originalname, bytes: file.buffer };
}
