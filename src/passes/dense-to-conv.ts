/**
 * A dense layer that reads flattened bits becomes a convolution over the image: bits are packed in
 * rows of channels, and flattening would have to pack them anew. The same weights, seen as a kernel
 * as large as the image, give one pixel.
 */
import type { NodeOf, ValueId } from '../ir/ops.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';

export const denseToConv: Pass = {
  name: 'dense-to-conv',
  summary: 'read an image of bits by a convolution instead of flattening it',
  binary: true,
  run(graph) {
    const rewriter = new Rewriter(graph);
    rewriter.visit((node) => {
      if (node.op === 'dense') convert(rewriter, node);
    });
    return rewriter.finish();
  },
};

/** Guard: x is a reshape of bits that joins whole rows. */
function convert(rewriter: Rewriter, node: NodeOf<'dense'>): void {
  const x = node.inputs[0] as ValueId;
  const reshape = rewriter.producerOf(x, 'reshape');
  if (!reshape || rewriter.type(x).dtype !== 'bit') return;
  const source = reshape.inputs[0] as ValueId;
  const channels = rewriter.shape(source).at(-1) as number;
  const [taps, outputs] = rewriter.shape(node.inputs[1] as ValueId) as readonly [number, number];
  if (taps === channels) return;
  const { image, height, width } = asImage(rewriter, node, source, taps / channels);
  const w = node.inputs[1] as ValueId;
  const { data } = rewriter.values.get(w) ?? {};
  if (!data) return;
  const type = { dtype: rewriter.type(w).dtype, shape: [height, width, channels, outputs] };
  const kernel = rewriter.constant(rewriter.name(w), type, data);
  const attrs = {
    strides: [1, 1],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
    padValue: 0,
    groups: 1,
    epilogue: node.attrs.epilogue,
  } as const;
  const pixel = rewriter.add('conv2d', attrs, [image, kernel, ...node.inputs.slice(2)], node);
  const { shape } = rewriter.type(node.output);
  rewriter.replace(node.output, 'reshape', { shape }, [pixel], node);
}

interface Image {
  readonly image: ValueId;
  readonly height: number;
  readonly width: number;
}

/** The bits as images that become one row each: as they are, or with all pixels side by side. */
function asImage(
  rewriter: Rewriter,
  node: NodeOf<'dense'>,
  source: ValueId,
  pixels: number,
): Image {
  const shape = rewriter.shape(source);
  const [, height, width] = shape;
  if (shape.length === 4 && height !== undefined && width !== undefined) {
    if (height * width === pixels) return { image: source, height, width };
  }
  const channels = shape.at(-1) as number;
  const rows = shape.reduce((product, size) => product * size, 1) / (pixels * channels);
  const attrs = { shape: [rows, 1, pixels, channels] };
  return { image: rewriter.add('reshape', attrs, [source], node), height: 1, width: pixels };
}
