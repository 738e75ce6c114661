export { missingProbes } from './missing-probes.ts';
export { createProbe, type RunningProbe } from './probe-agent.ts';
export { createProbeClient, ProbeError, serverUrl } from './probe-client.ts';
export { probeEditRoutes, probeRoutes } from './routes.ts';
export { openSpool } from './spool.ts';
