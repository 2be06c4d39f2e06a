import { NotFound } from './core/errors.ts';
import { auditCsv } from './features/audit/index.ts';
import type { AuditService } from './features/audit/index.ts';
import type { CertificateBatchService, CertificateService } from './features/certificates/index.ts';
import type { CreditService } from './features/credits/index.ts';
import type { ExportWish, ExternalRecordService } from './features/external-records/index.ts';
import type { HoursService, MergeService } from './features/hours/index.ts';
import type { InspectionService, InspectionWish } from './features/inspections/index.ts';
import type { ProposalActs } from './features/proposals/index.ts';
import type { TenantService } from './features/tenants/index.ts';
import type { BankClosing } from './features/time-bank/index.ts';

/** What two persons do together, kind by kind: each feature looks the thing up and acts by its own rules, on facts read anew. */
export function createProposalActs(parts: {
  readonly audit: AuditService;
  readonly batches: CertificateBatchService;
  readonly certificates: CertificateService;
  readonly closings: BankClosing;
  readonly credits: CreditService;
  readonly external: ExternalRecordService;
  readonly hours: HoursService;
  readonly inspections: InspectionService;
  readonly merges: MergeService;
  readonly tenants: TenantService;
}): ProposalActs {
  const { audit, batches, certificates, closings, credits, external, hours, inspections, merges, tenants } =
    parts;
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    'hours/reversal': {
      async look(actor, id) {
        const row = await hours.toReverse(actor, id);
        return {
          id: String(row._id),
          unitId: String(row.unitId),
          concerns: [String(row.personId)],
          title: row.activity.name,
          personName: row.personName,
          minutes: row.recordedMinutes,
        };
      },
      async act(row, actor) {
        await hours.reverse(actor, row.subjectId, row.reason);
      },
    },
    'hours/merge': {
      async look(actor, from, { into = '' }) {
        const found = await merges.toMerge(actor, { from, into });
        return {
          id: String(found.from._id),
          unitId: String(found.from.unitId),
          concerns: [String(found.from.personId), String(found.into.personId)],
          title: found.into.personName,
          personName: found.from.personName,
          minutes: found.minutes,
        };
      },
      async act({ subjectId, wish, reason }, actor) {
        await merges.merge(actor, { from: subjectId, into: wish['into'] ?? '' }, reason);
      },
    },
    'credits/reversal': {
      async look(actor, id) {
        const { row, unitId } = await credits.toReverse(actor, id);
        return {
          id: String(row._id),
          unitId,
          concerns: [String(row.personId)],
          title: row.title,
          personName: row.personName,
          minutes: row.minutes,
        };
      },
      async act(row, actor) {
        await credits.reverse(actor, row.subjectId, row.reason);
      },
    },
    'certificates/revocation': {
      async look(actor, id) {
        const row = await certificates.toRevoke(actor, id);
        return {
          id: String(row._id),
          unitId: String(row.unitId),
          concerns: [String(row.personId)],
          title: row.number,
          personName: row.draft.person.displayName,
          minutes: row.totalMinutes,
        };
      },
      async act(row, actor) {
        await certificates.revoke(actor, row.subjectId, row.reason);
      },
    },
    'certificates/print': {
      async look(actor, id) {
        const { batch } = await batches.show(actor, id);
        return {
          id: String(batch._id),
          unitId: String(batch.unitId),
          concerns: [],
          title: batch.activity?.name ?? [batch.periodFrom, batch.periodTo].filter(Boolean).join(' – '),
        };
      },
      act: nothing,
    },
    'time-bank/closing': {
      async look(actor, number, { relative = '' }) {
        const { account, heir, savedMinutes } = await closings.toClose(actor, { number, relative });
        return {
          id: String(account._id),
          unitId: String(account.unitId),
          concerns: [String(account.personId), ...(heir ? [String(heir.personId)] : [])],
          title: account.number,
          personName: account.personName,
          minutes: savedMinutes,
        };
      },
      async act({ wish, reason }, actor) {
        await closings.closeFor(actor, {
          number: wish['number'] ?? '',
          relative: wish['relative'] ?? '',
          reason,
        });
      },
    },
    'external-records/export': {
      async look(actor, _id, wish) {
        const wanted = unitWishOf(wish);
        await external.toExport(actor, wanted);
        return {
          id: actor.accountId,
          unitId: wanted.unitId,
          concerns: [],
          title: `${wanted.from} – ${wanted.to}`,
        };
      },
      act: (row) => external.export(row, unitWishOf(row.wish)),
      async file(row, actor) {
        if (!actor.membership) throw new NotFound();
        return {
          bytes: await external.file(row),
          contentType: 'text/csv; charset=utf-8',
          fileName: 'to-enter.csv',
        };
      },
    },
    'inspection/export': {
      // Whoever asks is what there can be one of at a time.
      async look(actor, _id, wish) {
        const { from, to, authority, reference } = wishOf(wish);
        await inspections.toPropose(actor, wishOf(wish));
        return {
          id: actor.accountId,
          unitId: (await tenants.current()).rootUnitId,
          concerns: [],
          title: [`${from} – ${to}`, authority, reference].join(' · '),
        };
      },
      act: (row) => inspections.begin(row, wishOf(row.wish)),
    },
    'audit/export': {
      // Whose copy it would be is what there can be one of at a time.
      async look(actor) {
        audit.assertWhole(actor);
        return {
          id: actor.accountId,
          unitId: (await tenants.current()).rootUnitId,
          concerns: [],
          title: '',
        };
      },
      act: nothing,
      async file({ wish }, actor) {
        if (!actor.membership) throw new NotFound();
        return {
          bytes: auditCsv(await audit.export(actor, wish)),
          contentType: 'text/csv; charset=utf-8',
          fileName: 'audit.csv',
        };
      },
    },
  };
}

const wishOf = (wish: Readonly<Record<string, string>>): InspectionWish => ({
  from: wish['from'] ?? '',
  to: wish['to'] ?? '',
  authority: wish['authority'] ?? '',
  reference: wish['reference'] ?? '',
});

const unitWishOf = (wish: Readonly<Record<string, string>>): ExportWish => ({
  from: wish['from'] ?? '',
  to: wish['to'] ?? '',
  unitId: wish['unitId'] ?? '',
});
