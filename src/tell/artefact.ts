import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib';
import type { SiteFile } from './render-site.ts';

/** The encodings in which an artefact is kept, best first where a reader has no preference. */
export const encodings = ['br', 'zstd', 'gzip'] as const;
export type Encoding = (typeof encodings)[number];

/** One address, ready to be sent: nothing is computed while a reader waits. */
export interface Artefact {
  path: string;
  type: string;
  /** The hash of the identity bytes; each encoding's strong ETag is made from it. */
  hash: string;
  immutable: boolean;
  modifiedAt: number;
  identity: Buffer;
  encoded: Partial<Record<Encoding, Buffer>>;
}

const brotli = promisify(brotliCompress);
const gzipped = promisify(gzip);
const zstd = promisify(zstdCompress);

export const hashOf = (body: Buffer): string => createHash('sha256').update(body).digest('base64url').slice(0, 22);

/**
 * Compresses what changed and takes over what did not. Measured on a page of 50 components: these levels cost a few milliseconds in all; the
 * highest would save another tenth of the size for a hundred times the time. Assets never change, so they get the highest.
 */
export async function toArtefacts(
  files: readonly SiteFile[],
  before: ReadonlyMap<string, Artefact>,
): Promise<Map<string, Artefact>> {
  const artefacts = await Promise.all(
    files.map(async (file): Promise<Artefact> => {
      const identity = typeof file.body === 'string' ? Buffer.from(file.body, 'utf8') : file.body;
      const hash = hashOf(identity);
      const { path, type, immutable, modifiedAt } = file;
      const known = before.get(path);
      if (known?.hash === hash) return { ...known, type, immutable, modifiedAt };
      return { path, type, hash, immutable, modifiedAt, identity, encoded: await encode(identity, immutable) };
    }),
  );
  return new Map(artefacts.map((artefact) => [artefact.path, artefact]));
}

async function encode(identity: Buffer, isForEver: boolean): Promise<Artefact['encoded']> {
  const [br, zst, gz] = await Promise.all([
    brotli(identity, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: isForEver ? 11 : 5,
        [constants.BROTLI_PARAM_SIZE_HINT]: identity.length,
      },
    }),
    zstd(identity, { params: { [constants.ZSTD_c_compressionLevel]: isForEver ? 19 : 6 } }),
    gzipped(identity, { level: isForEver ? 9 : 6 }),
  ]);
  const encoded: Artefact['encoded'] = {};
  // Tiny files grow by compression; a reader gets the smaller one.
  if (br.length < identity.length) encoded.br = br;
  if (zst.length < identity.length) encoded.zstd = zst;
  if (gz.length < identity.length) encoded.gzip = gz;
  return encoded;
}
