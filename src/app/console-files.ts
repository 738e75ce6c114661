import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Hono } from 'hono';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

interface File {
  body: Uint8Array<ArrayBuffer>;
  gzip: Uint8Array<ArrayBuffer>;
  type: string;
  etag: string;
}

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The built console under /console: files with a hash in their name for ever, and index.html for every address of the application. */
export function consoleFiles(directory: string): Hono {
  const app = new Hono();
  const files = new Map<string, File>();
  if (existsSync(directory)) for (const [path, file] of readFiles(directory)) files.set(path, file);
  app.get('/console/*', (c) => {
    const path = c.req.path.slice('/console'.length);
    const file = files.get(path) ?? (isFileName(path) ? undefined : files.get('/index.html'));
    if (!file)
      return c.text(
        files.size === 0 ? 'The console is not built. Run `npm run build:console`.' : 'There is no such file.',
        404,
      );
    const isForEver = path.startsWith('/assets/');
    c.header('cache-control', isForEver ? 'public, max-age=31536000, immutable' : 'no-cache');
    c.header('etag', file.etag);
    c.header('vary', 'accept-encoding');
    c.header('content-security-policy', policy);
    if (c.req.header('if-none-match') === file.etag) return c.body(null, 304);
    c.header('content-type', file.type);
    if (!/\bgzip\b/.test(c.req.header('accept-encoding') ?? '')) return c.body(file.body);
    c.header('content-encoding', 'gzip');
    return c.body(file.gzip);
  });
  app.get('/console', (c) => c.redirect('/console/'));
  return app;
}

/** The application's own addresses may contain dots too: an invitation's token does. */
const isFileName = (path: string): boolean => path.startsWith('/assets/') || /^\/[^/]+\.[a-z0-9]+$/i.test(path);

function* readFiles(directory: string): Generator<[string, File]> {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const full = join(entry.parentPath, entry.name);
    const body = new Uint8Array(readFileSync(full));
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 20)}"`;
    const type = types[extname(entry.name)] ?? 'application/octet-stream';
    yield [
      full.slice(directory.length).replaceAll('\\', '/'),
      { body, gzip: new Uint8Array(gzipSync(body)), type, etag },
    ];
  }
}
