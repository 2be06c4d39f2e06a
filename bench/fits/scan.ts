import { distanceMetres } from '../../server/core/geo.ts';
import { pointsOf, SOFT_RULES, weightOf } from '../../server/features/matching/matching.rules.ts';
import {
  areaBits,
  dateNumber,
  dayNumber,
  languagesAsked,
  skillNumber,
} from '../../server/features/matching/search/codes.ts';
import { daysFree } from '../../server/features/matching/search/columns.ts';
import type { Columns } from '../../server/features/matching/search/columns.ts';
import type { SearchQuery } from '../../server/features/matching/search/query.ts';

/** What anybody would write first: one loop over all rows of the typed arrays, cheapest test first, then the same points. */
export function fullScan(
  columns: Columns,
  { facts, settings, k }: SearchQuery,
): { row: number; score: number }[] {
  const weight = Object.fromEntries(SOFT_RULES.map((rule) => [rule.name, weightOf(rule, settings)]));
  const [wanted, least] = [skillNumber(facts.skills[0]!.code), facts.skills[0]!.minLevel];
  const languages = languagesAsked(facts.languages);
  const area = areaBits([facts.category]);
  const [today, start] = [dayNumber(facts.startDate), dateNumber(facts.startDate)];
  const day = daysFree(columns.patterns, facts.startMinute, facts.startMinute + facts.lengthMinutes);
  const best: { row: number; score: number }[] = [];
  const [lat0, lng0] = [facts.point!.latitude, facts.point!.longitude];
  const [up, across] = [111_195, 111_195 * Math.cos((lat0 * Math.PI) / 180)];
  const rough = (1.1 * settings.reachMetres + 100) ** 2;
  for (let row = 0; row < columns.size; row++) {
    let own = 0;
    for (let i = columns.skillStart[row]!; i < columns.skillStart[row + 1]!; i++)
      if (columns.skills[i]! >> 3 === wanted) own = columns.skills[i]!;
    const level = (own >> 1) & 3;
    if (level < least || (languages & ~columns.languages[row]!) !== 0) continue;
    const [dy, dx] = [
      (columns.latitude[row]! / 1e7 - lat0) * up,
      (columns.longitude[row]! / 1e7 - lng0) * across,
    ];
    if (dx * dx + dy * dy > rough) continue;
    if (day[columns.patterns.days[columns.pattern[row]! * 7 + facts.weekday - 1]!] === 0) continue;
    const years = Math.floor((start - columns.born[row]!) / 10_000);
    if (years < 18) continue;
    const metres = distanceMetres(facts.point!, {
      latitude: columns.latitude[row]! / 1e7,
      longitude: columns.longitude[row]! / 1e7,
    });
    if (metres > settings.reachMetres) continue;
    const interests = columns.interests[row]!;
    const last = columns.lastOn[row]!;
    const places = columns.kept[row]! + columns.missed[row]!;
    const score =
      pointsOf(weight['skill-level']!, { of: level + (own & 1 ? 3 : 0), from: 6 }) +
      pointsOf(weight['distance']!, { of: settings.reachMetres - metres, from: settings.reachMetres }) +
      weight['free-then']! +
      pointsOf(
        weight['preference']!,
        interests === 0 ? { of: 1, from: 2 } : interests & area ? { of: 1, from: 1 } : { of: 1, from: 5 },
      ) +
      pointsOf(weight['reliability']!, { of: columns.kept[row]! + 9, from: places + 10 }) +
      weight['load']! +
      pointsOf(weight['idle']!, { of: last === 0 ? 56 : Math.min(56, Math.max(0, today - last)), from: 56 }) +
      weight['first-slot']!;
    if (best.length === k && score < best[k - 1]!.score) continue;
    best.push({ row, score });
    best.sort((a, b) => b.score - a.score || a.row - b.row);
    while (best.length > k && best[k - 1]!.score > best[best.length - 1]!.score) best.pop();
  }
  return best;
}
