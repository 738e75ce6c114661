import { z } from 'zod';
import type { Clock } from '../../platform/clock.ts';
import type { MailTransport } from '../../platform/mail/transport.ts';
import { type ChannelHttpOptions, openChannelHttp } from './channel-http.ts';
import type { Channel, ChannelIo } from './channel.ts';
import { email } from './email.ts';
import { ntfy } from './ntfy.ts';
import { slack } from './slack.ts';
import { webhook } from './webhook.ts';

// A new channel is a file of its own and a line in each of these two lists: docs/recipes/add-a-channel.md.
const all = [email, slack, ntfy, webhook] as const;

/** A contact method as in hugops.yaml and in the API. */
export const channelConfigSchema = z.discriminatedUnion('kind', [
  email.schema,
  slack.schema,
  ntfy.schema,
  webhook.schema,
]);

export type ChannelConfig = z.output<typeof channelConfigSchema>;

/** Every way to reach a person, by kind. */
export const channels: ReadonlyMap<string, Channel> = new Map(all.map((channel) => [channel.kind, channel as Channel]));

/** What all channels send through: one pool of connections, one mail transport. Close it after the last page. */
export function openChannelIo(
  parts: { mail: MailTransport; clock: Clock } & ChannelHttpOptions,
): ChannelIo & { close(): Promise<void> } {
  const { http, close } = openChannelHttp(parts);
  return { http, mail: parts.mail, now: () => parts.clock.now(), close };
}

export type { Channel, ChannelIo, PageMessage, Receipt } from './channel.ts';
export { withoutSecrets } from './channel.ts';
export { newSigningSecret } from './webhook.ts';
