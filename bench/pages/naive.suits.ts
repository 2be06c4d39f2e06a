import { Assignment, Credential, Membership, Person, Shift } from './naive.models.ts';
import type { Doc } from './naive.models.ts';
import { dateOf, distanceText } from './naive.views.ts';
import type { Translate } from './naive.views.ts';

/**
 * What suits somebody, as a beginner writes it: the open shifts with their positions, everything about the person, one
 * look-up after the other, then a loop. It asks for skills, languages, free times, distance, credentials, age and what is
 * booked already; the product asks for more (sixteen rules that refuse and ten that weigh), which is in its favour.
 */
interface Slot {
  readonly weekday: number;
  readonly startMinute: number;
  readonly endMinute: number;
}
export interface Suited {
  readonly shift: any; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly position: any; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly score: number;
  readonly metres: number | null;
  readonly reasons: string[];
}

const REACH = 30_000;
const DAY = 86_400_000;
const CREDENTIALS = ['', 'assistant', 'intermediate', 'senior'];
const BUSY = ['requested', 'waitlisted', 'offered', 'accepted', 'confirmed', 'checked_in'];

function metresBetween([lng1, lat1]: number[], [lng2, lat2]: number[]): number {
  const rad = (degrees = 0): number => (degrees * Math.PI) / 180;
  const a =
    Math.sin((rad(lat2) - rad(lat1)) / 2) ** 2 +
    Math.cos(rad(lat1)) * Math.cos(rad(lat2)) * Math.sin((rad(lng2) - rad(lng1)) / 2) ** 2;
  return Math.round(2 * 6_371_008.8 * Math.asin(Math.sqrt(a)));
}

/** The tenant's clocks are eight hours ahead all year. */
function isFree(slots: readonly Slot[], startsAt: Date, endsAt: Date): boolean {
  const shown = new Date(+startsAt + 8 * 3_600_000);
  const weekday = shown.getUTCDay() || 7;
  const from = shown.getUTCHours() * 60 + shown.getUTCMinutes();
  const to = from + (+endsAt - +startsAt) / 60_000;
  return slots.some((slot) => slot.weekday === weekday && slot.startMinute <= from && slot.endMinute >= to);
}

/** Open positions that suit the person, best first, and how many do not. */
export async function suitsOf(
  personId: unknown,
  tenant: Doc,
  limit: number,
  t: Translate,
  lng: string,
): Promise<{ suited: Suited[]; others: number }> {
  const open = await Shift.find({ tenantId: tenant._id, state: 'published', startsAt: { $gt: new Date() } })
    .sort({ startsAt: 1, _id: 1 })
    .limit(limit)
    .populate('positions');
  const person = await Person.findById(personId);
  const membership = await Membership.findOne({ tenantId: tenant._id, personId });
  const credentials = await Credential.find({ personId, state: { $in: ['valid', 'expiring'] } });
  const own = await Assignment.find({ personId, state: { $in: BUSY }, endsAt: { $gt: new Date() } });
  const booked = own.map((one) => ({
    positionId: String(one.positionId),
    from: +one.startsAt,
    to: +one.endsAt,
    sure: ['accepted', 'confirmed', 'checked_in'].includes(one.state),
  }));
  const levels = new Map<string, number>();
  for (const { code, level } of [...person.skills, ...(membership?.verifiedSkills ?? [])])
    levels.set(code, Math.max(level, levels.get(code) ?? 0));
  const slots: Slot[] = person.availability.map(({ weekday, startMinute, endMinute }: Slot) => ({
    weekday,
    startMinute,
    endMinute,
  }));
  const home: number[] | undefined = person.home?.coordinates;
  const held = credentials.map((one) => ({
    type: one.type as string,
    level: CREDENTIALS.indexOf(one.level),
    from: one.validFrom as string,
    to: one.validTo as string,
  }));
  const age = (Date.now() - Date.parse(person.birthDate)) / (365.25 * DAY);

  const suited: Suited[] = [];
  let others = 0;
  for (const shift of open) {
    const [from, to] = [+shift.startsAt, +shift.endsAt];
    const date = dateOf(shift.startsAt);
    const there: number[] | undefined = shift.place.point?.coordinates;
    const metres = home && there?.length ? metresBetween([...home], [...there]) : null;
    const free = slots.length === 0 || isFree(slots, shift.startsAt, shift.endsAt);
    const busy = booked.some((one) => one.sure && one.from < to && from < one.to);
    const thatDay = booked
      .filter((one) => one.sure && dateOf(new Date(one.from)) === date)
      .reduce((sum, one) => sum + (one.to - one.from) / 60_000, 0);
    const tooMuch = thatDay + (to - from) / 60_000 > (tenant['settings'] as never)['dailyCapMinutes'];
    for (const position of shift.positions) {
      if (booked.some((one) => one.positionId === String(position._id))) continue;
      const skilled = position.skills.every(
        (skill: { code: string; minLevel: number }) => (levels.get(skill.code) ?? 0) >= skill.minLevel,
      );
      const speaks = position.languages.every((language: string) => person.languages.includes(language));
      const certified = position.credentials.every((asked: { type: string; level: string }) =>
        held.some(
          (one) =>
            one.type === asked.type &&
            one.level >= CREDENTIALS.indexOf(asked.level) &&
            one.from <= date &&
            date <= one.to,
        ),
      );
      const oldEnough = (position.minAge ?? 0) <= age && age <= (position.maxAge ?? 200);
      const near = metres === null || metres <= REACH;
      if (!free || busy || tooMuch || !skilled || !speaks || !certified || !oldEnough || !near) {
        others += 1;
        continue;
      }
      const reasons: string[] = [];
      if (position.skills.length > 0) reasons.push(t('matching.finding.skill-fits'));
      if (metres !== null)
        reasons.push(t('matching.finding.distance', { metres: distanceText(metres, lng) }));
      reasons.push(t(slots.length > 0 ? 'matching.finding.said-free' : 'matching.finding.times-unknown'));
      const best = position.skills.reduce(
        (sum: number, { code }: { code: string }) => sum + Math.min(3, levels.get(code) ?? 0) / 6,
        0,
      );
      const score =
        (position.skills.length > 0 ? (250 * best) / position.skills.length : 125) +
        (metres === null ? 75 : 300 * (1 - metres / REACH)) +
        (slots.length > 0 ? 100 : 30) +
        20 / (1 + Number(position.taken));
      suited.push({ shift, position, score, metres, reasons });
    }
  }
  suited.sort((a, b) => b.score - a.score || (String(a.position._id) < String(b.position._id) ? -1 : 1));
  return { suited, others };
}
