import { z } from 'zod';
import { callUntilThere } from './call-api.ts';
import { personEmail } from './scenario-config.ts';
import type { Act, Scenario } from './scenario.ts';

/** Who runs the installation of a replay; shown to whoever wants to look into its console. */
export const owner = { email: 'owner@example.com', password: 'a-replay-in-a-sandbox' };

/** The people of a scenario, each with an account and an API key of its own. */
export interface Crew {
  readonly ownerKey: string;
  /** Does what the act says. False when there was nothing to do it at: no incident is open for the service. */
  act(act: Act): Promise<boolean>;
  /** Follows the link of a page and takes the incident. False when the link did nothing. */
  acknowledge(link: string): Promise<boolean>;
}

/** Signs everybody up as a team would do it: the owner invites, people accept and make themselves a key. Throws when that fails. */
export async function gatherCrew(scenario: Scenario, url: string): Promise<Crew> {
  const ownerKey = await keyFor(url, owner, 'owner');
  const keys = new Map<string, string>();
  for (const [id, person] of scenario.people) {
    const email = personEmail(id);
    const invited = await callUntilThere(`${url}/api/v1/invitations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ownerKey}` },
      body: { email, name: person.name, role: 'responder' },
    });
    const { url: link } = expectBody(invited, 201, z.object({ url: z.string() }), 'an invitation');
    const token = decodeURIComponent(link.slice(link.lastIndexOf('/') + 1));
    const accepted = await callUntilThere(`${url}/api/v1/invitations/accept`, {
      method: 'POST',
      headers: { origin: url, 'x-forwarded-for': addressOf(id) },
      body: { token, password: owner.password, timeZone: person.timeZone },
    });
    expectBody(accepted, 201, z.object({ email: z.string() }), 'an accepted invitation');
    keys.set(id, await keyFor(url, { email, password: owner.password }, id));
  }
  return {
    ownerKey,
    act: (act) => carryOut(url, keys.get(act.who) ?? ownerKey, act),
    async acknowledge(link) {
      const answer = await callUntilThere(link, { method: 'POST', headers: { origin: url } });
      return answer.status === 200 && String(answer.body).includes('You have it');
    },
  };
}

/** An address of the range for documentation (RFC 3849) for each visitor, so that limits see a crowd and not one machine. */
export function addressOf(who: string): string {
  let hash = 0x811c9dc5;
  for (const letter of who) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  const high = (hash >>> 16) & 0xffff;
  return `2001:db8:${high.toString(16)}:${(hash & 0xffff).toString(16)}::1`;
}

async function keyFor(url: string, who: { email: string; password: string }, name: string): Promise<string> {
  const signedIn = await callUntilThere(`${url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { origin: url, 'x-forwarded-for': addressOf(who.email) },
    body: who,
  });
  if (signedIn.status !== 200) throw new Error(`signing in as ${who.email} ended with ${signedIn.status}`);
  const cookie = signedIn.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');
  const made = await callUntilThere(`${url}/api/v1/api-keys`, {
    method: 'POST',
    headers: { origin: url, cookie },
    body: { name: `replay ${name}` },
  });
  return expectBody(made, 201, z.object({ key: z.string() }), 'an API key').key;
}

function expectBody<T>(
  answer: { status: number; body: unknown },
  status: number,
  schema: z.ZodType<T>,
  what: string,
): T {
  const parsed = schema.safeParse(answer.body);
  if (answer.status !== status || !parsed.success)
    throw new Error(`expected ${what}, and the program answered ${answer.status} ${JSON.stringify(answer.body)}`);
  return parsed.data;
}

const incidentsSchema = z.object({
  incidents: z.array(
    z.object({
      id: z.string(),
      service: z.object({ id: z.string() }).nullable(),
      services: z.array(z.object({ id: z.string() })).optional(),
    }),
  ),
});

/** The newest incident of the service in that state, or of any service when the service has none of its own. */
export async function findIncident(
  url: string,
  key: string,
  serviceId: string,
  status: 'open' | 'resolved',
): Promise<string | undefined> {
  const answer = await callUntilThere(`${url}/api/v1/incidents?status=${status}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  const parsed = incidentsSchema.safeParse(answer.body);
  if (!parsed.success) return undefined;
  const { incidents } = parsed.data;
  const isOf = (incident: (typeof incidents)[number]): boolean =>
    incident.service?.id === serviceId || (incident.services?.some((service) => service.id === serviceId) ?? false);
  const found = incidents.find(isOf);
  if (found !== undefined) return found.id;
  for (const { id } of incidents) {
    const detail = await callUntilThere(`${url}/api/v1/incidents/${id}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    if (JSON.stringify(detail.body).includes(`"id":"${serviceId}"`)) return id;
  }
  return undefined;
}

async function carryOut(url: string, key: string, act: Act): Promise<boolean> {
  const send = async (path: string, body?: unknown): Promise<boolean> => {
    const answer = await callUntilThere(`${url}/api/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      ...(body === undefined ? {} : { body }),
    });
    return answer.status >= 200 && answer.status < 300;
  };
  if (act.does === 'approve') return approveAll(url, key, send);
  const incidentId = await findIncident(url, key, act.about, 'open');
  if (incidentId === undefined) return false;
  const path = `/incidents/${incidentId}`;
  if (act.does === 'resolve') return send(`${path}/resolve`);
  if (act.does === 'note') return send(`${path}/notes`, { body: act.text ?? '' });
  return send(`${path}/updates`, { phase: act.phase ?? 'investigating', body: act.text ?? '' });
}

/** Reads what visitors have written, and lets it out. */
async function approveAll(url: string, key: string, send: (path: string) => Promise<boolean>): Promise<boolean> {
  const held = await callUntilThere(`${url}/api/v1/hugs?status=held&limit=500`, {
    headers: { authorization: `Bearer ${key}` },
  });
  const parsed = z.object({ hugs: z.array(z.object({ id: z.string() })) }).safeParse(held.body);
  if (!parsed.success || parsed.data.hugs.length === 0) return false;
  for (const { id } of parsed.data.hugs) await send(`/hugs/${id}/approve`);
  return true;
}
