import type { Ctx } from '../../platform/context.ts';

// Six characters of an id's random part, five bits each: a thousand million ids before it starts anew.
const counterLength = 6;
const counterEnd = 32 ** counterLength;

/**
 * The context with a clock that never goes back and ids that rise within one millisecond. Signals are placed by (received_at, id): without
 * this, a trigger and a resolve of one key that share a commit could be placed the wrong way round, and the incident would stay open.
 */
export function inReceivedOrder(ctx: Ctx): Ctx {
  let last = 0;
  let count = 0;
  const now = (): number => (last = Math.max(last, ctx.clock.now()));
  const bytes = (length: number): Uint8Array => {
    const random = ctx.random.bytes(length);
    count = (count + 1) % counterEnd;
    for (let i = Math.min(counterLength, length) - 1, rest = count; i >= 0; i--, rest = Math.floor(rest / 32)) {
      random[i] = rest % 32;
    }
    return random;
  };
  return { ...ctx, clock: { now }, random: { bytes } };
}
