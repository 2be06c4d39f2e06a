import { courseLifecycle, sessionLifecycle, trainingLifecycle } from '../../core/states.ts';
import { wayAlong } from '../../db/transition.ts';
import { wallTime } from './demo.calendar.ts';
import { addDays, localDate } from '../../core/time.ts';
import { daysOf } from '../people/index.ts';
import type { DemoGround, DemoMembership, DemoPerson, DemoTenant } from './demo.types.ts';

interface DemoCourse {
  readonly title: string;
  readonly content: string;
  readonly dimension: 'values' | 'ability' | 'law';
  readonly tracks: readonly ('professional' | 'semi-professional')[];
  readonly category: string;
  readonly minutes: number;
  readonly passMark: number | null;
  /** Index of the course that is to be learned before. */
  readonly after?: number;
}

const BOTH = ['professional', 'semi-professional'] as const;

/** Courses of both tracks, of values, ability and law. */
const COURSES: readonly DemoCourse[] = [
  {
    title: '社会工作伦理与价值',
    content: '接纳、保密、案主自决；两难情境讨论。',
    dimension: 'values',
    tracks: ['professional'],
    category: 'ethics',
    minutes: 360,
    passMark: 60,
  },
  {
    title: '个案工作：从评估到结案',
    content: '需求评估、介入计划、记录与结案评估，含角色演练。',
    dimension: 'ability',
    tracks: ['professional'],
    category: 'professional',
    minutes: 480,
    passMark: 60,
  },
  {
    title: '群众工作：情理法怎么讲',
    content: '入户走访、倾听与回应，讲情、讲理、讲法的分寸。',
    dimension: 'values',
    tracks: BOTH,
    category: 'public',
    minutes: 180,
    passMark: null,
  },
  {
    title: '邻里纠纷调解入门',
    content: '调解的步骤、笔录和协议书；常见噪声、漏水、停车纠纷。',
    dimension: 'ability',
    tracks: ['semi-professional'],
    category: 'public',
    minutes: 180,
    passMark: null,
  },
  {
    title: '人民调解法与物业管理条例',
    content: '调解协议的效力，业主大会与业委会的职责。',
    dimension: 'law',
    tracks: BOTH,
    category: 'professional',
    minutes: 180,
    passMark: 60,
    after: 3,
  },
];

/** Courses by index, days from today, local hours, seats: sessions of the next weeks. */
const SESSIONS: readonly (readonly [course: number, day: number, from: number, to: number, seats: number])[] =
  [
    [2, 3, 9, 12, 40],
    [0, 6, 9, 16, 30],
    [3, 9, 14, 17, 25],
    [1, 13, 9, 17, 20],
    [4, 20, 14, 17, 25],
    [2, 24, 9, 12, 40],
  ];

/** What each part is to learn, by index of the course, and within how many months. */
const CURRICULA: readonly (readonly [role: string, courses: readonly number[], months: number])[] = [
  ['assistant-social-worker', [0, 1], 12],
  ['social-worker', [0, 1, 4], 12],
  ['community-cadre', [2, 3, 4], 9],
  ['village-cadre', [2, 3], 12],
  ['property-staff', [3], 6],
  ['owners-committee', [3, 4], 12],
  ['party-volunteer', [2], 12],
];
/** Parts that people of the demo say they play, and how many of each. */
const LEARNERS: readonly (readonly [role: string, people: number])[] = [
  ['village-cadre', 14],
  ['property-staff', 9],
  ['owners-committee', 7],
  ['party-volunteer', 12],
];
/** The part of the social worker whose sign-in is printed. */
const OWN_PART = 'social-worker';
/** So many of them at most came to the session that was held already. */
const MOST_CAME = 16;

/** Rows of what the department teaches, to be inserted inside its tenant. */
export function buildTraining(
  ground: DemoGround,
  tenant: DemoTenant,
  instructor: DemoPerson,
  people: readonly { readonly membership: DemoMembership; readonly name: string }[],
  /** Days on which people serve, as `person:day`: nobody was at a course and on a shift at once. */
  served: ReadonlySet<string>,
  /** The social worker whose sign-in is printed: learns what the part asks, and has a seat in the next session of it they are free for. */
  own: DemoPerson,
): Record<
  'Course' | 'TrainingSession' | 'CurriculumVersion' | 'Learner' | 'Enrolment' | 'PersonDay',
  object[]
