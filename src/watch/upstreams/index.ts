export { openFeedHttp } from './fetch-feed.ts';
export { createUpstreamFollower, type UpstreamFollower } from './follow.ts';
export { upstreamRoutes } from './routes.ts';
export { readUpstreamWords } from './upstream-words.ts';
