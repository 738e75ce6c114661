import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { z } from 'zod';
import type { EpochMs, JsonObject } from '../../domain/words.ts';
import { CheckError, type CheckEnv, defineCheck, type Outcome } from './check-kind.ts';
import { dateOf, explainCertificate, namesOf } from './start-tls.ts';
import { serverNameField, targetFields, targetOf, tlsFields, tlsWish } from './target-fields.ts';
import { beginRun, concludeRun } from './traced-run.ts';
import { overWire } from './wire.ts';

const versions = ['TLSv1.2', 'TLSv1.3'] as const;

const schema = z.strictObject({
  ...targetFields(443, 'example.com'),
  serverName: serverNameField,
  ...tlsFields,
  daysLeft: z.int().min(0).max(3650).default(14).meta({
    title: 'Days left',
    description: 'Every certificate of the chain is valid for at least so many days more',
    unit: 'days',
  }),
  names: z
    .array(z.string().min(1).max(253))
    .max(50)
    .default([])
    .meta({ title: 'Names', description: 'Names that the certificate must be for, beside the server name' }),
  minVersion: z
    .enum(versions)
    .optional()
    .meta({ title: 'TLS version', description: 'The version that is agreed on must be at least this' }),
  fingerprint: z
    .string()
    .regex(/^(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/, { error: 'write the SHA-256 fingerprint in hexadecimal' })
    .optional()
    .meta({ title: 'Fingerprint', description: 'The SHA-256 fingerprint that the certificate must have' }),
});

type TlsConfig = z.output<typeof schema>;

interface Link {
  subject: string;
  issuer: string;
  names: string[];
  validToAt: EpochMs;
  daysLeft: number;
  fingerprint: string;
}

const maxLinks = 10;

/** The certificates from the server's own to the authority's, as far as they are known. */
function chainOf(secure: TLSSocket, now: EpochMs): Link[] {
  const links: Link[] = [];
  const seen = new Set<string>();
  // Declared as always there, but empty where the server sent none.
  let next: DetailedPeerCertificate | undefined = secure.getPeerCertificate(true);
  while (next?.fingerprint256 !== undefined && !seen.has(next.fingerprint256) && links.length < maxLinks) {
    seen.add(next.fingerprint256);
    const validToAt = Date.parse(next.valid_to);
    links.push({
      subject: nameOf(next.subject),
      issuer: nameOf(next.issuer),
      names: namesOf(next).slice(0, 20),
      validToAt,
      daysLeft: Math.floor((validToAt - now) / 86_400_000),
      fingerprint: next.fingerprint256,
    });
    next = next.issuerCertificate;
  }
  return links;
}

function nameOf(subject: { CN?: unknown; O?: unknown } | undefined): string {
  const { CN, O } = subject ?? {};
  const first = [CN, O].flat().find((part): part is string => typeof part === 'string' && part !== '');
  return (first ?? 'without a name').slice(0, 200);
}

/** Whether one of the certificate's names covers this one; a `*` stands for one label (RFC 6125, section 6.4.3). */
function covers(names: readonly string[], wanted: string): boolean {
  const lower = wanted.toLowerCase();
  return names.some((name) => {
    const known = name.toLowerCase();
    if (known === lower) return true;
    return known.startsWith('*.') && lower.includes('.') && known.slice(1) === lower.slice(lower.indexOf('.'));
  });
}

function judge(config: TlsConfig, chain: readonly Link[], secure: TLSSocket): void {
  const [own] = chain;
  if (!own) throw new CheckError('certificate-invalid', 'the server showed no certificate');
  const wrong: string[] = [];
  for (const [index, { subject, validToAt, daysLeft }] of chain.entries()) {
    if (daysLeft >= config.daysLeft) continue;
    const what = index === 0 ? 'the certificate' : `the certificate of ${subject}, which vouches for it,`;
    const when =
      daysLeft < 0 ? `expired on ${dateOf(validToAt)}` : `expires on ${dateOf(validToAt)}, in ${daysLeft} days`;
    wrong.push(`${what} ${when}, expected at least ${config.daysLeft} days`);
  }
  const missing = config.names.filter((name) => !covers(own.names, name));
  if (missing.length > 0) wrong.push(`the certificate is not for ${missing.slice(0, 5).join(', ')}`);
  const version = secure.getProtocol() ?? '';
  if (config.minVersion === 'TLSv1.3' && version !== 'TLSv1.3') {
    wrong.push(`${version} was agreed on, expected TLSv1.3`);
  }
  const plain = (text: string): string => text.replaceAll(':', '').toUpperCase();
  if (config.fingerprint !== undefined && plain(own.fingerprint) !== plain(config.fingerprint)) {
    wrong.push(`the certificate has the fingerprint ${own.fingerprint}, expected another`);
  }
  if (wrong.length > 0) throw new CheckError('assertion-failed', wrong.slice(0, 3).join('; '));
}

function runTls(config: TlsConfig, env: CheckEnv): Promise<Outcome> {
  const run = beginRun(env);
  const { trace, secrets } = run;
  let observed: JsonObject = {};
  const work = (): Promise<void> => {
    const serverName = config.serverName ?? config.host;
    // Judged below, so that the chain is shown also when it is not accepted.
    const wish = { ...tlsWish(config, serverName, secrets), verify: false };
    return overWire(
      targetOf(config),
      env,
      trace,
      async ({ tls }) => {
        if (!tls) throw new Error('the wire was asked for TLS');
        const chain = chainOf(tls, env.now);
        observed = {
          protocol: tls.getProtocol(),
          cipher: tls.getCipher().standardName,
          chain: chain.map((link) => ({ ...link })),
        };
        if (config.verifyCertificate && !tls.authorized) throw explainCertificate(tls, serverName);
        judge(config, chain, tls);
      },
      { tls: wish },
    );
  };
  return concludeRun(run, work, () => ({ peer: trace.peer, ...observed }));
}

/** The certificates and the TLS version of a server, without speaking to what is behind. */
export const tlsCheck = defineCheck({
  kind: 'tls',
  label: 'TLS',
  summary:
    'A TLS handshake: how long each certificate of the chain is still valid, which names it is for, who vouches for it, and the version that is agreed on.',
  example: { host: 'example.com', daysLeft: 21, names: ['www.example.com'], minVersion: 'TLSv1.3' },
  schema,
  hostOf: (config) => `${config.host}:${config.port}`,
  run: runTls,
});
