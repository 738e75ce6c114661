import { alertmanager } from './alertmanager.ts';
import { cloudEvents } from './cloudevents.ts';
import { cloudWatch } from './cloudwatch.ts';
import { eventsV2 } from './events-v2.ts';
import { grafana } from './grafana.ts';
import type { InboundTool } from './inbound.ts';
import { webhook } from './webhook.ts';

/** Every tool that may send alerts. A new one is a file beside this one and a name here. */
export const inboundTools: readonly InboundTool[] = [eventsV2, alertmanager, grafana, cloudWatch, cloudEvents, webhook];
