// Lights up, in both maps, what a node is connected to. Without it they can be read all the same.
"use strict";

(() => {
  const pictures = [...document.querySelectorAll(".signal-picture")];

  function light(name) {
    for (const picture of pictures) {
      const lit = new Set([name]);
      for (const curve of picture.querySelectorAll(".curve")) {
        const { from, to, signal } = curve.dataset;
        const hit = Boolean(name) && [from, to, signal].includes(name);
        curve.classList.toggle("lit", hit);
        if (hit) {
          lit.add(from).add(to);
        }
      }
      for (const node of picture.querySelectorAll(".node")) {
        node.classList.toggle("lit", lit.has(node.dataset.node));
      }
      picture.classList.toggle("asked", lit.size > 1);
    }
  }

  const nameOf = (event) => event.target.closest(".node")?.dataset.node;
  for (const picture of pictures) {
    picture.addEventListener("pointerover", (event) => light(nameOf(event)));
    picture.addEventListener("pointerleave", () => light());
    picture.addEventListener("focusin", (event) => light(nameOf(event)));
    picture.addEventListener("focusout", () => light());
  }
})();
