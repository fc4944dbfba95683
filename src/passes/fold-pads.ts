/**
 * Zero padding of an image becomes the pads of the convolution that reads it, and of a max pool
 * that reads it: a pool leaves out what lies outside, so there the padded value must not matter.
 * It doesn't where the image is nowhere negative and every window still meets the image.
 */
import type { NodeOf, Pads, Unary, ValueId } from '../ir/ops.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';

export const foldPads: Pass = {
  name: 'fold-pads',
  summary: 'move zero padding into convolutions and max pools',
  run(graph) {
    const rewriter = new Rewriter(graph);
    rewriter.visit((node) => {
      if (node.op === 'conv2d' || node.op === 'depthwiseConv2d') intoConvolution(rewriter, node);
      else if (node.op === 'maxPool2d') intoMaxPool(rewriter, node);
    });
    return rewriter.finish();
  },
};

/** Guard: the tap outside reads 0 already. */
function intoConvolution(
  rewriter: Rewriter,
  node: NodeOf<'conv2d'> | NodeOf<'depthwiseConv2d'>,
): void {
  const pad = imagePad(rewriter, node.inputs[0] as ValueId);
  if (pad?.value !== 0 || node.attrs.padValue !== 0) return;
  const inputs = [pad.x, ...node.inputs.slice(1)];
  const pads = addPads(node.attrs.pads, pad.pads);
  if (node.op === 'conv2d') rewriter.update(node, { attrs: { ...node.attrs, pads }, inputs });
  else rewriter.update(node, { attrs: { ...node.attrs, pads }, inputs });
}

/** Guard: 0 is no more than any element, or the padding is -infinity. */
function intoMaxPool(rewriter: Rewriter, node: NodeOf<'maxPool2d'>): void {
  const pad = imagePad(rewriter, node.inputs[0] as ValueId);
  if (!pad || rewriter.type(pad.x).dtype !== 'f32') return;
  const neverWins =
    pad.value === Number.NEGATIVE_INFINITY ||
    (pad.value === 0 && isNowhereNegative(rewriter, pad.x));
  const pads = addPads(node.attrs.pads, pad.pads);
  const { size, dilations } = node.attrs;
  const meetsImage =
    dilations.every((n) => n === 1) && pads.every((n, i) => n < (size[i % 2] ?? 0));
  if (!neverWins || !meetsImage) return;
  rewriter.update(node, { attrs: { ...node.attrs, pads }, inputs: [pad.x] });
}

export interface ImagePad {
  readonly x: ValueId;
  readonly pads: Pads;
  readonly value: number;
}

/** The pad node behind an image, when it pads height and width only. */
export function imagePad(rewriter: Rewriter, id: ValueId): ImagePad | undefined {
  const pad = rewriter.producerOf(id, 'pad');
  if (!pad) return undefined;
  const { before, after, value } = pad.attrs;
  const outside = [before[0], before[3], after[0], after[3]];
  if (before.length !== 4 || outside.some((size) => size !== 0)) return undefined;
  const pads = [before[1], before[2], after[1], after[2]] as unknown as Pads;
  return { x: pad.inputs[0] as ValueId, pads, value };
}

function addPads(a: Pads, b: Pads): Pads {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]];
}

const NOWHERE_NEGATIVE: readonly Unary['fn'][] = [
  'relu',
  'relu6',
  'sigmoid',
  'heaviside',
  'softplus',
];

function isNowhereNegative(rewriter: Rewriter, id: ValueId): boolean {
  const node = rewriter.producer(id);
  return node?.op === 'unary' && NOWHERE_NEGATIVE.includes(node.attrs.unary.fn);
}
