import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { ListeningTarget } from '../api/types.ts';
import { clockText } from '../ui/time.tsx';

type Point = ListeningTarget['curve'][number];

const height = 240;

/** Problems, thanks and jokes by five minutes, over the band of what chance explains. */
export function VoicesPlot({ points }: { points: Point[] }) {
  const holder = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = holder.current;
    if (element === null) return undefined;
    let plot = draw(element, points);
    const redraw = (): void => {
      plot.destroy();
      plot = draw(element, points);
    };
    const sizes = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    sizes.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', redraw);
    return () => {
      sizes.disconnect();
      scheme.removeEventListener('change', redraw);
      plot.destroy();
    };
  }, [points]);
  return (
    <div>
      <p className="mb-1 flex flex-wrap gap-x-5 px-1 text-[0.86rem] text-soft">
        <Key className="h-0.5 w-5 bg-major">problems</Key>
        <Key className="w-5 border-t-2 border-dashed border-warm">thanks</Key>
        <Key className="w-5 border-t border-dotted border-edge">jokes</Key>
        <Key className="h-3 w-5 bg-line">usual</Key>
      </p>
      <div ref={holder} aria-hidden="true" style={{ minHeight: height }} />
    </div>
  );
}

function Key({ className, children }: { className: string; children: string }) {
  return (
    <span className="inline-flex items-center gap-2">
      <span className={className} aria-hidden="true" />
      {children}
    </span>
  );
}

function draw(element: HTMLElement, points: Point[]): uPlot {
  const styles = getComputedStyle(document.documentElement);
  const colour = (name: string): string => styles.getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: colour('soft'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  const options: uPlot.Options = {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, __, max) => [0, Math.max(5, max * 1.1)] } },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map((seconds) => clockText(seconds * 1_000)), space: 70 },
      { ...axis, size: 42, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000] },
    ],
    series: [
      {},
      { stroke: 'transparent', fill: colour('line'), points: { show: false } },
      { stroke: colour('edge'), width: 1, dash: [2, 3], points: { show: false } },
      { stroke: colour('warm'), width: 2, dash: [7, 4], points: { show: false } },
      { stroke: colour('major'), width: 2, points: { show: false } },
    ],
  };
  // Where nobody could hear there is no line: a gap is no zero.
  const heard = (pick: (point: Point) => number): (number | null)[] =>
    points.map((point) => (point.blind ? null : pick(point)));
  return new uPlot(
    options,
    [
      points.map((point) => point.at / 1_000),
      points.map((point) => point.most),
      heard((point) => point.joke),
      heard((point) => point.thanks),
      heard((point) => point.problem),
    ],
    element,
  );
}
