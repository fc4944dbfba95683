/**
 * A batch norm that does one thing with one number (multiply everything by 1/255) becomes that
 * binary op with a scalar: the same rounding without three numbers per channel. Comes last, when
 * nothing will fold it any more.
 */
import type { BinaryFn, NodeOf, ValueId } from '../ir/ops.ts';
import { affineOperands, uniformValue } from './affine.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';

export const singleSteps: Pass = {
  name: 'single-steps',
  summary: 'write batch norms that add or multiply one number as just that',
  run(graph) {
    const rewriter = new Rewriter(graph);
    rewriter.visit((node) => {
      if (node.op === 'batchNorm') shrink(rewriter, node);
    });
    return rewriter.finish();
  },
};

function shrink(rewriter: Rewriter, node: NodeOf<'batchNorm'>): void {
  const affine = affineOperands(rewriter, node.inputs, 1);
  if (!affine) return;
  const [mean, scale, offset] = [affine.mean, affine.scale, affine.offset].map(uniformValue);
  if (mean === undefined || scale === undefined || offset === undefined) return;
  const steps: [BinaryFn, number][] = [];
  if (mean !== 0) steps.push(['sub', mean]);
  if (scale !== 1) steps.push(['mul', scale]);
  if (offset !== 0) steps.push(['add', offset]);
  const [only] = steps;
  if (steps.length !== 1 || !only) return;
  const type = { dtype: 'f32', shape: [] } as const;
  const number = rewriter.constant(`${node.name}/${only[0]}`, type, Float32Array.of(only[1]));
  const attrs = { fn: only[0], activation: node.attrs.activation };
  rewriter.replace(node.output, 'binary', attrs, [node.inputs[0] as ValueId, number], node);
}
