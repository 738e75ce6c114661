import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { scaledClock } from '../../platform/clock.ts';
import { type Environment, EnvironmentError } from '../environment.ts';
import { type Running, serve, type ServeParts } from '../serve.ts';
import { sandboxMark } from './child-stage.ts';

const messageSchema = z.object({
  pace: z.object({ realAt: z.number(), at: z.number(), speed: z.number().nonnegative() }),
});

export interface ReplayServerParts extends ServeParts {
  /** What the replay that has started this process says; undefined when nobody can say anything. */
  onMessage: ((listener: (message: unknown) => void) => void) | undefined;
}

/**
 * The program as a replay starts it: on the replay's clock. Only a process that a replay has started takes this way, and only with a data directory
 * that the replay has made: a real installation never runs on a clock like that. Throws EnvironmentError otherwise.
 */
export async function serveReplay(environment: Environment, parts: ReplayServerParts): Promise<Running> {
  const { onMessage } = parts;
  if (onMessage === undefined || !existsSync(join(environment.dataDir, sandboxMark)))
    throw new EnvironmentError('replay-server is started by `hugops replay` alone, with a directory of its own.');
  const clock = await new Promise<ReturnType<typeof scaledClock>>((resolve) => {
    let made: ReturnType<typeof scaledClock> | undefined;
    onMessage((message) => {
      const parsed = messageSchema.safeParse(message);
      if (!parsed.success) return;
      if (made !== undefined) return made.setPace(parsed.data.pace);
      made = scaledClock(parsed.data.pace);
      resolve(made);
    });
  });
  return serve(environment, { ...parts, clock, proofOfWork: 'token' });
}
