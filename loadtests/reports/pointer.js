// The values under the pointer. A chart says in data-x and data-y how places become values; everything else is
// read off the lines that are drawn, so the page carries no second copy of the data.
"use strict";
(() => {
  const value = (spec, place) => {
    const [kind, low, high, from, to] = spec.split(" ").map((word, at) => (at ? Number(word) : word));
    const share = (place - from) / (to - from);
    if (kind === "linear") return low + share * (high - low);
    if (kind === "log") return low * (high / low) ** share;
    return 100 - 100 * 10 ** (share * Math.log10(1 - high / 100));
  };
  const shown = (number) =>
    Math.abs(number) >= 1000 ? Math.round(number).toLocaleString("en") : String(Number(number.toPrecision(3)));
  const points = (path) =>
    path.getAttribute("d").split(/[ML]/).join(" ").replace(/h0/g, "").trim().split(/\s+/).map(Number);

  const nearest = (path, x) => {
    const all = points(path);
    let best = 0;
    for (let at = 0; at < all.length; at += 2) if (Math.abs(all[at] - x) < Math.abs(all[best] - x)) best = at;
    return [all[best], all[best + 1]];
  };

  const clear = () => document.querySelectorAll(".tip, .rule").forEach((one) => one.remove());

  const show = (svg, event) => {
    clear();
    const box = svg.getBoundingClientRect();
    const unit = svg.viewBox.baseVal.width / box.width;
    const x = (event.clientX - box.left) * unit;
    const [, , , left, right] = svg.dataset.x.split(" ").map(Number);
    if (x < left || x > right) return;
    const found = [...svg.querySelectorAll(".line")].map((path) => ({ path, at: nearest(path, x) }));
    const at = found.map((one) => one.at[0]).sort((one, other) => Math.abs(one - x) - Math.abs(other - x))[0];
    const rule = document.createElementNS("http://www.w3.org/2000/svg", "path");
    rule.setAttribute("class", "rule");
    const [, , , bottom, top] = svg.dataset.y.split(" ").map(Number);
    rule.setAttribute("d", `M${at} ${top}V${bottom}`);
    svg.append(rule);

    const tip = document.createElement("div");
    tip.className = "tip";
    const percentile = svg.dataset.x.startsWith("percentile");
    const here = value(svg.dataset.x, at);
    tip.append(percentile ? `p${Number(here.toFixed(here < 99 ? 0 : 2))}` : `${here.toFixed(1)} s`);
    const list = document.createElement("ul");
    const unitText = svg.dataset.yText.replace(" (log)", "");
    for (const { path, at: [near, y] } of found.sort((one, other) => one.at[1] - other.at[1])) {
      if (Math.abs(near - at) > 12) continue;
      const row = document.createElement("li");
      row.className = path.getAttribute("class").match(/\bs\d/)[0];
      row.append(document.createElement("i"), `${path.dataset.name}: ${shown(value(svg.dataset.y, y))} ${unitText}`);
      list.append(row);
    }
    tip.append(list);
    const figure = svg.closest("figure");
    figure.append(tip);
    const frame = figure.getBoundingClientRect();
    const room = frame.width - tip.offsetWidth - 4;
    tip.style.left = `${Math.max(4, Math.min(room, event.clientX - frame.left + 14))}px`;
    tip.style.top = `${Math.max(4, event.clientY - frame.top - tip.offsetHeight - 10)}px`;
  };

  document.addEventListener("pointermove", (event) => {
    const svg = event.target.closest && event.target.closest(".chart svg");
    if (svg) show(svg, event);
    else clear();
  });
  document.addEventListener("pointerleave", clear);
})();
