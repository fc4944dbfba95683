/** The program's graph as one inline SVG, laid out by dagre from top to bottom. */
import { Graph, layout } from '@dagrejs/dagre';
import { type Html, html } from '../../html.ts';
import type { ReportEdge, ReportGraph, ReportNode } from './data.ts';

interface Placed {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Route {
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** The middle of the label. */
  readonly x: number;
  readonly y: number;
}

interface LayoutResult {
  readonly width: number;
  readonly height: number;
  readonly node: (id: string) => Placed;
  readonly edge: (index: number) => Route;
}

const BOX_HEIGHT = 44;
const MIN_WIDTH = 130;
const TEXT_LIMIT = 60;
const CHARACTER_WIDTH = 6.7;
const MANY_NODES = 300;

export function graphSvg(graph: ReportGraph): Html {
  const placed = placeGraph(graph);
  const width = Math.ceil(placed.width);
  const height = Math.ceil(placed.height);
  return html`<svg class="graph" viewBox="0 0 ${width} ${height}" width="${width}"
  height="${height}" role="img" aria-label="The network as a graph of kernel calls">
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"
  orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>
${graph.edges.map((edge, i) => edgeMarkup(edge, placed.edge(i)))}
${graph.nodes.map((node) => nodeMarkup(node, placed.node(node.id)))}
</svg>`;
}

function placeGraph(graph: ReportGraph): LayoutResult {
  const drawn = new Graph({ multigraph: true });
  // The better ranker takes minutes on graphs of thousands of nodes.
  const ranker = graph.nodes.length > MANY_NODES ? 'longest-path' : 'network-simplex';
  drawn.setGraph({ rankdir: 'TB', nodesep: 28, ranksep: 34, marginx: 8, marginy: 8, ranker });
  drawn.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes) {
    drawn.setNode(node.id, { width: boxWidth(node), height: BOX_HEIGHT });
  }
  graph.edges.forEach((edge, i) => {
    const label = { width: edge.label.length * 5.6 + 14, height: 12, labelpos: 'r' };
    drawn.setEdge(edge.from, edge.to, label, `e${i}`);
  });
  layout(drawn);
  const { width = 0, height = 0 } = drawn.graph() as { width?: number; height?: number };
  return {
    width: Number.isFinite(width) ? width : 0,
    height: Number.isFinite(height) ? height : 0,
    node: (id) => drawn.node(id) as Placed,
    edge: (index) => {
      const edge = graph.edges[index] as ReportEdge;
      return drawn.edge({ v: edge.from, w: edge.to, name: `e${index}` }) as Route;
    },
  };
}

function boxWidth(node: ReportNode): number {
  const characters = Math.max(shorten(node.title).length, shorten(node.subtitle).length);
  return Math.max(MIN_WIDTH, characters * CHARACTER_WIDTH + 28);
}

function nodeMarkup(node: ReportNode, { x, y, width, height }: Placed): Html {
  const left = round(x - width / 2);
  const top = round(y - height / 2);
  return html`<g class="node ${node.kind}"><title>${node.tooltip}</title>
<rect x="${left}" y="${top}" width="${round(width)}" height="${height}" rx="${node.kind === 'port' ? 22 : 8}"/>
<text x="${round(x)}" y="${round(y - 3)}">${shorten(node.title)}</text>
<text class="sub" x="${round(x)}" y="${round(y + 13)}">${shorten(node.subtitle)}</text></g>
`;
}

function edgeMarkup(edge: ReportEdge, { points, x, y }: Route): Html {
  return html`<g class="edge${edge.bits ? ' bits' : ''}"><path d="${smoothPath(points)}"
  marker-end="url(#arrow)"/><text x="${round(x + 4)}" y="${round(y + 4)}">${edge.label}</text></g>
`;
}

/** A path through the middles of the segments, with the corners as control points. */
function smoothPath(points: Route['points']): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (!first || !last) return '';
  let path = `M${round(first.x)} ${round(first.y)}`;
  for (let i = 0; i + 1 < rest.length; i++) {
    const corner = rest[i] as Placed;
    const next = rest[i + 1] as Placed;
    const x = round((corner.x + next.x) / 2);
    path += `Q${round(corner.x)} ${round(corner.y)} ${x} ${round((corner.y + next.y) / 2)}`;
  }
  return `${path}L${round(last.x)} ${round(last.y)}`;
}

function shorten(text: string): string {
  return text.length <= TEXT_LIMIT ? text : `${text.slice(0, TEXT_LIMIT - 1)}…`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
