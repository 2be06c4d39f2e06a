import type { Express } from 'express';
import {
  findLanguage,
  findServiceArea,
  findSkill,
  SERVICE_AREAS,
  SKILL_GROUPS,
} from '../../server/features/skills/index.ts';
import { Shift } from './naive.models.ts';
import type { Doc } from './naive.models.ts';
import { asked, badgeOf, choices, PAGE, paged, rolesOf, seatsOf, show, wrap } from './naive.show.ts';
import type { Any } from './naive.show.ts';
import { desk, home } from './naive.home.ts';
import { suitsOf } from './naive.suits.ts';
import type { Translate } from './naive.views.ts';

/** The naive pages of visitors and volunteers. */
const LOOKED_AT = 200;

export const areaText = (code: string, lng: string): string => (findServiceArea(code) as Any)?.[lng] ?? code;

/** What a position asks for, in words. */
export function needsOf(position: Any, t: Translate, lng: string): object[] {
  const needs: object[] = [];
  for (const { level } of position.credentials)
    needs.push({ icon: 'certificate', text: t(`shifts.credential.${level || 'any'}`) });
  for (const { code, minLevel } of position.skills)
    needs.push({
      icon: 'tools',
      text: t('shifts.needs.skill', {
        skill: (findSkill(code) as Any)?.[lng] ?? code,
        level: t(`shifts.level.${minLevel}`),
      }),
    });
  if (position.languages.length > 0)
    needs.push({
      icon: 'language',
      text: position.languages.map((code: string) => (findLanguage(code) as Any)?.[lng] ?? code).join('、'),
    });
  if (position.minAge) needs.push({ icon: 'user', text: t('shifts.needs.minAge', { min: position.minAge }) });
  return needs;
}

export const positionRows = (positions: Any[], t: Translate, lng: string): object[] =>
  positions.map((one) => ({
    id: one.id,
    name: one.name,
    required: one.required,
    maximum: one.maximum,
    taken: one.taken,
    approval: one.admission === 'approval',
    admission: t(`shifts.admission.${one.admission}`),
    badge: badgeOf(seatsOf([one]), t),
    needs: needsOf(one, t, lng),
  }));

export function addPages(app: Express, tenant: Doc): void {
  const tenantId = tenant._id;
  const openShifts = (): object => ({ tenantId, state: 'published', startsAt: { $gt: new Date() } });

  app.get(
    '/opportunities',
    wrap(async (req, res) => {
      const { lng, t, page, skip } = asked(req);
      const list = await Shift.find(openShifts())
        .sort({ startsAt: 1, _id: 1 })
        .skip(skip)
        .limit(PAGE)
        .populate('unitId')
        .populate('positions');
      const total = await Shift.countDocuments(openShifts());
      const label = (name: string): string => t(`opportunities.filter.${name}.label`);
      show(req, res, 'opportunities', {
        title: t('opportunities.title'),
        action: '/opportunities',
        fields: [
          { name: 'from', type: 'date', label: label('from') },
          { name: 'to', type: 'date', label: label('to') },
          {
            name: 'category',
            label: label('category'),
            options: choices(
              t,
              SERVICE_AREAS.map((area: Any) => [area.code, area[lng]] as const),
              req.query['category'],
            ),
          },
          {
            name: 'skill',
            label: label('skill'),
            options: choices(
              t,
              SKILL_GROUPS.flatMap((group) =>
                group.skills.map((skill: Any) => [skill.code, skill[lng]] as const),
              ),
              req.query['skill'],
            ),
          },
          {
            name: 'radiusKm',
            label: label('radiusKm'),
            options: [2, 5, 10, 25, 50].map((km) => ({
              value: km,
              label: t('opportunities.radius', { km }),
              chosen: km === 10,
            })),
          },
          { name: 'latitude', type: 'text', label: label('latitude') },
          { name: 'longitude', type: 'text', label: label('longitude') },
        ],
        list: list.map((shift) => ({
          id: shift.id,
          title: shift.title,
          startsAt: shift.startsAt,
          endsAt: shift.endsAt,
          place: shift.place.label,
          area: areaText(shift.category, lng),
          skills: shift.skillCodes
            .map((code: string) => (findSkill(code) as Any)?.[lng] ?? code)
            .join(t('shifts.needs.and')),
          badge: badgeOf(seatsOf(shift.positions), t),
        })),
        points: JSON.stringify({
          note: t('common.map.schematic'),
          pick: { lat: 'f-latitude', lng: 'f-longitude' },
          points: list.map((shift) => ({
            lat: shift.place.point?.coordinates[1],
            lng: shift.place.point?.coordinates[0],
            label: shift.title,
            href: `/opportunities/${shift.id}`,
          })),
        }),
        ...paged(req, page, list.length, total),
      });
    }),
  );

  app.get(
    '/opportunities/:id',
    wrap(async (req, res) => {
      const { lng, t } = asked(req);
      const shift = await Shift.findById(req.params['id'])
        .populate('unitId')
        .populate('requestId')
        .populate('positions');
      show(req, res, 'opportunity', {
        title: shift.title,
        shift,
        request: shift.requestId,
        unitName: shift.unitId.name[lng],
        area: areaText(shift.category, lng),
        positions: positionRows(shift.positions, t, lng),
      });
    }),
  );

  app.get(
    '/mine',
    wrap(async (req, res) => {
      const { lng, t, page, skip } = asked(req);
      const { person } = res.locals['me'] as Any;
      const { suited, others } = await suitsOf(person._id, tenant, LOOKED_AT, t, lng);
      const list = suited.slice(skip, skip + PAGE);
      show(req, res, 'mine', {
        title: t('assignments.suiting.title'),
        suited: suited.length,
        others,
        list: list.map(({ shift, position, reasons, score }) => ({
          points: Math.round(score),
          shift,
          position,
          reasons,
          free: Math.max(0, position.maximum - position.taken),
          action: `/positions/${position.id}/assignments`,
          signUp: t(`assignments.signUp.${position.taken < position.maximum ? position.admission : 'full'}`),
        })),
        ...paged(req, page, list.length, suited.length),
      });
    }),
  );

  app.get(
    '/',
    wrap(async (req, res) => {
      if (rolesOf(res).includes('coordinator')) await desk(req, res, tenant);
      else await home(req, res, tenant);
    }),
  );
}
