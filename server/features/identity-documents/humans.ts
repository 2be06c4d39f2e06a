import type { Humans } from '../../core/humans.ts';
import type { IdentityDocumentService } from './identity-document.service.ts';

export interface HumansParts {
  readonly identityDocuments: IdentityDocumentService;
  readonly personsOf: (accountIds: readonly string[]) => Promise<string[]>;
}

/** Compares humans by the numbers they stated; two people without a number are two humans. */
export const createHumans = ({ identityDocuments, personsOf }: HumansParts): Humans => ({
  async isSame(personId, { personIds = [], accountIds = [] }) {
    const others = [...personIds, ...(accountIds.length > 0 ? await personsOf(accountIds) : [])];
    if (others.length === 0) return false;
    const known = await identityDocuments.humansOf([personId, ...others]);
    const human = (id: string): string => known.get(id)?.human ?? id;
    return others.some((id) => human(id) === human(personId));
  },
});
