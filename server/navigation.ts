import type { NavEntry } from './http/page-context.ts';

/** The main navigation, in order. The first five a person may use become the phone's tab bar. */
export const navigation: readonly NavEntry[] = [
  { href: '/', key: 'nav.home', icon: 'home', permission: 'signed-in', phone: true },
];
