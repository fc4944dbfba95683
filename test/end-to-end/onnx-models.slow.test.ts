/** Every recorded ONNX model through C, with sanitizers: ONNX Runtime's outputs, to 1e-4. */
import { expect } from 'vitest';
import { binaryFixtures, opFixtures, torchFixtures } from '../support/onnx-fixtures.ts';
import { differences, importFixture, inputsOf, REFUSED } from '../support/onnx-models.ts';
import { runCompiled, SANITIZED_GCC } from '../support/run-compiled.ts';
import { testWith } from '../support/tools.ts';

const BUILD = { ...SANITIZED_GCC, optimization: '-O0' } as const;

for (const fixture of [...torchFixtures(), ...binaryFixtures(), ...opFixtures()]) {
  if (fixture.name in REFUSED) continue;
  testWith(['gcc'], fixture.name, async () => {
    const graph = await importFixture(fixture);
    const samples = fixture.cases.map((recorded) => inputsOf(graph, recorded));
    const results = await runCompiled(graph, BUILD, samples);
    const found = fixture.cases.map((recorded, i) => differences(results[i] ?? [], recorded));
    expect(found.flat()).toEqual([]);
  });
}
