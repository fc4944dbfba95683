/**
 * Binary activations: layers whose input holds two numbers only read it as bits.
 *
 * From the layers backwards it is found which tensors are wanted as bits; forwards they are made:
 * a sign or heaviside becomes `binarize`, a max pool pools bits, a reshape reshapes them, and
 * whatever else (a concatenation of signs, say) is computed in float and binarized again. Readers
 * that can't take bits share one `unpack`.
 * What bits mean for 0 and 1, and what a layer makes of it, is in `heaviside.ts`.
 */
import type { Node, Pads, ValueId } from '../ir/ops.ts';
import { IDENTITY } from '../ir/ops.ts';
import { putAffine } from './affine.ts';
import { type Domain, findDomains } from './domains.ts';
import { imagePad } from './fold-pads.ts';
import { canReadBits, heavisideOperands } from './heaviside.ts';
import { isLayer, type Layer, type LayerChange, putLayer, weightsOf } from './layers.ts';
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
    if (!rewriter.isConstant(weightsOf(layer)) || !canReadBits(rewriter, layer)) return;
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
    if (isSign(node)) {
      this.putBits(node, domain, (output) => this.binarize(x, domain, node, output));
    } else if (node.op === 'maxPool2d' && below !== undefined) {
      const inputs = domain === 'plusMinusOne' ? [below] : [below, this.orMask(node)];
      this.putBits(node, domain, (output) =>
        rewriter.put('maxPool2d', node.attrs, inputs, node, output),
      );
    } else if (node.op === 'reshape' && below !== undefined && this.passesBits(node)) {
      this.bits.set(node.output, rewriter.add('reshape', node.attrs, [below], node));
    } else {
      const x = this.beforeSigns(node) ?? node.output;
      this.bits.set(node.output, this.binarize(x, domain, node));
    }
  }

  /**
   * The same rearrangement of what its signs are taken of, which binarizing makes equal: one pass
   * over the floats less. Guard: its operands are signs that nothing else reads.
   */
  private beforeSigns(node: Node): ValueId | undefined {
    const { rewriter } = this;
    const sources = node.inputs.map((id) => {
      const sign = rewriter.hasOneUse(id) ? rewriter.producer(id) : undefined;
      return sign && isSign(sign) ? sign.inputs[0] : undefined;
    });
    if (sources.some((id) => id === undefined)) return undefined;
    const inputs = sources as ValueId[];
    switch (node.op) {
      case 'concat':
        return rewriter.add('concat', node.attrs, inputs, node);
      case 'pad':
        return rewriter.add('pad', node.attrs, inputs, node);
      case 'slice':
        return rewriter.add('slice', node.attrs, inputs, node);
      case 'transpose':
        return rewriter.add('transpose', node.attrs, inputs, node);
      case 'reshape':
        return rewriter.add('reshape', node.attrs, inputs, node);
      case 'resize2d':
        return rewriter.add('resize2d', node.attrs, inputs, node);
      default:
        return undefined;
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

function isSign(node: Node): boolean {
  return node.op === 'unary' && ['sign', 'heaviside'].includes(node.attrs.unary.fn);
}

function isOutside(value: number, domain: Domain): value is 0 | 1 | -1 {
  return value === 0 || value === 1 || (value === -1 && domain === 'plusMinusOne');
}

function keepsRows(rewriter: Rewriter, node: Node): boolean {
  return rewriter.shape(node.inputs[0] as ValueId).at(-1) === rewriter.shape(node.output).at(-1);
}
