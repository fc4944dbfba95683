/**
 * Binary activations: layers whose input holds two numbers only read it as bits.
 *
 * From the layers backwards it is found which tensors are wanted as bits; forwards they are made:
 * a sign or heaviside becomes `binarize`, a max pool pools bits, a reshape reshapes them, and
 * whatever else (a concatenation of signs, say) is computed in float and binarized again. Readers
 * that can't take bits share one `unpack`.
 *
 * A heaviside h is 1 for x > 0, else 0. Its bit is 1 where h = 1, so the bit's number is s = 1 - 2h,
 * and a layer that sums h·w over its K taps, outside ones being 0, that is s = +1, does it by
 *
 *   Σ h·w = Σ w·(1 - s)/2 = (W - Σ s·w)/2      W = Σ w over all taps of the channel
 *
 * With w = ±1: f32(n·scale) = f32((Σ s·w - W)·(-scale/2)), since n = (W - Σ s·w)/2 is an integer and
 * halving is exact: mean W, scale -scale/2, the same offset, and equal bits. With float w: weights
 * -w/2, bias + W/2.
 */
import type { Node, Pads, ValueId } from '../ir/ops.ts';
import { IDENTITY } from '../ir/ops.ts';
import { putAffine } from './affine.ts';
import { mapByChannel, sumByChannel } from './channels.ts';
import { type Domain, findDomains } from './domains.ts';
import { imagePad } from './fold-pads.ts';
import {
  hasBitWeights,
  isLayer,
  type Layer,
  type LayerChange,
  outputChannels,
  productsPerOutput,
  putLayer,
  weightsOf,
} from './layers.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';

export const binaryActivations: Pass = {
  name: 'binary-activations',
  summary: 'feed layers with bits where their input is a sign or a heaviside',
  binary: true,
  run(graph) {
    const rewriter = new Rewriter(graph);
    const packing = new Packing(rewriter, findDomains(graph));
    rewriter.visitBackwards((node) => packing.findWanted(node));
    rewriter.visit((node) => packing.makeBits(node));
    return rewriter.finish();
  },
};

/** How a layer reads a tensor of two numbers. */
interface BitInput {
  readonly layer: Layer;
  readonly domain: Domain;
  /** The tensor to have as bits. */
  readonly source: ValueId;
  /** Its pads in a pad node, that the convolution takes over. */
  readonly pads?: Pads;
  /** What a tap outside reads, in the source's numbers. */
  readonly outside: 0 | 1 | -1;
  /** The bits are flattened to this shape first. */
  readonly flattened?: readonly number[];
}

class Packing {
  private readonly rewriter: Rewriter;
  private readonly domains: Map<ValueId, Domain>;
  private readonly wanted = new Set<ValueId>();
  private readonly bits = new Map<ValueId, ValueId>();

  constructor(rewriter: Rewriter, domains: Map<ValueId, Domain>) {
    this.rewriter = rewriter;
    this.domains = domains;
  }

  findWanted(node: Node): void {
    if (isLayer(node)) {
      const input = this.bitInput(node);
      if (input) this.wanted.add(input.source);
    } else if (this.wanted.has(node.output) && this.passesBits(node)) {
      this.wanted.add(node.inputs[0] as ValueId);
    }
  }

  makeBits(node: Node): void {
    if (isLayer(node)) {
      const input = this.bitInput(node);
      if (input && this.bits.has(input.source)) this.convertLayer(input);
    } else if (this.wanted.has(node.output)) {
      this.makeBitsOf(node, this.domains.get(node.output) as Domain);
    }
  }

  /** Guard: the weights are constant, and the pad value has a bit or is the 0 of ±1. */
  private bitInput(layer: Layer): BitInput | undefined {
    const { rewriter } = this;
    const x = layer.inputs[0] as ValueId;
    if (!rewriter.isConstant(weightsOf(layer)) || !isAffineEpilogue(rewriter, layer)) return;
    if (layer.op === 'dense') return this.denseInput(layer, x);
    const { pads, padValue } = layer.attrs;
    const pad = imagePad(rewriter, x);
    const inner = pad && this.domains.get(pad.x);
    if (pad && inner && isOutside(pad.value, inner) && pads.every((size) => size === 0)) {
      return { layer, domain: inner, source: pad.x, pads: pad.pads, outside: pad.value };
    }
    const domain = this.domains.get(x);
    if (!domain || !isOutside(padValue, domain)) return undefined;
    return { layer, domain, source: x, outside: padValue };
  }

