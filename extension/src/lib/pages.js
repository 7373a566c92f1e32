/** What a tab shows, and whether it can be captured. */

/** @import { CaptureProblem } from "./cards.js" */

const STORES = ["chromewebstore.google.com", "microsoftedge.microsoft.com"];
const DESCRIPTION_CHARS = 500;
const TITLE_CHARS = 500;
const PICTURE_BYTES = 10_000_000;

/**
 * @typedef {object} PageFacts
 * @property {string} title
 * @property {string} description
 * @property {string} image  the address of what the page calls its picture, or nothing
 */

export class CaptureError extends Error {
  /** @param {CaptureProblem} problem */
  constructor(problem) {
    super(problem);
    this.problem = problem;
  }
}

/**
 * Why a tab cannot be captured, as far as its address tells.
 *
 * @param {string | undefined} address
 * @returns {CaptureProblem | undefined}
 */
export function obstacle(address) {
  const url = URL.parse(address ?? "");
  if (!url) return "browser";
  if (STORES.includes(url.hostname) || url.href.startsWith("https://chrome.google.com/webstore"))
    return "store";
  if (url.protocol === "file:") return /\.pdf$/i.test(url.pathname) ? "pdf" : undefined;
  return url.protocol === "https:" || url.protocol === "http:" ? undefined : "browser";
}

/**
 * @param {chrome.tabs.Tab} tab
 * @returns {Promise<PageFacts>}
 * @throws {CaptureError}
 */
export async function pageFacts(tab) {
  const problem = obstacle(tab.url);
  if (problem) throw new CaptureError(problem);
  const { contentType, ...facts } = await inPage(tab.id ?? 0, readFacts);
  if (contentType === "application/pdf") throw new CaptureError("pdf");
  return {
    ...facts,
    title: (facts.title || tab.title || "").slice(0, TITLE_CHARS),
    description: facts.description.slice(0, DESCRIPTION_CHARS),
  };
}

/**
 * A picture of a page, if the page itself may read it. Drawn anew: not every server says what its pictures are, and
 * the pipeline refuses one that is not what its name says.
 *
 * @param {number} tabId
 * @param {string} address
 * @returns {Promise<Blob | undefined>} a PNG
 */
export async function pictureOf(tabId, address) {
  const data = await inPage(tabId, readPicture, address, PICTURE_BYTES).catch(() => "");
  if (!data) return undefined;
  const picture = await createImageBitmap(await (await fetch(data)).blob()).catch(() => undefined);
  if (!picture) return undefined;
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext("2d")?.drawImage(picture, 0, 0);
  return canvas.convertToBlob();
}

/**
 * Run a function in a page.
 *
 * @template {unknown[]} A, R
 * @param {number} tabId
 * @param {(...args: A) => R} func  stands alone: it reaches the page as text
 * @param {A} args
 * @returns {Promise<Awaited<R>>}
 * @throws {CaptureError}
 */
export async function inPage(tabId, func, ...args) {
  /** @type {chrome.scripting.InjectionResult<Awaited<R>>[]} */
  const [done] = await chrome.scripting
    .executeScript({ target: { tabId }, func, args })
    .catch((/** @type {Error} */ error) => {
      throw new CaptureError(/file/i.test(error.message) ? "file" : "browser");
    });
  return /** @type {Awaited<R>} */ (done?.result);
}

function readFacts() {
  /** @param {string[]} names */
  const meta = (...names) =>
    names
      .map((name) => document.querySelector(`meta[name="${name}"], meta[property="${name}"]`))
      .map((element) => element?.getAttribute("content")?.trim())
      .find(Boolean) ?? "";
  const image = meta("og:image", "twitter:image");
  return {
    contentType: document.contentType,
    title: meta("og:title") || document.title.trim(),
    description: meta("description", "og:description"),
    image: URL.parse(image, document.baseURI)?.href ?? "",
  };
}

/**
 * @param {string} address
 * @param {number} most  bytes
 * @returns {Promise<string>} a data URL, or nothing
 */
async function readPicture(address, most) {
  const answer = await fetch(address);
  const picture = await answer.blob();
  if (!answer.ok || picture.size > most) return "";
  return new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.onerror = () => done("");
    reader.readAsDataURL(picture);
  });
}
