import { channels } from '../../respond/channels/index.ts';
import { checkKinds } from '../../watch/index.ts';
import type { KindSchemas } from './config-schema.ts';

/** Every kind of check and of contact method that HugOps knows. */
export const builtInKinds: KindSchemas = { checkKinds, channelKinds: [...channels.values()] };
