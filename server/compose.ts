import { join } from 'node:path';
import type { RequestHandler } from 'express';
import { contextNow, setContextLogging } from './core/context.ts';
import { localDate } from './core/time.ts';
import { loadOrCreateSecret, loadOrCreateSigningKeys } from './core/keys.ts';
import { deriveSecret } from './core/secrets.ts';
import type { Config } from './config.ts';
import { provideAuditKey } from './db/audit.ts';
import { database, databaseUri, mongoClient } from './db/connect.ts';
import { createI18n } from './i18n/index.ts';
import type { I18n } from './i18n/index.ts';
import { createAssets } from './http/assets.ts';
import type { Identities } from './http/authenticate.ts';
import type { Route } from './http/route.ts';
import { createThrottle } from './http/throttle.ts';
import type { Throttle } from './http/throttle.ts';
import { createViews } from './http/views.ts';
import type { Views } from './http/views.ts';
import { createSmsChannel } from './mail/gateway.ts';
import { createMailChannel } from './mail/smtp.ts';
import {
  createAccountLinks,
  createAccountService,
  createPasswords,
  createInPersonService,
  createSecurityService,
} from './features/accounts/index.ts';
import { createMembershipService } from './features/memberships/index.ts';
import { createMessageService } from './features/messages/index.ts';
import { createPeopleService } from './features/people/index.ts';
import { createAnnualReportService } from './features/annual-reports/index.ts';
import {
  createAnnouncementService,
  createAssignmentService,
  placesOf,
  servedBy,
  teamsOf,
} from './features/assignments/index.ts';
import { createAttachmentService, scanWith } from './features/attachments/index.ts';
import { createAnchorFile, createAuditService, createSealService } from './features/audit/index.ts';
import { createAppraisalService } from './features/appraisals/index.ts';
import { createAwardService } from './features/awards/index.ts';
import { createDayBoards, createAttendanceService, createKioskService } from './features/attendance/index.ts';
import { createCalendarService } from './features/calendars/index.ts';
import { createCredentialService, createCredentialTypeService } from './features/credentials/index.ts';
import {
  createCreditReading,
  createCreditService,
  createSuggestionService,
  createProgrammeService,
  creditDaysOf,
} from './features/credits/index.ts';
import {
  createBadgeService,
  createCertificateBatches,
  createCertificateService,
} from './features/certificates/index.ts';
import { createCurriculumService } from './features/curricula/index.ts';
import { createExternalRecordService } from './features/external-records/index.ts';
import { createFeedService } from './features/feeds/index.ts';
import { createFirstStepService } from './features/first-steps/index.ts';
import { createJoinLinkService } from './features/join-links/index.ts';
import { createGuardianService } from './features/guardians/index.ts';
import {
  createHumans,
  createIdentityDocumentService,
  isIdentified,
} from './features/identity-documents/index.ts';
import {
  createHoursService,
  createLedgerClosings,
  createHoursTrust,
  createMergeService,
  createTransferService,
  formerPersonsOf,
  markOwnHand,
  personsNow,
  postedDaysOf,
} from './features/hours/index.ts';
import { createImportService } from './features/imports/index.ts';
import { createInspectionService, summaryPage } from './features/inspections/index.ts';
import {
  createMatchingService,
  createExclusionService,
  createSearchClient,
  createSolverClient,
  createWeightsService,
} from './features/matching/index.ts';
import { createOfferService } from './features/offers/index.ts';
import { createProposalService } from './features/proposals/index.ts';
import { createOpportunityService } from './features/opportunities/index.ts';
import { createRecognitionService, createSchemeService } from './features/recognition/index.ts';
import { createRequestService } from './features/requests/index.ts';
import {
  createPlanExplaining,
  createPlanPrices,
  createPlanSending,
  createPlanService,
  createPlanThread,
} from './features/plans/index.ts';
import {
  createFinder,
  createSavedSearchService,
  createSearchWatch,
} from './features/saved-searches/index.ts';
import { createShiftService, givesHours, PLACE_METRES } from './features/shifts/index.ts';
import {
  createOwnRegistrationService,
  createRunService,
  createWatchService,
} from './features/re-registration/index.ts';
import { createTalentPools, knownPools, RECHECKED } from './features/talent-pools/index.ts';
import {
  createBankClosing,
  createBankService,
  createKinshipService,
  createRedemptionService,
} from './features/time-bank/index.ts';
import { createTenantService } from './features/tenants/index.ts';
import {
  createCourseService,
  createDeskService,
  createEnrolmentService,
  createMaterialService,
  createSessionService,
  trainedOf,
} from './features/training/index.ts';
import {
  createPlanPublishing,
  createTrainingPlanService,
  makeInThread,
} from './features/training-plans/index.ts';
import { createUnitService } from './features/units/index.ts';
import { createHomeSources } from './home-sources.ts';
import { createProposalActs } from './proposal-acts.ts';
import { createReviewSources } from './review-sources.ts';
import { createIdentities } from './identities.ts';
import { composeInvariants } from './compose/invariants.ts';
import { composeMessages } from './compose/messages.ts';
import { composeRoutes } from './compose/routes.ts';

