import { describe, expect, it } from 'vitest';
import { readScope } from '../../../../src/domain/upstream-scope.ts';
import { catalogueSchema, knownProviders, type Provider } from '../../../../src/watch/upstreams/catalogue.ts';
import catalogue from '../../../../src/watch/upstreams/catalogue.json' with { type: 'json' };

const providers: readonly Provider[] = catalogueSchema.parse(catalogue).providers;

const repeated = (words: readonly string[]): string[] => words.filter((word, index) => words.indexOf(word) !== index);
const lower = (word: string): string => word.toLowerCase();

describe('the catalogue of providers', () => {
  it('is as its schema says, with at least 150 providers, each once, by id', () => {
    expect(catalogueSchema.safeParse(catalogue).error).toBeUndefined();
    expect(providers.length).toBeGreaterThanOrEqual(150);
    expect(knownProviders.size).toBe(providers.length);
    const ids = providers.map((provider) => provider.id);
    expect(ids).toEqual(ids.toSorted());
  });

  it('asks every provider at one address of its own, over https', () => {
    const urls = providers.map((provider) => provider.feed.url);
    expect(urls.filter((url) => !url.startsWith('https://'))).toEqual([]);
    expect(repeated(urls)).toEqual([]);
    expect(repeated(providers.map((provider) => provider.pageUrl))).toEqual([]);
  });

  it('gives no name, account or hashtag to two providers, unless both are marked as ambiguous', () => {
    for (const field of ['names', 'handles', 'hashtags'] as const) {
      const sure = providers.filter((provider) => !provider.ambiguous);
      const taken = repeated(sure.flatMap((provider) => [...new Set(provider[field].map(lower))]));
      expect([field, taken]).toEqual([field, []]);
      const known = new Set(sure.flatMap((provider) => provider[field].map(lower)));
      const clashes = providers.filter(
        (provider) => provider.ambiguous && provider[field].some((word) => known.has(lower(word))),
      );
      expect([field, clashes.map((provider) => provider.id)]).toEqual([field, []]);
    }
  });

  it('marks providers whose every name is a common word', () => {
    for (const id of ['slack', 'stripe', 'box', 'notion', 'render', 'square', 'zoom']) {
      expect([id, knownProviders.get(id)?.ambiguous]).toEqual([id, true]);
    }
    expect(knownProviders.get('github')?.ambiguous).toBe(false);
  });

  it('writes accounts and hashtags without their sign, and every word once', () => {
    for (const provider of providers) {
      for (const words of [provider.names, provider.handles, provider.hashtags]) {
        expect([provider.id, repeated(words.map(lower))]).toEqual([provider.id, []]);
      }
      expect([...provider.handles, ...provider.hashtags].filter((word) => /^[@#]|\s/.test(word))).toEqual([]);
    }
  });

  it('names each region and each product so that no other of the provider answers to it', () => {
    const words = (text: string): string =>
      text
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]+/gu, ' ')
        .trim();
    for (const provider of providers) {
      for (const list of [provider.regions, provider.products]) {
        const all = list.flatMap((one) => [...new Set([one.id, ...one.names].map(words))]);
        expect([provider.id, repeated(all)]).toEqual([provider.id, []]);
      }
    }
  });

  it('is understood by the scope of a dependency, for every region with every product', () => {
    for (const provider of providers) {
      for (const region of provider.regions) {
        for (const product of provider.products) {
          const scope = readScope(`${provider.id}/${region.id}/${product.id}`, provider);
          expect(scope).toEqual({ provider: provider.id, region: region.id, product: product.id, isKnownRegion: true });
        }
      }
    }
  });

  it('knows the large clouds by region and product', () => {
    for (const id of ['aws', 'gcp', 'azure']) {
      expect(knownProviders.get(id)?.regions.length).toBeGreaterThan(30);
      expect(knownProviders.get(id)?.products.length).toBeGreaterThan(35);
    }
  });
});
