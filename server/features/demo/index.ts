export { seedDemo } from './demo.seed.ts';
export type { DemoCounts, DemoOptions, DemoServices, ServedShift, SignIn } from './demo.seed.ts';
