import { randomUUID } from 'node:crypto';
import { testApp } from './app.ts';
import { ask, askElsewhere } from './ask.ts';
import type { Asked } from './ask.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly location: string | null;
  /** The parsed JSON body. */
  json<T = Record<string, unknown>>(): T;
}

/** Nobody here is far away: packing and unpacking every answer would be a tenth of the work. What is packed is tested by itself. */
const UNPACKED = { 'accept-encoding': 'identity' };

const answerOf = ({ status, text, location, headers }: Asked): Answer => ({
  status,
  text,
  location,
  // Few look at them: they are put together for who does.
  get headers() {
    return headers();
  },
  json: <T>() => JSON.parse(text) as T,
});

/** A browser without scripts: cookies, the CSRF token of the last page, real HTTP. */
export class PageAgent {
  readonly #cookies = new Map<string, string>();
  #url: string | null;
  #token = '';
  last: Answer | null = null;

  /** @param url of another process than the test's own application */
  constructor(url: string | null = null) {
    this.#url = url;
  }

  /** The same browser, sent on to another process. */
  goTo(url: string): this {
    this.#url = url;
    return this;
  }

  /** Goes on in a session that is there already. */
  enter({ cookie, csrfToken }: { cookie: readonly [name: string, value: string]; csrfToken: string }): this {
    this.#cookies.set(...cookie);
    this.#token = csrfToken;
    return this;
  }

  cookieHeader(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#send(path, { method: 'GET', headers });
  }

  /** Posts a form; repeated fields as arrays. The token comes from a page of this session, fetched when none was. */
  async post(
    path: string,
    fields: Record<string, string | readonly string[]> = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    if (this.#token === '')
      await this.get('/sign-in').then(async (answer) =>
        answer.status === 303 ? this.get('/account') : answer,
      );
    const body = new URLSearchParams({ _csrf: this.#token, _key: randomUUID() });
    for (const [name, value] of Object.entries(fields)) {
      body.delete(name);
      for (const one of typeof value === 'string' ? [value] : value) body.append(name, one);
    }
    const url = this.#url ?? (await testApp()).url;
    return this.#send(path, {
      method: 'POST',
      headers: { origin: url, 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: body.toString(),
    });
  }

  /** Sends a multipart form with one file. */
  async upload(
    path: string,
    fields: Record<string, string>,
    file: { name: string; bytes: Uint8Array | string; type?: string },
  ): Promise<Answer> {
    if (this.#token === '') await this.get('/account');
    const url = this.#url ?? (await testApp()).url;
    const body = new FormData();
    for (const [name, value] of Object.entries({ _csrf: this.#token, _key: randomUUID(), ...fields }))
      body.append(name, value);
    body.append(
      'file',
      new Blob([file.bytes as Uint8Array<ArrayBuffer>], { type: file.type ?? 'text/csv' }),
      file.name,
    );
    return this.#send(path, { method: 'POST', headers: { origin: url }, body });
  }

  async #send(
    path: string,
    init: { method: string; headers: Record<string, string>; body?: string | FormData },
  ): Promise<Answer> {
    const url = this.#url ?? (await testApp()).url;
    const asked = await (this.#url === null ? ask : askElsewhere)(`${url}${path}`, {
      ...init,
      headers: { ...UNPACKED, cookie: this.cookieHeader(), ...init.headers },
    });
    for (const cookie of asked.cookies) {
      const [pair = ''] = cookie.split(';');
      const at = pair.indexOf('=');
      this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const answer = answerOf(asked);
    const token = /name="_csrf" value="([^"]+)"/.exec(answer.text)?.[1];
    if (token !== undefined) this.#token = token.replaceAll('&#x3D;', '=');
    this.last = answer;
    return answer;
  }
}

/** A program with a bearer token. */
export class ApiAgent {
  readonly token: string | null;
  readonly #url: string | null;
  /** @param url of another process than the test's own application */
  constructor(token: string | null = null, url: string | null = null) {
    this.token = token;
    this.#url = url;
  }

  /** The same program, talking to another process. */
  at(url: string): ApiAgent {
    return new ApiAgent(this.token, url);
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const url = this.#url ?? (await testApp()).url;
    return answerOf(
      await (this.#url === null ? ask : askElsewhere)(`${url}/api/v1${path}`, {
        method,
        headers: {
          ...UNPACKED,
          ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    );
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('GET', path, undefined, headers);
  }
  post(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('POST', path, body, headers);
  }
  patch(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('PATCH', path, body, headers);
  }
}
