// Zooms the map, lights up what hangs together, and keeps the counts up to date. Without it the map can be scrolled and
// read all the same.
"use strict";

(() => {
  const map = document.querySelector(".signal-map");
  if (!map) {
    return;
  }
  const frame = map.querySelector(".signal-frame");
  const picture = map.querySelector(".signal-picture");

  // Zoom: the picture gets larger or smaller, and the frame scrolls.

  const LEAST = 0.2;
  const MOST = 4;
  const STEP = 1.25;
  const width = picture.width.baseVal.value;
  const height = picture.height.baseVal.value;
  let zoom = 1;

  // The point of the picture that is at x, y stays there.
  function zoomTo(wanted, x, y) {
    const before = picture.getBoundingClientRect();
    const [right, down] = [(x - before.left) / before.width, (y - before.top) / before.height];
    zoom = Math.min(Math.max(wanted, LEAST), MOST);
    picture.setAttribute("width", width * zoom);
    picture.setAttribute("height", height * zoom);
    const after = picture.getBoundingClientRect();
    frame.scrollLeft += after.left + right * after.width - x;
    frame.scrollTop += after.top + down * after.height - y;
  }

  function zoomInMiddle(wanted) {
    const box = frame.getBoundingClientRect();
    zoomTo(wanted, box.left + box.width / 2, box.top + box.height / 2);
  }

  const closer = () => zoomInMiddle(zoom * STEP);
  const farther = () => zoomInMiddle(zoom / STEP);
  const reset = () => zoomInMiddle(1);
  const fit = () => zoomInMiddle(Math.min(frame.clientWidth / width, (0.85 * innerHeight) / height));

  const tools = map.querySelector(".signal-tools");
  for (const [text, label, act] of [
    ["Whole", "Show the whole map", fit],
    ["100 %", "Show it at its own size", reset],
    ["+", "Zoom in", closer],
    ["−", "Zoom out", farther],
  ]) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = text;
    button.title = label;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", act);
    tools.prepend(button);
  }

  frame.addEventListener("keydown", (event) => {
    const act = { "+": closer, "=": closer, "-": farther, 0: reset }[event.key];
    if (act && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      act();
    }
  });

  // With ctrl, which is also how a touchpad's pinch arrives.
  frame.addEventListener(
    "wheel",
    (event) => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        zoomTo(zoom * Math.exp(-Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY) / 100, 0.25)), event.clientX, event.clientY);
      }
    },
    { passive: false },
  );

  // Two fingers pinch; one finger scrolls, as anywhere; a mouse drags.

  const NEAR = 4; // pixels: less is a click
  const fingers = new Map();
  let drag = null;

  function spread() {
    const [one, other] = [...fingers.values()];
    return {
      length: Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY),
      x: (one.clientX + other.clientX) / 2,
      y: (one.clientY + other.clientY) / 2,
    };
  }

  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") {
      fingers.set(event.pointerId, event);
    } else if (event.button === 0 && event.target !== frame) {
      drag = { x: event.clientX, y: event.clientY, left: frame.scrollLeft, top: frame.scrollTop, moved: false };
    }
  });

  window.addEventListener("pointermove", (event) => {
    if (fingers.has(event.pointerId)) {
      const before = fingers.size === 2 ? spread() : null;
      fingers.set(event.pointerId, event);
      if (before) {
        const after = spread();
        zoomTo((zoom * after.length) / before.length, after.x, after.y);
      }
    } else if (drag) {
      const [right, down] = [event.clientX - drag.x, event.clientY - drag.y];
      drag.moved ||= Math.hypot(right, down) > NEAR;
      if (drag.moved) {
        frame.classList.add("grabbed");
        frame.scrollLeft = drag.left - right;
        frame.scrollTop = drag.top - down;
      }
    }
  });

  function release(event) {
    fingers.delete(event.pointerId);
    if (drag?.moved) {
      // The click that ends a drag is none.
      const stop = (click) => {
        click.preventDefault();
        click.stopPropagation();
      };
      window.addEventListener("click", stop, { capture: true, once: true });
      setTimeout(() => window.removeEventListener("click", stop, { capture: true }));
    }
    drag = null;
    frame.classList.remove("grabbed");
  }

  window.addEventListener("pointerup", release);
  window.addEventListener("pointercancel", release);
  frame.addEventListener("dragstart", (event) => event.preventDefault());

  // What hangs together: the curves of a node, and what the receivers they lead to send in turn.

  const curves = [...picture.querySelectorAll(".curve")];
  const nodes = new Map([...picture.querySelectorAll(".node")].map((node) => [node.dataset.node, node]));

  function light(name) {
    for (const lit of picture.querySelectorAll(".lit")) {
      lit.classList.remove("lit");
    }
    picture.classList.toggle("asked", Boolean(name));
    const waiting = name ? [name] : [];
    const seen = new Set(waiting);
    for (const curve of curves) {
      if (curve.dataset.to === name) {
        curve.classList.add("lit");
        nodes.get(curve.dataset.from).classList.add("lit");
      }
    }
    while (waiting.length) {
      const next = waiting.pop();
      nodes.get(next).classList.add("lit");
      const reached = (nodes.get(next).dataset.sends ?? "").split(" ").filter(Boolean);
      for (const curve of curves) {
        if (curve.dataset.from === next || curve.dataset.signal === next) {
          curve.classList.add("lit");
          nodes.get(curve.dataset.from).classList.add("lit");
          reached.push(curve.dataset.to);
        }
      }
      for (const one of reached) {
        if (!seen.has(one)) {
          seen.add(one);
          waiting.push(one);
        }
      }
    }
  }

  const nameOf = (event) => event.target.closest?.(".node")?.dataset.node;
  picture.addEventListener("pointerover", (event) => event.pointerType !== "touch" && light(nameOf(event)));
  picture.addEventListener("pointerleave", () => light());
  picture.addEventListener("focusin", (event) => light(nameOf(event)));
  picture.addEventListener("focusout", () => light());

  // Counts, while somebody looks at them.

  const SECONDS = 5;
  const PATIENCE = 10;
  let timer = 0;

  async function count() {
    try {
      const response = await fetch(map.dataset.counts, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE * 1000) });
      if (response.ok) {
        const counts = await response.json();
        for (const place of document.querySelectorAll("[data-calls]")) {
          place.textContent = counts[place.dataset.calls] ?? "";
        }
      } else if (response.status < 500) {
        return; // signed out, or counted no longer
      }
    } catch {
      // The site may be starting again.
    }
    wait();
  }

  function wait() {
    clearTimeout(timer);
    if (!document.hidden) {
      timer = setTimeout(count, SECONDS * 1000);
    }
  }

  if (map.dataset.counts) {
    document.addEventListener("visibilitychange", wait);
    wait();
  }
})();
