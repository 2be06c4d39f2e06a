import { Types } from 'mongoose';
import { z } from 'zod';
import { can } from '../../core/actor.ts';
import type { AccountActor } from '../../core/actor.ts';
import { Forbidden, Invalid } from '../../core/errors.ts';
import { inTransaction } from '../../db/transaction.ts';
import { id, idParams, line } from '../../http/schema.ts';
import { route, seeOther } from '../../http/route.ts';
import type { FormFailure, PageResult, Route } from '../../http/route.ts';
import { attachmentView, fileOf, MOST_UPLOAD_BYTES, toAttachment } from '../attachments/index.ts';
import type { AttachmentRow, AttachmentService } from '../attachments/index.ts';
import type { CourseRow } from './course.model.ts';
import type { CourseService } from './course.service.ts';
import type { EnrolmentService } from './enrolment.service.ts';

export interface MaterialParts {
  readonly attachments: AttachmentService;
  readonly courses: CourseService;
  readonly enrolments: EnrolmentService;
}

const materialBody = z.strictObject({ title: line(80).default('') });
const materialParams = z.strictObject({ id, materialId: id });

export type MaterialService = ReturnType<typeof createMaterialService>;

/** What is handed out with a course, as pictures or PDF: only pixels, or pages, are kept (S-43). For whoever comes, teaches or plans. */
export function createMaterialService({ attachments, courses, enrolments }: MaterialParts) {
  const subjectOf = (course: CourseRow, actor: AccountActor) =>
    ({
      type: 'course',
      id: course._id,
      personId: new Types.ObjectId(actor.personId),
      // An officer's own evidence is not crowded out by what they hand out, nor a course by who happened to add to it.
      ownerId: course._id,
    }) as const;

  /** The course, for whoever may have what is handed out. @throws NotFound for a missing course, Forbidden for who has no place in it */
  async function accessInside(actor: AccountActor, courseId: string): Promise<CourseRow> {
    const course = await courses.access(actor, courseId);
    const inside =
      can(actor, 'training:plan') ||
      can(actor, 'training:teach-own') ||
      (await enrolments.isInside(actor.personId, course._id));
    if (!inside) throw new Forbidden('not-permitted');
    return course;
  }

  return {
    async list(actor: AccountActor, courseId: string): Promise<AttachmentRow[]> {
      return attachments.of(subjectOf(await accessInside(actor, courseId), actor));
    },
    /** Everything of a course that the caller has looked up and may hand out. */
    of: (courseId: CourseRow['_id']): Promise<AttachmentRow[]> =>
      attachments.of({ type: 'course', id: courseId }),
    async read(actor: AccountActor, courseId: string, materialId: string) {
      return attachments.read(subjectOf(await accessInside(actor, courseId), actor), materialId);
    },
    async add(
      actor: AccountActor,
      courseId: string,
      upload: { readonly name: string; readonly bytes: Buffer } | null,
      title: string,
    ): Promise<AttachmentRow> {
      await courses.accessToPlan(actor, courseId);
      if (!upload) throw Invalid.field('file', 'file-needed');
      const kept = await attachments.prepare(upload);
      return inTransaction(async () =>
        attachments.add(subjectOf(await courses.accessToPlan(actor, courseId), actor), kept, title),
      );
    },
    async remove(actor: AccountActor, courseId: string, materialId: string): Promise<void> {
      await inTransaction(async () => {
        const course = await courses.accessToPlan(actor, courseId);
        if (!can(actor, 'training:plan')) throw new Forbidden('not-permitted');
        await attachments.remove(subjectOf(course, actor), materialId);
      });
    },
  };
}

const back = ({ issues, error }: FormFailure, { params }: { params: { id: string } }): PageResult =>
  seeOther(`/courses/${params.id}`, { kind: 'error', key: `errors.${issues[0]?.code ?? error.code}` });

export const materialRoutes = ({ materials }: { materials: MaterialService }): Route[] => [
  route({
    name: 'courses/list-materials',
    method: 'get',
    path: '/courses/:id/materials',
    doors: ['api'],
    access: 'training:enrol-own',
    tenant: 'member',
    summary: 'Pictures and documents that are handed out with a course, for whoever comes, teaches or plans.',
    input: { params: idParams },
    output: z.object({ data: z.array(attachmentView), nextCursor: z.null() }),
    run: async ({ account, params }) => ({
      data: (await materials.list(account, params.id)).map(toAttachment),
      nextCursor: null,
    }),
  }),
  route({
    name: 'courses/add-material',
    method: 'post',
    path: '/courses/:id/materials',
    access: 'training:plan',
    whole: true,
    tenant: 'member',
    rate: 'heavy',
    summary:
      'Adds something to hand out (multipart, field `file`: JPEG, PNG, WebP or PDF; `title`); only its pixels, or its pages, are kept.',
    uploadBytes: MOST_UPLOAD_BYTES,
    // The picture is scanned and redrawn outside any transaction; the service opens its own to store it.
    transaction: false,
    idempotent: false,
    input: { params: idParams, body: materialBody },
    output: attachmentView,
    run: async ({ account, params, file: upload, body }) =>
      toAttachment(await materials.add(account, params.id, upload, body.title)),
    page: (_made, { params }) =>
      seeOther(`/courses/${params.id}`, { kind: 'success', key: 'training.did.saved' }),
    invalid: back,
  }),
  route({
    name: 'courses/show-material',
    method: 'get',
    path: '/courses/:id/materials/:materialId',
    access: 'training:enrol-own',
    tenant: 'member',
    summary: 'One file that is handed out, for whoever comes, teaches or plans.',
    input: { params: materialParams },
    output: z.object({}),
    async run({ account, params }) {
      return fileOf(await materials.read(account, params.id, params.materialId));
    },
    page: () => seeOther('/courses'),
  }),
  route({
    name: 'courses/remove-material',
    method: 'post',
    path: '/courses/:id/materials/:materialId/removal',
    access: 'training:plan',
    whole: true,
    tenant: 'member',
    summary: 'Takes a file out of what is handed out.',
    status: 204,
    input: { params: materialParams },
    output: z.object({}),
    async run({ account, params }) {
      await materials.remove(account, params.id, params.materialId);
      return {};
    },
    page: (_nothing, { params }) =>
      seeOther(`/courses/${params.id}`, { kind: 'success', key: 'training.did.saved' }),
    invalid: back,
  }),
];
