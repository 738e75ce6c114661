import { createRoute, z } from '@hono/zod-openapi';
import type { Auth } from '../../platform/auth/auth.ts';
import { atLeast } from '../../platform/auth/sign-in.ts';
import type { Ctx } from '../../platform/context.ts';
import { type Api, bodyOf, jsonOf, newApi, problemResponses } from '../../platform/http/api.ts';
import { createApiKey, deleteApiKey, readApiKeys } from './api-keys.ts';
import {
  addContactMethod,
  changeMe,
  invite,
  readMe,
  readPeople,
  removeContactMethod,
  requirePerson,
  testContactMethod,
} from './people.ts';
import { changeNotificationRules } from './notification-rules.ts';
import { readOverview } from './read-overview.ts';
import {
  apiKeySchema,
  changeMeSchema,
  changeRulesSchema,
  inviteSchema,
  meSchema,
  newApiKeySchema,
  newContactMethodSchema,
  overviewSchema,
  personSchema,
} from './schemas.ts';

const idParam = z.object({ id: z.string().min(1).max(100) });
const done = { 204: { description: 'Done' }, ...problemResponses };

/** The first screen, oneself, the people and the API keys, under /api/v1. */
export function accountRoutes(ctx: Ctx, auth: Auth, mailConfigured: () => boolean): Api {
  const api = newApi();
  api.openapi(
    createRoute({
      method: 'get',
      path: '/overview',
      summary: 'What is going on: open incidents, services, who is on call, what is still to do',
      responses: { 200: jsonOf(overviewSchema, 'Overview'), ...problemResponses },
    }),
    async (c) => c.json(await readOverview(ctx, ctx.clock.now(), mailConfigured()), 200),
  );
  addMe(ctx, api);
  addPeople(ctx, api);
  addKeys(ctx, auth, api);
  return api;
}

function addMe(ctx: Ctx, api: Api): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/me',
      summary: 'Who you are',
      responses: { 200: jsonOf(meSchema, 'You'), ...problemResponses },
    }),
    async (c) => c.json(await readMe(ctx, c.get('principal')), 200),
  );
  api.openapi(
    createRoute({
      method: 'patch',
      path: '/me',
      summary: 'Change your own settings',
      request: { body: bodyOf(changeMeSchema) },
      responses: done,
    }),
    async (c) => {
      await changeMe(ctx, c.get('principal'), c.req.valid('json'));
      return c.body(null, 204);
    },
  );
  api.openapi(
    createRoute({
      method: 'put',
      path: '/me/notification-rules',
      summary: 'Say which of your contact methods is used after how long',
      request: { body: bodyOf(changeRulesSchema) },
      responses: done,
    }),
    async (c) => {
      await changeNotificationRules(ctx, requirePerson(c.get('principal')), c.req.valid('json').rules, ctx.clock.now());
      return c.body(null, 204);
    },
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/me/contact-methods',
      summary: 'Add a way to reach you',
      request: { body: bodyOf(newContactMethodSchema) },
      responses: { 201: jsonOf(z.object({ id: z.string() }), 'Added'), ...problemResponses },
    }),
    async (c) =>
      c.json({ id: await addContactMethod(ctx, c.get('principal'), c.req.valid('json').config, ctx.clock.now()) }, 201),
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/me/contact-methods/{id}/test',
      summary: 'Send yourself a test page',
      request: { params: idParam },
      responses: { 202: { description: 'On its way' }, ...problemResponses },
    }),
    async (c) => {
      await testContactMethod(ctx, c.get('principal'), c.req.valid('param').id, ctx.clock.now());
      return c.body(null, 202);
    },
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/me/contact-methods/{id}',
      summary: 'Remove a way to reach you',
      request: { params: idParam },
      responses: done,
    }),
    async (c) => {
      await removeContactMethod(ctx, c.get('principal'), c.req.valid('param').id, ctx.clock.now());
      return c.body(null, 204);
    },
  );
}

function addPeople(ctx: Ctx, api: Api): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/people',
      summary: 'The people who can be called',
      responses: { 200: jsonOf(z.object({ people: z.array(personSchema) }), 'People'), ...problemResponses },
    }),
    async (c) => c.json({ people: await readPeople(ctx) }, 200),
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/invitations',
      summary: 'Invite somebody by a link',
      middleware: atLeast('admin'),
      request: { body: bodyOf(inviteSchema) },
      responses: { 201: jsonOf(z.object({ url: z.string() }), 'The link'), ...problemResponses },
    }),
    async (c) => c.json(await invite(ctx, c.get('principal'), c.req.valid('json'), ctx.clock.now()), 201),
  );
}

function addKeys(ctx: Ctx, auth: Auth, api: Api): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/api-keys',
      summary: 'Your API keys, without the keys',
      responses: { 200: jsonOf(z.object({ keys: z.array(apiKeySchema) }), 'Keys'), ...problemResponses },
    }),
    async (c) => c.json({ keys: await readApiKeys(ctx, c.get('principal').userId) }, 200),
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/api-keys',
      summary: 'Make an API key with your own rights; it is shown this once',
      request: { body: bodyOf(newApiKeySchema) },
      responses: { 201: jsonOf(z.object({ id: z.string(), key: z.string() }), 'The key'), ...problemResponses },
    }),
    async (c) => c.json(await createApiKey(auth, c.get('principal').userId, c.req.valid('json')), 201),
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/api-keys/{id}',
      summary: 'Revoke an API key',
      request: { params: idParam },
      responses: done,
    }),
    async (c) => {
      await deleteApiKey(ctx, c.get('principal').userId, c.req.valid('param').id);
      return c.body(null, 204);
    },
  );
}
