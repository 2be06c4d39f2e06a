export { seedDemo } from './demo.seed.ts';
export type { DemoCounts, DemoOptions, DemoServices, DemoSaver, ServedShift, SignIn } from './demo.seed.ts';
export type { DemoLog } from './demo.logs.ts';
