import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkConfigSchema, checkKinds } from '../../../src/watch/index.ts';
import { compileExpectations, type HttpExpectation } from '../../../src/watch/checks/http-expect.ts';

const complaints = (config: object): string[] => {
  const parsed = checkConfigSchema.safeParse(config);
  return parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
};

describe('check configurations', () => {
  it('fill in what is usual', () => {
    expect(checkConfigSchema.parse({ kind: 'http', url: 'https://example.com/' })).toEqual({
      kind: 'http',
      url: 'https://example.com/',
      method: 'GET',
      headers: {},
      followRedirects: true,
      maxRedirects: 5,
      addressFamily: 'any',
      verifyCertificate: true,
      http2: false,
      maxBodyBytes: 1_048_576,
      expect: [],
    });
    expect(checkConfigSchema.parse({ kind: 'heartbeat' })).toEqual({ kind: 'heartbeat', graceMs: 60_000 });
  });

  it.each([
    [{ kind: 'http', url: 'ftp://example.com' }, /^url: write a URL that begins with http/],
    [{ kind: 'http', url: 'https://alice:pw@example.com' }, /^url: .*without a user name/],
    [{ kind: 'http', url: 'https://example.com', bearer: 'plain' }, /^bearer: write a reference/],
    [
      { kind: 'http', url: 'https://example.com', basic: { username: 'a', password: 'b' } },
      /^basic.password: write a reference/,
    ],
    [
      { kind: 'http', url: 'https://example.com', headers: { Authorization: 'Bearer x' } },
      /^headers.Authorization: refer/,
    ],
    [{ kind: 'http', url: 'https://example.com', headers: { Host: 'x' } }, /^headers.Host: HugOps sets/],
    [{ kind: 'http', url: 'https://example.com', headers: { 'a b': 'x' } }, /^headers.a b/],
    [{ kind: 'http', url: 'https://example.com', headers: { a: 'x\r\ny: z' } }, /line break/],
    [{ kind: 'http', url: 'https://example.com', surprise: 1 }, /surprise/],
    [
      { kind: 'http', url: 'https://example.com', expect: [{ on: 'body', is: 'matches', value: '(a)\\1' }] },
      /^expect.0.value: references/,
    ],
    [
      { kind: 'http', url: 'https://example.com', expect: [{ on: 'json', path: '$..a', is: 'present' }] },
      /^expect.0.path/,
    ],
    [
      { kind: 'http', url: 'https://example.com', expect: [{ on: 'json', path: '$.a', is: 'above', value: 'x' }] },
      /write a number/,
    ],
    [{ kind: 'http', url: 'https://example.com', expect: [{ on: 'status', in: ['2xx'] }] }, /write a status as 204/],
    [{ kind: 'tcp', host: 'a b', port: 1 }, /^host/],
    [{ kind: 'tcp', host: 'a', port: 70_000 }, /^port/],
    [
      { kind: 'http', url: 'https://example.com', proxy: { url: 'https://proxy.test' } },
      /^proxy.url: write the proxy as/,
    ],
    [
      { kind: 'http', url: 'https://example.com', proxy: { url: 'http://p.test:1', password: '${env:P}' } },
      /^proxy.username: write the user name/,
    ],
    [
      {
        kind: 'http',
        url: 'https://example.com',
        oauth2: { tokenUrl: 'https://id.test', clientId: 'a', clientSecret: 'plain' },
      },
      /^oauth2.clientSecret: write a reference/,
    ],
    [
      { kind: 'http', url: 'https://example.com', clientCertificate: { certificate: 'x', key: 'plain' } },
      /^clientCertificate.key: write a reference/,
    ],
    [{ kind: 'tls', host: 'a', fingerprint: 'ab:cd' }, /^fingerprint: write the SHA-256/],
    [{ kind: 'dns', host: 'a', type: 'ANY' }, /^type/],
    [{ kind: 'dns', host: 'a', only: true }, /^contains: write the answers/],
    [{ kind: 'dns', host: 'a', matches: '(' }, /^matches: a \( has no \)/],
    [{ kind: 'ping', host: '-f example.com' }, /^host: write a host name/],
    [{ kind: 'websocket', url: 'https://example.com' }, /^url: write a URL that begins with ws/],
    [{ kind: 'smtp', host: 'a', security: 'none', daysLeft: 3 }, /^daysLeft: a certificate needs/],
    [
      { kind: 'smtp', host: 'a', security: 'none', login: { username: 'a', password: '${env:P}' } },
      /^login: a login needs starttls or tls/,
    ],
    [{ kind: 'postgres', host: 'a', username: 'a', password: 'plain' }, /^password: write a reference/],
    [{ kind: 'mysql', host: 'a', username: 'a', expect: { is: 'equals', value: 1 } }, /^query: write the query/],
    [{ kind: 'redis', host: 'a', expect: { is: 'above', value: 'x' } }, /^expect.value: write a number/],
    [{ kind: 'redis', host: 'a', password: 'plain' }, /^password: write a reference/],
    [{ kind: 'domain-expiry', domain: 'example' }, /^domain: write a registered domain/],
    [{ kind: 'prometheus', url: 'https://example.com', query: 'up', expect: { is: 'equals', value: 1 } }, /^expect.is/],
    [{ kind: 'http-steps', steps: [] }, /^steps/],
    [{ kind: 'smoke-signal' }, /^kind/],
  ])('%j is refused with a reason', (config, reason) => {
    expect(complaints(config).join('\n')).toMatch(reason);
  });

  it('describe every field for forms and the reference', () => {
    for (const { kind, label, schema } of checkKinds) {
      expect({ kind, label }).not.toMatchObject({ label: '' });
      const { properties = {} } = z.toJSONSchema(schema, { io: 'input' });
      for (const [field, description] of Object.entries(properties)) {
        expect({ kind, field, ...Object(description) }).toMatchObject({
          title: expect.any(String),
          description: expect.any(String),
        });
      }
    }
  });
});

