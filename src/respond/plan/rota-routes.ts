import { createRoute, z } from '@hono/zod-openapi';
import { actorOf, type Principal, roles } from '../../platform/auth/principal.ts';
import { atLeast } from '../../platform/auth/sign-in.ts';
import type { Ctx } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { type Api, bodyOf, jsonOf, newApi, problemResponses } from '../../platform/http/api.ts';
import { makeCalendarLink, readCalendarLinks, revokeCalendarLink } from './calendar-links.ts';
import type { By } from './own-rows.ts';
import {
  answerSwapSchema,
  calendarLinkBodySchema,
  calendarLinkSchema,
  swapBodySchema,
  swapViewSchema,
  timeOffBodySchema,
  timeOffViewSchema,
} from './schemas.ts';
import { answerSwap, askSwap, readSwaps, withdrawSwap } from './swaps.ts';
import { addTimeOff, readTimeOff, removeTimeOff } from './time-off.ts';

const idParam = z.object({ id: z.string().min(1).max(100) });
const done = { 204: { description: 'Done' }, ...problemResponses };
const created = { 201: jsonOf(z.object({ id: z.string() }), 'Added'), ...problemResponses };
const responder = atLeast('responder');

/** What people do with their own shifts: time off, swaps, calendar links; under /api/v1. */
export function rotaRoutes(ctx: Ctx): Api {
  const api = newApi();
  addTimeOffRoutes(ctx, api);
  addSwaps(ctx, api);
  addCalendarLinks(ctx, api);
  return api;
}

const byOf = (ctx: Ctx, principal: Principal): By => ({ actor: actorOf(principal), now: ctx.clock.now() });
const isAdmin = ({ role }: Principal): boolean => roles.indexOf(role) >= roles.indexOf('admin');

function personOf({ personId }: Principal): string {
  if (personId !== undefined) return personId;
  throw new ServiceError('conflict', 'You are signed in, but you are not one of the people who can be called.');
}

function addTimeOffRoutes(ctx: Ctx, api: Api): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/time-off',
      summary: 'Who is away, now and later',
      responses: { 200: jsonOf(z.object({ timeOff: z.array(timeOffViewSchema) }), 'Time off'), ...problemResponses },
    }),
    async (c) => c.json({ timeOff: await readTimeOff(ctx, ctx.clock.now()) }, 200),
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/time-off',
      summary: 'Say that somebody is away; the next in each rotation stands in',
      middleware: responder,
      request: { body: bodyOf(timeOffBodySchema) },
      responses: created,
    }),
    async (c) => {
      const principal = c.get('principal');
      const { personId = personOf(principal), ...span } = c.req.valid('json');
      if (personId !== principal.personId && !isAdmin(principal))
        throw new ServiceError('forbidden', 'Only an admin says for others that they are away.');
      return c.json({ id: await addTimeOff(ctx, { personId, ...span }, byOf(ctx, principal)) }, 201);
    },
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/time-off/{id}',
      summary: 'Say that somebody is there after all',
      middleware: responder,
      request: { params: idParam },
      responses: done,
    }),
    async (c) => {
      const principal = c.get('principal');
      const input = { id: c.req.valid('param').id, personId: principal.personId, mayAll: isAdmin(principal) };
      await removeTimeOff(ctx, input, byOf(ctx, principal));
      return c.body(null, 204);
    },
  );
}

function addSwaps(ctx: Ctx, api: Api): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/swaps',
      summary: 'Swaps that wait for an answer',
      responses: { 200: jsonOf(z.object({ swaps: z.array(swapViewSchema) }), 'Swaps'), ...problemResponses },
    }),
    async (c) => c.json({ swaps: await readSwaps(ctx, ctx.clock.now()) }, 200),
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/schedules/{id}/swaps',
      summary: 'Ask a colleague to take a shift of yours, perhaps for one of theirs',
      middleware: responder,
      request: { params: idParam, body: bodyOf(swapBodySchema) },
      responses: created,
    }),
    async (c) => {
      const principal = c.get('principal');
      const input = { ...c.req.valid('json'), scheduleId: c.req.valid('param').id, askerId: personOf(principal) };
      return c.json({ id: await askSwap(ctx, input, byOf(ctx, principal)) }, 201);
    },
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/swaps/{id}/answer',
      summary: 'Answer a swap; a yes changes both shifts at once',
      middleware: responder,
      request: { params: idParam, body: bodyOf(answerSwapSchema) },
      responses: done,
    }),
    async (c) => {
      const principal = c.get('principal');
      const { accept } = c.req.valid('json');
      const input = { swapId: c.req.valid('param').id, personId: personOf(principal), accept };
      await answerSwap(ctx, input, byOf(ctx, principal));
      return c.body(null, 204);
    },
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/swaps/{id}',
      summary: 'Take a question back that was not answered yet',
      middleware: responder,
      request: { params: idParam },
      responses: done,
    }),
    async (c) => {
      const principal = c.get('principal');
      const input = { swapId: c.req.valid('param').id, personId: personOf(principal) };
      await withdrawSwap(ctx, input, byOf(ctx, principal));
      return c.body(null, 204);
    },
  );
}

function addCalendarLinks(ctx: Ctx, api: Api): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/calendar-links',
      summary: 'Your secret links for calendar programs',
      responses: { 200: jsonOf(z.object({ links: z.array(calendarLinkSchema) }), 'Links'), ...problemResponses },
    }),
    async (c) => c.json({ links: await readCalendarLinks(ctx, personOf(c.get('principal'))) }, 200),
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/calendar-links',
      summary: 'A secret link to your shifts, or to all of a schedule, for calendar programs',
      request: { body: bodyOf(calendarLinkBodySchema) },
      responses: {
        201: jsonOf(z.object({ id: z.string(), url: z.string() }), 'The link'),
        ...problemResponses,
      },
    }),
    async (c) => {
      const personId = personOf(c.get('principal'));
      const { scheduleId } = c.req.valid('json');
      return c.json(await makeCalendarLink(ctx, { personId, scheduleId, now: ctx.clock.now() }), 201);
    },
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/calendar-links/{id}',
      summary: 'End a calendar link',
      request: { params: idParam },
      responses: done,
    }),
    async (c) => {
      const personId = personOf(c.get('principal'));
      await revokeCalendarLink(ctx, { personId, linkId: c.req.valid('param').id, now: ctx.clock.now() });
      return c.body(null, 204);
    },
  );
}
