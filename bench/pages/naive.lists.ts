import type { Express } from 'express';
import {
  assignmentLifecycle,
  hoursLifecycle,
  membershipLifecycle,
  requestLifecycle,
  shiftLifecycle,
} from '../../server/core/states.ts';
import { AUDITED_TYPES } from '../../server/features/audit/audit.schema.ts';
import { Audit, Hours, Membership, Unsealed } from './naive.models.ts';
import type { Doc } from './naive.models.ts';
import { asked, choices, PAGE, paged, show, wrap } from './naive.show.ts';
import type { Any } from './naive.show.ts';

/** The naive pages of members, hours and the audit trail. */
const STATES: Record<string, readonly [kind: string, states: readonly string[]]> = {
  Assignment: ['assignment', assignmentLifecycle.states],
  HoursRecord: ['hours', hoursLifecycle.states],
  Membership: ['membership', membershipLifecycle.states],
  Request: ['request', requestLifecycle.states],
  Shift: ['shift', shiftLifecycle.states],
};
const PAGES: Record<string, string> = {
  Assignment: '/assignments',
  HoursRecord: '/hours',
  Import: '/imports',
  Membership: '/members',
  Position: '/positions',
  Request: '/requests',
  Shift: '/shifts',
};

export function addLists(app: Express, tenant: Doc): void {
  const tenantId = tenant._id;

  app.get(
    '/members',
    wrap(async (req, res) => {
      const { lng, t, page, skip } = asked(req);
      const { q } = req.query;
      const filter = { tenantId, ...(typeof q === 'string' ? { searchKeys: q.toLowerCase() } : {}) };
      const list = await Membership.find(filter)
        .sort({ _id: -1 })
        .skip(skip)
        .limit(PAGE)
        .populate('unitId personId');
      const total = await Membership.countDocuments(filter);
      const label = (name: string): string => t(`memberships.filter.${name}.label`);
      show(req, res, 'members', {
        title: t('memberships.list.title'),
        action: '/members',
        filtered: typeof q === 'string',
        fields: [
          { name: 'q', type: 'search', value: q, label: label('q'), optional: true },
          {
            name: 'state',
            label: label('state'),
            optional: true,
            options: choices(
              t,
              membershipLifecycle.states.map((state) => [state, t(`states.membership.${state}`)] as const),
              req.query['state'],
            ),
          },
          {
            name: 'kind',
            label: label('kind'),
            optional: true,
            options: choices(
              t,
              ['volunteer', 'social-worker', 'community-worker', 'staff'].map(
                (kind) => [kind, t(`states.membershipKind.${kind}`)] as const,
              ),
              req.query['kind'],
            ),
          },
        ],
        list: list.map((one) => ({
          id: one.id,
          name: one.personId.name,
          unitName: one.unitId.name[lng],
          kind: one.kind,
          st: one.state,
        })),
        ...paged(req, page, list.length, total),
      });
    }),
  );

  app.get(
    '/hours/queue',
    wrap(async (req, res) => {
      const { t, page, skip } = asked(req);
      const filter = { tenantId, state: 'submitted' };
      const list = await Hours.find(filter)
        .sort({ 'activity.startsAt': 1, _id: 1 })
        .skip(skip)
        .limit(PAGE)
        .populate('personId');
      const total = await Hours.countDocuments(filter);
      show(req, res, 'hours', {
        title: t('hours.queue.title'),
        groups: [...Map.groupBy(list, (one) => String(one.shiftId)).values()].map((records) => ({
          activity: records[0].activity,
          records: records.map((one) => ({
            id: one.id,
            personId: one.personId,
            recordedMinutes: one.recordedMinutes,
            grade: t(`hours.grade.${one.grade}`),
          })),
        })),
        ...paged(req, page, list.length, total),
      });
    }),
  );

  app.get(
    '/audit',
    wrap(async (req, res) => {
      const { t, page, skip } = asked(req);
      const list = await Audit.find({ tenantId })
        .sort({ at: -1, _id: -1 })
        .skip(skip)
        .limit(PAGE)
        .populate({ path: 'accountId', populate: { path: 'personId' } });
      const total = await Audit.countDocuments({ tenantId });
      const unsealed = await Unsealed.countDocuments({ tenantId });
      const label = (name: string): string => t(`audit.filter.${name}.label`);
      const stateText = (type: string, state: string): string => {
        const [kind, states] = STATES[type] ?? ['', []];
        return states.includes(state) ? t(`states.${kind}.${state}`) : state;
      };
      show(req, res, 'audit', {
        title: t('audit.title'),
        action: '/audit',
        unsealed,
        fields: [
          { name: 'action', type: 'search', label: label('action'), optional: true },
          {
            name: 'subjectType',
            label: label('subjectType'),
            optional: true,
            options: choices(
              t,
              AUDITED_TYPES.map((type) => [type, t(`audit.type.${type}`)] as const),
              req.query['subjectType'],
            ),
          },
          { name: 'subjectId', type: 'text', label: label('subjectId'), optional: true },
          { name: 'from', type: 'date', label: label('from'), optional: true },
          { name: 'to', type: 'date', label: label('to'), optional: true },
        ],
        list: list.map((one: Any) => ({
          who: one.accountId?.personId?.name ?? t(`audit.actor.${one.actor.split(':')[0]}`),
          action: one.action,
          at: one.at,
          type: t(`audit.type.${one.subjectType}`),
          change: [one.from, one.to]
            .filter(Boolean)
            .map((state) => stateText(one.subjectType, state))
            .join(' → '),
          reason: one.reason,
          href: PAGES[one.subjectType] ? `${PAGES[one.subjectType]}/${one.subjectId}` : null,
          subjectType: one.subjectType,
          subjectId: one.subjectId,
        })),
        ...paged(req, page, list.length, total),
      });
    }),
  );
}