describe('every kind', () => {
  it('keeps the words of all checks free, so that a field of its own never stands for one of them', () => {
    const common = [
      'name',
      'interval',
      'timeout',
      'failureThreshold',
      'recoveryThreshold',
      'severity',
      'paused',
      'kind',
    ];
    for (const { kind, schema } of checkKinds) {
      const own = Object.keys(schema.shape).map((field) => field.replace(/Ms$/, ''));
      expect({ kind, taken: own.filter((field) => common.includes(field)) }).toEqual({ kind, taken: [] });
    }
  });

  it('asks for secrets as references only', () => {
    for (const { kind, schema } of checkKinds) {
      const text = JSON.stringify(z.toJSONSchema(schema, { io: 'input' }));
      const secretNames = [...text.matchAll(/"(password|key|clientSecret|bearer)":(\{.*?\})/g)];
      for (const [, name, field = ''] of secretNames) {
        expect({ kind, name, isSecret: field.includes('"secret":true') }).toEqual({ kind, name, isSecret: true });
      }
    }
  });
});

describe('HTTP expectations', () => {
  const facts = {
    status: 200,
    headers: new Map([['content-type', 'application/json']]),
    text: () => '{"status":"ok","parts":[{"up":true,"lag":3},{"up":false,"lag":9}],"deep":{"a":[1]}}',
    truncated: false,
    totalMs: 120,
    certificate: { validToAt: Date.UTC(2026, 0, 11), daysLeft: 10 },
  };
  const judge = (expectation: HttpExpectation): string | undefined =>
    compileExpectations([expectation])
      .map((one) => one(facts))
      .find((wrong) => wrong !== undefined);

  it.each<[HttpExpectation, string | undefined]>([
    [{ on: 'status', in: ['200-204', '301'] }, undefined],
    [{ on: 'status', in: ['301', '404'] }, 'status 200, expected 301 or 404'],
    [{ on: 'header', name: 'Content-Type', is: 'contains', value: 'json' }, undefined],
    [
      { on: 'header', name: 'content-type', is: 'equals', value: 'text/html' },
      'the header content-type is not "text/html"',
    ],
    [{ on: 'header', name: 'x-cache', is: 'present', value: '' }, 'the header x-cache is missing'],
    [{ on: 'header', name: 'x-cache', is: 'matches', value: 'HIT' }, 'the header x-cache is missing'],
    [
      { on: 'header', name: 'content-type', is: 'absent', value: '' },
      'the header content-type is there, expected none',
    ],
    [{ on: 'body', is: 'contains', value: '"ok"' }, undefined],
    [{ on: 'body', is: 'not-contains', value: '"ok"' }, 'the body contains "\\"ok\\""'],
    [{ on: 'body', is: 'matches', value: '"status":\\s*"(ok|fine)"' }, undefined],
    [{ on: 'body', is: 'not-matches', value: 'o.' }, 'the body matches "o."'],
    [{ on: 'json', path: '$.status', is: 'equals', value: 'ok' }, undefined],
    [{ on: 'json', path: '$.parts[*].up', is: 'equals', value: true }, '$.parts[*].up is false, expected true'],
    [{ on: 'json', path: '$.parts[*].lag', is: 'below', value: 10 }, undefined],
    [{ on: 'json', path: '$.parts[*].lag', is: 'above', value: 5 }, '$.parts[*].lag is 3, expected a number above 5'],
    [{ on: 'json', path: '$.gone', is: 'present', value: '' }, '$.gone is missing'],
    [{ on: 'json', path: '$.gone', is: 'absent', value: '' }, undefined],
    [{ on: 'json', path: '$.deep', is: 'contains', value: 'a' }, '$.deep is an object, expected text'],
    [{ on: 'json', path: '$.status', is: 'matches', value: '^(?:ok)$' }, undefined],
    [{ on: 'response-time', belowMs: 200 }, undefined],
    [{ on: 'response-time', belowMs: 100 }, 'the answer took 120 ms, expected less than 100 ms'],
    [{ on: 'certificate', daysLeft: 10 }, undefined],
    [{ on: 'certificate', daysLeft: 14 }, 'the certificate expires on 2026-01-11, in 10 days, expected at least 14'],
  ])('%j', (expectation, wrong) => {
    expect(judge(expectation)).toBe(wrong);
  });
});
