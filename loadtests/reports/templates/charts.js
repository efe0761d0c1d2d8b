// Draws charts with plotly, from what loadtests/reports/charts.py says of each. The charts below one holder (a
// scenario's) are zoomed along the same axis together, and a click in a legend hides a server in all of them.
"use strict";
const CONFIG = {
  responsive: true,
  displaylogo: false,
  doubleClick: "reset",
  // A report stays where it is: by default a button sends the chart to plotly's cloud.
  plotlyServerURL: "",
  modeBarButtonsToRemove: ["sendChartToCloud", "select2d", "lasso2d", "autoScale2d"],
};
const PERCENTS = [0, 50, 90, 99, 99.9];
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const trace = (line, spec, hidden) => {
  const percentiles = spec.by === "percentile";
  const gap = (at) => (line.y[at] ?? null) === null;
  return {
    x: line.x, y: line.y, name: line.name, showlegend: !line.dotted, visible: hidden.has(line.name) ? "legendonly" : true,
    // A value between two gaps is no line, but a dot.
    mode: line.y.some((_, at) => !gap(at) && gap(at - 1) && gap(at + 1)) ? "lines+markers" : "lines", marker: { size: 4 },
    line: { color: colour(`s${line.tone}`), width: 1.8, dash: line.dotted ? "2px,4px" : "solid" },
    customdata: percentiles ? line.x.map((x) => ` (p${Number((100 - 100 / x).toFixed(2))})`) : line.x.map(() => ""),
    hovertemplate: `${`${line.name} ${line.measure}`.trim()}: %{y:,.4~r} ${spec.unit}%{customdata}<extra></extra>`,
  };
};

const layout = (spec) => {
  const title = (text) => ({ text, standoff: 8, font: { size: 12 } });
  const common = { gridcolor: colour("grid"), linecolor: colour("rule"), color: colour("soft"), zeroline: false, automargin: true };
  const x = spec.by === "percentile"
    ? { type: "log", range: [0, 3], tickvals: PERCENTS.map((p) => 100 / (100 - p)), ticktext: PERCENTS.map(String) }
    : { range: [0, Math.max(...spec.lines.map((line) => line.x.at(-1)))], nticks: 8 };
  const over = spec.by === "percentile" ? "1 in %{x:,.3~r} takes longer than" : "%{x:.1f} s";
  const y = spec.log ? { type: "log", dtick: "D2", minorloglabels: "complete" } : { rangemode: "tozero", nticks: 7 };
  return {
    autosize: true, uirevision: "kept", margin: { l: 10, r: 14, t: 32, b: 10 },
    // Fingers scroll the page; they zoom with the buttons.
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    paper_bgcolor: "transparent", plot_bgcolor: "transparent",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("ink") },
    xaxis: {
      ...common, ...x, title: title(spec.by), unifiedhovertitle: { text: over },
      showspikes: true, spikethickness: 1, spikedash: "dot", spikecolor: colour("soft"),
    },
    yaxis: { ...common, ...y, exponentformat: "SI", title: title(spec.unit + (spec.log ? " (log)" : "")) },
    hovermode: "x unified",
    hoverlabel: { bgcolor: colour("card"), bordercolor: colour("rule") },
    modebar: { bgcolor: "transparent", color: colour("soft"), activecolor: colour("s0") },
    showlegend: new Set(spec.lines.map((line) => line.name)).size > 1,
    legend: { orientation: "h", x: 0, yref: "container", y: 0, yanchor: "bottom", bgcolor: "transparent" },
  };
};

// There is a specification for each figure in the holder.
const charts = (holder, specs) => {
  const figures = [...holder.querySelectorAll("figure")];
  const near = new Set();
  const hidden = new Set();

  const draw = (figure) => {
    const spec = specs[figures.indexOf(figure)];
    if (spec.why || !near.has(figure)) return;
    const plot = figure.querySelector(".plot");
    const known = Boolean(plot.data);
    figure.classList.add("drawn");
    Plotly.react(plot, spec.lines.map((line) => trace(line, spec, hidden)), layout(spec), CONFIG);
    if (!known) listen(plot, spec.by);
  };
  const redraw = () => figures.forEach(draw);

  const listen = (plot, by) => {
    plot.on("plotly_legendclick", ({ curveNumber, data }) => {
      const { name } = data[curveNumber];
      if (!hidden.delete(name)) hidden.add(name);
      redraw();
      return false;
    });
    plot.on("plotly_relayout", (change) => {
      const range = change["xaxis.range"] ?? [change["xaxis.range[0]"], change["xaxis.range[1]"]];
      if (range.includes(undefined)) return;
      for (const [at, figure] of figures.entries()) {
        const other = figure.querySelector(".plot");
        const shows = other.layout && specs[at].by === by ? other.layout.xaxis.range : range;
        if (String(shows) !== String(range)) Plotly.relayout(other, { "xaxis.range": [...range] });
      }
    });
  };

  // Only what is near the window is drawn: a report may have a hundred charts.
  const watch = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (isIntersecting && !near.has(target)) { near.add(target); draw(target); }
    }
  }, { rootMargin: "800px" });
  figures.forEach((figure) => watch.observe(figure));
  addEventListener("beforeprint", () => { figures.forEach((figure) => near.add(figure)); redraw(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
};
