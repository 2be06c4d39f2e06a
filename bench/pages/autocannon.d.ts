declare module 'autocannon' {
  interface Options {
    url: string;
    connections: number;
    amount: number;
    timeout: number;
    headers?: Record<string, string>;
  }
  interface Result {
    requests: { total: number };
    non2xx: number;
    errors: number;
    duration: number;
  }
  type Listener = (client: unknown, status: number, bytes: number, milliseconds: number) => void;
  type Run = Promise<Result> & { on(event: 'response', listener: Listener): void };
  export default function autocannon(options: Options): Run;
}
