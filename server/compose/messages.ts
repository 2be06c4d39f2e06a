import type { MessageDefinition } from '../mail/message.ts';
import { accountMessages } from '../features/accounts/index.ts';
import { membershipMessages } from '../features/memberships/index.ts';
import { announcementMessages, assignmentMessages } from '../features/assignments/index.ts';
import { appraisalMessages } from '../features/appraisals/index.ts';
import { awardMessages } from '../features/awards/index.ts';
import { credentialMessages } from '../features/credentials/index.ts';
import { creditMessages } from '../features/credits/index.ts';
import { certificateMessages } from '../features/certificates/index.ts';
import { joinLinkMessages } from '../features/join-links/index.ts';
import { guardianMessages } from '../features/guardians/index.ts';
import { hoursMessages } from '../features/hours/index.ts';
import { inspectionMessages } from '../features/inspections/index.ts';
import { proposalMessages } from '../features/proposals/index.ts';
import { recognitionMessages } from '../features/recognition/index.ts';
import { savedSearchMessages } from '../features/saved-searches/index.ts';
import { reRegistrationMessages } from '../features/re-registration/index.ts';
import { poolMessages } from '../features/talent-pools/index.ts';
import { timeBankMessages } from '../features/time-bank/index.ts';
import { trainingMessages } from '../features/training/index.ts';
import type { Built } from '../compose.ts';

/** Every message of every feature, by mail or as a text. */
export function composeMessages(built: Built): MessageDefinition[] {
  const { i18n, links, offerLinkKey, publicUrl, searchLinkKey } = built;
  const {
    accounts,
    credentialTypes,
    memberships,
    offers,
    ownRegistrations,
    people,
    shifts,
    tenants,
    units,
    watches,
  } = built.services;
  const recipients = {
    ofPerson: (personId: string) => accounts.recipientOf({ personId }),
    ofAccount: (accountId: string) => accounts.recipientOf({ accountId }),
  };
  return [
    ...accountMessages({ accounts, people, publicUrl, links }),
    ...joinLinkMessages({ links, tenants, units, publicUrl }),
    ...guardianMessages({ links, people, tenants, publicUrl }),
    ...membershipMessages({ tenants, recipientOf: recipients.ofPerson, publicUrl }),
    ...assignmentMessages({
      i18n,
      shifts,
      offers,
      tenants,
      units,
      recipients,
      publicUrl,
      linkKey: offerLinkKey,
    }),
    ...announcementMessages({ shifts, tenants, recipients, publicUrl }),
    ...savedSearchMessages({
      shifts,
      memberships,
      tenants,
      recipientOf: recipients.ofPerson,
      publicUrl,
      linkKey: searchLinkKey,
    }),
    ...credentialMessages({ types: credentialTypes, tenants, recipientOf: recipients.ofPerson, publicUrl }),
    ...poolMessages({ tenants, recipientOf: recipients.ofPerson, publicUrl }),
    ...reRegistrationMessages({
      own: ownRegistrations,
      watches,
      tenants,
      recipientOf: recipients.ofPerson,
      publicUrl,
    }),
    ...creditMessages({ tenants, recipientOf: recipients.ofPerson, publicUrl }),
    ...hoursMessages({
      tenants,
      recipientOf: recipients.ofPerson,
      recipientOfAccount: recipients.ofAccount,
      publicUrl,
    }),
    ...proposalMessages({ i18n, tenants, recipientOfAccount: recipients.ofAccount, publicUrl }),
    ...inspectionMessages({ tenants, recipientOfAccount: recipients.ofAccount, publicUrl }),
    ...appraisalMessages({
      tenants,
      recipientOf: recipients.ofPerson,
      recipientOfAccount: recipients.ofAccount,
      publicUrl,
    }),
    ...awardMessages({ tenants, i18n, recipientOf: recipients.ofPerson, publicUrl }),
    ...recognitionMessages({ tenants, i18n, recipientOf: recipients.ofPerson, publicUrl }),
    ...timeBankMessages({ tenants, i18n, recipientOf: recipients.ofPerson, publicUrl }),
    ...certificateMessages({ tenants, recipientOf: recipients.ofPerson, publicUrl }),
    ...trainingMessages({ i18n, offers, tenants, recipientOf: recipients.ofPerson, publicUrl }),
  ];
}
