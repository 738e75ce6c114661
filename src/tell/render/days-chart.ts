import { type DayBar, dayVerdict, percentText } from '../../domain/public-status.ts';
import type { ComponentModel } from '../model.ts';
import { html, type Markup } from './markup.ts';
import { durationText, type Times } from './times.ts';

const step = 10;
const width = 7;
const height = 32;
/** A moment of trouble still shows: at least this much of the bar. */
const leastPart = 9;
const gap = 2;

/**
 * The days of one component as bars. A good day is one full bar; trouble splits the bar, and the lower part grows with the time it took; a day that
 * nobody measured is a low tick. So the chart reads without its colours, and quiet days cost one path together.
 */
export function daysChart(component: ComponentModel, starts: readonly number[], times: Times): Markup {
  const quiet: string[] = [];
  const unmeasured: string[] = [];
  const trouble: Markup[] = [];
  component.days.forEach((bar, index) => {
    const x = index * step;
    const verdict = dayVerdict(bar);
    if (verdict === 'up') quiet.push(box(x, 0, height));
    else if (verdict === 'unknown') unmeasured.push(box(x, height - 4, 4));
    else trouble.push(troubleBar(bar, x, `${times.shortDay(starts[index] ?? 0)}: ${dayText(bar)}`));
  });
  const count = component.days.length;
  return html`<svg
    class="days"
    width="100%"
    height="${height}"
    viewBox="0 0 ${count * step - (step - width)} ${height}"
    preserveAspectRatio="none"
    role="img"
    aria-label="${chartText(component)}"
  >
    ${quiet.length > 0 ? html`<path class="d-up" d="${quiet.join('')}" />` : ''}${
      unmeasured.length > 0 ? html`<path class="d-unknown" d="${unmeasured.join('')}" />` : ''
    }${trouble}
  </svg>`;
}

const box = (x: number, y: number, tall: number): string => `M${x} ${y}h${width}v${tall}h-${width}z`;

function troubleBar(bar: DayBar, x: number, title: string): Markup {
  const total = bar.upMs + bar.degradedMs + bar.downMs + bar.unknownMs;
  const bad = bar.downMs + bar.degradedMs;
  // The square root lets ten minutes be seen beside ten hours.
  const part = Math.round(Math.max(leastPart, Math.sqrt(bad / total) * height));
  const rest = height - part - gap;
  const tone = bar.downMs > 0 ? 'd-down' : 'd-degraded';
  return html`<g
    ><title>${title}</title>${rest > 0 ? html`<path class="d-up" d="${box(x, 0, rest)}" />` : ''}<path
      class="${tone}"
      d="${box(x, height - part, part)}"
  /></g>`;
}

/** `down 12 min, degraded 1 h, not measured 3 h`. */
export function dayText(bar: DayBar): string {
  const parts = [
    bar.downMs > 0 ? `down ${durationText(bar.downMs)}` : '',
    bar.degradedMs > 0 ? `degraded ${durationText(bar.degradedMs)}` : '',
    bar.unknownMs >= 60_000 ? `not measured ${durationText(bar.unknownMs)}` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'no trouble' : parts.join(', ');
}

/** The days with trouble in words, newest first, for those who cannot see or hover over the chart. */
export function troubleDays(component: ComponentModel, starts: readonly number[]): { at: number; text: string }[] {
  return component.days
    .flatMap((bar, index) => {
      const verdict = dayVerdict(bar);
      return verdict === 'down' || verdict === 'degraded' ? [{ at: starts[index] ?? 0, text: dayText(bar) }] : [];
    })
    .toReversed();
}

export const uptimeText = (component: ComponentModel): string =>
  component.uptime === null ? 'not measured yet' : `${percentText(component.uptime)} % up`;

function chartText(component: ComponentModel): string {
  const bad = troubleDays(component, []).length;
  const days = bad === 0 ? 'no day with trouble' : `${bad} ${bad === 1 ? 'day' : 'days'} with trouble`;
  return `${component.name}, the last ${component.days.length} days: ${uptimeText(component)}, ${days}.`;
}
