import { isIP } from 'node:net';
import { z } from 'zod';
import type { Target } from './connect.ts';
import { secretText, type Secrets } from './secrets.ts';
import type { TlsWish } from './start-tls.ts';

/** Fields that kinds share, so that they are called and explained alike everywhere. */

export const hostField = z.string().regex(/^[A-Za-z0-9._:-]{1,253}$/, { error: 'write a host name or an IP address' });

export const portField = z.int().min(1).max(65_535);

/** Which way to the host. */
export const routeFields = {
  addressFamily: z
    .enum(['any', '4', '6'])
    .default('any')
    .meta({ title: 'Address family', description: 'Connect over IPv4 or IPv6 only' }),
  resolveTo: z
    .string()
    .refine((text) => isIP(text) !== 0, { error: 'write an IP address' })
    .optional()
    .meta({ title: 'Resolve to', description: 'Connect to this address, whatever the name points to' }),
};

/** Host and port, with the port that is usual. */
export const targetFields = (usualPort: number, example: string) => ({
  host: hostField.meta({ title: 'Host', description: 'A name or an address', examples: [example] }),
  port: portField.default(usualPort).meta({ title: 'Port', description: 'The TCP port' }),
  ...routeFields,
});

/** Whom to believe over TLS, and who to be. */
export const tlsFields = {
  verifyCertificate: z
    .boolean()
    .default(true)
    .meta({ title: 'Verify the certificate', description: 'Off only for a certificate that nobody can vouch for' }),
  caCertificate: z.string().max(100_000).optional().meta({
    title: 'CA certificate',
    description: 'Your own authority in PEM, or a reference to its file, trusted instead of the well-known ones',
  }),
  clientCertificate: z
    .strictObject({
      certificate: z.string().max(100_000).describe('The certificate in PEM, or a reference to its file'),
      key: secretText.describe('A reference to its private key in PEM'),
    })
    .optional()
    .meta({ title: 'Client certificate', description: 'Shown to servers that ask who connects' }),
};

export const serverNameField = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,253}$/, { error: 'write a host name' })
  .optional()
  .meta({
    title: 'Server name',
    description: 'The name that is asked for and that the certificate must be for; the host when left out',
  });

interface RouteConfig {
  host: string;
  port: number;
  addressFamily: 'any' | '4' | '6';
  resolveTo?: string | undefined;
}

export const targetOf = ({ host, port, addressFamily, resolveTo }: RouteConfig): Target => ({
  host,
  port,
  family: addressFamily,
  resolveTo,
});

interface TlsConfig {
  verifyCertificate: boolean;
  caCertificate?: string | undefined;
  clientCertificate?: { certificate: string; key: string } | undefined;
}

/** The wish of a configuration, secrets filled in. Throws CheckError `secret-missing`. */
export function tlsWish(config: TlsConfig, serverName: string, secrets: Secrets, alpn?: readonly string[]): TlsWish {
  const { caCertificate: ca, clientCertificate: own } = config;
  return {
    serverName,
    verify: config.verifyCertificate,
    ca: ca === undefined ? undefined : secrets.fill(ca),
    identity: own && { certificate: secrets.fill(own.certificate), key: secrets.fill(own.key) },
    alpn,
  };
}
