import { expect } from 'chai';
import mongoose from 'mongoose';
import { toAppError } from '../../../server/http/error-handler.ts';

describe('what an error is to the reader', () => {
  it('is unavailable, malformed or a bug, also when its code is a number', () => {
    const server = (code: number): Error =>
      Object.assign(new mongoose.mongo.MongoServerError({ message: 'x' }), { code });
    expect(toAppError(server(189))?.status).to.equal(503);
    // No transaction: a bug of ours, told as one.
    expect(toAppError(server(251))).to.equal(null);
    expect(toAppError(Object.assign(new Error('x'), { code: 'LIMIT_FILE_SIZE' }))?.status).to.equal(413);
    expect(toAppError(new Error('x'))).to.equal(null);
  });
});
