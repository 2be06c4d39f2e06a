import type { NavEntry } from './http/page-context.ts';

/**
 * The main navigation, in order: desk work first for those who have it. The first five with `phone` become the phone's
 * tab bar, the first seven stand in the desk's header; everything is in the menu.
 */
export const navigation: readonly NavEntry[] = [
  { href: '/', key: 'nav.home', icon: 'home', permission: 'signed-in', phone: true },
  { href: '/audit', key: 'audit.title', icon: 'list-check', permission: 'audit:see', phone: true },
  { href: '/requests', key: 'nav.requests', icon: 'clipboard-list', permission: 'requests:see', phone: true },
  { href: '/shifts', key: 'nav.shifts', icon: 'calendar-event', permission: 'shifts:publish', phone: true },
  { href: '/hours/queue', key: 'nav.confirmHours', icon: 'checks', permission: 'hours:confirm', phone: true },
  {
    href: '/hours/held',
    key: 'hours.held.title',
    icon: 'eye-exclamation',
    permission: 'hours:inspect',
    phone: false,
  },
  { href: '/memberships', key: 'nav.memberships', icon: 'users', permission: 'people:see', phone: true },
  {
    href: '/credentials/reviews',
    key: 'credentials.desk',
    icon: 'rosette',
    permission: 'credentials:review',
    phone: false,
  },
  {
    href: '/credits/reviews',
    key: 'credits.desk.title',
    icon: 'school',
    permission: 'credits:review',
    phone: false,
  },
  {
    href: '/opportunities',
    key: 'nav.opportunities',
    icon: 'search',
    permission: 'opportunities:see',
    phone: true,
  },
  {
    href: '/check-in',
    key: 'nav.checkIn',
    icon: 'qrcode',
    permission: 'attendance:check-in-own',
    phone: true,
  },
  { href: '/hours', key: 'nav.hours', icon: 'clock', permission: 'hours:see-own', phone: true },
  { href: '/profile', key: 'nav.me', icon: 'user', permission: 'profile:edit-own', phone: true },
  {
    href: '/assignments',
    key: 'nav.myShifts',
    icon: 'calendar-event',
    permission: 'assignments:see-own',
    phone: false,
  },
  {
    href: '/offers',
    key: 'assignments.offers.title',
    icon: 'mail-opened',
    permission: 'signed-in',
    phone: false,
  },
  {
    href: '/certificates',
    key: 'nav.certificates',
    icon: 'certificate',
    permission: 'certificates:issue-own',
    phone: false,
  },
  {
    href: '/credentials',
    key: 'nav.credentials',
    icon: 'id-badge-2',
    permission: 'credentials:claim-own',
    phone: false,
  },
  { href: '/credits', key: 'credits.title', icon: 'school', permission: 'credits:claim-own', phone: false },
  {
    href: '/ledger/periods',
    key: 'hours.periods.title',
    icon: 'book',
    permission: 'ledger:see',
    phone: false,
  },
  { href: '/imports', key: 'nav.imports', icon: 'file-import', permission: 'imports:see', phone: false },
  {
    href: '/calendar',
    key: 'calendars.title',
    icon: 'calendar-event',
    permission: 'tenant:settings',
    phone: false,
  },
  {
    href: '/settings',
    key: 'tenants.title',
    icon: 'settings',
    permission: 'tenant:settings',
    phone: false,
  },
  { href: '/units', key: 'nav.units', icon: 'sitemap', permission: 'units:see', phone: false },
];
