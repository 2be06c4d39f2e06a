import { readSignedIds, signIds, SIGNED_IDS } from '../../core/signed-ids.ts';

/** What a mailed link stands for: one offer of one tenant. */
export interface OfferRef {
  readonly tenantId: string;
  readonly offerId: string;
}

export const LINK_PATTERN = SIGNED_IDS;
const PURPOSE = 'offer-answer';

/**
 * The token of a link in an offer's mail. The offer itself says whether it can still be answered, so a link works once by
 * nature.
 */
export const signOfferLink = (key: Buffer, { tenantId, offerId }: OfferRef): string =>
  signIds(key, PURPOSE, tenantId, offerId);

/** What a token stands for; null when we never made it. */
export function readOfferLink(key: Buffer, token: string): OfferRef | null {
  const ids = readSignedIds(key, PURPOSE, token);
  return ids ? { tenantId: ids[0], offerId: ids[1] } : null;
}
