import { z } from 'zod';
import { type HttpStub, json, parseJson, startHttpStub, type StubAnswer } from './http-stub.ts';

// Written from the documentation of the Apprise API server, https://github.com/caronc/apprise-api (README: POST /notify and /notify/{KEY}, fields, and the
// statuses 200, 204 for nothing to notify, 400, 424 when at least one address failed). In front of it stands a proxy with basic authentication.

const notification = z.strictObject({
  urls: z.string().optional(),
  tag: z.string().optional(),
  title: z.string().max(1000),
  body: z.string().min(1),
  type: z.enum(['info', 'success', 'warning', 'failure']),
  format: z.enum(['text', 'markdown', 'html']),
});

type AppriseNotification = z.output<typeof notification> & { key: string | undefined };

export interface AppriseServer extends HttpStub {
  notifications: AppriseNotification[];
}

export interface AppriseServerOptions {
  /** The stored configurations: their tags by key. */
  stored: Readonly<Record<string, readonly string[]>>;
  basic?: { user: string; password: string };
}

export async function startAppriseServer(options: AppriseServerOptions): Promise<AppriseServer> {
  const notifications: AppriseNotification[] = [];
  const { basic } = options;
  const wanted = basic && `Basic ${Buffer.from(`${basic.user}:${basic.password}`).toString('base64')}`;
  const refuse = (status: number, error: string): StubAnswer => json(status, { error });
  const stub = await startHttpStub(({ path, headers, body }) => {
    if (wanted !== undefined && headers['authorization'] !== wanted)
      return { status: 401, body: 'Authorization Required' };
    const match = /^\/notify(?:\/([\w-]{1,128}))?$/.exec(path);
    if (match === null) return { status: 404, body: 'Not Found' };
    const key = match[1];
    const parsed = notification.safeParse(parseJson(body));
    if (!parsed.success) return refuse(400, 'An invalid payload was specified');
    if (key !== undefined && !Object.hasOwn(options.stored, key)) return { status: 204 };
    if (key === undefined && !/^[a-z]+:\/\//.test(parsed.data.urls ?? '')) return { status: 204 };
    const { tag } = parsed.data;
    if (tag !== undefined && key !== undefined && options.stored[key]?.includes(tag) !== true) {
      return refuse(424, 'One or more notification could not be sent');
    }
    notifications.push({ ...parsed.data, key });
    return json(200, { error: null, details: [] });
  });
  return Object.assign(stub, { notifications });
}
