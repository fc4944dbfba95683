/** Imports recorded ONNX models and compares outputs with what ONNX Runtime recorded. */
import { openModel } from '../../src/cli/model-file.ts';
import { fail } from '../../src/errors.ts';
import { importModel } from '../../src/import/index.ts';
import { type Graph, getValue, type TensorData } from '../../src/ir/graph.ts';
import { allocate } from '../../src/ir/reference/kernel.ts';
import type { OnnxCase, OnnxFixture } from './onnx-fixtures.ts';

const TOLERANCE = 1e-4;

/** Recorded models that are refused, with what is said. */
export const REFUSED: Readonly<Record<string, RegExp>> = {
  'ops/lstm_clip': /clips what the activations are given/,
  'ops/lstm_activations': /activations of the cell and of the output differ/,
  'ops/lstm_activations_both': /activations of the cell and of the output differ/,
  'ops/lstm_input_forget': /input and forget gates are coupled/,
  'ops/gru_activations': /GRU/,
};

export async function importFixture({ name, model, path }: OnnxFixture): Promise<Graph> {
  if (path !== undefined) return importModel(await openModel(path));
  const sibling = () => fail({ code: 'not-found', found: 'there is no file beside it' });
  return importModel({ name: `${name}.onnx`, bytes: model, sibling });
}

/** The inputs of a case in the graph's order and types. */
export function inputsOf(graph: Graph, recorded: OnnxCase): TensorData[] {
  return graph.inputs.map((id) => {
    const { name, type } = getValue(graph, id);
    const given = recorded.inputs.find((input) => input.name === name);
    if (!given) throw new Error(`no recording has an input "${name}"`);
    const data = allocate(type);
    for (let i = 0; i < data.length; i++) data[i] = Number(given.data[i]);
    return data;
  });
}

/**
 * Where outputs differ from the recorded ones: integers at all, floats by more than 1e-4 of the
 * larger of 1 and the recorded value.
 */
export function differences(outputs: readonly TensorData[], recorded: OnnxCase): string[] {
  return recorded.outputs.flatMap(({ name, dtype, data }, index) => {
    const output = outputs[index];
    if (output?.length !== data.length) {
      return [`${name} has ${output?.length} elements, not ${data.length}`];
    }
    const isFloat = dtype === 'float32' || dtype === 'float64';
    const at = output.findIndex((value: number, i: number) => {
      const expected = Number(data[i]);
      if (Object.is(value, expected) || value === expected) return false;
      const limit = isFloat ? TOLERANCE * Math.max(1, Math.abs(expected)) : 0;
      return !(Math.abs(value - expected) <= limit);
    });
    return at < 0 ? [] : [`${name}[${at}] is ${output[at]}, not ${data[at]}`];
  });
}
