/**
 * Builds the graph of a model description. First dry, over shapes alone, collecting a problem for
 * every layer that can't be exported; only if there is none the weights are fetched and the graph
 * is built for real.
 */
import { BinarynetError, type Problem } from '../../errors.ts';
import { corrupt } from '../../formats/bytes.ts';
import { GraphBuilder } from '../../ir/builder.ts';
import type { Graph } from '../../ir/graph.ts';
import type { ValueId } from '../../ir/ops.ts';
import { refuseFunction } from './activations.ts';
import { callOrder } from './call-order.ts';
import { LayerConfig } from './config.ts';
import { LayerContext, type LayerRule, type LayerState } from './context.ts';
import { type InputShapes, inputShape } from './inputs.ts';
import { adviceFor, findRule, isIdentity } from './layers/index.ts';
import { maskProblems } from './masks.ts';
import {
  type Dialect,
  type LayerCall,
  type LayerDescription,
  leafLayers,
  type ModelDescription,
  type TensorRef,
  tensorsOf,
} from './model.ts';
import type { WeightSpec, WeightStore } from './weights.ts';

/** Nested models that are called often multiply; this bounds the result. */
const MAX_CALLS = 200_000;
const MAX_PROBLEMS = 200;

export interface KerasModel {
  readonly name: string;
  readonly description: ModelDescription;
  readonly dialect: Dialect;
  readonly weights: WeightStore;
}

export async function buildGraph(model: KerasModel, shapes: InputShapes = {}): Promise<Graph> {
  const check = new ModelBuilder(model, shapes, true);
  check.build();
  if (check.problems.length > 0) {
    throw new BinarynetError(check.problems.slice(0, MAX_PROBLEMS));
  }
  await model.weights.load();
  return new ModelBuilder(model, shapes, false).build();
}

/** The weights that a layer should have; undefined for a layer without a rule. */
export function weightSpecs(
  layer: LayerDescription,
  dialect: Dialect,
): readonly WeightSpec[] | undefined {
  const rule = findRule(layer.className);
  if (!rule || isIdentity(layer.className)) return undefined;
  return rule.weights?.(configOf(layer, dialect)) ?? [];
}

function configOf(layer: LayerDescription, dialect: Dialect): LayerConfig {
  const origin = { name: layer.path, sourceOp: layer.className };
  return new LayerConfig(layer.config, origin, dialect);
}

/** The results of a call; undefined where the layer could not be built (dry only). */
type Results = readonly ValueId[] | undefined;

class ModelBuilder {
  readonly problems: Problem[] = [];
  private readonly model: KerasModel;
  private readonly shapes: InputShapes;
  private readonly dry: boolean;
  private readonly builder = new GraphBuilder();
  /** By layer and not by path: names may hold slashes, so that paths need not be unique. */
  private readonly states = new Map<LayerDescription, LayerState>();
  private readonly refused = new Set<LayerDescription>();
  private calls = 0;

  constructor(model: KerasModel, shapes: InputShapes, dry: boolean) {
    this.model = model;
    this.shapes = shapes;
    this.dry = dry;
  }

  build(): Graph {
    const { description, name } = this.model;
    if (this.dry) this.problems.push(...maskProblems(description));
    const outputs = this.buildModel(description, undefined);
    const known = outputs.filter((id) => id !== undefined);
    return this.builder.finish(name, known);
  }

  /** Builds the calls of a model in order; `inputs` are given for a nested one. */
  private buildModel(
    model: ModelDescription,
    inputs: readonly (ValueId | undefined)[] | undefined,
  ): (ValueId | undefined)[] {
    const results = new Map<string, Results>();
    const keyOf = (ref: TensorRef) => `${ref.call}:${ref.layer}`;
    const resultOf = (ref: TensorRef): ValueId | undefined => {
      const values = results.get(keyOf(ref));
      if (values && ref.tensor >= values.length) {
        corrupt(`Result ${ref.tensor} of the layer "${ref.layer}" is used, which does not exist.`);
      }
      return values?.[ref.tensor];
    };
    const given = new Map(model.inputs.map((ref, position) => [ref.layer, inputs?.[position]]));
    for (const { layer, index, call } of callOrder(model)) {
      if (++this.calls > MAX_CALLS) {
        throw new BinarynetError({
          code: 'too-large',
          found: `The model calls its layers more than ${MAX_CALLS} times.`,
        });
      }
      let values: Results;
      if (inputs && given.has(layer.name)) {
        const value = given.get(layer.name);
        values = value === undefined ? undefined : [value];
      } else if (layer.className === 'InputLayer') {
        values = this.guard(layer, () => this.addInput(layer));
      } else {
        const operands = tensorsOf(call.args).map(resultOf);
        const extra = tensorsOf([...call.kwargs.values()]).map(resultOf);
        values = this.buildCall(layer, call, operands, extra);
      }
      results.set(keyOf({ layer: layer.name, call: index, tensor: 0 }), values);
    }
    return model.outputs.map(resultOf);
  }

