import { alertmanager } from './alertmanager.ts';
import { eventsV2 } from './events-v2.ts';
import type { InboundTool } from './inbound.ts';

/** Every tool that may send alerts. A new one is a file beside this one and a name here. */
export const inboundTools: readonly InboundTool[] = [eventsV2, alertmanager];
