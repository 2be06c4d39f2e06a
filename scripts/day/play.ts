import { randomBytes, randomInt } from 'node:crypto';
import { addDays, localDate, localMinutes } from '../../server/core/time.ts';
import { now } from '../../server/core/clock.ts';
import { checkCharacter } from '../../server/features/identity-documents/index.ts';
import { Person, StepFailed, pause } from './client.ts';
import type { Day } from './client.ts';
import type { CertificateFiles } from './proof.ts';

const TENANT = 'tonglu';
const ZONE = 'Asia/Shanghai';
const PASSWORD = 'one long day of service 2026';

export interface Cast {
  readonly coordinator: Person;
  readonly officer: Person;
  readonly reviewer: Person;
}

interface Shift {
  readonly id: string;
  readonly positions: readonly { readonly id: string }[];
}
interface Assignment {
  readonly id: string;
  readonly state: string;
}

const clock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

/** Somebody new: registers, confirms by mail, fills in the profile, is reviewed by two people. */
export async function newVolunteer(day: Day, cast: Cast, name: string): Promise<Person> {
  const email = `day-${randomBytes(5).toString('hex')}@example.org`;
  const person = new Person(day, name, email);
  await day.step('registers', name, () =>
    person.call('POST', '/register', { name, email, password: PASSWORD, terms: true, place: TENANT }),
  );
  const mail = await day.step('gets the confirmation mail', name, () => day.mailTo(email, /确认|Confirm/));
  const token = new URL(mail.links[0] ?? '').pathname.split('/').at(-1) ?? '';
  await day.step('confirms the address', name, () => person.call('POST', `/confirm/${token}`));
  await day.step('signs in', name, () => person.signIn(PASSWORD, TENANT));
  await day.step('fills in the profile', name, async () => {
    const { version } = await person.call<{ version: number }>('GET', '/me/profile');
    const profile = {
      name,
      birthDate: '1992-05-17',
      languages: ['zh'],
      skills: [{ code: 'elderly-visit', level: 2 }],
      latitude: 29.8,
      longitude: 119.69,
      county: '330122',
      homeLabel: '桐君街道',
    };
    await person.call('PATCH', '/me/profile', profile, { version });
  });
  const { data } = await cast.officer.call<{ data: { id: string; personName: string }[] }>(
    'GET',
    `/memberships?state=submitted&q=${encodeURIComponent(name)}`,
  );
  const id = data.find((membership) => membership.personName === name)?.id;
  if (!id) throw new StepFailed(`No application of ${name}`);
  await day.step('passes the first review', cast.officer.name, () =>
    cast.officer.call('POST', `/memberships/${id}/review`, { verdict: 'first_review' }),
  );
  await day.step('approves the membership', cast.reviewer.name, () =>
    cast.reviewer.call('POST', `/memberships/${id}/review`, { verdict: 'approved' }),
  );
  return person;
}

/** A number of nobody: such people would have been born in 1900. */
function inventedNumber(): string {
  const n = randomInt(365 * 999);
  const day = new Date(Date.UTC(1900, 0, 1 + Math.floor(n / 999))).toISOString().slice(0, 10);
  const digits = `330122${day.replace(/-/g, '')}${String((n % 999) + 1).padStart(3, '0')}`;
  return `${digits}${checkCharacter(digits)}`;
}

