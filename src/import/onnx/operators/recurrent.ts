/**
 * RNN, GRU and LSTM: a recurrent node per direction, in the graph's order of gates. Batches of
 * sequences of different lengths are refused.
 */
import type { RecurrentAttrs } from '../../../ir/ops.ts';
import type { NodeContext, OperatorRule, OperatorRules } from '../context.ts';
import type { Operand } from '../operand.ts';
import { type CellActivations, cellActivations } from './recurrent-activations.ts';
import { knownFloats } from './window.ts';

type Cell = RecurrentAttrs['cell'];

/** The graph's gates by their place among ONNX's. */
const GATES: { readonly [C in Cell]: readonly number[] } = {
  simple: [0],
  gru: [0, 1, 2],
  lstm: [0, 2, 3, 1],
};

/** What all directions of a node share. */
interface Layer {
  readonly cell: Cell;
  /** [N, T, F] */
  readonly x: Operand;
  readonly units: number;
  readonly directions: number;
  readonly resetAfter: boolean;
  /** Which of Y, Y_h and Y_c are read. */
  readonly used: readonly [boolean, boolean, boolean];
}

interface Results {
  /** [N, T, U] */
  readonly y: Operand | undefined;
  /** [N, U] */
  readonly h: Operand;
  readonly c: Operand | undefined;
}

/** The part of an operand [D, ...] that belongs to a direction, without the axis. */
function ofDirection(node: NodeContext, x: Operand, direction: number): Operand {
  return node.reshape(node.cut(x, 0, direction, 1), x.shape.slice(1));
}

/** Rows of all gates [G·U, ...] in the graph's order. */
function ordered(node: NodeContext, { cell, units }: Layer, rows: Operand): Operand {
  const parts = GATES[cell].map((gate) => node.cut(rows, 0, gate * units, units));
  return node.concat(parts, 0);
}

/** W or R of a direction, as a matrix with a column per gate and unit. */
function matrix(node: NodeContext, layer: Layer, index: number, direction: number): Operand {
  const weights = knownFloats(node, index, index === 1 ? 'weight tensor' : 'recurrence tensor', 3);
  const rows = ordered(node, layer, ofDirection(node, weights, direction));
  return node.transpose(rows, [1, 0]);
}

/** The biases of input and state, added where the cell adds them. */
function bias(node: NodeContext, layer: Layer, direction: number): Operand {
  const columns = GATES[layer.cell].length * layer.units;
  const shape = layer.resetAfter ? [2, columns] : [columns];
  if (!node.optional(3)) return node.generated(shape, () => 0);
  const both = ofDirection(node, knownFloats(node, 3, 'bias', 2), direction);
  const parts = [0, columns].map((from) => ordered(node, layer, node.cut(both, 0, from, columns)));
  const [input, state] = parts as [Operand, Operand];
  if (!layer.resetAfter) return node.binary('add', input, state);
  return node.reshape(node.concat([input, state], 0), shape);
}

/** An initial state of a direction, [N, U]; zeros where there is none. */
function initialState(node: NodeContext, index: number, direction: number): Operand | undefined {
  const states = node.optional(index) && node.float(index);
  if (!states) return undefined;
  const isBatchFirst = node.flag('layout', false);
  return ofDirection(node, isBatchFirst ? node.transpose(states, [1, 0, 2]) : states, direction);
}

/** Those operands that are there; one that is left out before another is zeros. */
function states(node: NodeContext, layer: Layer, direction: number): Operand[] {
  const h = initialState(node, 5, direction);
  if (layer.cell !== 'lstm') return h ? [h] : [];
  const c = initialState(node, 6, direction);
  const peepholes = node.optional(7) && knownFloats(node, 7, 'peephole tensor', 2);
  if (!h && !c && !peepholes) return [];
  const zeros = () => node.generated([layer.x.shape[0] ?? 1, layer.units], () => 0);
  const initial = [h ?? zeros(), c ?? zeros()];
  if (!peepholes) return initial;
  const row = ofDirection(node, peepholes, direction);
  return [...initial, node.reshape(row, [3, layer.units])];
}

function flipTime(node: NodeContext, x: Operand): Operand {
  const begin = [0, (x.shape[1] ?? 1) - 1, 0];
  return node.add('slice', { begin, size: x.shape, step: [1, -1, 1] }, [x]);
}

