/** The first layer's filters, a square a weight; those that flipped since the last drawing stand out. */
import type { Filters } from '../messages.ts';
import { whole } from './format.ts';

const SVG = 'http://www.w3.org/2000/svg';

export class FilterGrid {
  readonly #box: HTMLElement;
  readonly #note: HTMLElement;
  #cells: SVGRectElement[] = [];
  #first: Uint8Array = new Uint8Array();
  #last: Uint8Array = new Uint8Array();

  constructor(box: HTMLElement, note: HTMLElement) {
    this.#box = box;
    this.#note = note;
  }

  /** The next drawing is the first one, with which later ones are compared. */
  restart(): void {
    this.#first = new Uint8Array();
    this.#last = new Uint8Array();
  }

  draw({ count, side, bits }: Filters): void {
    if (this.#cells.length !== bits.length) this.#build(count, side);
    if (this.#first.length !== bits.length) this.#first = bits;
    const before = this.#last.length === bits.length ? this.#last : bits;
    this.#cells.forEach((cell, i) => {
      cell.classList.toggle('minus', bits[i] === 1);
      cell.classList.toggle('flipped', bits[i] !== before[i]);
    });
    const flipped = differences(bits, before);
    const away = differences(bits, this.#first);
    this.#last = bits;
    this.#note.textContent =
      `${whole(flipped)} of ${whole(bits.length)} flipped since the last drawing; ` +
      `${whole(away)} are not what they began as.`;
    this.#box.setAttribute(
      'aria-label',
      `${count} filters of ${side}×${side} weights. ${this.#note.textContent}`,
    );
  }

  #build(count: number, side: number): void {
    this.#cells = [];
    const pictures = Array.from({ length: count }, () => {
      const picture = document.createElementNS(SVG, 'svg');
      picture.setAttribute('viewBox', `-0.1 -0.1 ${side + 0.2} ${side + 0.2}`);
      for (let tap = 0; tap < side * side; tap++) picture.append(this.#cell(tap, side));
      return picture;
    });
    this.#box.replaceChildren(...pictures);
  }

  #cell(tap: number, side: number): SVGRectElement {
    const cell = document.createElementNS(SVG, 'rect');
    const place = { x: (tap % side) + 0.05, y: Math.floor(tap / side) + 0.05 };
    const size = { width: 0.9, height: 0.9, rx: 0.12 };
    for (const [name, value] of Object.entries({ ...place, ...size }))
      cell.setAttribute(name, String(value));
    this.#cells.push(cell);
    return cell;
  }
}

function differences(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((count, bit, i) => count + (bit === b[i] ? 0 : 1), 0);
}
