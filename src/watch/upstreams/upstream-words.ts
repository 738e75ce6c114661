import type { ServiceTerms } from '../../detect/match.ts';
import type { Ctx } from '../../platform/context.ts';
import { readProviders } from './catalogue.ts';
import { providerOf, readDependencies } from './in-use.ts';

/** By which words posts name the providers that services in use depend on; `id` is the provider's. */
export async function readUpstreamWords(ctx: Ctx): Promise<ServiceTerms[]> {
  const needed = new Set((await readDependencies(ctx)).map(({ upstreamId }) => providerOf(upstreamId)));
  if (needed.size === 0) return [];
  const providers = await readProviders(ctx);
  return [...needed].toSorted().flatMap((id) => {
    const provider = providers.get(id);
    if (!provider) return [];
    const { names, handles, hashtags, ambiguous } = provider;
    return [{ id, names: ambiguous ? [] : names, ambiguous: ambiguous ? names : [], handles, hashtags }];
  });
}
