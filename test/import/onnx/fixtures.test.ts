/**
 * Recorded models, imported: what the reference interpreter computes for them, before and after the
 * passes, is what ONNX Runtime computed. test/end-to-end/onnx-models.test.ts goes on to C.
 */
import { describe, expect, test } from 'vitest';
import { Interpreter } from '../../../src/ir/reference/interpreter.ts';
import { verifyGraph } from '../../../src/ir/verify.ts';
import { optimize } from '../../../src/passes/index.ts';
import { binaryFixtures, opFixtures, torchFixtures } from '../../support/onnx-fixtures.ts';
import { differences, importFixture, inputsOf, REFUSED } from '../../support/onnx-models.ts';

describe.each([...torchFixtures(), ...binaryFixtures(), ...opFixtures()])('$name', (fixture) => {
  const refusal = REFUSED[fixture.name];
  if (refusal) {
    test('is refused', () => expect(importFixture(fixture)).rejects.toThrow(refusal));
    return;
  }
  test('gives the recorded outputs', async () => {
    const source = await importFixture(fixture);
    verifyGraph(source, 'source');
    const plain = new Interpreter(source);
    const lowered = new Interpreter(optimize(source));
    for (const recorded of fixture.cases) {
      const inputs = inputsOf(source, recorded);
      expect(differences(plain.run(inputs), recorded)).toEqual([]);
      expect(differences(lowered.run(inputs), recorded)).toEqual([]);
    }
  });
});