/** Places that a claim of missing service may be about: those of the last thirteen months are offered to choose from. */
const claimableSince = (): Date => new Date(contextNow().getTime() - 400 * 86_400_000);
const VIEWS_ROOT = join(import.meta.dirname, '..', 'views');

export interface ComposeOptions {
  readonly publicUrl?: string;
  /** The database runs for this command only: no other process of Linli does anything. */
  readonly alone?: boolean;
}
/** Every service, built once, by hand, readable from top to bottom; none reaches for a global. */
function build(config: Config, options: ComposeOptions) {
  setContextLogging();
  const publicUrl = options.publicUrl ?? config.publicUrl;
  const master = config.secretKey
    ? Buffer.from(config.secretKey, 'base64url')
    : loadOrCreateSecret(join(config.dataDir, 'keys'), 'master');
  provideAuditKey(deriveSecret(master, 'audit-mark'));
  const i18n = createI18n({ strict: !config.production });
  const assets = createAssets(join(VIEWS_ROOT, 'assets', 'generated'));
  const { production } = config;
  const views = createViews({ root: VIEWS_ROOT, i18n, assets, strict: !production, eager: production });
  const throttle = createThrottle(() => ({ client: mongoClient(), dbName: database().databaseName }));

  const units = createUnitService();
  const tenants = createTenantService({ units });
  const people = createPeopleService();
  const memberships = createMembershipService({ people, units, tenants });
  // The first key of the ring; what a later one seals names it, so both open side by side.
  const identityDocuments = createIdentityDocumentService({
    people,
    memberships,
    sealing: { currentId: '1', keys: new Map([['1', deriveSecret(master, 'identity-seal')]]) },
    blindKey: deriveSecret(master, 'identity-index'),
  });
  const passwords = createPasswords();
  const links = createAccountLinks(deriveSecret(master, 'account-token'));
  const channels = {
    email: createMailChannel({
      smtpUrl: config.smtpUrl,
      from: config.mailFrom,
      domain: new URL(publicUrl).hostname,
    }),
    sms: createSmsChannel({ ...config.sms, mailbox: config.mailbox }),
  };
  const reachesNumbers = channels.sms !== null;
  const accounts = createAccountService({
    passwords,
    people,
    guesses: throttle,
    links,
    reachesNumbers,
    deviceKey: deriveSecret(master, 'device-mark'),
  });
  const security = createSecurityService({
    links,
    passwords,
    people,
    guesses: throttle,
    reachesNumbers,
  });
  const inPerson = createInPersonService({ accounts, memberships, people, tenants, links });

  const proposals = createProposalService({ identityDocuments, tenants, units });
  const credentialTypes = createCredentialTypeService({ tenants });
  const requests = createRequestService({ units, tenants });
  const courses = createCourseService();
  const shifts = createShiftService({
    requests,
    tenants,
    units,
    knownTypes: credentialTypes.all,
    knownPools,
    openCourses: async () => (await courses.open()).map((row) => ({ id: String(row._id), title: row.title })),
  });
  const opportunities = createOpportunityService({ shifts, tenants, units });
  const imports = createImportService({ units, tenants, i18n });
  const offers = createOfferService();
  const handleKey = deriveSecret(master, 'candidate-handle');
  const search = createSearchClient({
    uri: databaseUri,
    pollMs: config.searchPollMs,
    mostBytes: config.searchMegabytes * 1_000_000,
    stream: config.searchStream,
  });
  const matching = createMatchingService({
    people,
    memberships,
    shifts,
    tenants,
    handleKey,
    placesOf,
    planOf: createPlanPrices({ tenants }),
    servedBy,
    teamsOf,
    trainedOf,
    search: { client: search, fromPeople: config.searchFromPeople },
  });
  const assignments = createAssignmentService({
    shifts,
    offers,
    matching,
    memberships,
    tenants,
    units,
  });

  const plans = createPlanService({ tenants, units, thread: createPlanThread() });
  const planSending = createPlanSending({ assignments });
  const explaining = createPlanExplaining({
    matching,
    memberships,
    shifts,
    tenants,
    solver: createSolverClient(),
  });
  const announcements = createAnnouncementService({ shifts });
  const offerLinkKey = deriveSecret(master, 'offer-link');
  const finder = createFinder({ assignments, matching, tenants });
  const savedSearches = createSavedSearchService({ finder, people, tenants });
  const searchWatch = createSearchWatch({ finder, tenants });
  shifts.onShiftOpened((shiftId) => searchWatch.note(shiftId));
  const searchLinkKey = deriveSecret(master, 'search-link');

  const humans = createHumans({ identityDocuments, personsOf: accounts.personsOf });
  memberships.compareHumansBy(humans);
  const attendance = createAttendanceService({
    assignments,
    humans,
    people,
    shifts,
    tenants,
    misses: {
      count: (personId) => throttle.consume('check-in-miss', personId),
      takeBack: (personId) => throttle.takeBack('check-in-miss', personId),
    },
    codeKey: deriveSecret(master, 'check-in-code'),
  });
  const calendars = createCalendarService();
  const attachments = createAttachmentService({ scan: scanWith(config.scanCommand) });
  const hours = createHoursService({
    calendars,
    memberships,
    units,
    tenants,
    trust: createHoursTrust({
      identityDocuments,
      memberships,
      units,
      tenants,
      personSince: async (personId) => (await people.row(personId)).createdAt,
      tiedTo: async (personId, others) => [
        ...new Set([
          ...(await accounts.tiedTo(personId, others)),
          ...(await identityDocuments.onceLike(personId, others)),
        ]),
      ],
    }),
    async shiftFacts(shiftId) {
      const shift = await shifts.row(shiftId);
      const { description, category } = await requests.row(shift.requestId);
      return {
        ...shift,
        description,
        category,
        place: shift.place.label,
        radiusMetres: shift.radiusMetres ?? PLACE_METRES,
        at: shift.place.point ? [shift.place.point.coordinates[0], shift.place.point.coordinates[1]] : null,
      };
    },
    withoutHours: (booked) => assignments.withoutHours(booked),
    wasCancelled: async (shiftId) => (await shifts.row(shiftId)).state === 'cancelled',
    humans,
    attachments,
    people,
    places: {
      row: (id) => assignments.row(id),
      async over(personIds, limit) {
        const rows = await assignments.over(personIds, claimableSince(), limit);
        const on = await shifts.rows(rows.map(({ shiftId }) => shiftId));
        const titles = new Map(
          on.filter((shift) => givesHours(shift)).map(({ _id, title }) => [String(_id), title]),
        );
        return rows.flatMap((row) => {
          const title = titles.get(String(row.shiftId));
          return title === undefined ? [] : [{ row, title }];
        });
      },
    },
  });
  calendars.onDaysChanged(hours.recountDuty);
  const appraisals = createAppraisalService({ calendars, humans, memberships, shifts, tenants, units });
  calendars.onDaysChanged(appraisals.recount);
  hours.onServed(appraisals.begin);
  hours.onPosted(appraisals.posted);
  hours.onReversed(appraisals.voidFor);
  const transfers = createTransferService({ identityDocuments, memberships, tenants, units });
  const bank = createBankService({ humans, memberships, tenants, units });
  const kinships = createKinshipService({ bank, identityDocuments });
  const bankClosings = createBankClosing({ bank, identityDocuments, tenants });
  const redemptions = createRedemptionService({ bank, hours, identityDocuments, people, requests, tenants });
  const merges = createMergeService({
    identityDocuments,
    memberships,
    tenants,
    obstacles: [
      async (personId) => {
        if ((await assignments.upcoming(personId, 1)).length > 0) return 'still-signed-up';
        return (await assignments.hasUnsettled(personId)) ? 'hours-under-way' : null;
      },
      async (personId) => ((await enrolments.hasAhead(personId)) ? 'still-signed-up' : null),
      bankClosings.whyNotMerge,
    ],
    follow: [
      bankClosings.merge,
      hours.claims.follow,
      appraisals.follow,
      (from, into) => awards.follow(from, into),
    ],
  });
  identityDocuments.onSameHuman(markOwnHand);
  const external = createExternalRecordService({ hours, identityDocuments, people, tenants, units });
  hours.onPosted(external.onPosted);
  hours.onReversed(external.onReversed);
  hours.onPosted(bank.earn);
  hours.onReversed(bank.unearn);
  hours.onReversed(redemptions.refundFor);
  const closings = createLedgerClosings({ tenants });
  const annualReports = createAnnualReportService({ tenants });
  attendance.onCheckedOut((assignment) => hours.openFromAssignment(assignment));

  const credentials = createCredentialService({
    humans,
    memberships,
    tenants,
    attachments,
    types: credentialTypes,
  });
  credentials.onLapsed(async ({ personId, cause, type, skills }) => {
    const { name } = await credentialTypes.get(type);
    const { locale } = await tenants.current();
    await assignments.replaceAfter(personId, {
      of: 'credential',
      how: cause,
      what: type,
      name: name[locale],
      skills,
    });
  });
  const talentPools = createTalentPools({
    humans,
    memberships,
    people,
    tenants,
    units,
    types: credentialTypes,
    records: {
      served: async (personIds) => postedDaysOf(personIds, (await tenants.current()).zone),
      credits: creditDaysOf,
      trained: async (personIds) => {
        const today = localDate(contextNow(), (await tenants.current()).zone);
        return new Map(
          [...(await trainedOf(personIds))].map(([id, facts]) => [
            id,
            facts.flatMap(({ courseId, validTo }) =>
              validTo === null || validTo >= today ? [courseId] : [],
            ),
          ]),
        );
      },
    },
  });
  // What a certification rests on may be the certificate that lapsed; what rests on the certification lapses after it.
  credentials.onLapsed(({ personId }) => talentPools.time.recheck(personId, RECHECKED));
  talentPools.members.onLapsed(async ({ personId, pool, how }) => {
    const { locale } = await tenants.current();
    await assignments.replaceAfter(personId, {
      of: 'pool',
      how,
      what: String(pool._id),
      name: pool.name[locale],
      skills: [],
    });
  });
  const programmes = createProgrammeService({ tenants });
  const reading = createCreditReading({ programmes, tenants });
  const watches = createWatchService({
    memberships,
    programmes,
    tenants,
    stillRuns: credentials.stillRuns,
  });
  credentials.onVerified(watches.watch);
  const runs = createRunService({ reading, tenants });
  const ownRegistrations = createOwnRegistrationService({
    attachments,
    credentials,
    people,
    reading,
    tenants,
    isIdentified: async (personId) => isIdentified(await identityDocuments.levelOf(personId)),
  });
  const credits = createCreditService({ attachments, memberships, programmes, tenants, humans });
  const sessions = createSessionService({ courses, memberships, tenants, units });
  const enrolments = createEnrolmentService({ courses, sessions, offers, memberships, tenants });
  const materials = createMaterialService({ attachments, courses, enrolments });
  const curricula = createCurriculumService({ courses, sessions, enrolments, memberships, tenants });
  const trainingPlans = createTrainingPlanService({ courses, tenants, units, thread: makeInThread });
  const planPublishing = createPlanPublishing({ sessions, enrolments });
  const trainingDesk = createDeskService({
    courses,
    sessions,
    enrolments,
    tenants,
    codeKey: deriveSecret(master, 'training-code'),
  });
  credits.onReversed(async ({ enrolmentId }, reason) => {
    if (enrolmentId) await trainingDesk.reopen(enrolmentId, reason);
  });
  const guardians = createGuardianService({
    accounts,
    inPerson,
    attachments,
    links,
    memberships,
    people,
    tenants,
  });
  const feeds = createFeedService({ enrolments, memberships, tenants, i18n, publicUrl });
  security.onSecretsEnded((personId) => feeds.closeEverywhere(personId));
  people.onGuardianWithdrawn(async (personId) => {
    await assignments.releaseAhead(personId, '');
    await enrolments.releaseAhead(personId, '');
    await memberships.takeRolesEverywhere(personId);
    await feeds.closeEverywhere(personId);
    await accounts.close(personId);
  });
  memberships.onStopped(async ({ personId, how }) => {
    await assignments.replaceAfter(personId, { of: 'membership', how, what: '', name: '', skills: [] });
    await attendance.closeOf(personId);
    // Whoever is suspended may be back before the training; whoever is no member is told of nothing any more.
    if (how === 'suspended') return;
    await enrolments.releaseHere(personId, '');
    await feeds.close(personId);
    await savedSearches.removeAll(personId);
  });
  const joinLinks = createJoinLinkService({
    accounts,
    links,
    memberships,
    units,
    codeKey: deriveSecret(master, 'join-link'),
  });
  const keys = loadOrCreateSigningKeys(join(config.dataDir, 'keys', 'certificates'));
  const certificates = createCertificateService({
    hours,
    memberships,
    people,
    tenants,
    units,
    keys,
    i18n,
    publicUrl,
    isIdentified: async (personId) => isIdentified(await identityDocuments.levelOf(personId)),
    isNameSeen: identityDocuments.isNameSeen,
    formerPersonsOf,
    namesNow: async (personIds) => {
      const now = await personsNow(personIds);
      const names = new Map(
        (await memberships.ofPeople([...now.values()])).map((row) => [String(row.personId), row.personName]),
      );
      return new Map([...now].flatMap(([then, id]) => (names.has(id) ? [[then, names.get(id) ?? '']] : [])));
    },
  });
  const certificateBatches = createCertificateBatches({ certificates, hours, tenants, units, i18n });
  const schemes = createSchemeService({ tenants });
  const recognition = createRecognitionService({
    schemes,
    hours,
    memberships,
    people,
    tenants,
    units,
    humans,
  });
  hours.onReversed((row) => recognition.weigh([row], false));
  hours.onPosted((rows) => recognition.weigh(rows, true));
  const awards = createAwardService({
    attachments,
    memberships,
    tenants,
    units,
    humans,
    async recognised(personId) {
      const rows = await recognition.grantedTo([personId, ...(await formerPersonsOf(personId))]);
      return rows.map(({ _id, name, grantedAt }) => ({
        id: String(_id),
        name,
        grantedAt: grantedAt as Date,
      }));
    },
  });
  const badges = createBadgeService({ certificates, hours, tenants, keys, i18n, publicUrl });

  const home = createHomeSources({
    assignments,
    matching,
    memberships,
    hours,
    tenants,
    requests,
    credentials,
    sessions,
  });

  const anchors = createAnchorFile(() => join(config.dataDir, 'anchors', database().databaseName));
  const seals = createSealService({ anchors });

  const inspections = createInspectionService({
    identityDocuments,
    memberships,
    people,
    proposals,
    seals,
    tenants,
    units,
    keys,
    renderSummary: summaryPage({ views, i18n }),
  });

  const firstSteps = createFirstStepService({
    people,
    memory: accounts,
    async service(actor) {
      const [ahead, given] = await Promise.all([
        assignments.upcoming(actor.personId, 1),
        hours.given(actor.personId),
      ]);
      return { signedUp: ahead.length > 0, served: given.totalMinutes + given.waitingMinutes > 0 };
    },
  });

  const audit = createAuditService({ memberships, tenants });
  proposals.wire(
    createProposalActs({
      audit,
      batches: certificateBatches,
      certificates,
      closings: bankClosings,
      credits,
      external,
      hours,
      inspections,
      merges,
      tenants,
    }),
  );
  const weights = createWeightsService({ tenants, memberships });
  const exclusions = createExclusionService({ matching, memberships, shifts });
  const days = createDayBoards({ assignments, units });
  const kiosks = createKioskService({
    attendance,
    assignments,
    memberships,
    shifts,
    people,
    units,
    misses: {
      count: (id) => throttle.consume('kiosk-miss', id),
      takeBack: (id) => throttle.takeBack('kiosk-miss', id),
    },
  });
  const reviewSources = createReviewSources({
    appraisals,
    awards,
    credentials,
    credits,
    pools: talentPools.queries,
    proposals,
    i18n,
    types: credentialTypes,
    hours,
  });
  const suggestions = createSuggestionService({ reading, toLearn: enrolments.toLearn });
  return {
    config,
    alone: options.alone === true,
    anchors,
    assets,
    channels,
    i18n,
    keys,
    links,
    master,
    offerLinkKey,
    publicUrl,
    reachesNumbers,
    search,
    searchLinkKey,
    throttle,
    views,
    services: {
      external,
      inspections,
      proposals,
      units,
      tenants,
      people,
      memberships,
      passwords,
      accounts,
      requests,
      shifts,
      opportunities,
      offers,
      matching,
      assignments,
      plans,
      planSending,
      savedSearches,
      searchWatch,
      attendance,
      hours,
      certificates,
      certificateBatches,
      appraisals,
      awards,
      recognition,
      schemes,
      bank,
      kinships,
      redemptions,
      credentials,
      imports,
      identityDocuments,
      poolTime: talentPools.time,
      watches,
      runs,
      seals,
      closings,
      annualReports,
      transfers,
      merges,
      sessions,
      enrolments,
      trainingDesk,
      trainingPlans,
      planPublishing,
      announcements,
      audit,
      badges,
      bankClosings,
      calendars,
      courses,
      credentialTypes,
      credits,
      curricula,
      days,
      exclusions,
      explaining,
      feeds,
      firstSteps,
      guardians,
      home,
      inPerson,
      joinLinks,
      kiosks,
      materials,
      ownRegistrations,
      programmes,
      reviewSources,
      security,
      suggestions,
      talentPools,
      weights,
    },
  };
}

