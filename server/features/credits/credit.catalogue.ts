/** What anybody may claim; the programmes that concern a person bring further activities and evidence. */

/** 情、理、法: the competence dimensions to which everything learned belongs. */
export const DIMENSIONS = ['values', 'ability', 'law'] as const;
export const ACTIVITIES = [
  'training',
  'course',
  'degree',
  'practice',
  'distance',
  'conference',
  'other',
] as const;
export const CATEGORIES = ['professional', 'public', 'ethics'] as const;
export const MODES = ['inPerson', 'online', 'independentStudy'] as const;
export const EVIDENCE = ['passCertificate', 'passedTranscript', 'diploma', 'attendance'] as const;
