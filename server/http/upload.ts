import type { Request, Response } from 'express';
import multer from 'multer';
import { AsyncResource } from 'node:async_hooks';
import { Malformed } from '../core/errors.ts';
import type { UploadedFile } from './route.ts';

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
  });
  const { file } = req as Request & { file?: { originalname: string; buffer: Buffer; size: number } };
  if (!file || file.size === 0) return null;
  if (file.originalname.length > 255) throw new Malformed('file-name-too-long');
  return { name: file.originalname, bytes: file.buffer };
}
