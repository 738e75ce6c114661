/** Where a public thank-you to a provider's engineers can be written. A person sends it; HugOps only prepares it. */
export const onwardNetworks = ['bluesky', 'mastodon', 'x'] as const;
export type OnwardNetwork = (typeof onwardNetworks)[number];

/** `aws/us-east-1/dynamodb` is of the provider `aws`, `cloudflare` of itself. */
export const providerOf = (upstreamId: string): string => upstreamId.split('/')[0] ?? upstreamId;

/** The shortest of the networks has room for 280; a name is cut before the text is. */
const longestName = 60;

export function onwardText(providerName: string, pageUrl: string): string {
  const characters = Array.from(providerName.replace(/[\s@#]+/gu, ' ').trim());
  const name =
    characters.length <= longestName ? characters.join('') : `${characters.slice(0, longestName - 1).join('')}…`;
  return `#hugops to everyone on call at ${name}. Thank you for getting it working again. ${pageUrl}`;
}

/**
 * The address at which the network shows a prepared post. Texts are percent-encoded whole, spaces as %20: a plus is a plus in some of them. Sources:
 * docs.bsky.app (action intent links), share.joinmastodon.org, and X's post intent.
 */
export function onwardUrl(network: OnwardNetwork, text: string): string {
  const encoded = encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return {
    bluesky: `https://bsky.app/intent/compose?text=${encoded}`,
    mastodon: `https://share.joinmastodon.org/#text=${encoded}`,
    x: `https://x.com/intent/post?text=${encoded}`,
  }[network];
}
