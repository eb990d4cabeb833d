// Keeps the count at the bell right while somebody looks at the page. Without it, the next page has the right one.
"use strict";

(() => {
  const LONGEST = 10 * 60 * 1000; // between two questions, while no answer comes
  const PATIENCE = 10 * 1000;

  const bell = document.querySelector(".bell");
  const shown = bell.querySelector(".bell-count");
  const news = document.querySelector(".bell-news");
  const usual = Number(bell.dataset.seconds) * 1000;
  let count = Number(bell.dataset.count);
  let delay = usual;
  let timer = 0;
  let asking = false;
  let signedOut = false;

  function show(unread) {
    if (unread.count > count) {
      news.textContent = unread.label; // read out when there is a moment
    }
    count = unread.count;
    shown.textContent = unread.text;
    bell.setAttribute("aria-label", unread.label);
  }

  async function ask() {
    clearTimeout(timer);
    if (asking || signedOut) {
      return;
    }
    asking = true;
    try {
      const response = await fetch(bell.dataset.url, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      signedOut = response.status === 401 || response.status === 403;
      if (response.ok) {
        show(await response.json());
        delay = usual;
      } else {
        delay = Math.min(2 * delay, LONGEST);
      }
    } catch {
      delay = Math.min(2 * delay, LONGEST);
    } finally {
      asking = false;
    }
    wait();
  }

  function wait() {
    clearTimeout(timer);
    if (!document.hidden && !signedOut) {
      timer = setTimeout(ask, delay);
    }
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : ask()));
  // A page that the browser has kept, and shows again, has an old count.
  window.addEventListener("pageshow", (event) => event.persisted && ask());
  wait();
})();
