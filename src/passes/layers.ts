/**
 * What passes ask about layers that accumulate (conv2d, depthwiseConv2d, dense). In the weights of
 * all three, element i belongs to output channel i mod (output channels).
 */
import type { Epilogue, Node, NodeOf, ValueId } from '../ir/ops.ts';
import type { Rewriter } from './rewrite.ts';

export type LayerOp = 'conv2d' | 'depthwiseConv2d' | 'dense';
export type Layer = { [K in LayerOp]: Node & NodeOf<K> }[LayerOp];

export function isLayer(node: Node | undefined): node is Layer {
  return node?.op === 'conv2d' || node?.op === 'depthwiseConv2d' || node?.op === 'dense';
}

export function outputChannels(rewriter: Rewriter, layer: Layer): number {
  return rewriter.shape(layer.output).at(-1) as number;
}

/** Products that make up one output: the K of the formulas. */
export function productsPerOutput(rewriter: Rewriter, layer: Layer): number {
  return weightCount(rewriter, layer) / outputChannels(rewriter, layer);
}

export function weightCount(rewriter: Rewriter, layer: Layer): number {
  return rewriter.shape(weightsOf(layer)).reduce((product, size) => product * size, 1);
}

export function weightsOf(layer: Layer): ValueId {
  return layer.inputs[1] as ValueId;
}

export function hasBitWeights(rewriter: Rewriter, layer: Layer): boolean {
  return rewriter.type(weightsOf(layer)).dtype === 'bit';
}

/** Whether the accumulator is an integer: bits times bits. */
export function isIntegerLayer(rewriter: Rewriter, layer: Layer): boolean {
  const x = layer.inputs[0] as ValueId;
  return hasBitWeights(rewriter, layer) && rewriter.type(x).dtype === 'bit';
}

/** What changes in a layer besides its operands; pads and pad value are those of a convolution. */
export interface LayerChange {
  readonly inputs: readonly ValueId[];
  readonly epilogue?: Epilogue;
  readonly window?: Partial<Pick<NodeOf<'conv2d'>['attrs'], 'pads' | 'padValue'>>;
}

/** Makes a changed layer compute `output`; a new value when that is left out. */
export function putLayer(
  rewriter: Rewriter,
  layer: Layer,
  change: LayerChange,
  output?: ValueId,
): ValueId {
  const { inputs, epilogue = layer.attrs.epilogue, window = {} } = change;
  switch (layer.op) {
    case 'dense':
      return rewriter.put('dense', { ...layer.attrs, epilogue }, inputs, layer, output);
    case 'conv2d':
      return rewriter.put('conv2d', { ...layer.attrs, ...window, epilogue }, inputs, layer, output);
    case 'depthwiseConv2d': {
      const attrs = { ...layer.attrs, ...window, epilogue };
      return rewriter.put('depthwiseConv2d', attrs, inputs, layer, output);
    }
  }
}
