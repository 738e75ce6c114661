import { z } from 'zod';
import type { EpochMs } from '../../domain/words.ts';
import { type Auth, createUser } from '../../platform/auth/auth.ts';
import { type Principal, requireRole, type Role } from '../../platform/auth/principal.ts';
import { type Ctx, idFor, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { invalid } from '../../platform/http/api.ts';
import { enqueueMail } from '../../platform/mail/queue.ts';
import { layoutMail } from '../../platform/mail/layout.ts';
import { signLink, verifyLink } from '../../platform/signed-link.ts';
import { channelConfigSchema, channels } from '../../respond/channels/index.ts';
import { rulesView } from './notification-rules.ts';
import { isTimeZone, linkPerson } from '../set-up.ts';
import type { acceptInviteSchema, changeMeSchema, inviteSchema, Me, PersonView } from './schemas.ts';

const invitePurpose = 'invite';
const inviteLifeMs = 7 * 86_400_000;
const inviteSchemaInLink = z.object({
  email: z.string(),
  name: z.string(),
  role: z.enum(['viewer', 'responder', 'admin', 'owner']),
});

export async function readMe(ctx: Ctx, principal: Principal): Promise<Me> {
  const base = { name: principal.name, email: principal.email, role: principal.role };
  if (principal.personId === undefined) return { ...base, person: null };
  const person = await ctx.db
    .selectFrom('people')
    .selectAll()
    .where('id', '=', principal.personId)
    .executeTakeFirstOrThrow();
  const methods = await ctx.db
    .selectFrom('contact_methods')
    .select(['id', 'kind', 'label', 'owned_by', 'failing_since'])
    .where('person_id', '=', person.id)
    .where('archived_at', 'is', null)
    .orderBy('position')
    .execute();
  return {
    ...base,
    person: {
      id: person.id,
      timeZone: person.time_zone,
      wakingHours: person.waking_hours,
      showName: person.show_name,
      ownedBy: person.owned_by,
      notificationRules: rulesView(person.notification_rules),
      rulesInFile: person.notification_rules?.inFile === true,
      contactMethods: methods.map((method) => ({
        id: method.id,
        kind: method.kind,
        label: method.label,
        ownedBy: method.owned_by,
        failingSince: method.failing_since,
      })),
    },
  };
}

/** Changes one's own settings. What hugops.yaml owns stays as the file says, except whether one's name is shown: that is one's own. */
export async function changeMe(ctx: Ctx, principal: Principal, change: z.output<typeof changeMeSchema>): Promise<void> {
  const personId = requirePerson(principal);
  const person = await ctx.db
    .selectFrom('people')
    .select(['owned_by'])
    .where('id', '=', personId)
    .executeTakeFirstOrThrow();
  if (person.owned_by === 'file' && (change.timeZone !== undefined || change.wakingHours !== undefined)) {
    throw new ServiceError('owned-by-file', 'Your time zone and hours are in hugops.yaml. Please change them there.');
  }
  if (change.timeZone !== undefined && !isTimeZone(change.timeZone)) {
    throw new ServiceError('invalid', 'There is no such time zone.', {
      fields: [{ path: 'timeZone', message: 'expected a name as in Europe/Berlin' }],
    });
  }
  await ctx.db
    .updateTable('people')
    .set({
      ...(change.timeZone === undefined ? {} : { time_zone: change.timeZone }),
      ...(change.wakingHours === undefined ? {} : { waking_hours: JSON.stringify(change.wakingHours) }),
      ...(change.showName === undefined ? {} : { show_name: change.showName }),
    })
    .where('id', '=', personId)
    .execute();
}

export function requirePerson(principal: Principal): string {
  if (principal.personId !== undefined) return principal.personId;
  throw new ServiceError('conflict', 'You are signed in, but you are not one of the people who can be called.');
}

/** Adds a way to reach oneself. */
export async function addContactMethod(ctx: Ctx, principal: Principal, config: unknown, now: EpochMs): Promise<string> {
  const personId = requirePerson(principal);
  const parsed = channelConfigSchema.safeParse(config);
  if (!parsed.success) {
    const error = invalid(parsed.error);
    throw new ServiceError('invalid', error.message, {
      fields: error.fields.map((field) => ({ ...field, path: `config.${field.path}` })),
    });
  }
  const channel = channels.get(parsed.data.kind);
  const id = idFor(ctx, 'cm');
  const last = await ctx.db
    .selectFrom('contact_methods')
    .select((select) => select.fn.max('position').as('position'))
    .where('person_id', '=', personId)
    .executeTakeFirst();
  await ctx.db
    .insertInto('contact_methods')
    .values({
      id,
      person_id: personId,
      kind: parsed.data.kind,
      label: channel?.describe(parsed.data) ?? parsed.data.kind,
      config: JSON.stringify(parsed.data),
      position: Number(last?.position ?? -1) + 1,
      owned_by: 'console',
      created_at: now,
    })
    .execute();
  return id;
}

/** Sends a test page to one of one's own contact methods. */
export async function testContactMethod(ctx: Ctx, principal: Principal, methodId: string, now: EpochMs): Promise<void> {
  const personId = requirePerson(principal);
  await transact(ctx, async (tx) => {
    const method = await tx.db
      .selectFrom('contact_methods')
      .select('id')
      .where('id', '=', methodId)
      .where('person_id', '=', personId)
      .where('archived_at', 'is', null)
      .executeTakeFirst();
    if (!method) throw new ServiceError('not-found', 'You have no such contact method.');
    const row = {
      incident_id: null,
      person_id: personId,
      contact_method_id: method.id,
      kind: 'test' as const,
      reason: 'test',
      round: 0,
      status: 'pending' as const,
    };
    await tx.db
      .insertInto('pages')
      .values({ id: idFor(tx, 'pag'), ...row, due_at: now, next_attempt_at: now, created_at: now })
      .execute();
    tx.wake('pages');
  });
}

/** Takes away one of one's own contact methods that the console owns. */
export async function removeContactMethod(
  ctx: Ctx,
  principal: Principal,
  methodId: string,
  now: EpochMs,
): Promise<void> {
  const personId = requirePerson(principal);
  const method = await ctx.db
    .selectFrom('contact_methods')
    .select(['id', 'owned_by'])
    .where('id', '=', methodId)
    .where('person_id', '=', personId)
    .where('archived_at', 'is', null)
    .executeTakeFirst();
  if (!method) throw new ServiceError('not-found', 'You have no such contact method.');
  if (method.owned_by === 'file')
    throw new ServiceError('owned-by-file', 'This contact method is in hugops.yaml. Please change it there.');
  await ctx.db.updateTable('contact_methods').set({ archived_at: now }).where('id', '=', method.id).execute();
}

export async function readPeople(ctx: Ctx): Promise<PersonView[]> {
  const people = await ctx.db
    .selectFrom('people')
    .leftJoin('auth_users', 'auth_users.id', 'people.user_id')
    .select(['people.id', 'people.name', 'people.email', 'people.time_zone', 'people.owned_by', 'auth_users.role'])
    .select((select) =>
      select
        .selectFrom('contact_methods')
        .whereRef('contact_methods.person_id', '=', 'people.id')
        .where('archived_at', 'is', null)
        .select((s) => s.fn.countAll<number>().as('count'))
        .as('methods'),
    )
    .where('people.archived_at', 'is', null)
    .orderBy('people.name')
    .execute();
  const members = await ctx.db
    .selectFrom('team_members')
    .innerJoin('teams', 'teams.id', 'team_members.team_id')
    .select(['person_id', 'teams.name'])
    .where('teams.archived_at', 'is', null)
    .execute();
  return people.map((person) => ({
    id: person.id,
    name: person.name,
    email: person.email,
    timeZone: person.time_zone,
    role: person.role,
    teams: members.filter((member) => member.person_id === person.id).map((member) => member.name),
    contactMethods: Number(person.methods ?? 0),
    ownedBy: person.owned_by,
  }));
}

/** Invites somebody by a link, which is mailed where mail is set up and returned for handing over by hand. Nobody grants more than they have. */
export async function invite(
  ctx: Ctx,
  principal: Principal,
  input: z.output<typeof inviteSchema>,
  now: EpochMs,
): Promise<{ url: string }> {
  requireRole(principal, input.role);
  const taken = await ctx.db
    .selectFrom('auth_users')
    .select('id')
    .where('email', '=', input.email.toLowerCase())
    .executeTakeFirst();
  if (taken)
    throw new ServiceError('conflict', 'This person can sign in already.', {
      fields: [{ path: 'email', message: 'is known already' }],
    });
  const url = `${ctx.publicUrl}/console/invitation/${signLink(ctx.secret, invitePurpose, JSON.stringify(input), now + inviteLifeMs)}`;
  const mail = layoutMail({
    heading: `${principal.name} invites you to HugOps`,
    paragraphs: ['Choose a password, and you can see what is going on and be called when it matters.'],
    buttons: [{ label: 'Accept the invitation', url }],
    footer: ['The link works for a week.'],
  });
  await transact(ctx, (tx) =>
    enqueueMail(tx, {
      purpose: 'account',
      dedupKey: `invite:${idFor(tx, 'inv')}`,
      to: input.email,
      subject: `${principal.name} invites you to HugOps`,
      ...mail,
    }),
  );
  return { url };
}

/**
 * Makes the invited person a user with the role that the link carries. A link works once, because an address can have one user only. Returns the
 * address to sign in with.
 */
export async function acceptInvite(
  ctx: Ctx,
  auth: Auth,
  input: z.output<typeof acceptInviteSchema>,
  now: EpochMs,
): Promise<{ email: string }> {
  const link = verifyLink(ctx.secret, invitePurpose, input.token, now);
  if (!link.ok)
    throw new ServiceError(
      link.reason === 'expired' ? 'gone' : 'not-found',
      'This invitation is not valid any more. Please ask for a new one.',
    );
  const invited = inviteSchemaInLink.parse(JSON.parse(link.payload));
  const taken = await ctx.db
    .selectFrom('auth_users')
    .select('id')
    .where('email', '=', invited.email.toLowerCase())
    .executeTakeFirst();
  if (taken) throw new ServiceError('conflict', 'This invitation was accepted already. Please sign in.');
  const userId = await createUser(auth, ctx.db, {
    ...invited,
    role: invited.role satisfies Role,
    password: input.password,
  });
  // A zone that this server does not know is no reason to keep a person out; they can change it.
  const timeZone = isTimeZone(input.timeZone) ? input.timeZone : 'UTC';
  await transact(ctx, (tx) => linkPerson(tx, userId, { name: invited.name, email: invited.email, timeZone }, now));
  return { email: invited.email.toLowerCase() };
}
