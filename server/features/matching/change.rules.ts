import type { Finding, Fit, PositionFacts } from './matching.types.ts';

/** What somebody could do so that a refusal falls away; worded under `matching.change.<code>`. */
export interface Change {
  readonly code: string;
  readonly params: Readonly<Record<string, string | number>>;
  /** Where it is done. */
  readonly way: 'profile' | 'credentials' | 'membership' | 'consents' | 'training' | 'guardian' | 'pools';
}

const KILOMETRES = [2, 5, 10, 20, 50, 100];
const DAY_MINUTES = 1_440;

/**
 * The smallest changes on the person's side that would make the position fit, all of them needed; null when something
 * stands against it that they cannot change, such as their age or another shift.
 */
export function smallestChanges(
  position: PositionFacts,
  fit: Pick<Fit, 'refusals' | 'distanceMetres'>,
): Change[] | null {
  const changes = fit.refusals.map((refusal) => changeFor(refusal, position, fit.distanceMetres));
  return changes.every((one) => one !== null) ? changes.flat() : null;
}

function changeFor(
  { code, params = {} }: Finding,
  position: PositionFacts,
  distanceMetres: number | null,
): Change | readonly Change[] | null {
  switch (code) {
    case 'birth-date-missing':
      return { code: 'state-birth-date', params: {}, way: 'profile' };
    case 'skill-missing': {
      const needed = position.skills.find((skill) => skill.code === params['skill']);
      return {
        code: 'add-skill',
        params: { skill: params['skill'] ?? '', level: needed?.minLevel ?? 1 },
        way: 'profile',
      };
    }
    case 'skill-too-low':
      return { code: 'raise-skill', params: { ...params }, way: 'profile' };
    case 'language-missing':
      return { code: 'add-language', params: { ...params }, way: 'profile' };
    case 'not-available':
      return timesOf(position).map((params) => ({ code: 'add-time', params, way: 'profile' }));
    case 'too-far': {
      const km = KILOMETRES.find((one) => one * 1_000 >= (distanceMetres ?? Infinity));
      return km === undefined ? null : { code: 'go-further', params: { km }, way: 'profile' };
    }
    case 'credential-missing':
    case 'credential-not-valid-then':
    case 'credential-level-too-low': {
      const level = position.credentials.find(({ type }) => type === params['credential'])?.level ?? '';
      const plain = code === 'credential-not-valid-then' ? 'renew-credential' : 'show-credential';
      return level === ''
        ? { code: plain, params: { ...params }, way: 'credentials' }
        : { code: 'show-credential-level', params: { ...params, level }, way: 'credentials' };
    }
    case 'training-missing':
      return { code: 'take-training', params: { ...params }, way: 'training' };
    case 'pool-missing':
      return { code: 'apply-pool', params: { ...params }, way: 'pools' };
    case 'guardian-consent-missing':
      return { code: 'ask-guardian', params: {}, way: 'guardian' };
    case 'consent-missing':
      return { code: 'agree', params: {}, way: 'consents' };
    case 'not-a-member':
      return { code: 'join', params: {}, way: 'membership' };
    default:
      return null;
  }
}

/** The stretches of the week that have to be free, as the profile states them: one that goes past midnight is two. */
function timesOf({ weekday, startMinute, lengthMinutes }: PositionFacts): Record<string, number>[] {
  const end = startMinute + lengthMinutes;
  const today = { weekday, startMinute, endMinute: Math.min(end, DAY_MINUTES) };
  if (end <= DAY_MINUTES) return [today];
  return [today, { weekday: (weekday % 7) + 1, startMinute: 0, endMinute: end - DAY_MINUTES }];
}
