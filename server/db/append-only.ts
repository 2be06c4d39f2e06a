/** Collections whose rows the application may add and never change or remove; its database user has no right to. */
export const APPEND_ONLY: readonly string[] = [
  'auditentries',
  'auditseals',
  'ledgerclosings',
  'ledgerentries',
  'ledgerstatements',
];
