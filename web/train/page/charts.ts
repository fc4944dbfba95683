/** Curves over the images seen: uPlot in the page's colours. */
import uPlot from 'uplot';
import type { Point } from '../messages.ts';

const HEIGHT = 220;

export interface Line {
  /** The custom property that has its colour. */
  readonly color: string;
  readonly width: number;
  readonly hasDots?: boolean;
}

export interface ChartOptions {
  /** For those who don't see it. */
  readonly title: string;
  readonly lines: readonly Line[];
  readonly range: (min: number, max: number) => [number, number];
  readonly text: (value: number) => string;
}

export class Chart {
  readonly #box: HTMLElement;
  readonly #options: ChartOptions;
  readonly #plot: uPlot;
  #columns: number[][];

  constructor(box: HTMLElement, options: ChartOptions) {
    this.#box = box;
    this.#options = options;
    this.#columns = this.#none();
    this.#plot = new uPlot(this.#plotOptions(), this.#columns as uPlot.AlignedData, box);
    new ResizeObserver(() => {
      this.#plot.setSize({ width: box.clientWidth, height: HEIGHT });
    }).observe(box);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#plot.redraw(false, true);
    });
  }

  /** Adds points, each with a value for every line. */
  add(points: readonly { readonly images: number; readonly values: readonly number[] }[]): void {
    for (const { images, values } of points) {
      [images / 1000, ...values].forEach((value, i) => {
        this.#columns[i]?.push(value);
      });
    }
    this.#draw();
  }

  clear(): void {
    this.#columns = this.#none();
    this.#draw();
  }

  #none(): number[][] {
    return [[], ...this.#options.lines.map(() => [])];
  }

  #draw(): void {
    this.#plot.setData(this.#columns as uPlot.AlignedData);
    const { title, text } = this.#options;
    const last = this.#columns.at(-1)?.at(-1);
    const now = last === undefined ? 'nothing yet' : `${text(last)} now`;
    this.#box.setAttribute('aria-label', `${title}: ${now}`);
  }

  #plotOptions(): uPlot.Options {
    const axis = { stroke: () => color('--faint'), grid: grid(), ticks: grid() };
    const series = this.#options.lines.map((line) => ({
      stroke: () => color(line.color),
      width: line.width,
      points: { show: line.hasDots ?? false, size: 5, fill: () => color('--card') },
    }));
    return {
      width: Math.max(this.#box.clientWidth, 1),
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: (_, __, max) => [0, Math.max(max ?? 0, 1)] },
        y: { range: (_, min, max) => this.#options.range(min ?? Number.NaN, max ?? Number.NaN) },
      },
      axes: [
        { ...axis, size: 34 },
        { ...axis, size: 44 },
      ],
      series: [{}, ...series],
    };
  }
}

function grid() {
  return { stroke: () => color('--line'), width: 1 };
}

function color(property: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(property).trim();
}

/** Means of the last values, roughly, for a curve through noise. */
class Smooth {
  #mean = 0;
  #count = 0;

  next(value: number): number {
    this.#count++;
    this.#mean += Math.max(1 / this.#count, 0.1) * (value - this.#mean);
    return this.#mean;
  }
}

/** The two charts of a training. */
export class Curves {
  readonly #loss: Chart;
  readonly #accuracy: Chart;
  #smooth = new Smooth();

  constructor(lossBox: HTMLElement, accuracyBox: HTMLElement) {
    this.#loss = new Chart(lossBox, {
      title: 'Loss',
      lines: [
        { color: '--curve-thin', width: 1 },
        { color: '--accent', width: 2 },
      ],
      range: (_, max) => [0, Number.isFinite(max) ? 1.05 * max : 1],
      text: (value) => value.toFixed(3),
    });
    this.#accuracy = new Chart(accuracyBox, {
      title: 'Accuracy on held-out digits',
      lines: [{ color: '--good', width: 2, hasDots: true }],
      range: (min) => [Number.isFinite(min) ? Math.min(80, 10 * Math.floor(min / 10)) : 0, 100],
      text: (value) => `${value.toFixed(1)} %`,
    });
  }

  /** The smoothed loss after these. */
  addLosses(points: readonly Point[]): number {
    let mean = Number.NaN;
    const rows = points.map(({ images, value }) => {
      mean = this.#smooth.next(value);
      return { images, values: [value, mean] };
    });
    this.#loss.add(rows);
    return mean;
  }

  addAccuracy({ images, value }: Point): void {
    this.#accuracy.add([{ images, values: [100 * value] }]);
  }

  clear(): void {
    this.#smooth = new Smooth();
    this.#loss.clear();
    this.#accuracy.clear();
  }
}
