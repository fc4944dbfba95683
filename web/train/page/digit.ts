/**
 * Strokes to an image as MNIST has them: white on black in a box of 20×20 pixels, its centre of mass in
 * the middle of 28×28, lines as thick as a pen's there however large the drawing is.
 */
import { SIDE } from '../messages.ts';

/** From 0 to 1 along both sides of the drawing area. */
export interface Spot {
  readonly x: number;
  readonly y: number;
}
export type Stroke = readonly Spot[];

const BOX = 20;
const THICKNESS = 2.7;

export function digitOf(strokes: readonly Stroke[]): Uint8Array {
  const boxed = fitted(strokes);
  const middle = { x: SIDE / 2, y: SIDE / 2 };
  const centre = centreOfMass(rendered(boxed, middle));
  return rendered(boxed, {
    x: middle.x + middle.x - centre.x,
    y: middle.y + middle.y - centre.y,
  });
}

/** In pixels around the origin; the longer side fills the box. A dot stays small. */
function fitted(strokes: readonly Stroke[]): Stroke[] {
  const spots = strokes.flat();
  const [xs, ys] = [spots.map(({ x }) => x), spots.map(({ y }) => y)];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const extent = Math.max(right - left, bottom - top, 0.1);
  const scale = (BOX - THICKNESS) / extent;
  return strokes.map((stroke) =>
    stroke.map(({ x, y }) => ({
      x: (x - (left + right) / 2) * scale,
      y: (y - (top + bottom) / 2) * scale,
    })),
  );
}

function rendered(strokes: readonly Stroke[], origin: Spot): Uint8Array {
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('This browser draws on no canvas.');
  context.strokeStyle = 'white';
  context.lineWidth = THICKNESS;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.translate(origin.x, origin.y);
  for (const stroke of strokes) trace(context, stroke, 1);
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  // White on nothing: how much of a pixel is covered is its opacity.
  return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => data[4 * i + 3] as number);
}

/** Draws a stroke, of a single spot too. */
export function trace(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  stroke: Stroke,
  scale: number,
): void {
  const [first, ...others] = stroke;
  if (!first) return;
  context.beginPath();
  context.moveTo(first.x * scale, first.y * scale);
  for (const { x, y } of others.length > 0 ? others : [first]) context.lineTo(x * scale, y * scale);
  context.stroke();
}

function centreOfMass(pixels: Uint8Array): Spot {
  let [mass, x, y] = [0, 0, 0];
  pixels.forEach((value, i) => {
    mass += value;
    x += value * ((i % SIDE) + 0.5);
    y += value * (Math.floor(i / SIDE) + 0.5);
  });
  return mass > 0 ? { x: x / mass, y: y / mass } : { x: SIDE / 2, y: SIDE / 2 };
}
