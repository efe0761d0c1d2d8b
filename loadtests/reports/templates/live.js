// Asks once a second, and shows what is new.
"use strict";
(() => {
  const SECOND = 1000;
  const show = charts(document.getElementById("charts"));
  const put = (id, text) => { document.getElementById(id).textContent = text; };
  let seen = "";

  const tile = ([name, value]) => {
    const [whole, bold, small] = ["div", "b", "span"].map((tag) => document.createElement(tag));
    whole.className = "tile";
    bold.textContent = value;
    small.textContent = name;
    whole.append(bold, small);
    return whole;
  };

  const fill = (told) => {
    put("state", told.state);
    if (told.seen === seen) return;
    seen = told.seen;
    put("said", told.said.join("\n"));
    document.getElementById("said").hidden = !told.said.length;
    document.getElementById("tiles").replaceChildren(...told.tiles.map(tile));
    show(told.charts);
  };

  const ask = async () => {
    try {
      const answer = await fetch(`chat/data.json?seen=${encodeURIComponent(seen)}`);
      if (!answer.ok) throw new Error(`${answer.status}`);
      fill(await answer.json());
    } catch (error) {
      put("state", `locust does not answer (${error.message}); the last that it told is below`);
    }
    setTimeout(ask, SECOND);
  };
  ask();
})();
