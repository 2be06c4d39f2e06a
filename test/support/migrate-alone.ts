import { migrate } from '../../server/db/migrate.ts';

/** A process that migrates the database named by MIGRATE_MONGODB_URI and ends. */
await migrate(process.env['MIGRATE_MONGODB_URI'] ?? '');
