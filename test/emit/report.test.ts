import { describe, expect, test } from 'vitest';
import { describeProgram } from '../../src/emit/report.ts';
import { planProgram } from '../../src/plan/plan.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import { SmallNet } from '../support/small-net.ts';

const KERNELS = { has: (path: string) => path.startsWith('scalar/') };

describe('describeProgram', () => {
  const net = new SmallNet();
  const x = net.binarize(net.conv(net.input([1, 4, 4, 3]), 64, { name: 'stem' }));
  const w = net.bits([64, 8], 'shared');
  const norm = [1, 2, 3].map(() => net.floats([8]));
  const epilogue = { kind: 'norm', activation: { fn: 'identity' } } as const;
  const [a, b] = [1, 2].map(() => net.add('dense', { epilogue }, [x, w, ...norm]));
  const graph = net.finish([a as number, b as number]);
  const program = planProgram(graph, targetNamed('host'), { name: 'net', kernels: KERNELS });
  const report = describeProgram(program);

  test('counts kernels, the most used first', () => {
    expect(report.kernels).toEqual([
      { name: 'dense_b1_b1_f32__scalar', count: 2 },
      { name: 'binarize_f32_b1__scalar', count: 1 },
      { name: 'conv2d_f32_f32_f32__scalar', count: 1 },
    ]);
  });

  test('says for every layer what it costs; shared weights count once', () => {
    const { layers } = report;
    expect(
      layers.map(({ name, macs, weightBytes, outputBytes }) => [
        name,
        macs,
        weightBytes,
        outputBytes,
      ]),
    ).toEqual([
      ['stem', 27648, 4 * (27 * 64 + 64), 4096],
      ['binarize_2', 0, 512, 128],
      ['dense_3', 8192, 64 + 96, 512],
      ['dense_4', 8192, 0, 512],
    ]);
    expect(report.macs).toBe(27648 + 2 * 8192);
    const sum = layers.reduce((total, layer) => total + layer.weightBytes, 0);
    expect(report.weightsBytes).toBe(64 + sum);
    // The stem's output, and the windows of four of its pixels.
    expect(report.arenaBytes).toBe(4096 + 4 * 27 * 4);
  });
});