> {
  const { today } = ground;
  const idOf = (index: number): string => ground.id('course', index);
  const courses = COURSES.map(({ after, ...course }, index) => ({
    _id: idOf(index),
    state: 'open',
    version: 2,
    history: wayAlong(courseLifecycle, null, ['draft', 'open']),
    ...course,
    tracks: [...course.tracks],
    mode: 'inPerson',
    prerequisites: after === undefined ? [] : [idOf(after)],
    createdAt: today,
  }));
  const sessionOf = (
    [course, day, from, to, capacity]: (typeof SESSIONS)[number],
    index: number,
    states: readonly string[] = ['draft', 'published'],
  ) => {
    const { title, dimension, tracks, category, minutes, passMark } = COURSES[course] as DemoCourse;
    const startsAt = wallTime(today, day, from * 60);
    return {
      _id: ground.id('training-session', index),
      state: states.at(-1),
      version: states.length,
      history: wayAlong(sessionLifecycle, null, states),
      courseId: idOf(course),
      unitId: tenant.rootUnitId,
      ...{ title, dimension, tracks: [...tracks], category, minutes, passMark },
      mode: 'inPerson',
      host: '桐庐县委社会工作部',
      place: { label: '县社会工作服务中心 201 教室' },
      startsAt,
      endsAt: wallTime(today, day, to * 60),
      enrolUntil: startsAt,
      capacity,
      instructors: [{ personId: instructor.id, name: instructor.name }],
      createdAt: today,
    };
  };
  const sessions = SESSIONS.map((one, index) => sessionOf(one, index));
  const held = sessionOf([3, -40, 9, 12, 20], SESSIONS.length, ['draft', 'published', 'closed']);
  const heldOn = daysOf(held)[0] as string;
  const learners = people
    .filter(({ membership }) => membership.personId !== own.id)
    .slice(
      0,
      LEARNERS.reduce((sum, [, count]) => sum + count, 0),
    );
  const roleAt = LEARNERS.flatMap(([role, count]) => Array.from({ length: count }, () => role));
  // Every other one of those who were free came to what was held already.
  const came = learners
    .filter(({ membership }) => !served.has(`${membership.personId}:${heldOn}`))
    .filter((_one, index) => index % 2 === 0)
    .slice(0, MOST_CAME)
    .map((one, index) => ({ ...one, enrolmentId: ground.id('training-enrolment', index) }));
  const past = { ...held, taken: came.length };
  const asked = new Set((CURRICULA.find(([role]) => role === OWN_PART)?.[1] ?? []).map(idOf));
  const next = sessions.find(
    (one) => asked.has(one.courseId) && daysOf(one).every((day) => !served.has(`${own.id}:${day}`)),
  );
  const ownMembership = people.find(({ membership }) => membership.personId === own.id)?.membership;
  if (!next || !ownMembership) throw new Error(`Nothing to learn for ${own.email}`);
  const ownEnrolmentId = ground.id('training-enrolment', 'own');
  const passedOn = localDate(past.startsAt, 'Asia/Shanghai');
  return {
    Course: courses,
    TrainingSession: [...sessions.map((one) => (one === next ? { ...one, taken: 1 } : one)), past],
    CurriculumVersion: CURRICULA.map(([role, indexes, withinMonths], index) => ({
      _id: ground.id('curriculum', index),
      role,
      number: 1,
      effectiveFrom: addDays(localDate(today, 'Asia/Shanghai'), -120),
      courseIds: indexes.map(idOf),
      withinMonths,
      publishedAt: today,
    })),
    Learner: [
      ...learners.map(({ membership }, index) => ({ index, membership, role: roleAt[index] })),
      { index: 'own', membership: ownMembership, role: OWN_PART },
    ].map(({ index, membership, role }) => ({
      _id: ground.id('learner', index),
      personId: membership.personId,
      membershipId: membership.id,
      unitId: membership.unitId,
      roles: [role],
      since: new Date(today.getTime() - 300 * 86_400_000),
      setAt: today,
    })),
    PersonDay: [
      ...came.map(({ membership, enrolmentId }) => bookedDay(tenant, membership.personId, enrolmentId, past)),
      bookedDay(tenant, own.id, ownEnrolmentId, next),
    ],
    Enrolment: [
      ...came.map(({ membership, name, enrolmentId }) => ({
        ...enrolmentOf(enrolmentId, past, membership, name, today),
        ...stepsOf(['enrolled', 'attended', 'assessed', 'passed']),
        passedOn,
      })),
      { ...enrolmentOf(ownEnrolmentId, next, ownMembership, own.name, today), ...stepsOf(['enrolled']) },
    ],
  };
}

interface Held {
  readonly _id: string;
  readonly courseId: string;
  readonly unitId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

/** All sessions of the demo place begin and end on one day. */
const bookedDay = (tenant: DemoTenant, personId: string, enrolmentId: string, session: Held): object => ({
  _id: `${personId}:${daysOf(session)[0] as string}`,
  personId,
  version: 1,
  bookings: [
    {
      assignmentId: enrolmentId,
      tenantId: tenant.id,
      startsAt: session.startsAt,
      endsAt: session.endsAt,
    },
  ],
});

const stepsOf = (states: readonly string[]): object => ({
  state: states.at(-1),
  version: states.length + 1,
  history: wayAlong(trainingLifecycle, 'approved', states),
});

const enrolmentOf = (
  id: string,
  session: Held,
  membership: DemoMembership,
  personName: string,
  createdAt: Date,
): object => ({
  _id: id,
  sessionId: session._id,
  courseId: session.courseId,
  unitId: session.unitId,
  personId: membership.personId,
  membershipId: membership.id,
  personName,
  startsAt: session.startsAt,
  endsAt: session.endsAt,
  createdAt,
});
