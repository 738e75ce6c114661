import { createRoute, z } from '@hono/zod-openapi';
import { actorOf, roles } from '../platform/auth/principal.ts';
import { atLeast } from '../platform/auth/sign-in.ts';
import type { Ctx } from '../platform/context.ts';
import { type Api, bodyOf, jsonOf, newApi, problemResponses } from '../platform/http/api.ts';
import { addDependencyRoutes } from './dependency-routes.ts';
import {
  addCheck,
  addIntegration,
  addService,
  archiveCheck,
  archiveIntegration,
  archiveService,
} from './edit-services.ts';
import { pathOf, tryMessage } from './inbound/try-message.ts';
import { readService, readServices } from './read-services.ts';
import {
  integrationKeySchema,
  newCheckSchema,
  newIntegrationSchema,
  newServiceSchema,
  serviceSchema,
  serviceSummarySchema,
  triedSchema,
  tryIntegrationSchema,
} from './schemas.ts';

const idParam = z.object({ id: z.string().min(1).max(100) });
const created = { 201: jsonOf(z.object({ id: z.string() }), 'Added'), ...problemResponses };
const done = { 204: { description: 'Done' }, ...problemResponses };

/** Services, checks and sources of alerts, under /api/v1. `onChange` tells the scheduler that checks are not what they were. */
export function watchRoutes(ctx: Ctx, onChange: () => void): Api {
  const api = newApi();
  addReads(ctx, api);
  addEdits(ctx, api, onChange);
  addDependencyRoutes(ctx, api, onChange);
  return api;
}

function addReads(ctx: Ctx, api: Api): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/services',
      summary: 'Every service with its state, the worst first',
      responses: {
        200: jsonOf(z.object({ services: z.array(serviceSummarySchema) }), 'Services'),
        ...problemResponses,
      },
    }),
    async (c) => c.json({ services: await readServices(ctx) }, 200),
  );
  api.openapi(
    createRoute({
      method: 'get',
      path: '/services/{id}',
      summary: 'One service with its checks, sources and response times',
      request: { params: idParam },
      responses: { 200: jsonOf(serviceSchema, 'The service'), ...problemResponses },
    }),
    async (c) => {
      const mayEdit = roles.indexOf(c.get('principal').role) >= roles.indexOf('admin');
      return c.json(await readService(ctx, c.req.valid('param').id, mayEdit), 200);
    },
  );
}

function addEdits(ctx: Ctx, api: Api, onChange: () => void): void {
  const admin = atLeast('admin');
  const by = (c: { get(key: 'principal'): Parameters<typeof actorOf>[0] }) => ({
    actor: actorOf(c.get('principal')),
    now: ctx.clock.now(),
  });
  api.openapi(
    createRoute({
      method: 'post',
      path: '/services',
      summary: 'Add a service',
      middleware: admin,
      request: { body: bodyOf(newServiceSchema) },
      responses: created,
    }),
    async (c) => c.json({ id: await addService(ctx, c.req.valid('json'), by(c)) }, 201),
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/services/{id}',
      summary: 'Take a service out of use',
      middleware: admin,
      request: { params: idParam },
      responses: done,
    }),
    async (c) => {
      await archiveService(ctx, c.req.valid('param').id, by(c));
      onChange();
      return c.body(null, 204);
    },
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/services/{id}/checks',
      summary: 'Add a check to a service',
      middleware: admin,
      request: { params: idParam, body: bodyOf(newCheckSchema) },
      responses: created,
    }),
    async (c) => {
      const id = await addCheck(ctx, c.req.valid('param').id, c.req.valid('json'), by(c));
      onChange();
      return c.json({ id }, 201);
    },
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/checks/{id}',
      summary: 'Take a check out of use',
      middleware: admin,
      request: { params: idParam },
      responses: done,
    }),
    async (c) => {
      await archiveCheck(ctx, c.req.valid('param').id, by(c));
      onChange();
      return c.body(null, 204);
    },
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/services/{id}/integrations',
      summary: 'Let another tool raise alerts for a service; the key is shown this once',
      middleware: admin,
      request: { params: idParam, body: bodyOf(newIntegrationSchema) },
      responses: { 201: jsonOf(integrationKeySchema, 'Added'), ...problemResponses },
    }),
    async (c) => {
      const input = c.req.valid('json');
      const { id, key } = await addIntegration(ctx, c.req.valid('param').id, input, by(c));
      return c.json({ id, key, url: `${ctx.publicUrl}${pathOf(input.kind, key)}` }, 201);
    },
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/integrations/try',
      summary: 'Say what a message of another tool would become; nothing is kept',
      middleware: admin,
      request: { body: bodyOf(tryIntegrationSchema) },
      responses: { 200: jsonOf(triedSchema, 'What it would become'), ...problemResponses },
    }),
    (c) => c.json(tryMessage(c.req.valid('json'), ctx.clock.now()), 200),
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/integrations/{id}',
      summary: 'Withdraw the key of a source of alerts',
      middleware: admin,
      request: { params: idParam },
      responses: done,
    }),
    async (c) => {
      await archiveIntegration(ctx, c.req.valid('param').id, by(c));
      return c.body(null, 204);
    },
  );
}
