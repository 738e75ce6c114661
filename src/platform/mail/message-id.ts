/** The right-hand side of our Message-IDs: the host of the public address, made fit for an addr-spec (RFC 5322, section 3.6.4). */
export function messageIdHost(publicUrl: string): string {
  const host = URL.canParse(publicUrl) ? new URL(publicUrl).hostname : '';
  return host.replace(/[^A-Za-z0-9.-]/g, '') || 'localhost';
}
