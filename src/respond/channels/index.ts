import { z } from 'zod';
import type { Clock } from '../../platform/clock.ts';
import type { MailTransport } from '../../platform/mail/transport.ts';
import { type ChannelHttpOptions, openChannelHttp } from './channel-http.ts';
import type { Channel, ChannelIo, VapidKeys } from './channel.ts';
import { apprise } from './apprise.ts';
import { discord } from './discord.ts';
import { email } from './email.ts';
import { httpGateway } from './http-gateway.ts';
import { matrix } from './matrix.ts';
import { mattermost } from './mattermost.ts';
import { ntfy } from './ntfy.ts';
import { pushover } from './pushover.ts';
import { slack } from './slack.ts';
import { teams } from './teams.ts';
import { telegram } from './telegram.ts';
import { twilioSms } from './twilio-sms.ts';
import { twilioVoice } from './twilio-voice.ts';
import { webPush } from './web-push.ts';
import { webhook } from './webhook.ts';

// A new channel is a file of its own and a line in each of these two lists: docs/recipes/add-a-channel.md.
const all = [
  email,
  slack,
  teams,
  discord,
  mattermost,
  telegram,
  matrix,
  ntfy,
  pushover,
  webPush,
  twilioVoice,
  twilioSms,
  httpGateway,
  apprise,
  webhook,
] as const;

/** A contact method as in hugops.yaml and in the API. */
export const channelConfigSchema = z.discriminatedUnion('kind', [
  email.schema,
  slack.schema,
  teams.schema,
  discord.schema,
  mattermost.schema,
  telegram.schema,
  matrix.schema,
  ntfy.schema,
  pushover.schema,
  webPush.schema,
  twilioVoice.schema,
  twilioSms.schema,
  httpGateway.schema,
  apprise.schema,
  webhook.schema,
]);

/** Every way to reach a person, by kind. */
export const channels: ReadonlyMap<string, Channel> = new Map(all.map((channel) => [channel.kind, channel as Channel]));

/** What all channels send through: one pool of connections, one mail transport. Close it after the last page. */
export function openChannelIo(
  parts: { mail: MailTransport; clock: Clock; vapid: VapidKeys } & ChannelHttpOptions,
): ChannelIo & { close(): Promise<void> } {
  const { http, close } = openChannelHttp(parts);
  return { http, mail: parts.mail, vapid: parts.vapid, now: () => parts.clock.now(), close };
}

export type { Channel, ChannelIo, PageMessage, VapidKeys } from './channel.ts';
export { withoutSecrets } from './channel.ts';
