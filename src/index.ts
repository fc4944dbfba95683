/**
 * binarynet: trained neural networks to dependency-free C. This entry point runs in Node.js and in
 * browsers alike; `binarynet/runtime` adds files, compilers and running the result.
 */
export {
  type Compilation,
  type CompileOptions,
  compileGraph,
  compileModel,
} from './compile.ts';
export type { OutputFile } from './emit/c.ts';
export type { KernelSources } from './emit/kernel-sources.ts';
export { describeProgram } from './emit/report.ts';
export { BinarynetError, type Problem, type ProblemCode } from './errors.ts';
export { importModel } from './import/index.ts';
export type { ModelSource } from './import/source.ts';
export { GraphBuilder } from './ir/builder.ts';
export type { DType, Graph, Shape, TensorType, Value } from './ir/graph.ts';
export type { Node, OpAttrs, OpKind } from './ir/ops.ts';
export { printGraph } from './ir/print.ts';
export { Interpreter } from './ir/reference/interpreter.ts';
export { optimize } from './passes/index.ts';
export type { Program } from './plan/program.ts';
export { TARGETS, type Target, targetNamed } from './plan/targets.ts';
