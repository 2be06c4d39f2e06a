import type { Express } from 'express';
import {
  appraisalLifecycle,
  assignmentLifecycle,
  awardLifecycle,
  credentialLifecycle,
  hoursClaimLifecycle,
  hoursLifecycle,
  kinshipLifecycle,
  membershipLifecycle,
  offerLifecycle,
  proposalLifecycle,
  recognitionLifecycle,
  redemptionLifecycle,
  requestLifecycle,
  shiftLifecycle,
  trainingLifecycle,
} from '../../server/core/states.ts';
import { AUDIT_VERBS } from '../../server/db/audit-verbs.ts';
import { AUDITED_TYPES } from '../../server/features/audit/audit.schema.ts';
import { Audit, AuditSeal, Hours, HoursClaim, Membership, Unsealed } from './naive.models.ts';
import type { Doc } from './naive.models.ts';
import { asked, choices, PAGE, paged, show, wrap } from './naive.show.ts';
import type { Any } from './naive.show.ts';
import { dateText, momentText } from './naive.views.ts';
import type { Translate } from './naive.views.ts';

/** The naive pages of members, hours and the audit trail. */
const STATES: Record<string, readonly [kind: string, states: readonly string[]]> = {
  Appraisal: ['appraisal', appraisalLifecycle.states],
  Assignment: ['assignment', assignmentLifecycle.states],
  Award: ['award', awardLifecycle.states],
  Credential: ['credential', credentialLifecycle.states],
  Enrolment: ['training', trainingLifecycle.states],
  HoursClaim: ['hoursClaim', hoursClaimLifecycle.states],
  HoursRecord: ['hours', hoursLifecycle.states],
  Membership: ['membership', membershipLifecycle.states],
  Offer: ['offer', offerLifecycle.states],
  Proposal: ['proposal', proposalLifecycle.states],
  Recognition: ['recognition', recognitionLifecycle.states],
  Request: ['request', requestLifecycle.states],
  Shift: ['shift', shiftLifecycle.states],
  TimeBankKinship: ['kinship', kinshipLifecycle.states],
  TimeBankRedemption: ['redemption', redemptionLifecycle.states],
};
const PAGES: Record<string, string> = {
  Appraisal: '/appraisals',
  Assignment: '/assignments',
  Award: '/awards',
  HoursClaim: '/hours/claims',
  HoursRecord: '/hours',
  Import: '/imports',
  InspectionExport: '/inspections',
  Membership: '/members',
  Proposal: '/proposals',
  Request: '/requests',
  Shift: '/shifts',
};
/** Verbs with words of their own stand beside those that all features share. */
function actionText(t: Translate, action: string): string {
  const own = `audit.action.${action.replace('/', '-')}`;
  if (t(own) !== own) return t(own);
  const verb = action.slice(action.indexOf('/') + 1);
  return (AUDIT_VERBS as readonly string[]).includes(verb) ? t(`audit.verb.${verb}`) : action;
}

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
      const { lng, t, page, skip } = asked(req);
      const { me } = res.locals as Any;
      const filter = {
        tenantId,
        state: { $in: ['submitted', 'appealed'] },
        personId: { $ne: me.person._id },
        $nor: [{ state: 'appealed', confirmedByPersonId: me.person._id }],
      };
      const list = await Hours.find(filter)
        .sort({ 'activity.startsAt': 1, _id: 1 })
        .skip(skip)
        .limit(PAGE)
        .populate('personId');
      const total = await Hours.countDocuments(filter);
      const claims = await HoursClaim.countDocuments({ tenantId, state: 'claimed' });
      show(req, res, 'hours', {
        title: t('hours.queue.title'),
        claims: claims > 0 ? t('hours.claims.waiting', { count: claims }) : t('hours.claims.desk'),
        groups: [...Map.groupBy(list, (one) => String(one.shiftId ?? one.id)).values()].map((records) => ({
          activity: records[0].activity,
          records: records.map((one) => ({
            id: one.id,
            personId: one.personId,
            recordedMinutes: one.recordedMinutes,
            grade: t(`hours.grade.${one.grade}`),
            witness: one.witness,
            due: one.dueOn ? t('hours.queue.due', { date: dateText(one.dueOn, lng) }) : null,
            notes: one.notes.map((note: string) => t(`hours.note.${note}`)),
            st: one.state === 'submitted' ? null : one.state,
          })),
        })),
        ...paged(req, page, list.length, total),
      });
    }),
  );

  app.get(
    '/audit',
    wrap(async (req, res) => {
      const { lng, t, page, skip } = asked(req);
      const list = await Audit.find({ tenantId })
        .sort({ at: -1, _id: -1 })
        .skip(skip)
        .limit(PAGE)
        .populate({ path: 'accountId', populate: { path: 'personId' } });
      const total = await Audit.countDocuments({ tenantId });
      const unsealed = await Unsealed.countDocuments({ tenantId });
      const seal = await AuditSeal.findOne({ tenantId }).sort({ batch: -1 });
      const label = (name: string): string => t(`audit.filter.${name}.label`);
      const stateText = (type: string, state: string): string => {
        const [kind, states] = STATES[type] ?? ['', []];
        return states.includes(state) ? t(`states.${kind}.${state}`) : state;
      };
      show(req, res, 'audit', {
        title: t('audit.title'),
        action: '/audit',
        unsealed,
        sealed: seal
          ? t('audit.seal.upTo', {
              sequence: (Number(seal.first) + Number(seal.entries.length) - 1).toLocaleString(lng),
              at: momentText(seal.sealedAt, lng),
            })
          : t('audit.seal.none'),
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
          what: actionText(t, one.action),
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
