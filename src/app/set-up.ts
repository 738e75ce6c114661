import { z } from 'zod';
import type { WakingHours } from '../domain/words.ts';
import { minPasswordLength } from '../platform/auth/auth-rules.ts';
import { type Auth, createUser } from '../platform/auth/auth.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { appendEvents } from '../platform/events.ts';

export const setUpSchema = z
  .object({
    name: z.string().trim().min(1, 'Please tell us your name').max(100),
    email: z.email('Please give an e-mail address').max(254),
    password: z.string().min(minPasswordLength, `Please use at least ${minPasswordLength} characters`).max(128),
    timeZone: z.string().max(60).refine(isTimeZone, 'expected a time zone as in Europe/Berlin').default('UTC'),
  })
  .strict();
export type SetUp = z.infer<typeof setUpSchema>;

export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** Whether nobody has set up this installation yet. */
export async function needsSetUp(ctx: Ctx): Promise<boolean> {
  const user = await ctx.db.selectFrom('auth_users').select('id').limit(1).executeTakeFirst();
  return user === undefined;
}

/** Where people start: working hours, Monday to Friday. */
export const defaultWakingHours: WakingHours = { days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' };

/**
 * Makes the first person the owner, with a team, a policy that pages them and a status page, so that the first service can be added at once.
 * Throws `conflict` when somebody was first.
 */
export async function setUp(ctx: Ctx, auth: Auth, input: SetUp): Promise<{ userId: string }> {
  const now = ctx.clock.now();
  if (!(await needsSetUp(ctx))) throw new ServiceError('conflict', 'This HugOps has an owner already. Please sign in.');
  // Two people may press at once: whoever writes this row first is the owner.
  const claim = await ctx.db
    .insertInto('settings')
    .values({ key: 'owner', value: JSON.stringify({ email: input.email }), updated_at: now })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .returning('key')
    .executeTakeFirst();
  if (!claim) throw new ServiceError('conflict', 'Somebody is setting up this HugOps at the same moment.');
  try {
    const userId = await createUser(auth, ctx.db, { ...input, role: 'owner' });
    await transact(ctx, (tx) => furnish(tx, userId, input, now));
    return { userId };
  } catch (error) {
    await ctx.db.deleteFrom('settings').where('key', '=', 'owner').execute();
    throw error;
  }
}

/** What the first person needs: themselves as somebody who can be paged, and somewhere to put the first service. */
async function furnish(ctx: Ctx, userId: string, input: SetUp, now: number): Promise<void> {
  const owned = { owned_by: 'console' as const, created_at: now };
  const personId = await linkPerson(ctx, userId, input, now);
  // An id that nobody would choose in hugops.yaml, which may describe teams of its own later.
  const teamId = idFor(ctx, 'team');
  await ctx.db
    .insertInto('policies')
    .values({
      id: 'default',
      name: 'Call us',
      ...owned,
      repeat_count: 2,
      steps: JSON.stringify([{ targets: [{ kind: 'team', id: teamId }], waitMs: 5 * 60_000 }]),
    })
    .onConflict((c) => c.doNothing())
    .execute();
  await ctx.db
    .insertInto('teams')
    .values({ id: teamId, name: 'Our team', policy_id: 'default', ...owned, archived_at: null })
    .onConflict((c) => c.doNothing())
    .execute();
  await ctx.db
    .insertInto('team_members')
    .values({ team_id: teamId, person_id: personId, is_lead: true })
    .onConflict((c) => c.doNothing())
    .execute();
  await appendEvents(ctx, [{ kind: 'set-up.finished', at: now, actor: { kind: 'person', id: personId } }]);
}

/** Joins the user to the person with that address (from hugops.yaml), or makes one. Returns the person's id. */
export async function linkPerson(
  ctx: Ctx,
  userId: string,
  input: { name: string; email: string; timeZone: string },
  now: number,
): Promise<string> {
  const known = await ctx.db
    .selectFrom('people')
    .select('id')
    .where((where) => where(where.fn<string>('lower', ['email']), '=', input.email.toLowerCase()))
    .where('archived_at', 'is', null)
    .executeTakeFirst();
  if (known) {
    await ctx.db.updateTable('people').set({ user_id: userId }).where('id', '=', known.id).execute();
    return known.id;
  }
  const personId = idFor(ctx, 'per');
  const owned = { owned_by: 'console' as const, created_at: now, archived_at: null };
  await ctx.db
    .insertInto('people')
    .values({
      id: personId,
      name: input.name,
      email: input.email,
      time_zone: input.timeZone,
      waking_hours: JSON.stringify(defaultWakingHours),
      user_id: userId,
      ...owned,
    })
    .execute();
  await ctx.db
    .insertInto('contact_methods')
    .values({
      id: idFor(ctx, 'cm'),
      person_id: personId,
      kind: 'email',
      label: input.email,
      config: JSON.stringify({ kind: 'email', address: input.email }),
      position: 0,
      ...owned,
    })
    .execute();
  return personId;
}

/** The status page that every installation has from its first start, until hugops.yaml or the console says more. */
export async function ensureStatusPage(ctx: Ctx): Promise<void> {
  const now = ctx.clock.now();
  await ctx.db
    .insertInto('status_pages')
    .values({ id: 'main', title: 'Status', owned_by: 'console', created_at: now, updated_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** The owner of a first start without a browser: HUGOPS_ADMIN_EMAIL and HUGOPS_ADMIN_PASSWORD. Does nothing once there is an owner. */
export async function setUpFromEnvironment(
  ctx: Ctx,
  auth: Auth,
  admin: { email: string; password: string } | undefined,
): Promise<void> {
  if (!admin || !(await needsSetUp(ctx))) return;
  const name = admin.email.split('@')[0] ?? admin.email;
  await setUp(ctx, auth, setUpSchema.parse({ name, ...admin }));
}
