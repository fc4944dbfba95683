/**
 * The passes: from the graph of a source model to the one that kernels are chosen for.
 *
 * What holds throughout: a value that is in both graphs means the same tensor (bits mean ±1), so a
 * fused node computes the value of the last node that went into it, under the name of its layer.
 * Integer and binary results are the source's bits always. Float results may differ by rounding,
 * but not where an exactly computed value reaches a sign (`exactness.ts`).
 */
import type { Graph } from '../ir/graph.ts';
import { verifyGraph } from '../ir/verify.ts';
import { binaryActivations } from './binary-activations.ts';
import { binaryWeights } from './binary-weights.ts';
import { deadCode } from './dead-code.ts';
import { denseToConv } from './dense-to-conv.ts';
import { findSigns } from './find-signs.ts';
import { foldAffineAfter } from './fold-affine-after.ts';
import { foldAffineBefore } from './fold-affine-before.ts';
import { foldConstants } from './fold-constants.ts';
import { foldPads } from './fold-pads.ts';
import { fuseActivations } from './fuse-activations.ts';
import { fuseSums } from './fuse-sums.ts';
import { groupNorms } from './group-norms.ts';
import { hoist } from './hoist.ts';
import { moveTransposes } from './move-transposes.ts';
import type { Pass } from './pass.ts';
import { shareConstants } from './share-constants.ts';
import { shareDuplicates } from './share-duplicates.ts';
import { simplify } from './simplify.ts';
import { singleSteps } from './single-steps.ts';
import { thresholds } from './thresholds.ts';
import { ties } from './ties.ts';
import { toBatchNorm } from './to-batch-norm.ts';

export type { Pass } from './pass.ts';

/** All passes in the order that they run in. A pass may stand more than once. */
export const PASSES: readonly Pass[] = [
  // Less graph: what is known, what changes nothing, what is there twice.
  // Signs come first, since weights may have one with its estimator around it, which only rounds.
  deadCode,
  findSigns,
  foldConstants,
  simplify,
  groupNorms,
  moveTransposes,
  findSigns,
  // One form for everything affine; elementwise functions beside the layers that they finish, which
  // makes reshapes and transposes meet that had a function between them.
  toBatchNorm,
  hoist,
  simplify,
  shareDuplicates,
  foldPads,
  ties,
  // Bits: weights before anything is folded into them; activations when signs are where they stay;
  // then each sign takes in the chain before it, while every step still rounds as the source does.
  binaryWeights,
  binaryActivations,
  foldAffineBefore,
  thresholds,
  // What is left is float, or is kept exact: fewer and larger nodes.
  foldAffineAfter,
  fuseActivations,
  denseToConv,
  fuseSums,
  singleSteps,
  shareConstants,
];

export interface OptimizeOptions {
  /** False keeps ±1 weights and activations in float, for comparison. True otherwise. */
  readonly binary?: boolean;
  /** Called after each pass with the graph that it left. */
  readonly onPass?: (name: string, graph: Graph) => void;
}

/** Runs all passes. The graph is verified after each. */
export function optimize(graph: Graph, options: OptimizeOptions = {}): Graph {
  const { binary = true, onPass } = options;
  let current = graph;
  for (const pass of PASSES) {
    if (pass.binary && !binary) continue;
    current = pass.run(current);
    verifyGraph(current, 'lowered');
    onPass?.(pass.name, current);
  }
  return current;
}
