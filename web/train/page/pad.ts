/** The area to draw a digit on, with a mouse, a pen or a finger. */
import { SIDE } from '../messages.ts';
import { digitOf, type Spot, type Stroke, trace } from './digit.ts';

const INK = 'white';
const PAPER = '#16161d';
/** Of the drawing area's width. */
const THICKNESS = 0.075;

export class Pad {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  /** The image as the network sees it; undefined when nothing is drawn. */
  readonly #onChange: (pixels: Uint8Array | undefined) => void;
  #strokes: Stroke[] = [];
  #current: Spot[] | undefined;

  constructor(canvas: HTMLCanvasElement, onChange: (pixels: Uint8Array | undefined) => void) {
    this.#canvas = canvas;
    this.#context = contextOf(canvas);
    this.#onChange = onChange;
    canvas.addEventListener('pointerdown', (event) => this.#begin(event));
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    for (const kind of ['pointerup', 'pointercancel'] as const) {
      canvas.addEventListener(kind, () => {
        this.#current = undefined;
      });
    }
    this.#paint();
  }

  clear(): void {
    this.#strokes = [];
    this.#current = undefined;
    this.#paint();
    this.#onChange(undefined);
  }

  /** Shows an image that was not drawn here; the next stroke begins a new drawing. */
  show(pixels: Uint8Array): void {
    this.#strokes = [];
    this.#paint();
    const context = this.#context;
    context.imageSmoothingEnabled = false;
    context.drawImage(pictureOf(pixels), 0, 0, this.#canvas.width, this.#canvas.height);
    this.#onChange(pixels);
  }

  #begin(event: PointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault();
    this.#canvas.setPointerCapture(event.pointerId);
    this.#current = [this.#spotOf(event)];
    this.#strokes.push(this.#current);
    this.#changed();
  }

  #move(event: PointerEvent): void {
    if (!this.#current) return;
    const events = event.getCoalescedEvents();
    for (const each of events.length > 0 ? events : [event]) {
      this.#current.push(this.#spotOf(each));
    }
    this.#changed();
  }

  #changed(): void {
    this.#paint();
    this.#onChange(digitOf(this.#strokes));
  }

  #spotOf(event: PointerEvent): Spot {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return { x: (event.clientX - left) / width, y: (event.clientY - top) / height };
  }

  #paint(): void {
    const [context, { width, height }] = [this.#context, this.#canvas];
    context.fillStyle = PAPER;
    context.fillRect(0, 0, width, height);
    context.strokeStyle = INK;
    context.lineWidth = THICKNESS * width;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    for (const stroke of this.#strokes) trace(context, stroke, width);
  }
}

/** Draws an image of 28×28 pixels as it is; nothing when there is none. */
export function showPixels(canvas: HTMLCanvasElement, pixels: Uint8Array | undefined): void {
  contextOf(canvas).drawImage(pictureOf(pixels ?? new Uint8Array(SIDE * SIDE)), 0, 0);
}

/** White on the paper's colour. */
function pictureOf(pixels: Uint8Array): OffscreenCanvas {
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext('2d');
  const image = new ImageData(SIDE, SIDE);
  pixels.forEach((value, i) => {
    image.data.set([255, 255, 255, value], 4 * i);
  });
  const ink = new OffscreenCanvas(SIDE, SIDE);
  ink.getContext('2d')?.putImageData(image, 0, 0);
  if (context) {
    context.fillStyle = PAPER;
    context.fillRect(0, 0, SIDE, SIDE);
    context.drawImage(ink, 0, 0);
  }
  return canvas;
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser draws on no canvas.');
  return context;
}