  private addInput(layer: LayerDescription): Results {
    const config = configOf(layer, this.model.dialect);
    const isOnly = this.model.description.inputs.length === 1;
    const shape = inputShape(layer, config, this.shapes, isOnly);
    return [this.builder.input(layer.name, { dtype: 'f32', shape })];
  }

  private buildCall(
    layer: LayerDescription,
    call: LayerCall,
    operands: readonly (ValueId | undefined)[],
    extra: readonly (ValueId | undefined)[],
  ): Results {
    if (layer.model) return this.buildNested(layer, layer.model, operands);
    return this.guard(layer, () => {
      const config = configOf(layer, this.model.dialect);
      const rule = requireRule(config, layer.className);
      rule.check?.(config);
      const inputs = [...operands, ...extra];
      if (!inputs.every((id) => id !== undefined)) return undefined;
      checkArguments(config, rule, call);
      if (inputs.length === 0) config.corrupt('It has no input.');
      const state = this.stateOf(layer, rule, config);
      const { builder, dry } = this;
      const context = new LayerContext({ config, call, dry, builder, state });
      const built = rule.build(context, inputs);
      return typeof built === 'number' ? [built] : built;
    });
  }

  private buildNested(
    layer: LayerDescription,
    model: ModelDescription,
    operands: readonly (ValueId | undefined)[],
  ): Results {
    if (operands.length !== model.inputs.length) {
      corrupt(
        `The model "${layer.path}" is called with ${operands.length} inputs, ` +
          `where it has ${model.inputs.length}.`,
      );
    }
    const outputs = this.buildModel(model, operands);
    return outputs.every((id) => id !== undefined) ? outputs : undefined;
  }

  /** What the calls of a layer share, made at its first call. */
  private stateOf(layer: LayerDescription, rule: LayerRule, config: LayerConfig): LayerState {
    const known = this.states.get(layer);
    if (known) return known;
    const specs = rule.weights?.(config) ?? [];
    let stored: ReturnType<LayerState['weights']> | undefined;
    const weights = () => {
      stored ??= specs.length === 0 ? [] : this.model.weights.weightsOf({ layer, specs });
      return stored;
    };
    const state: LayerState = { specs, weights, constants: new Map() };
    this.states.set(layer, state);
    return state;
  }

  /** Runs a layer's part; when dry, its problem is kept (one per layer) and the rest goes on. */
  private guard(layer: LayerDescription, action: () => Results): Results {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof BinarynetError) || !this.dry) throw error;
      if (!this.refused.has(layer)) {
        this.refused.add(layer);
        const node = { name: layer.path, op: layer.className };
        this.problems.push(...error.problems.map((problem) => ({ node, ...problem })));
      }
      return undefined;
    }
  }
}

function requireRule(config: LayerConfig, className: string): LayerRule {
  const rule = findRule(className);
  if (rule) return rule;
  if (className === 'Lambda') return refuseFunction(config, 'It is a Python function');
  if (className === 'SlicingOpLambda' || className === 'TensorFlowOpLayer') {
    return refuseFunction(config, 'It is a TensorFlow function');
  }
  const { found, fix } = adviceFor(className);
  return config.refuse(found, fix);
}

/** Layers are called with tensors; what else a call can say changes what the layer computes. */
function checkArguments(config: LayerConfig, rule: LayerRule, call: LayerCall): void {
  const dtype = config.raw('dtype');
  if (typeof dtype === 'object' && dtype !== null) requireFloatPolicy(config);
  if (rule.takesConstants) return;
  for (const [key, value] of call.kwargs) {
    if (value.kind === 'constant' && (value.value === null || value.value === false)) continue;
    // Keras 3 writes the default of the layer, and passes its own value when the model runs.
    if (key === 'name' || (key === 'training' && config.dialect === 'keras3')) continue;
    config.refuse(`It is called with the argument "${key}".`, `Call it without "${key}".`);
  }
  for (const arg of call.args) {
    const isNeutral = arg.kind !== 'constant' || arg.value === null || arg.value === false;
    if (!isNeutral) config.refuse('It is called with an argument that is no tensor.');
  }
}

function requireFloatPolicy(config: LayerConfig): void {
  const policy = config.inner('dtype');
  const className = policy.string('class_name', 'DTypePolicy');
  if (className.includes('Quantized')) {
    config.refuse(
      'It was quantized by Keras, and its file holds quantized weights.',
      'Save the model before it is quantized.',
    );
  }
}

/** The weights of every layer without a model inside, for containers that store them in order. */
export function allLeaves(
  model: ModelDescription,
  dialect: Dialect,
): { layer: LayerDescription; specs: readonly WeightSpec[] | undefined }[] {
  return leafLayers(model).map((layer) => ({ layer, specs: weightSpecs(layer, dialect) }));
}
