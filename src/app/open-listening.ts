import { createHearing, createListener, type Hearing, type Listener, openSourceIo } from '../listen/index.ts';
import type { Ctx } from '../platform/context.ts';
import { readUpstreamWords } from '../watch/index.ts';
import type { Environment } from './environment.ts';
import { secretsOf } from './resolve-secret.ts';

/** The ears: watch words of services and of the upstreams that they depend on, and the readers of the sources. */
export async function openListening(
  ctx: Ctx,
  environment: Environment,
): Promise<{ hearing: Hearing; listener: Listener }> {
  const hearing = createHearing(readUpstreamWords);
  // Before the first post can come.
  await hearing.refresh(ctx, ctx.clock.now());
  const resolve = secretsOf(environment);
  const listener = createListener(ctx, {
    hearing,
    io: openSourceIo(ctx.clock),
    // Sources are the file's: they were written by whoever runs this machine.
    resolveSecret: (source, name) => resolve(source, name, 'file'),
  });
  return { hearing, listener };
}
