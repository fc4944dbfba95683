/** The report's style sheet: light and dark, wide and narrow, and on paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f6f8; --card: #fff; --text: #1d1d26; --faint: #6c6c7a; --line: #e3e3ea;
  --binary: #6a4be8; --binary-soft: #ece8fd;
  --binary-weights: #0d8f8c; --binary-weights-soft: #dcf3f2;
  --float: #d97914; --float-soft: #fdeedb;
  --other: #8b8b9b; --other-soft: #f0f0f4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #131318; --card: #1c1c24; --text: #e8e8ef; --faint: #9a9aab; --line: #31313d;
    --binary: #9d87ff; --binary-soft: #2c2550;
    --binary-weights: #3fc7c3; --binary-weights-soft: #143c3c;
    --float: #f2a24a; --float-soft: #472f14;
    --other: #8b8b9b; --other-soft: #292933;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 64px; }
header h1 { margin: 0; font-size: 30px; letter-spacing: -.02em; overflow-wrap: anywhere; }
header p { margin: 4px 0 0; color: var(--faint); overflow-wrap: anywhere; }
section {
  margin-top: 20px; padding: 20px 22px; background: var(--card);
  border: 1px solid var(--line); border-radius: 14px;
}
h2 { margin: 0 0 2px; font-size: 17px; letter-spacing: -.01em; }
section > p { margin: 0 0 14px; color: var(--faint); font-size: 14px; }
.tiles {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 14px;
  margin-top: 24px;
}
.tile { padding: 16px 18px; background: var(--card); border: 1px solid var(--line); border-radius: 14px; }
.tile b { display: block; font-size: 25px; letter-spacing: -.02em; line-height: 1.25; }
.tile span { color: var(--faint); font-size: 13px; }
.share-title { margin: 12px 0 4px; }
.share { display: flex; height: 10px; border-radius: 5px; overflow: hidden; background: var(--other-soft); gap: 2px; }
.share i { display: block; }
.share:last-of-type { margin-bottom: 18px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 10px 0 0; padding: 0; list-style: none; font-size: 13px; color: var(--faint); }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 6px; }
i.binary, .bar.binary { background: var(--binary); }
i.binary-weights, .bar.binary-weights { background: var(--binary-weights); }
i.float, .bar.float { background: var(--float); }
i.other, .bar.other { background: var(--other); }
.scroll { overflow: auto; -webkit-overflow-scrolling: touch; }
.graph-box { max-height: 720px; border: 1px solid var(--line); border-radius: 10px; padding: 8px; }
svg.graph { display: block; margin: 0 auto; font: 12px system-ui, sans-serif; }
svg.graph text { text-anchor: middle; fill: var(--text); }
svg.graph .sub { font-size: 11px; fill: var(--faint); }
svg.graph rect { fill: var(--other-soft); stroke: var(--other); stroke-width: 1.2; }
svg.graph .binary rect { fill: var(--binary-soft); stroke: var(--binary); }
svg.graph .binary-weights rect { fill: var(--binary-weights-soft); stroke: var(--binary-weights); }
svg.graph .float rect { fill: var(--float-soft); stroke: var(--float); }
svg.graph .port rect { fill: none; stroke: var(--faint); stroke-dasharray: 3 3; }
svg.graph .edge path { fill: none; stroke: var(--faint); stroke-width: 1.5; }
svg.graph .edge.bits path { stroke: var(--binary); stroke-dasharray: 2 3; }
svg.graph .edge text { text-anchor: middle; font-size: 10px; fill: var(--faint); }
svg.graph marker path { fill: var(--faint); }
svg.memory { display: block; width: 100%; height: 260px; background: var(--other-soft); border-radius: 8px; }
svg.memory .bits { fill: var(--binary); }
svg.memory .floats { fill: var(--float); }
svg.memory rect { opacity: .8; }
svg.memory rect:hover { opacity: 1; }
.scroll table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
.scroll th { text-align: left; font-weight: 600; color: var(--faint); font-size: 12.5px; }
.scroll th, .scroll td { padding: 7px 12px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.scroll tbody tr:last-child td { border-bottom: 0; }
.scroll tfoot td { font-weight: 600; border-top: 2px solid var(--line); border-bottom: 0; }
.scroll td.number, .scroll th.number { text-align: right; white-space: nowrap; }
td small { display: block; color: var(--faint); overflow-wrap: anywhere; }
td .name { overflow-wrap: anywhere; }
.bar { display: block; height: 4px; border-radius: 2px; margin: 3px 0 0 auto; min-width: 1px; }
.chart { width: 100%; }
.uplot { font-family: inherit; }
.u-legend { color: var(--faint); font-size: 13px; }
footer { margin-top: 28px; color: var(--faint); font-size: 13px; }
@media (max-width: 640px) {
  main { padding: 20px 12px 40px; }
  section { padding: 16px 14px; }
  header h1 { font-size: 24px; }
  .tiles { grid-template-columns: 1fr 1fr; gap: 10px; }
  .tile { padding: 12px 14px; }
  .tile b { font-size: 20px; }
  .scroll table { min-width: 820px; }
}
@media print { .graph-box { max-height: none; } section { break-inside: avoid; } }
`;
