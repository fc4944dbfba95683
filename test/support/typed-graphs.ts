/** Networks whose inputs and outputs are of every type there is. */
import type { PortType } from '../../src/ir/elements.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { IDENTITY, type ValueId } from '../../src/ir/ops.ts';
import { SmallNet } from './small-net.ts';

const TYPES: readonly PortType[] = ['f32', 'i32', 'i16', 'u16', 'i8', 'u8', 'bool'];

function input(net: SmallNet, name: string, dtype: PortType, ...shape: number[]): ValueId {
  return net.builder.input(name, { dtype, shape });
}

/** An image of bytes to scores, their class, and a mask of what is above a half. */
export function classifier(): Graph {
  const net = new SmallNet();
  const image = input(net, 'image', 'u8', 1, 6, 6, 3);
  let x = net.add('cast', { to: 'f32' }, [image], 'to float');
  x = net.unary(net.conv(x, 8, { name: 'stem' }), { fn: 'sign' });
  x = net.conv(x, 4, { name: 'block' });
  const mean = { fn: 'mean', axes: [1, 2], keepDims: false } as const;
  const scores = net.add('reduce', mean, [x], 'scores');
  const place = { fn: 'argMax', axis: 1, keepDims: false, last: false } as const;
  const label = net.add('argReduce', place, [scores], 'label');
  const half = net.builder.constant('half', [1], Float32Array.of(0.5));
  const above = net.add('compare', { fn: 'less' }, [half, scores], 'above');
  const mask = net.add('cast', { to: 'bool' }, [above], 'mask');
  return net.finish([scores, label, mask], 'classifier');
}

/** For each type an input, 3 added to it, and the sum as that type again. */
export function everyType(): Graph {
  const net = new SmallNet();
  const outputs = TYPES.map((dtype) => {
    const x = input(net, `${dtype} in`, dtype, 2, 5);
    if (dtype === 'f32') return net.unary(x, { fn: 'neg' });
    const three = net.builder.constant('3', { dtype: 'i32', shape: [] }, Int32Array.of(3));
    const wide = dtype === 'i32' ? x : net.add('cast', { to: 'i32' }, [x]);
    const sum = net.add('integer', { fn: 'add' }, [wide, three]);
    return dtype === 'i32' ? sum : net.add('cast', { to: dtype }, [sum], `${dtype} out`);
  });
  return net.finish(outputs, 'every');
}

/** Inputs that are outputs as they are, twice each. */
export function copies(): Graph {
  const net = new SmallNet();
  const inputs = TYPES.map((dtype) => input(net, dtype, dtype, 3));
  return net.finish([...inputs, ...inputs], 'copies');
}

/** No inputs: constants of every type as outputs, one of them computed. */
export function constants(): Graph {
  const net = new SmallNet();
  const values = [-2, 0, 1, 3];
  const outputs = TYPES.map((dtype) => {
    const fit = dtype === 'bool' ? [1, 0, 1, 1] : dtype.startsWith('u') ? [9, 0, 255, 7] : values;
    const data = {
      f32: Float32Array,
      i32: Int32Array,
      i16: Int16Array,
      u16: Uint16Array,
      i8: Int8Array,
      u8: Uint8Array,
      bool: Uint8Array,
    }[dtype].from(fit);
    return net.builder.constant(dtype, { dtype, shape: [4] }, data);
  });
  const f32 = outputs[0] as ValueId;
  const sum = net.add('binary', { fn: 'add', activation: IDENTITY }, [f32, f32], 'sum');
  return net.finish([...outputs, sum], 'constants');
}