/** Posts a need with one shift and one place, and publishes it. */
async function postNeed(
  day: Day,
  coordinator: Person,
  title: string,
  when: { date: string; startTime: string; endTime: string },
): Promise<{ shift: Shift; positionId: string }> {
  const shift = await day.step(`posts: ${title}`, coordinator.name, async () => {
    const { data } = await coordinator.call<{ data: { id: string; kind: string }[] }>(
      'GET',
      '/units?limit=1',
    );
    const unitId = data[0]?.id;
    const made = await coordinator.call<{ id: string }>('POST', '/requests', {
      unitId,
      title,
      description: '陪独居老人聊聊天，量一次血压，看看煤气和药品。',
      category: 'elderly',
      place: {
        label: '桐君街道居家养老中心',
        address: '演示路1号（示意）',
        latitude: 29.801,
        longitude: 119.691,
      },
      conditions: '有耐心',
      risks: '无特别风险',
      support: '统一马甲、饮水',
      contactName: '周明远',
      contactPhone: '19900000001',
      shift: when,
      position: { name: '探访员', skills: [{ code: 'elderly-visit', minLevel: 1 }], required: 1, maximum: 1 },
    });
    const list = await coordinator.call<{ data: Shift[] }>('GET', `/shifts?requestId=${made.id}`);
    const [first] = list.data;
    if (!first) throw new StepFailed('The request has no shift');
    return first;
  });
  await day.step('publishes the shift', coordinator.name, () =>
    coordinator.call('POST', `/shifts/${shift.id}/publication`),
  );
  const positionId = shift.positions[0]?.id;
  if (!positionId) throw new StepFailed('The shift has no position');
  return { shift, positionId };
}

/** Tomorrow's shift: found, offered, accepted, declined, a line that moves up. */
export async function playTomorrow(
  day: Day,
  { coordinator }: Cast,
  [ann, ben, cai]: readonly [Person, Person, Person],
): Promise<void> {
  const tomorrow = addDays(localDate(now(), ZONE), 1);
  const { positionId } = await postNeed(day, coordinator, '独居老人探访（明天）', {
    date: tomorrow,
    startTime: '09:00',
    endTime: '11:00',
  });
  const handles = await day.step('finds who fits', coordinator.name, async () => {
    const ranking = await coordinator.call<{
      data: { handle: string; name: string | null }[];
      funnel: unknown[];
    }>('GET', `/positions/${positionId}/candidates?limit=100`);
    const found = [ann, cai].map(
      (person) => ranking.data.find((candidate) => candidate.name === person.name)?.handle,
    );
    if (found.some((handle) => handle === undefined))
      throw new StepFailed(`Not among the first ${ranking.data.length} candidates`);
    return found as string[];
  });
  await day.step('offers the place to two', coordinator.name, () =>
    coordinator.call('POST', `/positions/${positionId}/offers`, { handles, note: '明天见！' }),
  );
  await day.step('gets the offer by mail', ann.name, () => day.mailTo(ann.email, /邀请|help/));
  const own = async (person: Person): Promise<Assignment> => {
    const { data } = await person.call<{ data: (Assignment & { positionId: string })[] }>(
      'GET',
      '/assignments',
    );
    const found = data.find((assignment) => assignment.positionId === positionId);
    if (!found) throw new StepFailed(`${person.name} has no assignment`);
    return found;
  };
  await day.step('declines the offer', cai.name, async () =>
    cai.call('POST', `/assignments/${(await own(cai)).id}/decline`, { reason: '明天值班' }),
  );
  await day.step('accepts the offer', ann.name, async () =>
    ann.call('POST', `/assignments/${(await own(ann)).id}/accept`),
  );
  await day.step('asks too and waits in line', ben.name, async () => {
    const asked = await ben.call<Assignment>('POST', `/positions/${positionId}/assignments`, { note: '' });
    if (asked.state !== 'waitlisted') throw new StepFailed(`Expected the waitlist, found ${asked.state}`);
  });
  await day.step('calls it off', ann.name, async () =>
    ann.call('POST', `/assignments/${(await own(ann)).id}/cancel`, { reason: '孩子生病' }),
  );
  await day.step('is told that the place is free', ben.name, () =>
    day.mailTo(ben.email, /名额|place is free/),
  );
  await day.step('moves up and accepts', ben.name, async () => {
    const moved = await own(ben);
    if (moved.state !== 'offered') throw new StepFailed(`Expected an offer, found ${moved.state}`);
    await ben.call('POST', `/assignments/${moved.id}/accept`);
  });
}

