import type { Humans } from '../../core/humans.ts';
import type { IdentityDocumentService } from './identity-document.service.ts';

export interface HumansParts {
  readonly identityDocuments: IdentityDocumentService;
  readonly personsOf: (accountIds: readonly string[]) => Promise<string[]>;
}

/** Compares humans by the numbers they stated; two people without a number are two humans. */
export function createHumans({ identityDocuments, personsOf }: HumansParts): Humans {
  const behind: Humans['behind'] = async (personIds) => {
    const known = await identityDocuments.humansOf(personIds);
    return (personId) => known.get(personId)?.human ?? personId;
  };
  return {
    behind,
    async isSame(personId, { personIds = [], accountIds = [] }) {
      const others = [...personIds, ...(accountIds.length > 0 ? await personsOf(accountIds) : [])];
      if (others.length === 0) return false;
      const human = await behind([personId, ...others]);
      return others.some((id) => human(id) === human(personId));
    },
  };
}
