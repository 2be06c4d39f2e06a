export type WhyNotSpeak = 'not-your-own' | 'not-permitted' | 'spoke-before' | 'granted-by-subject';

/**
 * Why this human may not decide on a matter of somebody; null when they may: neither whose matter it is, nor who had a part in
 * it before, nor somebody who holds the right by the hand of whose matter it is (S-10).
 */
export function whyNotSpeak(speaker: {
  readonly isSubject: boolean;
  readonly may: boolean;
  readonly hadPart: boolean;
  readonly holdsApart: boolean;
}): WhyNotSpeak | null {
  if (speaker.isSubject) return 'not-your-own';
  if (!speaker.may) return 'not-permitted';
  if (speaker.hadPart) return 'spoke-before';
  return speaker.holdsApart ? null : 'granted-by-subject';
}
