import { Webhook } from 'standardwebhooks';
import type { Artefact } from '../artefact.ts';
import type { PushHttp } from './push-http.ts';
import { type PublishTarget, PushError, type PushTo } from './push-target.ts';

// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

/** A hook in front of a CDN that is told what to forget: a POST in the form of Standard Webhooks, with the publication as its id. */
export function pushToPurge(
  target: Extract<PublishTarget, { kind: 'purge' }>,
  secret: () => string,
  http: PushHttp,
): PushTo {
  return async ({ publication, files, isWhole, now }) => {
    const { page, artefacts, publishedAt } = publication;
    const changed = [...artefacts.values()].filter(
      ({ path, hash, immutable }) => !immutable && (isWhole || files.get(path) !== hash),
    );
    const gone = [...files.keys()].filter((path) => !artefacts.has(path) && !path.startsWith('/assets/'));
    const paths = [...changed.map(({ path }) => path), ...gone].toSorted();
    if (paths.length > 0) {
      const body = JSON.stringify({
        type: 'page.published',
        timestamp: new Date(publishedAt).toISOString(),
        data: { page: page.id, everything: isWhole, paths, urls: paths.map((path) => page.url + path) },
      });
      await post(target.url, secret(), { id: `${page.id}-${publishedAt}`, body, now }, http);
    }
    files.clear();
    for (const { path, hash } of artefacts.values() as Iterable<Artefact>) files.set(path, hash);
  };
}

async function post(
  url: string,
  secret: string,
  message: { id: string; body: string; now: number },
  http: PushHttp,
): Promise<void> {
  const at = new Date(message.now);
  let signature: string;
  try {
    signature = new Webhook(secret).sign(message.id, at, message.body);
  } catch {
    throw new PushError('the signing secret is not whsec_ and base64');
  }
  const headers = {
    'content-type': 'application/json',
    'webhook-id': message.id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': signature,
  };
  const reply = await http({ method: 'POST', url: new URL(url), headers, body: Buffer.from(message.body) });
  if (reply.status >= 200 && reply.status < 300) return;
  throw new PushError(`the hook answered ${reply.status}`);
}
