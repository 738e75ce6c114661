import { awsRss } from './aws-rss.ts';
import { awsEvents } from './aws.ts';
import { azureRss } from './azure-rss.ts';
import { betterStack } from './better-stack.ts';
import { firehydrant } from './firehydrant.ts';
import type { FeedFormat } from './format.ts';
import { googleCloud } from './google-cloud.ts';
import { hugops } from './hugops.ts';
import { incidentIo } from './incident-io.ts';
import { instatus } from './instatus.ts';
import { rss } from './rss.ts';
import { slack } from './slack.ts';
import { statusIo } from './status-io.ts';
import { statuspage } from './statuspage.ts';

/** Every format, for forms and the reference. A further one is a file and a line here. */
export const feedFormats = [
  statuspage,
  incidentIo,
  instatus,
  statusIo,
  betterStack,
  firehydrant,
  awsEvents,
  awsRss,
  googleCloud,
  azureRss,
  slack,
  rss,
  hugops,
] as const;

export type FeedKind = (typeof feedFormats)[number]['kind'];
export const feedKinds = feedFormats.map((format) => format.kind) as [FeedKind, ...FeedKind[]];

const byKind = new Map<string, FeedFormat>(feedFormats.map((format) => [format.kind, format]));
export const feedFormat = (kind: string): FeedFormat | undefined => byKind.get(kind);
