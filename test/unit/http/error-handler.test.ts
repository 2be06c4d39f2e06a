import { expect } from 'chai';
import mongoose from 'mongoose';
import { toAppError } from '../../../server/http/error-handler.ts';

describe('what an error is to the reader', () => {
  it('is unavailable, malformed or a bug, also when its code is a number', () => {
    const server = (code: number): Error =>
      Object.assign(new mongoose.mongo.MongoServerError({ message: 'x' }), { code });
    expect(toAppError(server(189))?.status).to.equal(503);
    // A transaction that an election took away (F-6).
    expect(toAppError(server(251))?.status).to.equal(503);
    expect(toAppError(server(2))).to.equal(null);
    expect(toAppError(Object.assign(new Error('x'), { code: 'LIMIT_FILE_SIZE' }))?.status).to.equal(413);
    expect(toAppError(new Error('x'))).to.equal(null);
  });
});
