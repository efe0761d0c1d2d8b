// Asks once a second and draws only what is new. Charts come drawn, as in the report.
"use strict";
(() => {
  const SECOND = 1000;
  let seen = "";
  const put = (id, text) => { document.getElementById(id).textContent = text; };

  const fill = (told) => {
    put("state", told.state);
    if (told.seen === seen) return;
    seen = told.seen;
    put("said", told.said.join("\n"));
    document.getElementById("said").hidden = !told.said.length;
    document.getElementById("charts").innerHTML = told.charts;
    document.getElementById("tiles").replaceChildren(
      ...told.tiles.map(([name, value]) => {
        const tile = document.createElement("div");
        const bold = document.createElement("b");
        const small = document.createElement("span");
        tile.className = "tile";
        bold.textContent = value;
        small.textContent = name;
        tile.append(bold, small);
        return tile;
      }),
    );
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
