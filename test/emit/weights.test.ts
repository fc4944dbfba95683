import { describe, expect, test } from 'vitest';
import { buildWeightFile, crc32 } from '../../src/emit/weights.ts';
import { planProgram } from '../../src/plan/plan.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import { SmallNet } from '../support/small-net.ts';

const EVERYTHING = { has: (path: string) => path.startsWith('scalar/') };

function programOf(seed: number, target: 'host' | 'portable' = 'host') {
  const net = new SmallNet(seed);
  const x = net.binarize(net.input([1, 6, 6, 40]));
  const graph = net.finish([net.conv(x, 10, { binaryWeights: true })]);
  return planProgram(graph, targetNamed(target), { name: 'net', kernels: EVERYTHING });
}

describe('crc32', () => {
  test('of the usual check text', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array())).toBe(0);
  });

  test('of all lengths, bit by bit', () => {
    const bytes = Uint8Array.from({ length: 40 }, (_, i) => (i * 167) & 255);
    for (let length = 0; length <= bytes.length; length++) {
      expect(crc32(bytes.subarray(0, length))).toBe(slowCrc(bytes.subarray(0, length)));
    }
  });

  function slowCrc(bytes: Uint8Array): number {
    let crc = 0xffffffff;
    for (const byte of bytes) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
    return (crc ^ 0xffffffff) >>> 0;
  }
});

describe('the weight file', () => {
  test('has the header that it promises, and the sections where the program wants them', () => {
    const program = programOf(1);
    const { header, bytes } = buildWeightFile(program);
    expect(bytes.length).toBe(program.weightsBytes);
    const words = Array.from({ length: 16 }, (_, i) =>
      new DataView(bytes.buffer).getUint32(i * 4, true),
    );
    expect(words).toEqual([...header]);
    expect(new TextDecoder().decode(bytes.subarray(0, 4))).toBe('BNET');
    expect(words.slice(1, 6)).toEqual([1, 64, 64, 8, 4]);
    expect(words[7]).toBe(crc32(bytes.subarray(64)));
    expect(words.slice(8, 15)).toEqual([program.weightsBytes, 0, 0, 0, 0, 0, 0]);
    expect(words[15]).toBe(crc32(bytes.subarray(0, 60)));
    for (const { offset, data } of program.sections) {
      expect(bytes.subarray(offset, offset + data.length)).toEqual(data);
    }
  });

  test('other weights have another model id, another packing another format', () => {
    const words = (program: ReturnType<typeof programOf>) => [...buildWeightFile(program).header];
    const [a, b, c] = [words(programOf(1)), words(programOf(2)), words(programOf(1, 'portable'))];
    expect(b.slice(0, 7)).toEqual(a.slice(0, 7));
    expect(b[7]).not.toBe(a[7]);
    expect([a[3], c[3]]).toEqual([64, 32]);
  });

  test('another structure with the same weights has another model id', () => {
    const words = [1, 2].map((stride) => {
      const net = new SmallNet(5);
      const x = net.conv(net.input([1, 6, 6, 3]), 4, { strides: [stride, stride] });
      const graph = net.finish([x]);
      const options = { name: 'net', kernels: EVERYTHING };
      return [...buildWeightFile(planProgram(graph, targetNamed('host'), options)).header];
    });
    expect(words[1]?.[7]).toBe(words[0]?.[7]);
    expect(words[1]?.[6]).not.toBe(words[0]?.[6]);
  });

  test('is the same every time', () => {
    expect(buildWeightFile(programOf(1)).bytes).toEqual(buildWeightFile(programOf(1)).bytes);
  });

  test('binary weights take a bit each', () => {
    const { bytes } = buildWeightFile(programOf(1));
    const tiles = Math.ceil((9 * 40) / 64) * 8 * 12;
    const perChannel = 3 * 48 + 2 * 160;
    expect(bytes.length).toBe(64 + tiles + perChannel);
  });
});
