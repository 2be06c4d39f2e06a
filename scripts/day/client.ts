import { randomUUID } from 'node:crypto';

/** One step of the day, as the table and `--json` tell it. */
export interface Step {
  readonly name: string;
  readonly actor: string;
  readonly status: string;
  readonly ms: number;
}

export class StepFailed extends Error {
  override name = 'StepFailed';
}

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly links: readonly string[];
}

/** Somebody at a keyboard: their own token, over HTTP, nothing else. */
export class Person {
  readonly name: string;
  readonly email: string;
  #token: string | null = null;
  readonly #day: Day;

  constructor(day: Day, name: string, email: string) {
    this.#day = day;
    this.name = name;
    this.email = email;
  }

  async signIn(password: string, tenant: string): Promise<void> {
    const issued = await this.call<{ token: string }>('POST', '/tokens', {
      email: this.email,
      password,
      tenant,
    });
    this.#token = issued.token;
  }

  /** Calls the API. @throws StepFailed unless it answers 2xx (or the status expected) */
  async call<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    options: { expect?: number; version?: number } = {},
  ): Promise<T> {
    const answer = await this.raw(method, path, body, options.version);
    const text = await answer.text();
    const fine = options.expect === undefined ? answer.ok : answer.status === options.expect;
    if (!fine) throw new StepFailed(`${method} ${path}: ${answer.status} ${text.slice(0, 400)}`);
    return (text === '' ? {} : JSON.parse(text)) as T;
  }

  async download(path: string): Promise<Buffer> {
    const answer = await this.raw('GET', path);
    if (!answer.ok) throw new StepFailed(`GET ${path}: ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  }

  raw(method: string, path: string, body?: unknown, version?: number): Promise<Response> {
    const init: RequestInit = {
      method,
      headers: {
        'accept-language': 'zh-CN',
        ...(this.#token ? { authorization: `Bearer ${this.#token}` } : {}),
        ...(body === undefined || body instanceof FormData ? {} : { 'content-type': 'application/json' }),
        ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
        ...(version === undefined ? {} : { 'if-match': `"v${version}"` }),
      },
    };
    if (body !== undefined) init.body = body instanceof FormData ? body : JSON.stringify(body);
    return fetch(`${this.#day.url}/api/v1${path}`, init);
  }
}

/** The running of the day: people, steps with their times, the mailbox. */
export class Day {
  readonly url: string;
  readonly steps: Step[] = [];
  readonly #tell: (step: Step) => void;

  constructor(url: string, tell: (step: Step) => void) {
    this.url = url;
    this.#tell = tell;
  }

  /** Runs one step and notes how it went; a failed step ends the day. */
  async step<T>(name: string, actor: string, work: () => Promise<T>): Promise<T> {
    const from = performance.now();
    const note = (status: string): void => {
      const step = { name, actor, status, ms: Math.round(performance.now() - from) };
      this.steps.push(step);
      this.#tell(step);
    };
    try {
      const result = await work();
      note('ok');
      return result;
    } catch (err) {
      note(`failed: ${err instanceof Error ? err.message : String(err)}`);
      throw err instanceof StepFailed ? err : new StepFailed(name, { cause: err });
    }
  }

  /** Mail that arrived for the address with these words in the subject; waits up to half a minute for it. */
  async mailTo(email: string, subject: RegExp, after = 0): Promise<Mail> {
    for (let attempt = 0; attempt < 60; attempt += 1) {
      const answer = await fetch(`${this.url}/dev/mailbox.json?limit=60`);
      if (!answer.ok)
        throw new StepFailed(
          'The development mailbox does not answer: start Linli without SMTP_URL to play the day',
        );
      const mails = ((await answer.json()) as Mail[]).filter(
        (mail) => mail.to === email && subject.test(mail.subject),
      );
      const mail = mails[after];
      if (mail) return mail;
      await pause(500);
    }
    throw new StepFailed(`No mail for ${email} with ${String(subject)}`);
  }
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
