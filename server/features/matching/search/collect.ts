import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as (how: object) => void;

/**
 * Lets go at once of what is no longer needed: reading leaves many times behind what is kept, and a thread that then
 * mostly waits would hold it for hours.
 */
export const collect = (): void => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
