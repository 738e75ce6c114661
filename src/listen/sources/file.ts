import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { EpochMs } from '../../domain/words.ts';
import type { PostBatch } from '../post.ts';
import { postsOf, type InboundPost, inboundItemSchema } from './inbound-post.ts';
import { type ReadSource, SourceError, type SourceKind } from './source.ts';

const schema = z.strictObject({
  kind: z.literal('file'),
  path: z.string().min(1).max(1_000).describe('A file of posts, one JSON object a line, in the order of their times.'),
  pace: z
    .enum(['recorded', 'at-once'])
    .default('recorded')
    .describe(
      'recorded (when left out): as far apart as they were, beginning now. at-once: all now, with their own times.',
    ),
});

/** Where reading is: the lines that were read, and for a recorded pace when the first post was and is said to be. */
interface Position {
  line: number;
  firstAt: EpochMs | null;
  startedAt: EpochMs | null;
}

const beginning: Position = { line: 0, firstAt: null, startedAt: null };
const linesAtOnce = 200;
const longestLine = 1_000_000;

const positionSchema = z.object({
  line: z.int().min(0),
  firstAt: z.number().nullable(),
  startedAt: z.number().nullable(),
});

function readPosition(text: string | null): Position {
  if (text === null) return beginning;
  try {
    return positionSchema.safeParse(JSON.parse(text)).data ?? beginning;
  } catch {
    return beginning;
  }
}

/** Posts from a file, for replays and rehearsals: each line is what the webhook takes as an item. Ends with the file. */
export const fileSource: SourceKind<typeof schema> = { kind: 'file', label: 'File of posts', schema, read };

async function* read({ config, position, io, stop }: ReadSource<z.output<typeof schema>>): AsyncGenerator<PostBatch> {
  let { line, firstAt, startedAt } = readPosition(position);
  const file = await open(config.path, 'r').catch((error: unknown) => {
    throw new SourceError(`${config.path} cannot be read`, { isFinal: true, cause: error });
  });
  try {
    if ((await file.stat()).isDirectory())
      throw new SourceError(`${config.path} is a directory, not a file`, { isFinal: true });
    let at = 0;
    let items: InboundPost[] = [];
    const batch = (): PostBatch => {
      const taken = items;
      items = [];
      const shiftMs = config.pace === 'recorded' && firstAt !== null ? (startedAt ?? 0) - firstAt : 0;
      return { ...postsOf(taken, io.now(), shiftMs), position: JSON.stringify({ line, firstAt, startedAt }) };
    };
    for await (const text of createInterface({ input: file.createReadStream(), crlfDelay: Infinity })) {
      if (stop.aborted) return;
      at += 1;
      if (at <= line) continue;
      const item = readLine(text);
      if (item !== undefined && config.pace === 'recorded') {
        const itemAt = item.at ?? firstAt ?? io.now();
        firstAt ??= itemAt;
        startedAt ??= io.now();
        const dueAt = startedAt + (itemAt - firstAt);
        if (dueAt > io.now()) {
          if (items.length > 0) yield batch();
          for (let left = dueAt - io.now(); left > 0; left = dueAt - io.now()) {
            await io.wait(Math.min(left, aliveMs), stop);
            // The source is alive while nothing is due.
            if (dueAt > io.now()) yield batch();
          }
        }
      }
      line = at;
      if (item !== undefined) items.push(item);
      if (items.length >= linesAtOnce) yield batch();
    }
    yield batch();
  } finally {
    await file.close();
  }
}

const aliveMs = 30_000;

/** A line that is no post is left out: a recording may be cut in the middle. */
function readLine(text: string): InboundPost | undefined {
  if (text.length > longestLine || text.trim() === '') return undefined;
  try {
    const parsed = inboundItemSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
