import { createRoute, z } from '@hono/zod-openapi';
import { actorOf, type Principal } from '../../platform/auth/principal.ts';
import { atLeast } from '../../platform/auth/sign-in.ts';
import type { Ctx } from '../../platform/context.ts';
import { type Api, bodyOf, jsonOf, problemResponses } from '../../platform/http/api.ts';
import { addActionItem, changeActionItem, removeActionItem } from './action-items.ts';
import { postmortemHtml, postmortemMarkdown } from './export.ts';
import { publishPostmortem, withdrawPostmortem } from './publish.ts';
import { readActionItems, readPostmortem, readPostmortems } from './read.ts';
import { reviewPostmortem } from './review.ts';
import { savePostmortem } from './save.ts';
import {
  actionItemSchema,
  changeActionItemSchema,
  newActionItemSchema,
  postmortemSchema,
  postmortemSummarySchema,
  publishPostmortemSchema,
  reviewPostmortemSchema,
  savePostmortemSchema,
} from './schemas.ts';
import { startPostmortem } from './start.ts';

const idParam = z.object({ id: z.string().min(1).max(100) });
const path = '/incidents/{id}/postmortem';
const whole = { 200: jsonOf(postmortemSchema, 'The postmortem as it is now'), ...problemResponses };
const done = { 204: { description: 'Done' }, ...problemResponses };
const limit = z.coerce.number().int().min(1).max(200).default(50);

/** What is written about incidents that are over, and what is to be done about them. */
export function addPostmortemRoutes(ctx: Ctx, api: Api): void {
  addReads(ctx, api);
  addWrites(ctx, api);
  addActionItems(ctx, api);
}

function addReads(ctx: Ctx, api: Api): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/postmortems',
      summary: 'Postmortems, those of the newest incidents first',
      request: {
        query: z.object({
          limit,
          before: z.coerce.number().int().optional().describe('Continue a list: only incidents below this number'),
        }),
      },
      responses: {
        200: jsonOf(z.object({ postmortems: z.array(postmortemSummarySchema) }), 'Postmortems'),
        ...problemResponses,
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      return c.json({ postmortems: await readPostmortems(ctx, query.limit, query.before) }, 200);
    },
  );
  api.openapi(
    createRoute({
      method: 'get',
      path,
      summary: 'The postmortem of an incident',
      request: { params: idParam },
      responses: whole,
    }),
    async (c) => c.json(await readPostmortem(ctx, c.req.valid('param').id), 200),
  );
  api.openapi(
    createRoute({
      method: 'get',
      path: `${path}/export`,
      summary: 'The postmortem as a file, Markdown or HTML',
      request: { params: idParam, query: z.object({ format: z.enum(['markdown', 'html']).default('markdown') }) },
      responses: {
        200: {
          description: 'The file',
          content: { 'text/markdown': { schema: z.string() }, 'text/html': { schema: z.string() } },
        },
        ...problemResponses,
      },
    }),
    async (c) => {
      const postmortem = await readPostmortem(ctx, c.req.valid('param').id);
      const isHtml = c.req.valid('query').format === 'html';
      const name = `postmortem-${postmortem.incident.number}.${isHtml ? 'html' : 'md'}`;
      return c.body(isHtml ? postmortemHtml(postmortem) : postmortemMarkdown(postmortem), 200, {
        'content-type': `text/${isHtml ? 'html' : 'markdown'}; charset=utf-8`,
        'content-disposition': `attachment; filename="${name}"`,
      });
    },
  );
}

/** By whom and when, with the incident that the address names. */
const by = (ctx: Ctx, id: string, principal: Principal) => ({
  incidentId: id,
  actor: actorOf(principal),
  now: ctx.clock.now(),
});

function addWrites(ctx: Ctx, api: Api): void {
  const responder = atLeast('responder');
  api.openapi(
    createRoute({
      method: 'post',
      path,
      summary: 'Draft the postmortem of an incident that is over; one that is there stays',
      middleware: responder,
      request: { params: idParam },
      responses: whole,
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      await startPostmortem(ctx, by(ctx, id, c.get('principal')));
      return c.json(await readPostmortem(ctx, id), 200);
    },
  );
  api.openapi(
    createRoute({
      method: 'put',
      path,
      summary: 'Save the texts; 409 when somebody saved in the meantime',
      middleware: responder,
      request: { params: idParam, body: bodyOf(savePostmortemSchema) },
      responses: whole,
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      await savePostmortem(ctx, { ...by(ctx, id, c.get('principal')), ...c.req.valid('json') });
      return c.json(await readPostmortem(ctx, id), 200);
    },
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: `${path}/publish`,
      summary: 'It is done; its public text may go to the status page',
      middleware: responder,
      request: { params: idParam, body: bodyOf(publishPostmortemSchema) },
      responses: whole,
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      await publishPostmortem(ctx, { ...by(ctx, id, c.get('principal')), ...c.req.valid('json') });
      return c.json(await readPostmortem(ctx, id), 200);
    },
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: `${path}/withdraw`,
      summary: 'Make it a draft again; the status page no longer shows it',
      middleware: responder,
      request: { params: idParam },
      responses: whole,
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      await withdrawPostmortem(ctx, by(ctx, id, c.get('principal')));
      return c.json(await readPostmortem(ctx, id), 200);
    },
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: `${path}/reviews`,
      summary: 'Say that you have read this version',
      middleware: responder,
      request: { params: idParam, body: bodyOf(reviewPostmortemSchema) },
      responses: whole,
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      await reviewPostmortem(ctx, { ...by(ctx, id, c.get('principal')), ...c.req.valid('json') });
      return c.json(await readPostmortem(ctx, id), 200);
    },
  );
}

function addActionItems(ctx: Ctx, api: Api): void {
  const responder = atLeast('responder');
  api.openapi(
    createRoute({
      method: 'get',
      path: '/action-items',
      summary: 'Action items of all postmortems: what is due first, or what was done last',
      request: { query: z.object({ state: z.enum(['open', 'done']).default('open'), limit }) },
      responses: {
        200: jsonOf(z.object({ actionItems: z.array(actionItemSchema) }), 'Action items'),
        ...problemResponses,
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      return c.json({ actionItems: await readActionItems(ctx, query.state, query.limit) }, 200);
    },
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: `${path}/action-items`,
      summary: 'Add an action item',
      middleware: responder,
      request: { params: idParam, body: bodyOf(newActionItemSchema) },
      responses: { 201: jsonOf(z.object({ id: z.string() }), 'Added'), ...problemResponses },
    }),
    async (c) => {
      const input = { ...by(ctx, c.req.valid('param').id, c.get('principal')), ...c.req.valid('json') };
      return c.json({ id: await addActionItem(ctx, input) }, 201);
    },
  );
  api.openapi(
    createRoute({
      method: 'patch',
      path: '/action-items/{id}',
      summary: 'Change an action item, or tick it off',
      middleware: responder,
      request: { params: idParam, body: bodyOf(changeActionItemSchema) },
      responses: done,
    }),
    async (c) => {
      const { incidentId: itemId, ...rest } = by(ctx, c.req.valid('param').id, c.get('principal'));
      await changeActionItem(ctx, { itemId, ...rest, ...c.req.valid('json') });
      return c.body(null, 204);
    },
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/action-items/{id}',
      summary: 'Take an action item away',
      middleware: responder,
      request: { params: idParam },
      responses: done,
    }),
    async (c) => {
      const { incidentId: itemId, ...rest } = by(ctx, c.req.valid('param').id, c.get('principal'));
      await removeActionItem(ctx, { itemId, ...rest });
      return c.body(null, 204);
    },
  );
}
