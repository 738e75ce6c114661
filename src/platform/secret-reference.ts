import { z } from 'zod';

/** Where a secret is kept: `${env:NAME}` or `${file:/run/secrets/name}`, anywhere in a text. */
export const secretReference = /\$\{(env|file):([^}]+)\}/g;

/** A field that holds nothing but a reference, so that a secret itself never lies in the configuration, the database or an answer of the API. */
export const secretText = z
  .string()
  .max(500)
  .refine((text) => /^\$\{(?:env|file):[^}]+\}$/.test(text), {
    error: 'write a reference, ${env:NAME} or ${file:/path}, so that the secret itself stays out of the configuration',
  })
  .meta({ secret: true });

/** The value behind a reference; `ownedBy` says whose configuration names it, and with that what it may name (docs/adr/0006). */
export type ResolveSecret = (source: 'env' | 'file', name: string, ownedBy: 'file' | 'console') => string | undefined;
