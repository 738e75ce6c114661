import { createRoute, z } from '@hono/zod-openapi';
import { actorOf, type Principal } from '../../platform/auth/principal.ts';
import { atLeast } from '../../platform/auth/sign-in.ts';
import type { Ctx } from '../../platform/context.ts';
import { type Api, bodyOf, jsonOf, newApi, problemResponses } from '../../platform/http/api.ts';
import { addPolicy, archivePolicy, changePolicy } from './edit-policies.ts';
import { addSchedule, archiveSchedule, changeSchedule } from './edit-schedules.ts';
import { addTeam, archiveTeam, changeTeam } from './edit-teams.ts';
import { previewSchedule } from './judge-schedule.ts';
import type { By } from './own-rows.ts';
import { readPlannedSchedules, readPolicies, readTeams } from './read-plan.ts';
import {
  newPolicySchema,
  newScheduleSchema,
  newTeamSchema,
  plannedScheduleSchema,
  policyBodySchema,
  policyViewSchema,
  previewBodySchema,
  previewSchema,
  savedSchema,
  scheduleBodySchema,
  teamBodySchema,
  teamViewSchema,
} from './schemas.ts';

const idParam = z.object({ id: z.string().min(1).max(100) });
const saved = { 200: jsonOf(savedSchema, 'Saved, with its standing warnings'), ...problemResponses };
const added = { 201: jsonOf(savedSchema, 'Added, with its standing warnings'), ...problemResponses };
const done = { 204: { description: 'Done' }, ...problemResponses };
const admin = atLeast('admin');

/** Schedules, policies and teams that people plan in the console, under /api/v1. */
export function planRoutes(ctx: Ctx): Api {
  const api = newApi();
  addSchedules(ctx, api);
  addPolicies(ctx, api);
  addTeams(ctx, api);
  return api;
}

const byOf = (ctx: Ctx, principal: Principal): By => ({ actor: actorOf(principal), now: ctx.clock.now() });

function addSchedules(ctx: Ctx, api: Api): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/schedules',
      summary: 'Schedules as they are planned, with their standing warnings',
      responses: {
        200: jsonOf(z.object({ schedules: z.array(plannedScheduleSchema) }), 'Schedules'),
        ...problemResponses,
      },
    }),
    async (c) => c.json({ schedules: await readPlannedSchedules(ctx, ctx.clock.now()) }, 200),
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/schedules/preview',
      summary: 'Say who would be on call when, where nobody is, and how kind it is; nothing is kept',
      middleware: atLeast('responder'),
      request: { body: bodyOf(previewBodySchema) },
      responses: { 200: jsonOf(previewSchema, 'As it would be'), ...problemResponses },
    }),
    async (c) => c.json(await previewSchedule(ctx, c.req.valid('json'), ctx.clock.now()), 200),
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/schedules',
      summary: 'Add a schedule',
      middleware: admin,
      request: { body: bodyOf(newScheduleSchema) },
      responses: added,
    }),
    async (c) => c.json(await addSchedule(ctx, c.req.valid('json'), byOf(ctx, c.get('principal'))), 201),
  );
  api.openapi(
    createRoute({
      method: 'put',
      path: '/schedules/{id}',
      summary: 'Change a schedule; its overrides stay',
      middleware: admin,
      request: { params: idParam, body: bodyOf(scheduleBodySchema) },
      responses: saved,
    }),
    async (c) =>
      c.json(
        await changeSchedule(ctx, c.req.valid('param').id, c.req.valid('json'), byOf(ctx, c.get('principal'))),
        200,
      ),
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/schedules/{id}',
      summary: 'Take a schedule out of use; refused while a policy calls it',
      middleware: admin,
      request: { params: idParam },
      responses: done,
    }),
    async (c) => {
      await archiveSchedule(ctx, c.req.valid('param').id, byOf(ctx, c.get('principal')));
      return c.body(null, 204);
    },
  );
}

function addPolicies(ctx: Ctx, api: Api): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/policies',
      summary: 'Escalation policies, with their standing warnings',
      responses: { 200: jsonOf(z.object({ policies: z.array(policyViewSchema) }), 'Policies'), ...problemResponses },
    }),
    async (c) => c.json({ policies: await readPolicies(ctx) }, 200),
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/policies',
      summary: 'Add an escalation policy',
      middleware: admin,
      request: { body: bodyOf(newPolicySchema) },
      responses: added,
    }),
    async (c) => c.json(await addPolicy(ctx, c.req.valid('json'), byOf(ctx, c.get('principal'))), 201),
  );
  api.openapi(
    createRoute({
      method: 'put',
      path: '/policies/{id}',
      summary: 'Change an escalation policy; open incidents keep the steps they began with',
      middleware: admin,
      request: { params: idParam, body: bodyOf(policyBodySchema) },
      responses: saved,
    }),
    async (c) =>
      c.json(await changePolicy(ctx, c.req.valid('param').id, c.req.valid('json'), byOf(ctx, c.get('principal'))), 200),
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/policies/{id}',
      summary: 'Take an escalation policy out of use; refused while something is called by it',
      middleware: admin,
      request: { params: idParam },
      responses: done,
    }),
    async (c) => {
      await archivePolicy(ctx, c.req.valid('param').id, byOf(ctx, c.get('principal')));
      return c.body(null, 204);
    },
  );
}

function addTeams(ctx: Ctx, api: Api): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/teams',
      summary: 'Teams with members, leads, channels and policy',
      responses: { 200: jsonOf(z.object({ teams: z.array(teamViewSchema) }), 'Teams'), ...problemResponses },
    }),
    async (c) => c.json({ teams: await readTeams(ctx) }, 200),
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/teams',
      summary: 'Add a team',
      middleware: admin,
      request: { body: bodyOf(newTeamSchema) },
      responses: added,
    }),
    async (c) => c.json(await addTeam(ctx, c.req.valid('json'), byOf(ctx, c.get('principal'))), 201),
  );
  api.openapi(
    createRoute({
      method: 'put',
      path: '/teams/{id}',
      summary: 'Change a team, its members and its policy',
      middleware: admin,
      request: { params: idParam, body: bodyOf(teamBodySchema) },
      responses: saved,
    }),
    async (c) =>
      c.json(await changeTeam(ctx, c.req.valid('param').id, c.req.valid('json'), byOf(ctx, c.get('principal'))), 200),
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/teams/{id}',
      summary: 'Take a team out of use; refused while it has services or is called',
      middleware: admin,
      request: { params: idParam },
      responses: done,
    }),
    async (c) => {
      await archiveTeam(ctx, c.req.valid('param').id, byOf(ctx, c.get('principal')));
      return c.body(null, 204);
    },
  );
}
