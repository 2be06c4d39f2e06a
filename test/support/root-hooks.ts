import { Socket } from 'node:net';

/**
 * Loaded before every spec, by `npm test` and by mocha run directly: tests run in their own environment and reach
 * nothing outside this machine, so that no test depends on, or disturbs, a service somewhere else.
 */
process.env['NODE_ENV'] ??= 'test';
process.env['LOG_LEVEL'] ??= 'silent';
process.env['TZ'] = 'UTC';

const LOCAL = /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\]|0\.0\.0\.0|::)$/;

interface Target {
  host?: string;
  path?: string | null;
}

const connect = Socket.prototype.connect;

Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
  // Node's own callers hand over one array of normalised arguments, others the options or port and host.
  const first: unknown = Array.isArray(args[0]) ? (args[0] as unknown[])[0] : args[0];
  const target: Target =
    typeof first === 'object' && first !== null
      ? first
      : typeof first === 'number' && typeof args[1] === 'string'
        ? { host: args[1] }
        : {};
  if (!target.path && target.host !== undefined && !LOCAL.test(target.host)) {
    const refusal = new Error(`Tests reach nothing outside this machine, and this one tried ${target.host}`);
    process.nextTick(() => this.destroy(refusal));
    return this;
  }
  return connect.apply(this, args as never);
} as typeof connect;