function addDirection(
  node: NodeContext,
  layer: Layer,
  direction: number,
  isReverse: boolean,
  activations: CellActivations,
): Results {
  const { cell, x, units, resetAfter, used } = layer;
  const returnCells = cell === 'lstm' && used[2];
  const returnSequences = used[0] || returnCells;
  const attrs: RecurrentAttrs = {
    cell,
    ...activations,
    goBackwards: isReverse,
    returnSequences,
    resetAfter,
    returnCells,
  };
  const result = node.add('recurrent', attrs, [
    x,
    matrix(node, layer, 1, direction),
    matrix(node, layer, 2, direction),
    bias(node, layer, direction),
    ...states(node, layer, direction),
  ]);
  if (!returnSequences) return { y: undefined, h: result, c: undefined };
  const [batch = 1, steps = 1] = x.shape;
  const last = (from: number): Operand => {
    const step = node.cut(node.cut(result, 1, steps - 1, 1), 2, from, units);
    return node.reshape(step, [batch, units]);
  };
  const y = returnCells ? node.cut(result, 2, 0, units) : result;
  return {
    y: isReverse ? flipTime(node, y) : y,
    h: last(0),
    c: returnCells ? last(units) : undefined,
  };
}

function readLayer(node: NodeContext, cell: Cell): Layer {
  const input = node.float(0);
  if (input.shape.length !== 3)
    node.corrupt(`Its input has the shape [${input.shape.join(', ')}].`);
  const isBatchFirst = node.flag('layout', false);
  const x = isBatchFirst ? input : node.transpose(input, [1, 0, 2]);
  const [directions = 1, , units = 1] = knownFloats(node, 2, 'recurrence tensor', 3).shape;
  const used = [node.isUsed(0), node.isUsed(1), node.isUsed(2)] as const;
  const resetAfter = cell === 'gru' && node.flag('linear_before_reset', false);
  if (node.int('hidden_size', units) !== units) {
    node.corrupt(`Its hidden_size is ${node.int('hidden_size')}, its weights are for ${units}.`);
  }
  return { cell, x, units, directions, resetAfter, used };
}

function refuseOptions(node: NodeContext, layer: Layer): void {
  if (node.has('clip')) node.refuse('It clips what the activations are given (clip).');
  if (node.flag('input_forget', false)) node.refuse('Its input and forget gates are coupled.');
  const [batch, steps] = layer.x.shape;
  if (!node.optional(4)) return;
  const lengths = node.integers(4, 'list of sequence lengths');
  if (lengths.length === batch && lengths.every((length) => length === steps)) return;
  node.refuse(
    `Its sequences of ${steps} steps end early, after ${lengths.slice(0, 8).join(', ')}.`,
  );
}

function recurrent(cell: Cell): OperatorRule {
  return (node) => {
    const layer = readLayer(node, cell);
    refuseOptions(node, layer);
    const direction = node.choice('direction', 'forward', ['forward', 'reverse', 'bidirectional']);
    const reversed = direction === 'bidirectional' ? [false, true] : [direction === 'reverse'];
    if (layer.directions !== reversed.length) {
      node.corrupt(`It is ${direction}, its weights are for ${layer.directions} directions.`);
    }
    const activations = cellActivations(node, cell, reversed.length);
    const results = reversed.map((isReverse, i) =>
      addDirection(node, layer, i, isReverse, activations[i] as CellActivations),
    );
    return join(node, layer, results);
  };
}

/** Puts the directions beside each other, on an axis that the layout places. */
function join(
  node: NodeContext,
  { x, units, used }: Layer,
  results: readonly Results[],
): (Operand | undefined)[] {
  const isBatchFirst = node.flag('layout', false);
  const [batch = 1, steps = 1] = x.shape;
  const joined = (
    parts: readonly (Operand | undefined)[],
    shape: readonly number[],
    axis: number,
  ) => {
    const whole = parts.flatMap((part) => (part ? [node.reshape(part, shape)] : []));
    return whole.length === results.length ? node.concat(whole, axis) : undefined;
  };
  const inTime = results.map(({ y }) => y && (isBatchFirst ? y : node.transpose(y, [1, 0, 2])));
  const sequence = isBatchFirst ? [batch, steps, 1, units] : [steps, 1, batch, units];
  const state = isBatchFirst ? [batch, 1, units] : [1, batch, units];
  const axis = isBatchFirst ? 1 : 0;
  return [
    used[0] ? joined(inTime, sequence, isBatchFirst ? 2 : 1) : undefined,
    used[1]
      ? joined(
          results.map(({ h }) => h),
          state,
          axis,
        )
      : undefined,
    used[2]
      ? joined(
          results.map(({ c }) => c),
          state,
          axis,
        )
      : undefined,
  ];
}

export const RECURRENT: OperatorRules = {
  RNN: recurrent('simple'),
  GRU: recurrent('gru'),
  LSTM: recurrent('lstm'),
};
