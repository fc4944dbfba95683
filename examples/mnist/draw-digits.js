/**
 * Draws handwritten-looking digits that are not from any data set, in the style of MNIST: white on
 * black, in a 20×20 box, its centre of mass in the middle of 28×28 pixels.
 *
 *     node examples/mnist/draw-digits.js        prints some of them
 *
 * A digit is a few strokes in the unit square (y points down). A variant picks one of the digit's
 * forms and a seed: slant, width, thickness and a slight wobble follow from it, so that the same
 * digit and variant always give the same pixels.
 */
import { pathToFileURL } from 'node:url';

/** How many variants of each digit the demo shows and counts; any other number draws as well. */
export const VARIANTS = 10;

const SIZE = 28;
const BOX = 20;

/** Points on an ellipse; angles in degrees, 0 is right and 90 is down. */
function arc(x, y, radiusX, radiusY, from, to) {
  const steps = Math.ceil(Math.abs(to - from) / 12);
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / steps) * Math.PI) / 180;
    return [x + radiusX * Math.cos(angle), y + radiusY * Math.sin(angle)];
  });
}

/** Points on a curve that starts at a, ends at c and is pulled towards b. */
function curve(a, b, c) {
  return Array.from({ length: 13 }, (_, i) => {
    const t = i / 12;
    const mix = (axis) => a[axis] * (1 - t) ** 2 + 2 * b[axis] * t * (1 - t) + c[axis] * t ** 2;
    return [mix(0), mix(1)];
  });
}

/** The forms of each digit: lists of strokes, each a list of points. */
const FORMS = [
  [[arc(0.5, 0.5, 0.3, 0.46, -80, 280)], [arc(0.5, 0.5, 0.38, 0.44, -60, 300)]],
  [
    [
      [
        [0.53, 0.04],
        [0.49, 0.96],
      ],
    ],
    [
      [
        [0.36, 0.22],
        [0.55, 0.05],
        [0.52, 0.96],
      ],
    ],
  ],
  [
    [[...arc(0.5, 0.29, 0.27, 0.25, 195, 395), [0.2, 0.92], [0.82, 0.92]]],
    [
      [
        ...arc(0.48, 0.3, 0.26, 0.27, 205, 385),
        ...curve([0.7, 0.5], [0.55, 0.75], [0.18, 0.93]),
        ...curve([0.18, 0.93], [0.5, 0.82], [0.86, 0.92]),
      ],
    ],
  ],
  [
    [[...arc(0.46, 0.28, 0.27, 0.23, 205, 450), ...arc(0.46, 0.73, 0.3, 0.23, 270, 510)]],
    [[...arc(0.44, 0.27, 0.25, 0.22, 220, 430), ...arc(0.44, 0.72, 0.34, 0.24, 285, 500)]],
  ],
  [
    [
      [
        [0.28, 0.06],
        [0.22, 0.55],
        [0.8, 0.53],
      ],
      [
        [0.68, 0.12],
        [0.62, 0.97],
      ],
    ],
    [
      [
        [0.64, 0.97],
        [0.65, 0.05],
        [0.18, 0.66],
        [0.86, 0.64],
      ],
    ],
  ],
  [
    [[[0.77, 0.06], [0.32, 0.07], [0.27, 0.44], ...arc(0.46, 0.68, 0.29, 0.26, 235, 510)]],
    [
      [[0.3, 0.1], [0.27, 0.46], ...arc(0.45, 0.69, 0.3, 0.26, 240, 500)],
      [
        [0.3, 0.09],
        [0.8, 0.05],
      ],
    ],
  ],
  [
    [[...curve([0.66, 0.05], [0.22, 0.25], [0.24, 0.7]), ...arc(0.5, 0.71, 0.26, 0.24, 180, 550)]],
    [[...curve([0.5, 0.04], [0.24, 0.4], [0.25, 0.72]), ...arc(0.49, 0.74, 0.24, 0.21, 180, 530)]],
  ],
  [
    [[[0.18, 0.1], [0.8, 0.09], ...curve([0.8, 0.09], [0.5, 0.45], [0.42, 0.96])]],
    [
      [
        [0.2, 0.16],
        [0.22, 0.09],
        [0.78, 0.08],
        [0.44, 0.96],
      ],
      [
        [0.36, 0.52],
        [0.74, 0.48],
      ],
    ],
  ],
  [
    [[...arc(0.5, 0.27, 0.23, 0.22, 90, 450), ...arc(0.5, 0.73, 0.28, 0.24, 270, 630)]],
    [
      [
        ...curve([0.7, 0.14], [0.5, -0.04], [0.34, 0.17]),
        ...curve([0.34, 0.17], [0.3, 0.4], [0.55, 0.51]),
        ...curve([0.55, 0.51], [0.85, 0.68], [0.66, 0.88]),
        ...curve([0.66, 0.88], [0.42, 1.04], [0.31, 0.83]),
        ...curve([0.31, 0.83], [0.28, 0.62], [0.52, 0.47]),
        ...curve([0.52, 0.47], [0.74, 0.34], [0.7, 0.14]),
      ],
    ],
  ],
  [
    [[...arc(0.48, 0.3, 0.25, 0.25, 0, -360), [0.68, 0.96]]],
    [[...arc(0.47, 0.3, 0.26, 0.24, -20, -340), ...curve([0.74, 0.2], [0.74, 0.7], [0.5, 0.95])]],
  ],
];

