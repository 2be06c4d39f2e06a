/** What an activity is: only volunteer service is recorded and certified. */
export const NATURES = ['volunteer', 'paid', 'compulsory', 'duty_time'] as const;
export type Nature = (typeof NATURES)[number];

/** What a shift says it is; volunteer service where it was not asked. */
export const natureOf = (shift: { readonly nature?: Nature | undefined }): Nature =>
  shift.nature ?? 'volunteer';

/** Whether attending gives volunteer hours: paid, compulsory and duty-time activities never do. */
export const givesHours = (shift: { readonly nature?: Nature | undefined }): boolean =>
  natureOf(shift) === 'volunteer';

/**
 * What stands against recording service that somebody types in, beside the field `nature`.
 * @param said undefined where it was not asked (programs of before), null where it was asked and not answered
 */
export function natureFaults(said: Nature | null | undefined): { path: string; code: string }[] {
  if (said === null) return [{ path: 'nature', code: 'required' }];
  return said === undefined || said === 'volunteer'
    ? []
    : [{ path: 'nature', code: 'not-volunteer-service' }];
}

/** Whether a change of the nature comes too late: whoever was there already had their hours recorded, or not, by what it was. */
export const natureIsFixed = (before: Nature, after: Nature, anybodyCame: boolean): boolean =>
  before !== after && anybodyCame;
