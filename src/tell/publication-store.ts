import { copyFile, link, mkdir, open, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { type Artefact, type Encoding, encodings, hashOf } from './artefact.ts';
import type { PageModel } from './model.ts';

/** One publication: its artefacts, and what the dynamic pages need to look like it. */
export interface Publication {
  publishedAt: number;
  page: PageModel['page'];
  artefacts: Map<string, Artefact>;
}

const extensions: Record<Encoding, string> = { br: '.br', zstd: '.zst', gzip: '.gz' };
const manifestName = 'manifest.json';
const pointerName = 'current';
const generationPattern = /^g\d{13}-\d+$/;
const filesAtOnce = 8;

const manifestSchema = z.object({
  version: z.literal(1),
  publishedAt: z.number(),
  page: z.object({
    id: z.string(),
    title: z.string(),
    description: z.string(),
    timeZone: z.string(),
    url: z.string(),
    updatedAt: z.number(),
  }),
  files: z.array(
    z.object({
      path: z.string(),
      file: z.string().regex(/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/),
      type: z.string(),
      hash: z.string(),
      immutable: z.boolean(),
      modifiedAt: z.number(),
      encodings: z.partialRecord(z.enum(encodings), z.number()),
    }),
  ),
});

/** A publication on disk: `current` points at a generation, which is a plain directory that any web server can serve. */
export interface PublicationStore {
  /** Stores a generation, durable before `current` points at it; what did not change is a hard link. Rejects when the disk refuses. */
  store(publication: Publication): Promise<void>;
  /** The newest generation that is whole; undefined when there is none. */
  load(): Promise<Publication | undefined>;
}

export function createPublicationStore(directory: string): PublicationStore {
  let stored: { name: string; hashes: Map<string, string> } | undefined;
  let count = 0;
  return {
    async store(publication) {
      const name = `g${String(publication.publishedAt).padStart(13, '0')}-${count++}`;
      const root = join(directory, name);
      try {
        await mkdir(directory, { recursive: true });
        await writeGeneration(
          root,
          publication,
          stored && { root: join(directory, stored.name), hashes: stored.hashes },
        );
        await point(directory, name);
      } catch (error) {
        // A half-written generation must not take the room that the next attempt needs.
        await rm(root, { recursive: true, force: true }).catch(() => undefined);
        throw error;
      }
      const previous = stored?.name;
      stored = {
        name,
        hashes: new Map([...publication.artefacts].map(([path, artefact]) => [path, artefact.hash])),
      };
      await sweep(directory, new Set([name, previous]));
    },
    async load() {
      const names = await generations(directory);
      const current = await readlink(join(directory, pointerName)).catch(() => undefined);
      for (const name of [current, ...names.toReversed()]) {
        if (name === undefined || !names.includes(name)) continue;
        const publication = await readGeneration(join(directory, name)).catch(() => undefined);
        if (publication === undefined) continue;
        stored = {
          name,
          hashes: new Map([...publication.artefacts].map(([path, artefact]) => [path, artefact.hash])),
        };
        return publication;
      }
      return undefined;
    },
  };
}

async function writeGeneration(
  root: string,
  publication: Publication,
  before: { root: string; hashes: Map<string, string> } | undefined,
): Promise<void> {
  const artefacts = [...publication.artefacts.values()];
  const folders = new Set([root, ...artefacts.map((artefact) => join(root, dirname(fileOf(artefact.path))))]);
  for (const folder of folders) await mkdir(folder, { recursive: true });
  const tasks = artefacts.flatMap((artefact) => {
    const file = fileOf(artefact.path);
    const isKnown = before?.hashes.get(artefact.path) === artefact.hash;
    return [['', artefact.identity] as const, ...variants(artefact)].map(([extension, body]) => async () => {
      const target = join(root, file + extension);
      if (isKnown && (await took(join(before.root, file + extension), target))) return;
      await writeDurably(target, body);
    });
  });
  await inBatches(tasks);
  const manifest: z.infer<typeof manifestSchema> = {
    version: 1,
    publishedAt: publication.publishedAt,
    page: publication.page,
    files: artefacts.map(({ path, type, hash, immutable, modifiedAt, encoded }) => ({
      path,
      file: fileOf(path),
      type,
      hash,
      immutable,
      modifiedAt,
      encodings: Object.fromEntries(Object.entries(encoded).map(([encoding, body]) => [encoding, body.length])),
    })),
  };
  await writeDurably(join(root, manifestName), Buffer.from(JSON.stringify(manifest)));
  for (const folder of folders) await syncFolder(folder);
}

const variants = (artefact: Artefact): (readonly [string, Buffer])[] =>
  encodings.flatMap((encoding) => {
    const body = artefact.encoded[encoding];
    return body === undefined ? [] : [[extensions[encoding], body] as const];
  });

/** A hard link where the file system has them, else a copy; false when the earlier file is gone, so that it is written anew. */
async function took(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
  }
  try {
    await copyFile(from, to);
    return true;
  } catch {
    return false;
  }
}

async function writeDurably(path: string, body: Buffer): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(body);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The rename of a symbolic link replaces the old one in one step: a reader sees the one generation or the other. */
async function point(directory: string, name: string): Promise<void> {
  const next = join(directory, `${pointerName}.next`);
  await rm(next, { force: true });
  await symlink(name, next);
  await rename(next, join(directory, pointerName));
  await syncFolder(directory);
}

async function readGeneration(root: string): Promise<Publication> {
  const manifest = manifestSchema.parse(JSON.parse(await readFile(join(root, manifestName), 'utf8')));
  const artefacts = new Map<string, Artefact>();
  for (const { file, encodings: lengths, ...rest } of manifest.files) {
    const identity = await readFile(join(root, file));
    if (hashOf(identity) !== rest.hash) throw new Error(`${file} is not what was published`);
    const encoded: Artefact['encoded'] = {};
    for (const encoding of encodings) {
      if (lengths[encoding] === undefined) continue;
      const body = await readFile(join(root, file + extensions[encoding]));
      if (body.length === lengths[encoding]) encoded[encoding] = body;
    }
    artefacts.set(rest.path, { ...rest, identity, encoded });
  }
  return { publishedAt: manifest.publishedAt, page: manifest.page, artefacts };
}

async function generations(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => generationPattern.test(name)).toSorted();
}

/** Leaves the current generation and the one before it, which slow readers of the directory may still be sending. */
async function sweep(directory: string, keep: ReadonlySet<string | undefined>): Promise<void> {
  for (const name of await generations(directory)) {
    if (!keep.has(name)) await rm(join(directory, name), { recursive: true, force: true });
  }
}

/** The name under which a plain web server finds it: `/` is index.html, `/history` is history.html. */
function fileOf(path: string): string {
  const name = path === '/' ? 'index' : path.slice(1);
  if (!/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/.test(name)) throw new Error(`${path} cannot be a file name`);
  return /\.[a-z0-9]{1,5}$/.test(name) ? name : `${name}.html`;
}

async function inBatches(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let task = tasks[next++]; task !== undefined; task = tasks[next++]) await task();
  };
  await Promise.all(Array.from({ length: filesAtOnce }, worker));
}
