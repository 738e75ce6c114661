export { checkConfigSchema, checkKinds } from './checks/index.ts';
export { heartbeatRoutes } from './heartbeat-routes.ts';
export { overdueHeartbeats } from './heartbeats.ts';
export {
  forgetMessages,
  inboundRoutes,
  integrationKinds,
  misfits,
  openSourceTally,
  sourceConfigSchema,
  type SourceTally,
} from './inbound/index.ts';
export { createOwnNetwork, type OwnNetwork } from './own-network.ts';
export {
  createProbe,
  createProbeClient,
  missingProbes,
  openSpool,
  probeEditRoutes,
  ProbeError,
  probeRoutes,
  serverUrl,
} from './probes/index.ts';
export { keepResults } from './partitions.ts';
export { watchRoutes } from './routes.ts';
export { raiseAgain } from './raise-again.ts';
export { createScheduler, type Scheduler } from './scheduler.ts';
export { readNetworkGone, tellNetworkTurn } from './tell-network.ts';
export {
  createUpstreamFollower,
  openFeedHttp,
  readUpstreamWords,
  type UpstreamFollower,
  upstreamRoutes,
} from './upstreams/index.ts';
