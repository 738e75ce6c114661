import Activity from 'lucide-react/icons/activity';
import ArrowLeft from 'lucide-react/icons/arrow-left';
import Bell from 'lucide-react/icons/bell';
import Cake from 'lucide-react/icons/cake';
import CalendarClock from 'lucide-react/icons/calendar-clock';
import Candy from 'lucide-react/icons/candy';
import Check from 'lucide-react/icons/check';
import ChevronRight from 'lucide-react/icons/chevron-right';
import CircleCheck from 'lucide-react/icons/circle-check';
import CircleDashed from 'lucide-react/icons/circle-dashed';
import CircleDot from 'lucide-react/icons/circle-dot';
import CirclePause from 'lucide-react/icons/circle-pause';
import Clock from 'lucide-react/icons/clock';
import Coffee from 'lucide-react/icons/coffee';
import Contrast from 'lucide-react/icons/contrast';
import Copy from 'lucide-react/icons/copy';
import Ear from 'lucide-react/icons/ear';
import Ellipsis from 'lucide-react/icons/ellipsis';
import ExternalLink from 'lucide-react/icons/external-link';
import Eye from 'lucide-react/icons/eye';
import FileLock from 'lucide-react/icons/file-lock';
import Flower from 'lucide-react/icons/flower-2';
import Hand from 'lucide-react/icons/hand';
import Heart from 'lucide-react/icons/heart';
import House from 'lucide-react/icons/house';
import KeyRound from 'lucide-react/icons/key-round';
import LogOut from 'lucide-react/icons/log-out';
import Mail from 'lucide-react/icons/mail';
import Megaphone from 'lucide-react/icons/megaphone';
import OctagonX from 'lucide-react/icons/octagon-x';
import Phone from 'lucide-react/icons/phone';
import Plus from 'lucide-react/icons/plus';
import Search from 'lucide-react/icons/search';
import Server from 'lucide-react/icons/server';
import Siren from 'lucide-react/icons/siren';
import Star from 'lucide-react/icons/star';
import StickyNote from 'lucide-react/icons/sticky-note';
import TriangleAlert from 'lucide-react/icons/triangle-alert';
import User from 'lucide-react/icons/user';
import UserCheck from 'lucide-react/icons/user-check';
import Users from 'lucide-react/icons/users';
import WifiOff from 'lucide-react/icons/wifi-off';
import Wrench from 'lucide-react/icons/wrench';
import X from 'lucide-react/icons/x';
import type { LucideIcon } from 'lucide-react';

const icons = {
  back: ArrowLeft,
  bell: Bell,
  cake: Cake,
  check: Check,
  chocolates: Candy,
  clock: Clock,
  close: X,
  coffee: Coffee,
  copy: Copy,
  degraded: Activity,
  ear: Ear,
  eye: Eye,
  file: FileLock,
  flowers: Flower,
  found: CircleDot,
  gap: TriangleAlert,
  go: ChevronRight,
  hand: Hand,
  heart: Heart,
  home: House,
  key: KeyRound,
  leave: LogOut,
  mail: Mail,
  major: OctagonX,
  megaphone: Megaphone,
  more: Ellipsis,
  note: StickyNote,
  offline: WifiOff,
  ok: CircleCheck,
  onCall: CalendarClock,
  outside: ExternalLink,
  partial: Contrast,
  paused: CirclePause,
  people: Users,
  phone: Phone,
  plus: Plus,
  search: Search,
  service: Server,
  siren: Siren,
  star: Star,
  taken: UserCheck,
  unknown: CircleDashed,
  user: User,
  warning: TriangleAlert,
  wrench: Wrench,
} satisfies Record<string, LucideIcon>;

export type IconName = keyof typeof icons;

/** A picture beside a word that says the same; screen readers pass over it. */
export function Icon({ name, className = '' }: { name: IconName; className?: string }) {
  const Drawing = icons[name];
  return <Drawing aria-hidden="true" focusable="false" className={`size-[1.15em] shrink-0 ${className}`} />;
}