/** Numbers from -1 to 1 from a seed (mulberry32). */
function randomNumbers(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2147483648 - 1;
  };
}

/** The strokes of one variant, wobbled, slanted and turned, and scaled to the box in pixels. */
function handwriting(strokes, random, thickness) {
  const slant = 0.22 * random();
  const turn = 0.1 * random();
  const width = 1 + 0.15 * random();
  const [bendX, bendY] = [0.025 * random(), 0.025 * random()];
  const [phaseX, phaseY] = [3 * random(), 3 * random()];
  const moved = strokes.map((points) =>
    points.map(([x, y]) => {
      const u = (x - 0.5 + bendX * Math.sin(5 * y + phaseX)) * width - slant * (y - 0.5);
      const v = y - 0.5 + bendY * Math.sin(5 * x + phaseY);
      return [u * Math.cos(turn) - v * Math.sin(turn), u * Math.sin(turn) + v * Math.cos(turn)];
    }),
  );
  const extent = [0, 1].map((axis) => {
    const values = moved.flat().map((point) => point[axis]);
    return Math.max(...values) - Math.min(...values);
  });
  const scale = (BOX - thickness) / Math.max(...extent);
  return moved.map((points) => points.map(([x, y]) => [x * scale, y * scale]));
}

function distanceToSegment(x, y, [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length && Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

/** Brightness of each pixel, with the strokes' origin at (originX, originY). */
function render(strokes, thickness, originX, originY) {
  const pixels = new Uint8Array(SIZE * SIZE);
  for (let row = 0; row < SIZE; row++) {
    for (let column = 0; column < SIZE; column++) {
      const [x, y] = [column + 0.5 - originX, row + 0.5 - originY];
      let distance = Infinity;
      for (const points of strokes) {
        for (let i = 1; i < points.length; i++) {
          distance = Math.min(distance, distanceToSegment(x, y, points[i - 1], points[i]));
        }
      }
      const cover = Math.min(1, Math.max(0, thickness / 2 + 0.5 - distance));
      pixels[row * SIZE + column] = Math.round(255 * cover);
    }
  }
  return pixels;
}

function centreOfMass(pixels) {
  let [mass, x, y] = [0, 0, 0];
  pixels.forEach((value, i) => {
    mass += value;
    x += value * ((i % SIZE) + 0.5);
    y += value * (Math.floor(i / SIZE) + 0.5);
  });
  return [x / mass, y / mass];
}

/**
 * A drawing of a digit: 28×28 brightness values in rows from the top, 0 black and 255 white.
 * Any whole number is a variant.
 */
export function drawDigit(digit, variant = 0) {
  const forms = FORMS[digit];
  if (!forms) throw new RangeError(`digit must be 0 to 9, not ${digit}`);
  const random = randomNumbers(variant * 10 + digit + 1);
  const thickness = 2.7 + 0.7 * random();
  const form = forms[Math.abs(variant) % forms.length];
  const strokes = handwriting(form, random, thickness);
  const [x, y] = centreOfMass(render(strokes, thickness, SIZE / 2, SIZE / 2));
  return render(strokes, thickness, SIZE - x, SIZE - y);
}

/** Lines of text that show drawings side by side, two rows of pixels per line. */
export function showDigits(drawings) {
  const lit = (pixels, row, column) => pixels[row * SIZE + column] > 110;
  const lines = [];
  for (let row = 2; row < SIZE - 2; row += 2) {
    lines.push(
      drawings
        .map((pixels) => {
          let line = '';
          for (let column = 2; column < SIZE - 2; column++) {
            const half =
              (lit(pixels, row, column) ? 1 : 0) + (lit(pixels, row + 1, column) ? 2 : 0);
            line += ' ▀▄█'[half];
          }
          return line;
        })
        .join(' ')
        .trimEnd(),
    );
  }
  return lines;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const digits of [
    [0, 1, 2, 3, 4],
    [5, 6, 7, 8, 9],
  ]) {
    for (const variant of [0, 1]) {
      console.log(showDigits(digits.map((digit) => drawDigit(digit, variant))).join('\n'));
    }
  }
}
