import { useNow } from '../api/server-time.ts';
import type { OnCallView } from '../api/types.ts';
import { Icon } from '../ui/icons.tsx';
import { clockText, dayText } from '../ui/time.tsx';
import { daysFrom, pieceOf } from './strip-math.ts';

type Schedule = Pick<OnCallView['schedules'][number], 'shifts' | 'gaps'>;

/** Two weeks at a glance: a bar a week, a name a shift, hatched where nobody is. The list below says the same in words. */
export function ShiftStrip({ schedule }: { schedule: Schedule }) {
  const now = useNow();
  const days = daysFrom(now, 14);
  const people = [...new Set(schedule.shifts.map((shift) => shift.person.id))];
  return (
    <div className="mt-5 grid gap-4" aria-hidden="true">
      {[0, 7].map((first) => (
        <Week key={first} days={days.slice(first, first + 8)} schedule={schedule} people={people} now={now} />
      ))}
    </div>
  );
}

const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'short' });
const dayNumber = new Intl.DateTimeFormat('en-GB', { day: 'numeric' });

/** `days` are the eight midnights around seven days. */
function Week({ days, schedule, people, now }: { days: number[]; schedule: Schedule; people: string[]; now: number }) {
  const span = { fromAt: days[0] ?? now, untilAt: days.at(-1) ?? now };
  const at = pieceOf({ fromAt: now, untilAt: now + 1 }, span);
  return (
    <div>
      <div className="grid grid-cols-7 text-xs text-soft">
        {days.slice(0, 7).map((day) => (
          <span
            key={day}
            className={`border-s border-line ps-1.5 ${day <= now && now - day < 86_400_000 ? 'font-bold text-ink' : ''}`}
          >
            {weekday.format(day)} <span className="block sm:inline">{dayNumber.format(day)}</span>
          </span>
        ))}
      </div>
      <div className="relative mt-1 h-10 overflow-hidden rounded-md bg-hover">
        {schedule.gaps.map((gap) => {
          const piece = pieceOf(gap, span);
          if (piece === undefined) return null;
          return (
            <span
              key={`gap-${gap.fromAt}`}
              style={{ insetInlineStart: `${piece.start}%`, width: `${piece.width}%` }}
              title={`Nobody, ${dayText(gap.fromAt)} ${clockText(gap.fromAt)} to ${dayText(gap.untilAt)} ${clockText(gap.untilAt)}`}
              className="gap-hatch absolute inset-y-0 flex items-center justify-center overflow-hidden text-degraded"
            >
              {piece.width > 5 ? <Icon name="gap" /> : null}
            </span>
          );
        })}
        {schedule.shifts.map((shift) => {
          const piece = pieceOf(shift, span);
          if (piece === undefined) return null;
          const shade =
            people.indexOf(shift.person.id) % 2 === 0 ? 'bg-sheet' : 'bg-paper shadow-[inset_0_0_0_99px_var(--hover)]';
          return (
            <span
              key={`${shift.fromAt}-${shift.person.id}`}
              style={{ insetInlineStart: `${piece.start}%`, width: `${piece.width}%` }}
              title={`${shift.person.name}, ${dayText(shift.fromAt)} ${clockText(shift.fromAt)} to ${dayText(shift.untilAt)} ${clockText(shift.untilAt)}`}
              className={`absolute inset-y-0 flex items-center overflow-hidden rounded-md border border-edge text-sm whitespace-nowrap ${shade} ${shift.overrideId === null ? '' : 'border-dashed'} ${piece.width > 6 ? 'px-1.5 sm:px-2' : ''}`}
            >
              {piece.width > 6 ? (
                <span className={`truncate ${piece.width > 13 ? '' : 'max-sm:hidden'}`}>
                  {piece.width > 22 ? shift.person.name : firstName(shift.person.name)}
                </span>
              ) : null}
            </span>
          );
        })}
        {at === undefined ? null : (
          <span className="absolute inset-y-0 w-0.5 bg-ink" style={{ insetInlineStart: `${at.start}%` }} />
        )}
      </div>
    </div>
  );
}

const firstName = (name: string): string => name.split(' ')[0] ?? name;
