/**
 * Where the steps of a flow go: in layers, each step after all that it reads.
 *
 * Longest path for the layers, barycentres for the order within them (Sugiyama et al. 1981), and a place of its own in
 * each layer for an edge that passes it.
 */

const SWEEPS = 8;

/**
 * Return the places of nodes and the points of edges.
 *
 * size: width and height of a node, px; gap: between layers, and between neighbours. down: layers are rows.
 */
export function layout(nodes, edges, { size, gap, down }) {
  const names = nodes.map(({ name }) => name);
  const known = edges.filter(({ from, to }) => names.includes(from) && names.includes(to));
  const layer = layers(names, known);
  const chains = known.map((edge, i) => chain(edge, i, layer));
  const rows = [];
  const put = (item, at) => (rows[at] ??= []).push(item);
  for (const name of names) put(name, layer.get(name));
  for (const points of chains) for (const { item, at } of points.slice(1, -1)) put(item, at);
  const links = chains.flatMap((points) => points.slice(1).map((point, i) => [points[i].item, point.item]));
  order(rows, links);
  const passes = new Set(chains.flatMap((points) => points.slice(1, -1).map(({ item }) => item)));
  return place(rows, passes, chains, known, links, { size, gap, down });
}

function layers(names, edges) {
  const layer = new Map(names.map((name) => [name, 0]));
  for (let round = 0; round < names.length; round++) {
    // a flow has no cycles: it settles within as many rounds
    let moved = false;
    for (const { from, to } of edges) {
      if (layer.get(to) > layer.get(from)) continue;
      layer.set(to, layer.get(from) + 1);
      moved = true;
    }
    if (!moved) break;
  }
  return layer;
}

function chain({ from, to }, number, layer) {
  const points = [{ item: from, at: layer.get(from) }];
  for (let at = layer.get(from) + 1; at < layer.get(to); at++) points.push({ item: `\u0000${number}.${at}`, at });
  return [...points, { item: to, at: layer.get(to) }];
}

function order(rows, links) {
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const forward = sweep % 2 === 0;
    const place = new Map(rows.flatMap((row) => row.map((item, i) => [item, i / row.length])));
    for (const row of forward ? rows : rows.toReversed()) {
      const mean = new Map(
        row.map((item) => {
          const others = links
            .filter((link) => link[forward ? 1 : 0] === item)
            .map((link) => place.get(link[forward ? 0 : 1]));
          return [item, others.length ? others.reduce((a, b) => a + b) / others.length : place.get(item)];
        }),
      );
      row.sort((a, b) => mean.get(a) - mean.get(b));
      row.forEach((item, i) => place.set(item, i / row.length));
    }
  }
}

function place(rows, passes, chains, edges, links, { size, gap, down }) {
  const [along, across] = down ? [size.height, size.width] : [size.width, size.height];
  const thick = (item) => (passes.has(item) ? gap / 2 : across);
  const total = (row) => row.reduce((sum, item) => sum + thick(item), 0) + gap * 0.5 * (row.length - 1);
  const breadth = Math.max(...rows.map(total), across);
  const at = new Map();
  rows.forEach((row, layer) => {
    let side = (breadth - total(row)) / 2;
    for (const item of row) {
      at.set(item, { along: layer * (along + gap), across: side + thick(item) / 2 });
      side += thick(item) + gap * 0.5;
    }
  });
  straighten(rows, at, links, thick, gap * 0.5);
  const lowest = Math.min(...[...at].map(([item, { across: side }]) => side - thick(item) / 2));
  const point = (a, b) => (down ? { x: b - lowest, y: a } : { x: a, y: b - lowest });
  const nodes = new Map();
  for (const [item, { along: a, across: b }] of at) {
    if (!passes.has(item))
      nodes.set(item, down ? { x: b - lowest - size.width / 2, y: a } : { x: a, y: b - lowest - size.height / 2 });
  }
  const lines = chains.map((points, i) => {
    const stops = points.flatMap(({ item }, k) => {
      const { along: a, across: b } = at.get(item);
      if (k === 0) return [point(a + along, b)];
      return k === points.length - 1 ? [point(a, b)] : [point(a, b), point(a + along, b)];
    });
    return { ...edges[i], points: stops };
  });
  const far = Math.max(...[...at].map(([item, { across: side }]) => side + thick(item) / 2)) - lowest;
  const length = rows.length * (along + gap) - gap;
  return { nodes, edges: lines, width: down ? far : length, height: down ? length : far };
}

/** Move each item towards what it is linked to, as far as its neighbours let it. */
function straighten(rows, at, links, thick, gap) {
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const row of sweep % 2 ? rows.toReversed() : rows) {
      row.forEach((item, i) => {
        const others = links
          .flatMap(([a, b]) => (a === item ? [b] : b === item ? [a] : []))
          .map((other) => at.get(other).across);
        if (!others.length) return;
        const wanted = others.reduce((a, b) => a + b) / others.length;
        const room = (other, sign) =>
          other === undefined
            ? sign * Infinity
            : at.get(other).across - sign * ((thick(other) + thick(item)) / 2 + gap);
        at.get(item).across = Math.min(Math.max(wanted, room(row[i - 1], -1)), room(row[i + 1], 1));
      });
    }
  }
}

/** Return the path of SVG through *points*, leaving and arriving along the layers' direction. */
export function curve(points, down) {
  const [first, ...rest] = points;
  let path = `M${first.x} ${first.y}`;
  let from = first;
  for (const to of rest) {
    const half = down ? (to.y - from.y) / 2 : (to.x - from.x) / 2;
    path += down
      ? `C${from.x} ${from.y + half} ${to.x} ${to.y - half} ${to.x} ${to.y}`
      : `C${from.x + half} ${from.y} ${to.x - half} ${to.y} ${to.x} ${to.y}`;
    from = to;
  }
  return path;
}