  /** A dense layer can read a flattened image as long as whole pixels are flattened. */
  private denseInput(layer: Layer, x: ValueId): BitInput | undefined {
    const domain = this.domains.get(x);
    if (!domain) return undefined;
    const reshape = this.rewriter.producerOf(x, 'reshape');
    const image = reshape?.inputs[0] as ValueId;
    if (!reshape || keepsRows(this.rewriter, reshape) || !this.isFlatten(image, x)) {
      return { layer, domain, source: x, outside: 0 };
    }
    return { layer, domain, source: image, outside: 0, flattened: reshape.attrs.shape };
  }

  private isFlatten(image: ValueId, row: ValueId): boolean {
    const channels = this.rewriter.shape(image).at(-1) ?? 0;
    return (this.rewriter.shape(row).at(-1) as number) % channels === 0;
  }

  private passesBits(node: Node): boolean {
    if (node.op === 'maxPool2d') return node.inputs.length === 1;
    return node.op === 'reshape' && keepsRows(this.rewriter, node);
  }

  private makeBitsOf(node: Node, domain: Domain): void {
    const { rewriter } = this;
    const x = node.inputs[0] as ValueId;
    const below = this.bits.get(x);
    if (node.op === 'unary') {
      this.putBits(node, domain, (output) => this.binarize(x, domain, node, output));
    } else if (node.op === 'maxPool2d' && below !== undefined) {
      const inputs = domain === 'plusMinusOne' ? [below] : [below, this.orMask(node)];
      this.putBits(node, domain, (output) =>
        rewriter.put('maxPool2d', node.attrs, inputs, node, output),
      );
    } else if (node.op === 'reshape' && below !== undefined && this.passesBits(node)) {
      this.bits.set(node.output, rewriter.add('reshape', node.attrs, [below], node));
    } else {
      this.bits.set(node.output, this.binarize(node.output, domain, node));
    }
  }

  /**
   * Makes bits in place of a float node. ±1 bits mean what the node's value means, so they keep its
   * id, except where the network returns it; other readers get an unpacked copy.
   */
  private putBits(node: Node, domain: Domain, make: (output?: ValueId) => ValueId): void {
    const { rewriter } = this;
    const id = node.output;
    if (domain === 'plusMinusOne' && !rewriter.isOutput(id)) {
      make(id);
      const unpacked = rewriter.add('unpack', {}, [id], node);
      rewriter.redirect(id, unpacked, unpacked);
      this.bits.set(id, id);
      this.bits.set(unpacked, id);
      this.domains.set(unpacked, domain);
      return;
    }
    const bits = make();
    this.bits.set(id, bits);
    if (domain === 'plusMinusOne') rewriter.replace(id, 'unpack', {}, [bits], node);
    else this.unpackHeaviside(node, bits);
  }

  /** h = (s - 1)·(-1/2), exactly. */
  private unpackHeaviside(node: Node, bits: ValueId): void {
    const { rewriter } = this;
    const channels = this.channels(bits);
    const unpacked = rewriter.add('unpack', {}, [bits], node);
    const affine = {
      mean: new Float32Array(channels).fill(1),
      scale: new Float32Array(channels).fill(-0.5),
      offset: new Float32Array(channels),
    };
    const inputs = [unpacked, ...putAffine(rewriter, node.name, affine)];
    rewriter.replace(node.output, 'batchNorm', { activation: IDENTITY }, inputs, node);
  }

  /** x < 0 for a sign; -x < 0 for a heaviside. Both are right for values of the domain as well. */
  private binarize(x: ValueId, domain: Domain, from: Node, output?: ValueId): ValueId {
    const { rewriter } = this;
    const channels = this.channels(x);
    const direction = new Float32Array(channels).fill(domain === 'plusMinusOne' ? 1 : -1);
    const inputs = [
      x,
      rewriter.perChannel(`${from.name}/threshold`, new Float32Array(channels)),
      rewriter.perChannel(`${from.name}/direction`, direction),
    ];
    return rewriter.put('binarize', {}, inputs, from, output);
  }

