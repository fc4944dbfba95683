/**
 * The scratch memory of convolutions of floats by weights of one bit with a sign, where they add up
 * sums of three floats: as kernels/include/triple_sums.h and triple_layer.h say.
 */
import { FLOAT_TILE, PIXEL_TILE } from './pack.ts';
import type { Target } from './targets.ts';
import { extent, type Window } from './windows.ts';

/** As the macros of these names in kernels/include/triple_sums.h. */
const STRETCHES = 8;
const TRIPLE = 8;
const TRIPLE_STRIP = 6144;
const TRIPLE_CHOICES = 4096;
/** As in kernels/include/triple_loops.h. */
const TRIPLE_VECTORS = 4;
/** What it may take to begin at a multiple of 32 bytes. */
const ALIGNMENT = 32 / 4 - 1;

/** The kernel folders with loops for them, and the one that may choose such a folder. */
const FOLDERS = ['avx2', 'x86'];

/** Whether a target may add them up: the kernels of other folders would not use the memory. */
export function hasTriples({ kernels }: Pick<Target, 'kernels'>): boolean {
  return kernels.some((folder) => FOLDERS.includes(folder));
}

export interface TripleLayer extends Window {
  readonly out_channels: number;
  readonly groups: number;
  readonly strip: number;
}

/** Floats of the scratch memory; 0 where the layer does without such sums. */
export function tripleElements(layer: TripleLayer): number {
  const { in_channels, out_channels } = layer;
  const triples = placeTriples(layer);
  const { vectors, choices, columns, width, row, strip } = triples;
  if (!takesTriples(layer, triples)) return 0;
  const lane = Math.ceil(vectors / TRIPLE_VECTORS) * TRIPLE_VECTORS;
  return (
    ALIGNMENT +
    imageRows(layer, strip) * row +
    columns * STRETCHES +
    choicesOf(out_channels, choices) +
    STRETCHES * lane +
    Math.ceil(width / in_channels) * in_channels
  );
}

/** As bn_place_triples. */
function placeTriples(layer: Window) {
  const { in_channels, kernel_width, kernel_height, dilation_x, stride_x, stride_y } = layer;
  const vectors = Math.ceil(layer.out_width / STRETCHES);
  const runs = dilation_x === 1 ? 1 : kernel_width;
  const run = (kernel_width / runs) * in_channels;
  const rest = run % 3;
  const step = in_channels % 3 === 0 ? 3 : 1;
  const floats = extent(vectors, stride_x, kernel_width, dilation_x) * in_channels;
  const columns = Math.ceil((floats + 2) / STRETCHES) * STRETCHES;
  const place = STRETCHES * (TRIPLE + (rest > 0 ? 2 ** rest : 0));
  const row = Math.ceil(floats / step) * place;
  const most = Math.floor(TRIPLE_STRIP / row) - imageRows(layer, 1);
  return {
    vectors,
    choices: kernel_height * runs * Math.ceil(run / 3),
    columns,
    width: (STRETCHES - 1) * vectors * stride_x * in_channels + columns,
    row,
    strip: most < 0 ? 0 : Math.min(Math.floor(most / stride_y) + 1, layer.out_height),
  };
}

/** As bn_take_triples. */
function takesTriples(layer: TripleLayer, triples: ReturnType<typeof placeTriples>): boolean {
  const { kernel_height, kernel_width, in_channels, out_channels, stride_y } = layer;
  const { vectors, choices, columns, row, strip } = triples;
  const tiles = Math.ceil(out_channels / FLOAT_TILE);
  const made = stride_y * (row / STRETCHES + columns);
  const added = vectors * out_channels * choices;
  const products = layer.out_width * tiles * kernel_height * kernel_width * in_channels;
  return (
    layer.groups === 1 &&
    layer.strip > PIXEL_TILE &&
    strip > 0 &&
    choicesOf(out_channels, choices) <= TRIPLE_CHOICES &&
    4 * (2 * made + added) < 3 * products
  );
}

/** As bn_triple_rows. */
function imageRows({ stride_y, kernel_height, dilation_y }: Window, rows: number): number {
  return extent(rows, stride_y, kernel_height, dilation_y);
}

/** As bn_triple_choices. */
function choicesOf(channels: number, choices: number): number {
  return (channels + (channels % 2)) * choices;
}