/** Today's shift, which begins in a minute or two: checked in and out by code, confirmed by somebody else. */
export async function playToday(day: Day, { coordinator }: Cast, volunteer: Person): Promise<void> {
  // The next full minute that leaves time to sign up.
  const startsAt = Math.ceil((now().getTime() + 25_000) / 60_000) * 60_000;
  const start = localMinutes(new Date(startsAt), ZONE);
  const { shift, positionId } = await postNeed(day, coordinator, '独居老人探访（今天）', {
    date: localDate(new Date(startsAt), ZONE),
    startTime: clock(start),
    endTime: clock(start + 60),
  });
  const assignment = await day.step('sees it and signs up', volunteer.name, async () => {
    const { data } = await volunteer.call<{ data: { positionId: string }[] }>('GET', '/me/opportunities');
    if (!data.some((one) => one.positionId === positionId)) throw new StepFailed('Not among what suits');
    return volunteer.call<Assignment>('POST', `/positions/${positionId}/assignments`, { note: '' });
  });
  const code = async (): Promise<string> =>
    (await coordinator.call<{ code: string }>('GET', `/shifts/${shift.id}/attendance`)).code;
  await day.step('checks in with the code on the screen', volunteer.name, async () =>
    volunteer.call('POST', '/check-ins', { code: await code() }),
  );
  await day.step('serves (a minute and a bit)', volunteer.name, () =>
    pause(Math.max(0, startsAt + 65_000 - now().getTime())),
  );
  await day.step('checks out', volunteer.name, async () =>
    volunteer.call('POST', `/assignments/${assignment.id}/check-out`, { code: await code() }),
  );
  const record = await day.step('finds the hours recorded', volunteer.name, async () => {
    const { data } = await volunteer.call<{
      data: { id: string; recordedMinutes: number; shiftId: string | null }[];
    }>('GET', '/hours');
    const found = data.find((one) => one.shiftId === shift.id);
    if (!found || found.recordedMinutes < 1)
      throw new StepFailed(`Expected a minute of service, found ${found?.recordedMinutes ?? 'nothing'}`);
    return found;
  });
  await day.step('cannot confirm own hours', volunteer.name, () =>
    volunteer.call('POST', `/hours/${record.id}/approve`, {}, { expect: 403 }),
  );
  await day.step('confirms the hours', coordinator.name, () =>
    coordinator.call('POST', `/hours/${record.id}/approve`, {}),
  );
  await day.step('is told of it', volunteer.name, () =>
    day.mailTo(volunteer.email, /时长已确认|Hours confirmed/),
  );
}

/** The certificate of the year, downloaded in both forms. */
export async function playCertificate(day: Day, volunteer: Person): Promise<CertificateFiles> {
  const today = localDate(now(), ZONE);
  const period = { from: `${today.slice(0, 4)}-01-01`, to: today, locale: 'zh-CN' };
  await day.step('gets no certificate before it is known who that is', volunteer.name, () =>
    volunteer.call('POST', '/certificates', period, { expect: 409 }),
  );
  await day.step('states the identity document', volunteer.name, () =>
    volunteer.call('POST', '/me/identity', { type: 'resident-id', number: inventedNumber() }),
  );
  const issued = await day.step('has a certificate issued', volunteer.name, () =>
    volunteer.call<{ id: string; code: string; number: string; totalMinutes: number }>(
      'POST',
      '/certificates',
      period,
    ),
  );
  await day.step('issuing it again gives the same', volunteer.name, async () => {
    const again = await volunteer.call<{ id: string }>('POST', '/certificates', period);
    if (again.id !== issued.id) throw new StepFailed('A second certificate of the same hours');
  });
  const pdf = await day.step('downloads the PDF', volunteer.name, () =>
    volunteer.download(`/certificates/${issued.id}/pdf`),
  );
  const json = await day.step('downloads the signed statement', volunteer.name, () =>
    volunteer.download(`/certificates/${issued.id}/json`),
  );
  await day.step('anyone verifies the code', 'anybody', async () => {
    const answer = await fetch(`${day.url}/api/v1/certificates/verify/${issued.code}`);
    const { found, certificate } = (await answer.json()) as {
      found: boolean;
      certificate: { state: string; totalMinutes: number } | null;
    };
    if (!found || certificate?.state !== 'valid' || certificate.totalMinutes !== issued.totalMinutes)
      throw new StepFailed(`Answer ${answer.status}`);
  });
  return { number: issued.number, pdf, json };
}
