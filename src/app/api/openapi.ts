import type { Hono } from 'hono';
import type { Api, ApiEnv } from '../../platform/http/api.ts';

const description = `Everything that the console does, it does with this API. Sign in with the console's session, or send an API key as
\`Authorization: Bearer hgo_…\`. Times are milliseconds since 1970-01-01T00:00:00Z. Errors are RFC 9457 problem details that name the fields.`;

/** The API's description as OpenAPI 3.1, made from the schemas that check the requests, and a page to read it. */
export function describeApi(app: Hono<ApiEnv>, api: Api, version: string, readReference: () => Promise<string>): void {
  api.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'hgo_…',
  });
  let document: string | undefined;
  app.get('/api/openapi.json', (c) => {
    document ??= JSON.stringify(
      api.getOpenAPI31Document({
        openapi: '3.1.0',
        info: {
          title: 'HugOps',
          version,
          description,
          license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
        },
        servers: [{ url: '/api/v1' }],
        security: [{ apiKey: [] }],
      }),
    );
    return c.body(document, 200, { 'content-type': 'application/json', 'cache-control': 'no-cache' });
  });
  app.get('/api/docs', (c) => {
    // The reference viewer writes its own styles; nothing else on this origin is allowed to.
    c.header(
      'content-security-policy',
      "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; font-src data:; img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    );
    return c.html(referencePage);
  });
  app.get('/api/docs/reference.js', async (c) =>
    c.body(await readReference(), 200, {
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=86400',
    }),
  );
}

const referencePage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>HugOps API</title></head>
<body><script id="api-reference" data-url="/api/openapi.json" data-configuration='{"withDefaultFonts":false,"telemetry":false,"agent":{"disabled":true}}'></script><script src="/api/docs/reference.js"></script></body>
</html>`;
