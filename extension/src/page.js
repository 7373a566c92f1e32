/**
 * What runs inside a page that is captured: it is injected for the capture alone, and puts everything back.
 *
 * Not a module, for it is injected as a file: what it offers is one global of the extension's own world.
 */
var nemoVideoPage = (() => {
  const LONGEST_SILENCE_MS = 10_000;
  const LONGEST_WAIT_FOR_PICTURES_MS = 2_000;
  const LONGEST_WAIT_FOR_PAINT_MS = 500;

  /** @type {(() => void)[]} how to undo what was done to the page, the last thing first */
  let undoing = [];
  let prepared = false;
  let watchdog = 0;

  /** @param {Element} element */
  function keepStyle(element) {
    const before = element.getAttribute("style");
    undoing.unshift(() => {
      element.setAttribute("style", before ?? ""); // a style that only scripts have set cannot be removed at once
      if (before === null) element.removeAttribute("style");
    });
  }

  /** @returns {Generator<HTMLElement>} every element, those in shadow trees too */
  function* elements(/** @type {ParentNode} */ root = document) {
    for (const element of root.querySelectorAll("*")) {
      if (!(element instanceof HTMLElement)) continue;
      yield element;
      const shadow = chrome.dom.openOrClosedShadowRoot(element);
      if (shadow) yield* elements(shadow);
    }
  }

  /** The worker may die while it captures: then the page is put back without it. */
  function live() {
    clearTimeout(watchdog);
    watchdog = setTimeout(restore, LONGEST_SILENCE_MS);
  }

  /**
   * Make the page ready: no scroll bars, nothing that glides, and what sticks stays where it belongs.
   */
  function prepare() {
    live();
    prepared = true;
    const root = document.documentElement;
    const { scrollX, scrollY } = window;
    undoing.unshift(() => window.scrollTo({ left: scrollX, top: scrollY, behavior: "instant" }));
    keepStyle(root);
    root.style.setProperty("scroll-behavior", "auto", "important");
    root.style.setProperty("scrollbar-width", "none", "important");
    for (const image of document.querySelectorAll("img[loading=lazy]")) {
      image.setAttribute("loading", "eager");
      undoing.unshift(() => image.setAttribute("loading", "lazy"));
    }
    settleSticky();
  }

  /** What sticks takes its place in the flow, as if nobody had scrolled. */
  function settleSticky() {
    for (const element of elements()) {
      if (getComputedStyle(element).position !== "sticky") continue;
      keepStyle(element);
      element.style.setProperty("position", "relative", "important"); // keeps its place before or behind others
      element.style.setProperty("inset", "auto", "important");
    }
  }

  /** What is fixed to the window is on its first picture, and must not be on each. */
  function hideFixed() {
    for (const element of elements()) {
      const style = getComputedStyle(element);
      if (style.position !== "fixed" || style.visibility === "hidden") continue;
      keepStyle(element);
      element.style.setProperty("transition", "none", "important");
      element.style.setProperty("visibility", "hidden", "important");
    }
  }

  /** @returns {{width: number, height: number, pageHeight: number}} in CSS pixels */
  function size() {
    const scroller = document.scrollingElement ?? document.documentElement;
    return {
      width: window.innerWidth,
      height: window.innerHeight,
      pageHeight: Math.max(scroller.scrollHeight, window.innerHeight),
    };
  }

  /**
   * Scroll, and wait until what is seen there is painted; at the top, until the page has got its full height.
   *
   * @param {number} top
   * @returns {Promise<number>} where the page is really scrolled to
   */
  async function showAt(top) {
    live();
    window.scrollTo({ left: 0, top, behavior: "instant" });
    await painted();
    if (!prepared) throw new Error("The page has been put back.");
    if (top > 0) {
      settleSticky();
      hideFixed();
    }
    await pictures(top === 0 ? Infinity : window.innerHeight);
    await painted();
    return window.scrollY;
  }

  /** @param {number} end  how far down they are waited for */
  async function pictures(end) {
    const pending = [...document.images].filter((image) => {
      const { top, bottom } = image.getBoundingClientRect();
      return !image.complete && bottom >= 0 && top < end;
    });
    const loaded = Promise.allSettled(pending.map((image) => image.decode()));
    await Promise.race([loaded, waited(LONGEST_WAIT_FOR_PICTURES_MS)]);
  }

  /** @param {number} ms @returns {Promise<void>} */
  function waited(ms) {
    return new Promise((done) => void setTimeout(done, ms));
  }

  /** A tab that nobody sees is never painted. */
  async function painted() {
    /** @type {Promise<void>} */
    const frames = new Promise((done) => {
      requestAnimationFrame(() => requestAnimationFrame(() => done()));
    });
    await Promise.race([frames, waited(LONGEST_WAIT_FOR_PAINT_MS)]);
  }

  function restore() {
    clearTimeout(watchdog);
    prepared = false;
    const undo = undoing;
    undoing = [];
    for (const step of undo) step();
  }

  return { prepare, size, showAt, restore };
})();
