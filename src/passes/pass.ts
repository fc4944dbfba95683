/** What a pass is. */
import type { Graph } from '../ir/graph.ts';

export interface Pass {
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** Left out when ±1 weights and activations are to stay float. */
  readonly binary?: true;
  readonly run: (graph: Graph) => Graph;
}
