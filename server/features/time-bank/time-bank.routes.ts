import type { I18n } from '../../i18n/index.ts';
import type { Route } from '../../http/route.ts';
import type { ProposalService } from '../proposals/index.ts';
import type { RequestService } from '../requests/index.ts';
import type { BankService } from './bank.service.ts';
import { closingRoutes } from './closing.routes.ts';
import type { BankClosing } from './closing.service.ts';
import type { KinshipService } from './kinship.service.ts';
import type { RedemptionService } from './redemption.service.ts';
import { deskRoutes } from './desk.routes.ts';
import { ownRoutes } from './own.routes.ts';
import { redemptionRoutes } from './redemption.routes.ts';

export interface BankRouteParts {
  readonly bank: BankService;
  readonly closings: BankClosing;
  readonly kinships: KinshipService;
  readonly proposals: ProposalService;
  readonly redemptions: RedemptionService;
  readonly requests: RequestService;
  readonly i18n: I18n;
}

export const timeBankRoutes = (parts: BankRouteParts): Route[] => [
  ...ownRoutes(parts),
  ...deskRoutes(parts),
  ...redemptionRoutes(parts),
  ...closingRoutes(parts),
];
