import { EventEmitter } from 'node:events';

/**
 * Tells sweeps in the same process that there is something to do. Only ever shortens the wait: rows carry their own
 * due dates and polling alone is sufficient (F-23).
 */
const bus = new EventEmitter({ captureRejections: true });
bus.setMaxListeners(0);

export const wake = (sweep: string): void => {
  bus.emit('wake', sweep);
};

/** @returns a function that stops listening */
export function onWake(listener: (sweep: string) => void): () => void {
  bus.on('wake', listener);
  return () => bus.off('wake', listener);
}
