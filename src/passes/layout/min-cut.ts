/**
 * The cheapest cut between two ends of a directed network (Dinic's algorithm, without recursion:
 * networks are as deep as graphs are long).
 */

export const SOURCE = 0;
export const SINK = 1;

/** Edge visits, per vertex and edge, after which the search gives up. */
const MOST_VISITS = 100;

export class Network {
  /** Edges in pairs: edge e leads back along edge e ^ 1. */
  private readonly target: number[] = [];
  private readonly capacity: number[] = [];
  private readonly edges: number[][] = [[], []];
  private level = new Int32Array(0);
  private visits = 0;

  vertex(): number {
    return this.edges.push([]) - 1;
  }

  /** An edge that costs `capacity` when its start is on the source's side and its end is not. */
  connect(from: number, to: number, capacity: number, back = 0): void {
    if (from === to) return;
    this.half(from, to, capacity);
    this.half(to, from, back);
  }

  /**
   * The smallest set of vertices on the source's side of a cheapest cut; undefined when that takes
   * too long to find.
   */
  sourceSide(): ((vertex: number) => boolean) | undefined {
    const most = MOST_VISITS * (this.edges.length + this.target.length);
    while (this.findLevels()) {
      this.augment();
      if (this.visits > most) return undefined;
    }
    const { level } = this;
    return (vertex) => (level[vertex] as number) >= 0;
  }

  private half(from: number, to: number, capacity: number): void {
    (this.edges[from] as number[]).push(this.target.length);
    this.target.push(to);
    this.capacity.push(capacity);
  }

  /** Distances from the source; whether the sink can be reached. */
  private findLevels(): boolean {
    this.level = new Int32Array(this.edges.length).fill(-1);
    this.level[SOURCE] = 0;
    const queue = [SOURCE];
    for (const vertex of queue) {
      for (const edge of this.edges[vertex] as number[]) {
        const to = this.target[edge] as number;
        if ((this.capacity[edge] as number) <= 0 || (this.level[to] as number) >= 0) continue;
        this.level[to] = (this.level[vertex] as number) + 1;
        queue.push(to);
      }
    }
    this.visits += this.target.length;
    return (this.level[SINK] as number) >= 0;
  }

  /** Fills all shortest paths. */
  private augment(): void {
    const next = new Int32Array(this.edges.length);
    const path: number[] = [];
    let vertex = SOURCE;
    for (;;) {
      this.visits++;
      if (vertex === SINK) {
        vertex = this.fill(path);
        continue;
      }
      const edge = this.edges[vertex]?.[next[vertex] as number];
      if (edge === undefined) {
        const back = path.pop();
        if (back === undefined) return;
        vertex = this.target[back ^ 1] as number;
        next[vertex] = (next[vertex] as number) + 1;
      } else if (this.leadsOn(vertex, edge)) {
        path.push(edge);
        vertex = this.target[edge] as number;
      } else {
        next[vertex] = (next[vertex] as number) + 1;
      }
    }
  }

  private leadsOn(vertex: number, edge: number): boolean {
    const to = this.target[edge] as number;
    return (
      (this.capacity[edge] as number) > 0 && this.level[to] === (this.level[vertex] as number) + 1
    );
  }

  /** Sends what the path takes, and goes back to the start of its first full edge. */
  private fill(path: number[]): number {
    let amount = Number.POSITIVE_INFINITY;
    for (const edge of path) amount = Math.min(amount, this.capacity[edge] as number);
    if (amount === Number.POSITIVE_INFINITY) throw new Error('the two ends of a cut are one');
    let full = path.length;
    for (let i = path.length - 1; i >= 0; i--) {
      const edge = path[i] as number;
      this.capacity[edge] = (this.capacity[edge] as number) - amount;
      this.capacity[edge ^ 1] = (this.capacity[edge ^ 1] as number) + amount;
      if (this.capacity[edge] === 0) full = i;
    }
    this.visits += path.length;
    const start = this.target[(path[full] as number) ^ 1] as number;
    path.length = full;
    return start;
  }
}
