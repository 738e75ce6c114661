import { type Context, Hono } from 'hono';
import type { Ctx } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { bodyLimit, rateLimit } from '../platform/http/limits.ts';
import type { Publisher } from './publisher.ts';
import { readPublicIncident } from './read-page.ts';
import { type Message, messagePage, subscribePage } from './render/form-pages.ts';
import { incidentPage } from './render/incident-page.ts';
import { incidentPath } from './render/incident-parts.ts';
import type { Frame } from './render/layout.ts';
import { settledFrame } from './render-site.ts';
import { siteAssets } from './site-assets.ts';
import {
  checkConfirmLink,
  checkUnsubscribeLink,
  confirmSubscriber,
  type LinkOutcome,
  subscribe,
  unsubscribe,
} from './subscribers.ts';

const formBytes = 4_096;
const hourMs = 3_600_000;

/** The public addresses: what is published, incidents too old to be kept as files, and subscribing. Other addresses fall through to `next`. */
export function tellRoutes(ctx: Ctx, publisher: Publisher): Hono {
  const app = new Hono();
  const { site } = publisher;
  const now = (): number => ctx.clock.now();
  const say = (c: Context, message: Message, status: 200 | 400 | 404 | 410 = 200): Response =>
    page(c, messagePage(frameOf(ctx, publisher), message), status);

  app.get('*', async (c, next) => {
    const found = site.serveArtefact(c.req.raw);
    if (found === undefined) return next();
    return found;
  });

  app.get('/incidents/:id', async (c, next) => {
    const old = await readPublicIncident(ctx, c.req.param('id'), now());
    if (old === undefined) return next();
    if ('mergedIntoId' in old) return c.redirect(incidentPath(old.mergedIntoId), 302);
    const frame = settledFrame({ page: old.page, assets: siteAssets() }, old.incident);
    return page(c, incidentPage(frame, old.incident), 200);
  });

  const limited = [bodyLimit(formBytes), rateLimit({ clock: ctx.clock, burst: 10, perMs: hourMs })] as const;
  app.post('/subscribe', ...limited, async (c) => {
    const { email, isJson } = await emailOf(c);
    try {
      await subscribe(ctx, { email, now: now() });
    } catch (error) {
      if (isJson || !(error instanceof ServiceError) || error.code !== 'invalid') throw error;
      return page(c, subscribePage(frameOf(ctx, publisher), { email, error: error.message }), 400);
    }
    return isJson ? c.json({ status: 'asked' }, 202) : say(c, asked);
  });

  app.get('/subscribe/confirm', (c) => {
    const token = c.req.query('token') ?? '';
    const check = checkConfirmLink(ctx, token, now());
    return check.ok ? say(c, { ...askToConfirm, action: action(c, token, 'Confirm') }) : say(c, ...refusalOf(check));
  });
  app.post('/subscribe/confirm', bodyLimit(formBytes), async (c) => {
    const outcome = await confirmSubscriber(ctx, c.req.query('token') ?? '', now());
    return outcome.ok ? say(c, confirmed) : say(c, ...refusalOf(outcome));
  });

  app.get('/unsubscribe', (c) => {
    const token = c.req.query('token') ?? '';
    const check = checkUnsubscribeLink(ctx, token, now());
    return check.ok ? say(c, { ...askToLeave, action: action(c, token, 'Unsubscribe') }) : say(c, ...refusalOf(check));
  });
  // RFC 8058: a mail program posts here by itself, and expects that to be all.
  app.post('/unsubscribe', bodyLimit(formBytes), async (c) => {
    const outcome = await unsubscribe(ctx, c.req.query('token') ?? '', now());
    return outcome.ok ? say(c, left) : say(c, ...refusalOf(outcome));
  });
  return app;
}

/** Dynamic pages look like the published ones; before the first publication they have a plain name. */
function frameOf(ctx: Ctx, publisher: Publisher): Frame {
  const plain = { id: 'page', title: 'Status', description: '', timeZone: 'UTC', url: ctx.publicUrl, updatedAt: 0 };
  return { page: publisher.site.publication?.page ?? plain, assets: siteAssets(), age: { kind: 'none' } };
}

const page = (c: Context, text: string, status: 200 | 400 | 404 | 410): Response =>
  c.html(text, status, { 'cache-control': 'no-store', 'content-security-policy': siteAssets().csp });

const action = (c: Context, token: string, label: string): NonNullable<Message['action']> => ({
  href: `${c.req.path}?token=${encodeURIComponent(token)}`,
  label,
});

/** From a form or as JSON; anything that is not text is no address. */
/** What cannot be read holds no address; what is too large is refused as such. */
const unreadable = (error: unknown): undefined => {
  if (error instanceof ServiceError) throw error;
  return undefined;
};

async function emailOf(c: Context): Promise<{ email: string; isJson: boolean }> {
  const isJson = (c.req.header('content-type') ?? '').includes('json');
  const body: unknown = isJson ? await c.req.json().catch(unreadable) : await c.req.parseBody().catch(unreadable);
  const email = typeof body === 'object' && body !== null && 'email' in body ? body.email : '';
  return { email: typeof email === 'string' ? email : '', isJson };
}

function refusalOf(outcome: Extract<LinkOutcome, { ok: false }>): [Message, 400 | 410] {
  if (outcome.reason === 'expired' || outcome.reason === 'unknown') {
    return [
      {
        title: 'This link is no longer good',
        text: 'It is too old, or it was used and the address has left since. You can subscribe again on the status page.',
        icon: 'unknown',
      },
      410,
    ];
  }
  return [
    {
      title: 'This link is not complete',
      text: 'A piece of it may have been lost in the mail. Please copy the whole address, or use the button in the mail.',
      icon: 'unknown',
    },
    400,
  ];
}

const asked: Message = {
  title: 'Please look into your mail',
  text: 'If this address is not subscribed yet, a mail with a button is on its way. Press it, and you will hear of every incident.',
  icon: 'bell',
  tone: 'ok',
};
const askToConfirm: Message = {
  title: 'Get updates by e-mail?',
  text: 'One mail when an incident begins, one for each update, and one when it is over.',
  icon: 'bell',
};
const confirmed: Message = {
  title: 'You are subscribed',
  text: 'You will hear of every incident. Each mail has a link that ends this at once.',
  icon: 'ok',
  tone: 'ok',
};
const askToLeave: Message = {
  title: 'Stop these mails?',
  text: 'Nothing more will be sent to this address. The status page stays open to you.',
  icon: 'bell',
};
const left: Message = {
  title: 'You are unsubscribed',
  text: 'Nothing more is sent to this address. Thank you for having read us.',
  icon: 'ok',
  tone: 'ok',
};
