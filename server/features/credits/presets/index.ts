import { versionsSchema } from '../programme.schema.ts';
import type { Programme } from '../programme.schema.ts';
import { macao, ukEngland, usMn, wales } from './abroad.ts';
import { cnAssistant, cnIntermediate, cnProfessionalAnnual, cnSenior } from './cn.ts';

const ALL = [cnAssistant, cnIntermediate, cnSenior, cnProfessionalAnnual, usMn, ukEngland, macao, wales];

/** The programmes that come with Linli, by name; each is its versions, oldest first. A wrong one stops the start. */
export const PRESETS: ReadonlyMap<string, readonly Programme[]> = new Map(
  ALL.map((programme) => [programme.programme, versionsSchema.parse([programme])]),
);
