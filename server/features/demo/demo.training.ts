import { courseLifecycle, sessionLifecycle } from '../../core/states.ts';
import { wayAlong } from '../../db/transition.ts';
import { wallTime } from './demo.calendar.ts';
import type { DemoGround, DemoPerson, DemoTenant } from './demo.types.ts';

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

/** Rows of what the department teaches, to be inserted inside its tenant. */
export function buildTraining(
  ground: DemoGround,
  tenant: DemoTenant,
  instructor: DemoPerson,
): { courses: object[]; sessions: object[] } {
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
  const sessions = SESSIONS.map(([course, day, from, to, capacity], index) => {
    const { title, dimension, tracks, category, minutes, passMark } = COURSES[course] as DemoCourse;
    const startsAt = wallTime(today, day, from * 60);
    return {
      _id: ground.id('training-session', index),
      state: 'published',
      version: 2,
      history: wayAlong(sessionLifecycle, null, ['draft', 'published']),
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
  });
  return { courses, sessions };
}
