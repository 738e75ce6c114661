import type { HttpAnswer } from './http-answer.ts';
import type { HttpRequest } from './http-request.ts';
import type { Secrets } from './secrets.ts';

/** Cookies for the length of one run. */
export interface CookieJar {
  /** The request with the cookies for its host. */
  attach(request: HttpRequest): HttpRequest;
  keep(url: URL, answer: HttpAnswer): void;
}

const maxCookies = 50;

/**
 * A small jar: a cookie goes back to the host that set it and to no other, over https only when it says so, until the run ends (RFC 6265 without paths
 * and parent domains). Values count as secrets, because they sign people in.
 */
export function createCookieJar(secrets: Secrets): CookieJar {
  const jar = new Map<string, { host: string; name: string; value: string; isSecure: boolean }>();
  return {
    attach(request) {
      const { hostname, protocol } = request.url;
      const own = [...jar.values()].filter((one) => one.host === hostname && (!one.isSecure || protocol === 'https:'));
      if (own.length === 0) return request;
      const given = request.headers.get('cookie');
      const all = [...(given === undefined ? [] : [given]), ...own.map(({ name, value }) => `${name}=${value}`)];
      return { ...request, headers: new Map(request.headers).set('cookie', all.join('; ')) };
    },
    keep({ hostname: host }, answer) {
      // Several come joined by commas; a comma in a date is not followed by a name and an equals sign.
      for (const text of (answer.headers.get('set-cookie') ?? '').split(/,\s*(?=[^;,=\s]+=)/)) {
        const [pair = '', ...attributes] = text.split(';');
        const [, name, value = ''] = /^\s*([^=\s]+)=(\P{Cc}*?)\s*$/u.exec(pair) ?? [];
        if (name === undefined || (jar.size >= maxCookies && !jar.has(`${host} ${name}`))) continue;
        const flags = attributes.map((attribute) => attribute.trim().toLowerCase());
        const isGone = flags.some(
          (flag) => /^max-age=(?:0|-\d+)$/.test(flag) || flag.startsWith('expires=thu, 01 jan 1970'),
        );
        if (isGone) jar.delete(`${host} ${name}`);
        else {
          jar.set(`${host} ${name}`, { host, name, value, isSecure: flags.includes('secure') });
          secrets.remember(value);
        }
      }
    },
  };
}
