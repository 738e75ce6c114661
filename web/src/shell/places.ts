import type { IconName } from '../ui/icons.tsx';

/** Where one can go. A new room adds its place here; the rail shows all of them, the bar of a phone the four used most. */
export interface Place {
  id: 'home' | 'incidents' | 'services' | 'listening' | 'on-call' | 'hugs' | 'maintenance' | 'page' | 'people' | 'me';
  to:
    | '/'
    | '/incidents'
    | '/services'
    | '/listening'
    | '/on-call'
    | '/hugs'
    | '/maintenance'
    | '/page'
    | '/people'
    | '/me';
  name: string;
  icon: IconName;
  inBar: boolean;
}

export const places: readonly Place[] = [
  { id: 'home', to: '/', name: 'Home', icon: 'home', inBar: true },
  { id: 'incidents', to: '/incidents', name: 'Incidents', icon: 'siren', inBar: true },
  { id: 'services', to: '/services', name: 'Services', icon: 'service', inBar: false },
  { id: 'listening', to: '/listening', name: 'Listening', icon: 'ear', inBar: false },
  { id: 'on-call', to: '/on-call', name: 'On-call', icon: 'onCall', inBar: true },
  { id: 'hugs', to: '/hugs', name: 'Hugs', icon: 'heart', inBar: true },
  { id: 'maintenance', to: '/maintenance', name: 'Maintenance', icon: 'wrench', inBar: false },
  { id: 'page', to: '/page', name: 'Status page', icon: 'megaphone', inBar: false },
  { id: 'people', to: '/people', name: 'People', icon: 'people', inBar: false },
  { id: 'me', to: '/me', name: 'You', icon: 'user', inBar: false },
];

/** The public's page is not part of the console: a plain link. */
export const statusPageLink = '/';
