import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { signIds } from '../../core/signed-ids.ts';
import { defineMessage, envelopeOf } from '../../mail/message.ts';
import type { MessageDefinition, Recipient } from '../../mail/message.ts';
import type { MembershipService } from '../memberships/index.ts';
import { coverage } from '../shifts/index.ts';
import type { ShiftService } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { SavedSearchModel, SearchHitModel } from './saved-search.model.ts';
import type { SavedSearchRow } from './saved-search.model.ts';

/** What the link at the end of a digest may do. */
export const STOP = 'stop-searches';
/** Positions that one mail names of one search; the page has all. */
const MOST_NAMED = 10;

export interface SavedSearchMailParts {
  readonly shifts: ShiftService;
  readonly memberships: Pick<MembershipService, 'approvedOf'>;
  readonly tenants: TenantService;
  readonly recipientOf: (personId: string) => Promise<Recipient | null>;
  readonly publicUrl: string;
  readonly linkKey: Buffer;
}

interface Named {
  readonly title: string;
  readonly position: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly place: string;
  readonly free: number;
}

/** What is new for a person's searches: one mail for all of them. */
export function savedSearchMessages(parts: SavedSearchMailParts): MessageDefinition[] {
  const { memberships, tenants, recipientOf, publicUrl, linkKey } = parts;
  return [
    defineMessage({
      kind: 'saved-searches/found',
      async load(row) {
        const personId = String(row.data['personId']);
        const to = await recipientOf(personId);
        if (!to) return null;
        const leaving = row.state === 'waiting';
        if (leaving && !(await memberships.approvedOf(personId))) return null;
        const searches = await foundIn(parts, row.subjectId, leaving);
        if (searches.length === 0) return null;
        const tenant = await tenants.current();
        const token = signIds(linkKey, STOP, tenant.id, personId);
        return {
          ...envelopeOf(to, tenant),
          unsubscribe: `${publicUrl}/api/v1/search-mails/${token}/stop`,
          model: {
            name: to.name,
            count: searches.reduce((sum, { count }) => sum + count, 0),
            searches: searches.map(({ row: search, named, count }) => ({
              name: search.name,
              named,
              more: count - named.length,
              link: `${publicUrl}/saved-searches/${String(search._id)}`,
            })),
            link: `${publicUrl}/saved-searches`,
            stopLink: `${publicUrl}/search-mails/${token}`,
          },
        };
      },
    }),
  ];
}

/** The searches of a digest with what is still open of their positions; a mail that leaves names none twice. */
async function foundIn(
  { shifts }: SavedSearchMailParts,
  digestId: string,
  leaving: boolean,
): Promise<{ row: SavedSearchRow; named: Named[]; count: number }[]> {
  const hits = await SearchHitModel.find({ digestId: new Types.ObjectId(digestId) })
    .sort({ _id: 1 })
    .lean();
  const rows = await SavedSearchModel.find({
    _id: { $in: [...new Set(hits.map(({ searchId }) => String(searchId)))] },
    // Paused meanwhile: no longer wanted.
    ...(leaving ? { paused: false } : {}),
  } as never)
    .sort({ _id: 1 })
    .lean();
  const named = new Map<string, Named>();
  for (const { positionId } of hits) {
    const found = named.has(String(positionId)) ? null : await shifts.position(positionId);
    if (!found) continue;
    const { position, shift } = found;
    const { free } = coverage(position);
    if (leaving && (shift.state !== 'published' || shift.startsAt <= contextNow() || free === 0)) continue;
    const { startsAt, endsAt, title } = shift;
    named.set(String(positionId), {
      title,
      position: position.name,
      startsAt,
      endsAt,
      place: shift.place.label,
      free,
    });
  }
  const told = new Set<string>();
  return rows.flatMap((row) => {
    const own = hits
      .filter(
        ({ searchId, positionId }) => String(searchId) === String(row._id) && !told.has(String(positionId)),
      )
      .flatMap(({ positionId }) => {
        const one = named.get(String(positionId));
        if (one) told.add(String(positionId));
        return one ? [one] : [];
      })
      .sort((a, b) => a.startsAt.getTime() - b.startsAt.getTime());
    return own.length === 0 ? [] : [{ row, named: own.slice(0, MOST_NAMED), count: own.length }];
  });
}