/** All that is built of a process. */
export type Built = ReturnType<typeof build>;

/**
 * The composition root: web, jobs, scripts and tests all start here. Services are built above, what features bring along stands
 * beside: `compose/routes.ts`, `compose/messages.ts`, `compose/invariants.ts`.
 */
export function compose(config: Config, options: ComposeOptions = {}) {
  const built = build(config, options);
  const { assets, channels, i18n, keys, master, publicUrl, search, throttle, views } = built;
  const messages = createMessageService({
    definitions: composeMessages(built),
    channels,
    render: (kind, model, context, channel) => views.renderMail(kind, model, context, channel),
  });
  const services = { ...built.services, messages };
  return {
    config,
    publicUrl,
    i18n,
    views,
    assets: assets.middleware,
    serviceWorker: assets.serviceWorker,
    throttle,
    channels,
    search,
    services,
    invariants: composeInvariants(built),
    routes: composeRoutes(built, messages),
    identities: createIdentities(services.tenants, services.security),
    keyPrints: {
      secretPrint: deriveSecret(master, 'print').toString('base64url'),
      signingKeyIds: [...keys.trusted.keys()],
    },
    sessionSecret: deriveSecret(master, 'session').toString('base64url'),
    limits: { maxMs: config.sessionMaxMs, now: () => contextNow().getTime() },
  } satisfies Composition;
}

export interface Composition {
  readonly config: Config;
  readonly publicUrl: string;
  readonly i18n: I18n;
  readonly views: Views;
  readonly assets: RequestHandler;
  readonly throttle: Throttle;
  readonly routes: Route[];
  readonly identities: Identities;
  readonly [more: string]: unknown;
}

export type Composed = ReturnType<typeof compose>;
export type Services = Composed['services'];
