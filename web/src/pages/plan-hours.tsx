import { Button } from '../ui/button.tsx';
import { Labelled, replaced, without } from './plan-parts.tsx';

export interface Hours {
  days?: number[] | undefined;
  from: string;
  to: string;
}

const dayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
export const longDays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;
const everyDay = [1, 2, 3, 4, 5, 6, 7];
export const workingHours: Hours = { days: [1, 2, 3, 4, 5], from: '09:00', to: '17:00' };

/** Hours of the week, a row a window. `to` not later than `from` crosses midnight. */
export function HoursEditor({ hours, change, of }: { hours: Hours[]; change: (hours: Hours[]) => void; of: string }) {
  return (
    <div className="grid gap-3">
      {hours.map((window, place) => (
        // eslint-disable-next-line react/no-array-index-key -- two windows may be the same, and a window is its place
        <div key={place} className="grid gap-3 border-s-2 border-line ps-3">
          <div role="group" aria-label={`${of}, days of window ${place + 1}`} className="flex flex-wrap gap-1.5">
            {dayNames.map((name, index) => {
              const days = window.days ?? everyDay;
              const on = days.includes(index + 1);
              return (
                <button
                  key={name}
                  type="button"
                  aria-pressed={on}
                  className={`min-h-10 min-w-11 rounded-[0.6rem] border px-2 ${on ? 'border-ink bg-ink text-paper' : 'border-edge text-soft'}`}
                  onClick={() => {
                    const next = on
                      ? days.filter((day) => day !== index + 1)
                      : [...days, index + 1].toSorted((a, b) => a - b);
                    change(replaced(hours, place, { ...window, days: next }));
                  }}
                >
                  {name}
                </button>
              );
            })}
          </div>
          <div className="grid grid-cols-[1fr_1fr_auto] items-end gap-3">
            {(['from', 'to'] as const).map((end) => (
              <Labelled key={end} label={end === 'from' ? 'From' : 'To'}>
                <input
                  type="time"
                  required
                  className="field"
                  // A browser knows no 24:00; midnight as an end is the same.
                  value={window[end] === '24:00' ? '00:00' : window[end]}
                  onChange={(event) => change(replaced(hours, place, { ...window, [end]: event.target.value }))}
                />
              </Labelled>
            ))}
            <Button look="quiet" onClick={() => change(without(hours, place))}>
              Remove<span className="sr-only"> window {place + 1}</span>
            </Button>
          </div>
        </div>
      ))}
      <div>
        <Button size="small" icon="plus" onClick={() => change([...hours, workingHours])}>
          Add hours
        </Button>
      </div>
    </div>
  );
}
