import type { Artefact } from '../artefact.ts';
import { cacheControlOf } from '../serve-artefact.ts';
import { encodeStrictly, signForS3 } from './aws-signature.ts';
import type { PushHttp, PushReply } from './push-http.ts';
import { type PublishTarget, PushError, type PushTo } from './push-target.ts';

type S3Target = Extract<PublishTarget, { kind: 's3' }>;

const atOnce = 8;
const mostRedirects = 3;

/**
 * A bucket of Amazon S3 or anything that speaks its protocol. Files that nothing points at yet go first, the front page last, and only then is taken
 * away what is no longer public, so that a reader in between follows no link into nothing.
 */
export function pushToS3(target: S3Target, secret: () => string, http: PushHttp): PushTo {
  return async ({ publication, files, isWhole, now }) => {
    const bucket = openBucket(target, secret(), http, now);
    const changed = [...publication.artefacts.values()].filter(
      (artefact) => isWhole || files.get(artefact.path) !== artefact.hash,
    );
    for (const step of [0, 1, 2]) {
      await inParallel(
        changed.filter((artefact) => stepOf(artefact) === step),
        async (artefact) => {
          await bucket.put(artefact);
          files.set(artefact.path, artefact.hash);
        },
      );
    }
    // An immutable file may still be asked for by a page that somebody has open.
    const gone = [...files.keys()].filter((path) => !publication.artefacts.has(path) && !path.startsWith('/assets/'));
    await inParallel(gone, async (path) => {
      await bucket.remove(path);
      files.delete(path);
    });
  };
}

const stepOf = ({ path, immutable }: Artefact): number => (immutable ? 0 : path === '/' ? 2 : 1);

function openBucket(target: S3Target, secretAccessKey: string, http: PushHttp, now: number) {
  const { accessKeyId, region } = target;
  const send = async (method: 'PUT' | 'DELETE', path: string, headers: Record<string, string>, body: Buffer) => {
    const name = target.prefix + (path === '/' ? 'index.html' : path.slice(1));
    let url = new URL(
      `${target.endpoint.replace(/\/+$/, '')}/${[target.bucket, ...name.split('/')].map(encodeStrictly).join('/')}`,
    );
    for (let hops = 0; ; hops++) {
      const signed = signForS3({ method, url, headers, body }, { accessKeyId, secretAccessKey, region }, now);
      const reply = await http({ method, url, headers: signed, body });
      const next = hops < mostRedirects ? redirectOf(reply, url) : undefined;
      if (next === undefined) return judge(reply, method, now);
      url = next;
    }
  };
  return {
    put(artefact: Artefact): Promise<void> {
      const gzip = target.compress ? artefact.encoded.gzip : undefined;
      const headers: Record<string, string> = {
        'content-type': artefact.type,
        'cache-control': cacheControlOf(artefact),
        ...(gzip === undefined ? {} : { 'content-encoding': 'gzip' }),
      };
      return send('PUT', artefact.path, headers, gzip ?? artefact.identity);
    },
    remove: (path: string): Promise<void> => send('DELETE', path, {}, Buffer.alloc(0)),
  };
}

/** A bucket that is young or moves redirects for a while (307); the request is signed anew for the other host. Never from TLS to none. */
function redirectOf(reply: PushReply, from: URL): URL | undefined {
  if (reply.status !== 307 && reply.status !== 308) return undefined;
  const to = URL.parse(reply.headers['location'] ?? '', from);
  if (to === null || !/^https?:$/.test(to.protocol)) return undefined;
  return from.protocol === 'https:' && to.protocol !== 'https:' ? undefined : to;
}

function judge(reply: PushReply, method: string, now: number): void {
  const { status } = reply;
  if ((status >= 200 && status < 300) || (method === 'DELETE' && status === 404)) return;
  // The code alone: the rest of the answer repeats the request, with the id of the key.
  const code = /<Code>([A-Za-z0-9]{1,60})<\/Code>/.exec(reply.body)?.[1];
  const said = code === undefined ? '' : ` (${code})`;
  const region = reply.headers['x-amz-bucket-region'];
  if (status >= 300 && status < 400) {
    const where =
      region !== undefined && /^[\w-]{1,40}$/.test(region) ? `; the bucket says that it is in ${region}` : '';
    throw new PushError(`the storage redirects elsewhere, ${status}${said}: look at the endpoint and region${where}`);
  }
  if (status === 403 || status === 401) {
    throw new PushError(`the storage does not let this key write, ${status}${said}`);
  }
  throw new PushError(`the storage answered ${status}${said}`, retryAfterOf(reply, now));
}

function retryAfterOf(reply: PushReply, now: number): number | undefined {
  const header = reply.headers['retry-after'];
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? ms : undefined;
}

/** Stops at the first failure, after what is under way: what succeeded stays noted. */
async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  let failure: unknown;
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined && failure === undefined; item = items[next++]) {
      await act(item).catch((error: unknown) => {
        failure ??= error;
      });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (failure !== undefined) throw failure;
}
