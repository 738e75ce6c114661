import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** One file that pages point at; its name holds the hash of its content, so that it may be cached for ever. */
interface Asset {
  path: string;
  type: string;
  body: Buffer;
}

/** What the pages are dressed in: one inlined stylesheet, two small scripts, and the proof-of-work widget with its workers. */
export interface SiteAssets {
  css: string;
  pageScript: Asset;
  formScript: Asset;
  altcha: Asset;
  altchaPbkdf2: Asset;
  altchaSha: Asset;
  files: Asset[];
  /** The Content-Security-Policy of every public page. */
  csp: string;
}

const javascript = 'text/javascript; charset=utf-8';
let loaded: SiteAssets | undefined;

/** Reads the assets once; they ship with the program. Throws when a file is missing, which is a broken installation. */
export function siteAssets(): SiteAssets {
  loaded ??= load();
  return loaded;
}

function load(): SiteAssets {
  const css = squeezeCss(readFileSync(new URL('./render/site.css', import.meta.url), 'utf8'));
  const own = (name: string): Asset => asset(name, readFileSync(new URL(`./client/${name}.js`, import.meta.url)));
  const packaged = (name: string, module: string): Asset =>
    asset(name, readFileSync(new URL(import.meta.resolve(module))));
  const pageScript = own('page');
  const formScript = own('form');
  // The `external` build holds no inlined worker, which a strict policy would refuse.
  const altcha = asset('altcha', readFileSync(new URL('altcha.min.js', import.meta.resolve('altcha/external'))));
  const altchaPbkdf2 = packaged('altcha-pbkdf2', 'altcha/workers/pbkdf2');
  const altchaSha = packaged('altcha-sha', 'altcha/workers/sha');
  return {
    css,
    pageScript,
    formScript,
    altcha,
    altchaPbkdf2,
    altchaSha,
    files: [pageScript, formScript, altcha, altchaPbkdf2, altchaSha],
    csp: policyFor(css),
  };
}

function asset(name: string, body: Buffer): Asset {
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 12);
  return { path: `/assets/${name}-${hash}.js`, type: javascript, body };
}

/** Takes out what only the author needs. The stylesheet is ours, so a few patterns are enough. */
const squeezeCss = (css: string): string =>
  css
    .replaceAll(/\/\*[^]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([{};,]) ?/g, '$1')
    .replaceAll(/: /g, ':')
    .replaceAll(';}', '}')
    .trim();

function policyFor(css: string): string {
  const hash = createHash('sha256').update(css).digest('base64');
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'sha256-${hash}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
