import { z } from 'zod';
import { type CheckKind, type PassiveKind } from './check-kind.ts';
import { dnsCheck } from './dns.ts';
import { domainExpiryCheck } from './domain-expiry.ts';
import { grpcCheck } from './grpc.ts';
import { heartbeatCheck } from './heartbeat.ts';
import { httpCheck } from './http.ts';
import { httpStepsCheck } from './http-steps.ts';
import { mysqlCheck } from './mysql.ts';
import { pingCheck } from './ping.ts';
import { postgresCheck } from './postgres.ts';
import { prometheusCheck } from './prometheus.ts';
import { redisCheck } from './redis.ts';
import { smtpCheck } from './smtp.ts';
import { tcpCheck } from './tcp.ts';
import { tlsCheck } from './tls.ts';
import { websocketCheck } from './websocket.ts';

/** Kinds that go and look. A new kind is a file beside this one, and its name here and in the union below. */
const activeKinds = [
  httpCheck,
  httpStepsCheck,
  tcpCheck,
  tlsCheck,
  dnsCheck,
  pingCheck,
  websocketCheck,
  grpcCheck,
  smtpCheck,
  postgresCheck,
  mysqlCheck,
  redisCheck,
  domainExpiryCheck,
  prometheusCheck,
] as const;
/** Kinds that wait to be told. */
const passiveKinds = [heartbeatCheck] as const;

/** A check's kind with its configuration, side by side as hugops.yaml and the API write it. */
export const checkConfigSchema = z.discriminatedUnion('kind', [
  httpCheck.schema.extend({ kind: z.literal(httpCheck.kind) }),
  tcpCheck.schema.extend({ kind: z.literal(tcpCheck.kind) }),
  tlsCheck.schema.extend({ kind: z.literal(tlsCheck.kind) }),
  postgresCheck.schema.extend({ kind: z.literal(postgresCheck.kind) }),
  mysqlCheck.schema.safeExtend({ kind: z.literal(mysqlCheck.kind) }),
  redisCheck.schema.extend({ kind: z.literal(redisCheck.kind) }),
  smtpCheck.schema.safeExtend({ kind: z.literal(smtpCheck.kind) }),
  websocketCheck.schema.extend({ kind: z.literal(websocketCheck.kind) }),
  grpcCheck.schema.extend({ kind: z.literal(grpcCheck.kind) }),
  httpStepsCheck.schema.safeExtend({ kind: z.literal(httpStepsCheck.kind) }),
  dnsCheck.schema.safeExtend({ kind: z.literal(dnsCheck.kind) }),
  pingCheck.schema.extend({ kind: z.literal(pingCheck.kind) }),
  domainExpiryCheck.schema.extend({ kind: z.literal(domainExpiryCheck.kind) }),
  prometheusCheck.schema.extend({ kind: z.literal(prometheusCheck.kind) }),
  heartbeatCheck.schema.extend({ kind: z.literal(heartbeatCheck.kind) }),
]);

/** Every kind, for forms and the reference. */
export const checkKinds: readonly PassiveKind[] = [...activeKinds, ...passiveKinds];

const active = new Map<string, CheckKind>(activeKinds.map((kind) => [kind.kind, kind as unknown as CheckKind]));

/** The kind of this name that the scheduler can run; undefined for heartbeats and unknown kinds. */
export const activeKind = (kind: string): CheckKind | undefined => active.get(kind);
