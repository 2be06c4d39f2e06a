/** Bounds on every wait for the database (F-9): nobody hangs for the driver's defaults. Requests have closer ones (`patience.ts`). */
export const OPTIONS = {
  // An election takes a second or two; whoever has waited longer than this is told to come again (F-7).
  serverSelectionTimeoutMS: 3_000,
  socketTimeoutMS: 30_000,
  // A commit that got no connection would leave its transaction open on the server for a minute. Requests wait less.
  waitQueueTimeoutMS: 10_000,
  // Kept to every member: after an election the new primary is not met by a crowd of handshakes.
  minPoolSize: 3,
  connectTimeoutMS: 5_000,
  retryWrites: true,
  writeConcern: { w: 'majority' as const, j: true },
  readConcern: { level: 'majority' as const },
  readPreference: 'primary' as const,
  compressors: [] as ('none' | 'snappy' | 'zlib' | 'zstd')[],
};
