/** What decides about room: where a page goes. */
export interface Destination {
  contactMethodId: string;
  channelKind: string;
}

// A send lasts at most some ten seconds (its channel's time-out). A provider that hangs holds half of the places, one address that hangs three.
const inAll = 40;
const perChannel = 20;
const perContactMethod = 3;

/** Places for pages that are sent at the same time. */
export interface PageRoom {
  isFull(): boolean;
  /** Takes a place if there is one. */
  take(destination: Destination): boolean;
}

/** The places that are left beside what is under way. */
export function pageRoom(underWay: readonly Destination[]): PageRoom {
  let all = 0;
  const byChannel = new Map<string, number>();
  const byMethod = new Map<string, number>();
  const occupy = ({ channelKind, contactMethodId }: Destination): void => {
    all++;
    byChannel.set(channelKind, (byChannel.get(channelKind) ?? 0) + 1);
    byMethod.set(contactMethodId, (byMethod.get(contactMethodId) ?? 0) + 1);
  };
  for (const destination of underWay) occupy(destination);
  return {
    isFull: () => all >= inAll,
    take(destination) {
      if (all >= inAll) return false;
      if ((byChannel.get(destination.channelKind) ?? 0) >= perChannel) return false;
      if ((byMethod.get(destination.contactMethodId) ?? 0) >= perContactMethod) return false;
      occupy(destination);
      return true;
    },
  };
}
