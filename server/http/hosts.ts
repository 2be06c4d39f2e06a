const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Whether `PUBLIC_URL` is plain http on this machine: the only place where cookies may travel without TLS. */
export function isLoopbackHttp(publicUrl: string): boolean {
  const url = new URL(publicUrl);
  return url.protocol === 'http:' && LOOPBACK.has(url.hostname);
}

/** Our own host, or a loopback name of it; anything else could poison links and caches (S-35). */
export function isAllowedHost(host: string | undefined, publicUrl: string): boolean {
  if (host === undefined) return false;
  const own = new URL(publicUrl);
  if (host.toLowerCase() === own.host) return true;
  if (!LOOPBACK.has(own.hostname)) return false;
  const match = /^(\[::1\]|[a-z0-9.]+)(?::(\d+))?$/i.exec(host);
  return (
    match !== null &&
    LOOPBACK.has((match[1] ?? '').toLowerCase()) &&
    (match[2] ?? '80') === (own.port || '80')
  );
}
