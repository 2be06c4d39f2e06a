import type { Request, Response } from 'express';
import multer from 'multer';
import { AsyncResource } from 'node:async_hooks';
import { Malformed } from '../core/errors.ts';
import type { UploadedFile } from './route.ts';

/**
 * The parsers tell of parts that they cannot read (a header cut off, no name, no boundary, no end) by errors of their own,
 * called back or thrown: the sender's fault, not ours (S-33). Limits, and what ended because the sender left, stay what they are.
 */
function asMalformed(req: Request, err: Error & { code?: unknown }): Error {
  const kept = typeof err.code === 'string' && /^(LIMIT_|E[A-Z])/.test(err.code);
  return kept || req.socket.destroyed ? err : new Malformed('malformed', {}, [], err);
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
