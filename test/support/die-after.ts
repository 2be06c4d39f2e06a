import { Socket } from 'node:net';

/**
 * Loaded into a process of ours before anything else: it is killed when it has sent so many packets to the database
 * (LINLI_DIE_AFTER), and says at its end how many it sent.
 */
const limit = Number(process.env['LINLI_DIE_AFTER'] ?? Infinity);
const write = Socket.prototype.write;
let sent = 0;

Socket.prototype.write = function (this: Socket, ...args: unknown[]): boolean {
  const flushed = write.apply(this, args as never);
  sent += 1;
  if (sent === limit) process.kill(process.pid, 'SIGKILL');
  return flushed;
} as typeof write;

process.once('exit', () => process.stderr.write(`sent ${sent}\n`));