  /** The largest of 0 and 1 is the OR of their bits. */
  private orMask(node: Node): ValueId {
    const channels = this.channels(node.output);
    const type = { dtype: 'bit', shape: [channels] } as const;
    return this.rewriter.constant(`${node.name}/or`, type, new Uint8Array(channels).fill(1));
  }

  private channels(id: ValueId): number {
    return this.rewriter.shape(id).at(-1) ?? 1;
  }

  private convertLayer(input: BitInput): void {
    const { rewriter } = this;
    const { layer, domain, flattened } = input;
    let bits = this.bits.get(input.source) as ValueId;
    if (flattened) bits = rewriter.add('reshape', { shape: flattened }, [bits], layer);
    const operands = [bits, ...layer.inputs.slice(1)];
    const inputs = domain === 'plusMinusOne' ? operands : heavisideOperands(rewriter, layer, bits);
    putLayer(rewriter, layer, { inputs, ...bitWindow(input) }, layer.output);
  }
}

/** Pads in bits: 0 outside stays 0 where numbers are ±1, h = 0 is s = +1, h = 1 is s = -1. */
function bitWindow({ layer, domain, pads, outside }: BitInput): Pick<LayerChange, 'window'> {
  if (layer.op === 'dense') return {};
  const ownPads = pads ?? layer.attrs.pads;
  if (ownPads.every((size) => size === 0)) return { window: { pads: ownPads, padValue: 0 } };
  const padValue = domain === 'plusMinusOne' ? outside : outside === 0 ? 1 : -1;
  return { window: { pads: ownPads, padValue } };
}

function isOutside(value: number, domain: Domain): value is 0 | 1 | -1 {
  return value === 0 || value === 1 || (value === -1 && domain === 'plusMinusOne');
}

function keepsRows(rewriter: Rewriter, node: Node): boolean {
  return rewriter.shape(node.inputs[0] as ValueId).at(-1) === rewriter.shape(node.output).at(-1);
}

/** The epilogue is the source's, or the one of packed weights: no mean, no tiny scale to halve. */
function isAffineEpilogue(rewriter: Rewriter, layer: Layer): boolean {
  if (layer.attrs.epilogue.kind === 'linear') return true;
  if (layer.attrs.epilogue.kind === 'sign') return false;
  const [mean, scale] = [2, 3].map((index) => rewriter.floats(layer.inputs[index] as ValueId));
  const isHalvable = (value: number) => Math.abs(value) >= 2 ** -125;
  return Boolean(mean?.every((value) => value === 0) && scale?.every(isHalvable));
}

/** The operands of a layer that read 0 and 1, for the bits of them; see the file's head. */
function heavisideOperands(rewriter: Rewriter, layer: Layer, bits: ValueId): ValueId[] {
  const id = weightsOf(layer);
  const channels = outputChannels(rewriter, layer);
  if (hasBitWeights(rewriter, layer)) {
    const [, scale, offset] = layer.inputs
      .slice(2)
      .map((operand) => rewriter.requireFloats(operand));
    const affine = {
      mean: bitSums(rewriter, layer),
      scale: (scale as Float32Array).map((value) => -value / 2),
      offset: offset as Float32Array,
    };
    return [bits, id, ...putAffine(rewriter, layer.name, affine)];
  }
  const weights = rewriter.requireFloats(id);
  const sums = sumByChannel(weights, channels);
  const bias = rewriter
    .requireFloats(layer.inputs[2] as ValueId)
    .map((value, c) => value + (sums[c] as number) / 2);
  const halved = mapByChannel(weights, channels, (value) => -value / 2);
  return [
    bits,
    rewriter.constant(rewriter.name(id), rewriter.type(id), halved),
    rewriter.perChannel(`${layer.name}/bias`, bias),
  ];
}

/** Σ w of each channel of packed weights. */
function bitSums(rewriter: Rewriter, layer: Layer): Float32Array {
  const channels = outputChannels(rewriter, layer);
  const products = productsPerOutput(rewriter, layer);
  const negative = sumByChannel(rewriter.requireBits(weightsOf(layer)), channels);
  return Float32Array.from(negative, (count) => products - 2 * count);
}
