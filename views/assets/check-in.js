// @ts-check
// Codes that were typed without network wait on the phone and are delivered once each when it is back.
(() => {
  'use strict';
  const DATABASE = 'linli-check-ins';
  const STORE = 'waiting';

  /** @typedef {{ key: string, code: string, account: string, state: 'waiting' | 'refused', told: string }} Kept */

  /** @returns {Promise<IDBDatabase>} */
  function open() {
    return new Promise((resolve, reject) => {
      const asked = indexedDB.open(DATABASE, 1);
      asked.onupgradeneeded = () => {
        asked.result.createObjectStore(STORE, { keyPath: 'key' });
        asked.result.createObjectStore('who', { keyPath: 'id' });
      };
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  }

  /** @param {string} store @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest} work @returns {Promise<any>} */
  async function inStore(store, mode, work) {
    const database = await open();
    return new Promise((resolve, reject) => {
      const asked = work(database.transaction(store, mode).objectStore(store));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  }

  /** @returns {Promise<Kept[]>} */
  const all = () => inStore(STORE, 'readonly', (store) => store.getAll());
  /** @param {Kept} one */
  const keep = (one) => inStore(STORE, 'readwrite', (store) => store.put(one));
  /** @param {string} key */
  const drop = (key) => inStore(STORE, 'readwrite', (store) => store.delete(key));
  /** Whose phone this is, as far as the last page of the check-in said. @returns {Promise<string>} */
  const lastAccount = async () =>
    (await inStore('who', 'readonly', (store) => store.get('last')))?.account ?? '';

  /** Shows what waits, in the words of the page. */
  async function show() {
    const list = document.getElementById('kept');
    if (!list) return;
    const kept = await all();
    list.hidden = kept.length === 0;
    const rows = list.querySelector('ul');
    if (!rows) return;
    rows.replaceChildren(
      ...kept.map((one) => {
        const row = document.createElement('li');
        row.className = 'row-item';
        const text = document.createElement('span');
        text.textContent = `${one.code} · ${one.state === 'waiting' ? (list.dataset['waiting'] ?? '') : one.told}`;
        row.append(text);
        if (one.state === 'refused') {
          const button = document.createElement('button');
          button.type = 'button';
          button.className = 'btn btn-sm';
          button.textContent = list.dataset['drop'] ?? '';
          button.addEventListener('click', () => void drop(one.key).then(show));
          row.append(button);
        }
        return row;
      }),
    );
  }

  /**
   * One delivery: the same key again is the same check-in, so a lost answer costs nothing.
   * @param {Kept} one @param {string} token @returns {Promise<'done' | 'later' | string>}
   */
  async function deliver(one, token) {
    const answer = await fetch('/check-ins', {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ _csrf: token, _key: one.key, code: one.code, kept: 'true' }),
    });
    if (answer.ok && new URL(answer.url).pathname.startsWith('/assignments/')) return 'done';
    if (answer.status >= 500 || answer.status === 429 || new URL(answer.url).pathname === '/sign-in')
      return 'later';
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const told = page.querySelector('.error-summary a, .error-summary li, h1');
    return told?.textContent?.trim() || String(answer.status);
  }

  let delivering = false;
  /** Delivers what waits, in the order in which it was typed, as the account that typed it. */
  async function deliverAll() {
    if (delivering || !navigator.onLine) return;
    delivering = true;
    try {
      const waiting = (await all()).filter(({ state }) => state === 'waiting');
      if (waiting.length === 0) return;
      const answer = await fetch('/check-in', { credentials: 'same-origin' });
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const token = page.querySelector('input[name="_csrf"]')?.getAttribute('value');
      const account = page.querySelector('[data-account]')?.getAttribute('data-account');
      if (!token || !account) return;
      for (const one of waiting
        .filter((kept) => kept.account === account)
        .sort((a, b) => a.key.localeCompare(b.key))) {
        const outcome = await deliver(one, token);
        if (outcome === 'later') break;
        if (outcome === 'done') await drop(one.key);
        else await keep({ ...one, state: 'refused', told: outcome });
      }
    } catch {
      // No network after all; it is tried again when there is.
    } finally {
      delivering = false;
      await show();
    }
  }

  /** Without network the code is kept instead of sent. @param {SubmitEvent} event */
  function sendOrKeep(event) {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.matches('form[action="/check-ins"], form[data-offline]'))
      return;
    if (navigator.onLine && !form.hasAttribute('data-offline')) return;
    event.preventDefault();
    const code = String(new FormData(form).get('code') ?? '').trim();
    if (code === '') return;
    void lastAccount()
      .then((account) =>
        // Sorted by the moment of typing, so that coming is delivered before going.
        keep({
          key: `${Date.now().toString(36).padStart(9, '0')}-${crypto.randomUUID()}`,
          code,
          account,
          state: 'waiting',
          told: '',
        }),
      )
      .then(() => {
        form.reset();
        form.removeAttribute('data-sent');
        form.removeAttribute('aria-busy');
        return show();
      })
      .then(deliverAll);
  }

  document.addEventListener('submit', sendOrKeep);
  window.addEventListener('online', () => void deliverAll());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void deliverAll();
  });
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('[data-locate]') : null;
    if (!(button instanceof HTMLButtonElement)) return;
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      for (const [name, value] of [
        ['latitude', coords.latitude],
        ['longitude', coords.longitude],
      ]) {
        const field = document.querySelector(`form[action="/check-ins"] input[name="${name}"]`);
        if (field instanceof HTMLInputElement) field.value = Number(value).toFixed(5);
      }
      button.textContent = button.dataset['located'] ?? '';
      button.disabled = true;
    });
  });
  document.addEventListener('DOMContentLoaded', () => {
    const account = document.querySelector('[data-account]')?.getAttribute('data-account');
    const ready = account
      ? inStore('who', 'readwrite', (store) => store.put({ id: 'last', account }))
      : Promise.resolve();
    void ready.then(show).then(deliverAll);
    if ('serviceWorker' in navigator) void navigator.serviceWorker.register('/sw.js');
  });
})();
