/** Pictures of a page: what is seen of it, or all of it, scrolled through and stitched together. */

/** @import { Extent } from "./settings.js" */

import { CaptureError, inPage } from "./pages.js";

/** The browser takes two pictures a second, and refuses more. */
const PACE_MS = 550;
/** The tallest canvas that works everywhere. */
const TALLEST_PX = 16_384;

/**
 * @typedef {{picture: Blob, cut: boolean}} Capture  `cut`: the page goes on beyond the picture
 */

/**
 * @param {chrome.tabs.Tab} tab  the one that is seen in its window
 * @param {Extent} extent
 * @returns {Promise<Capture>} a PNG
 * @throws {CaptureError}
 */
export async function capture(tab, extent) {
  if (extent === "full") return captureAll(tab);
  const shot = await shoot(tab);
  const canvas = new OffscreenCanvas(shot.width, shot.height);
  context(canvas).drawImage(shot, 0, 0);
  return { picture: await canvas.convertToBlob(), cut: false };
}

/**
 * Where to scroll to so that a page is seen from top to bottom.
 *
 * @param {number} pageHeight
 * @param {number} height  of the window
 */
export function stops(pageHeight, height) {
  const count = Math.ceil(pageHeight / height);
  return Array.from({ length: count }, (_, index) => Math.min(index * height, pageHeight - height));
}

/** @param {chrome.tabs.Tab} tab */
async function captureAll(tab) {
  const tabId = tab.id ?? 0;
  await chrome.scripting.executeScript({ target: { tabId }, files: ["page.js"] }).catch(() => {
    throw new CaptureError("browser");
  });
  try {
    return await scrollThrough(tab);
  } finally {
    await inPage(tabId, () => nemoVideoPage.restore()).catch(() => undefined); // the page is gone, and what was changed in it
  }
}

/**
 * @param {chrome.tabs.Tab} tab
 * @returns {Promise<Capture>}
 */
async function scrollThrough(tab) {
  const tabId = tab.id ?? 0;
  await inPage(tabId, () => nemoVideoPage.prepare());
  await inPage(tabId, () => nemoVideoPage.showAt(0));
  const { width, height, pageHeight } = await inPage(tabId, () => nemoVideoPage.size());
  const first = await shoot(tab);
  const scale = first.width / width;
  const tallest = Math.floor(TALLEST_PX / scale);
  const canvas = new OffscreenCanvas(
    first.width,
    Math.round(Math.min(pageHeight, tallest) * scale),
  );
  const drawing = context(canvas);
  drawing.drawImage(first, 0, 0);
  for (const stop of stops(Math.min(pageHeight, tallest), height).slice(1)) {
    const top = await inPage(tabId, (to) => nemoVideoPage.showAt(to), stop);
    drawing.drawImage(await shoot(tab), 0, Math.round(top * scale));
  }
  return { picture: await canvas.convertToBlob(), cut: pageHeight > tallest };
}

let lastShot = 0;

/**
 * @param {chrome.tabs.Tab} tab
 * @returns {Promise<ImageBitmap>}
 */
async function shoot(tab) {
  const wait = lastShot + PACE_MS - Date.now();
  if (wait > 0) await pause(wait);
  lastShot = Date.now();
  const shot = await view(tab, { format: "png" });
  if (!(await chrome.tabs.get(tab.id ?? 0)).active) throw new CaptureError("left");
  return shot;
}

/**
 * What the tab shows now. Where the browser has been asked too often, whoever asked, it waits.
 *
 * @param {chrome.tabs.Tab} tab  the one that is seen in its window
 * @param {{format: "png" | "jpeg", quality?: number}} details
 * @returns {Promise<ImageBitmap>}
 * @throws {CaptureError}
 */
export async function view(tab, details) {
  try {
    const data = await chrome.tabs.captureVisibleTab(tab.windowId, details);
    return await createImageBitmap(await (await fetch(data)).blob());
  } catch (error) {
    if (!String(error).includes("MAX_CAPTURE_VISIBLE_TAB_CALLS_PER_SECOND"))
      throw new CaptureError("left");
  }
  await pause(PACE_MS);
  return view(tab, details);
}

/** @param {number} ms */
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** @param {OffscreenCanvas} canvas */
function context(canvas) {
  const drawing = canvas.getContext("2d");
  if (!drawing) throw new CaptureError("unreadable");
  return drawing;
}
